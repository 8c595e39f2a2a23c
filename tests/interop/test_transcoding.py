"""Phones that share no codec hear each other through the switch."""

import wave
from pathlib import Path

import numpy as np
import pytest

from softswitch.media.resample import whole
from tests.support.audio import RATE, write_wav
from tests.support.conversation import Heard, check_both_hear, connected
from tests.support.phones import Phone
from tests.support.sound import Samples, likeness, speech
from tests.support.switch import Switch

SECONDS = 1.5
PIECE = RATE // 2
"""Samples that are compared at once."""


@pytest.mark.parametrize(
    ("caller", "codec", "callee", "other_codec", "least"),
    [
        ("pjsua2", "G722", "pjsua2", "PCMU", 25),
        ("pjsua2", "L16", "baresip", "PCMU", 25),
        ("baresip", "OPUS", "pjsua2", "PCMA", 0),
    ],
)
def test_both_hear_the_other(
    switch: Switch,
    tmp_path: Path,
    caller: str,
    codec: str,
    callee: str,
    other_codec: str,
    least: float,
) -> None:
    """`least` are decibels between what was said and all that was heard beside it.

    Opus keeps what the ear needs, and not the waveform.
    """
    low, high = speech(RATE, SECONDS, 120), speech(RATE, SECONDS, 210)

    def check(heard: Heard) -> None:
        assert fidelity(low, recording(heard.by_callee)) > least
        assert fidelity(high, recording(heard.by_caller)) > least

    with (
        Phone(caller, switch.sip, "100", switch.password("100"), codec=codec) as one,
        Phone(callee, switch.sip, "101", switch.password("101"), codec=other_codec) as other,
    ):
        one.register()
        other.register()
        said = write_wav(tmp_path / "low.wav", low), write_wav(tmp_path / "high.wav", high)
        with connected(one, other, "101") as call:
            check_both_hear(call, said, SECONDS, check)


def recording(path: Path) -> Samples:
    """At RATE; a phone records at the rate of its codec."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    return whole(samples, rate, RATE)


def fidelity(said: Samples, heard: Samples) -> float:
    """Signal to noise in decibels, wherever in the recording the sound is: of most of its pieces,
    because a frame that came late moves all behind it."""
    if not heard.any():
        return -99.0
    pieces = [said[at : at + PIECE] for at in range(0, len(said) - PIECE + 1, PIECE)]
    return float(np.median([_fidelity(piece, heard) for piece in pieces]))


def _fidelity(said: Samples, heard: Samples) -> float:
    size = len(said) + len(heard)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))
    start = max(0, place - RATE // 100)
    return likeness(said, heard[start : start + PIECE], RATE)
