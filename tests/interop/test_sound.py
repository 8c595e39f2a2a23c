"""What is said at one end is heard at the other, sample by sample, in both directions at once.

The sound consists of values that µ-law can express, and every buffer of the phones is of a fixed
length: what differs by a single sample would have been changed by the switch.
"""

import time
from pathlib import Path

import pytest

from tests.support.audio import known_sound, read_wav, write_wav, wrong_samples
from tests.support.phones import Phone
from tests.support.switch import Switch

SECONDS = 2.0
SETTLE = 0.3
"""Seconds for the jitter buffers to fill before the sound begins."""
TAIL = 0.5
"""Seconds that the last sample may be on its way: two buffers and the network."""
LOST_TO_A_BUSY_MACHINE = 0.02
"""Share of samples that a late packet may cost a phone with a fixed buffer: 40 ms of two seconds.
The claim that the relay changes no octet is made in test_relay.py, without a phone's clock."""


@pytest.mark.parametrize(
    ("caller", "callee"),
    [("pjsua2", "pjsua2"), ("pjsua2", "baresip"), ("baresip", "pjsua2"), ("baresip", "baresip")],
)
def test_both_hear_what_the_other_plays(
    switch: Switch, tmp_path: Path, caller: str, callee: str
) -> None:
    from_caller, from_callee = known_sound(SECONDS, seed=1), known_sound(SECONDS, seed=2)
    with (
        Phone(caller, switch.sip, "100", switch.password("100")) as one,
        Phone(callee, switch.sip, "101", switch.password("101")) as other,
    ):
        one.register()
        other.register()
        outgoing = one.dial("101")
        incoming = other.incoming()
        incoming.answer()
        outgoing.wait("answered")
        outgoing.record(tmp_path / "caller-heard.wav")
        incoming.record(tmp_path / "callee-heard.wav")
        time.sleep(SETTLE)
        outgoing.play(write_wav(tmp_path / "from-caller.wav", from_caller))
        incoming.play(write_wav(tmp_path / "from-callee.wav", from_callee))
        time.sleep(SECONDS + TAIL)
        outgoing.stop_recording()
        incoming.stop_recording()
        outgoing.hangup()
        incoming.ended()
        outgoing.ended()
    allowed = LOST_TO_A_BUSY_MACHINE * len(from_caller)
    assert wrong_samples(from_caller, read_wav(tmp_path / "callee-heard.wav")) <= allowed
    assert wrong_samples(from_callee, read_wav(tmp_path / "caller-heard.wav")) <= allowed
