"""Digits as samples."""

import numpy as np
import pytest

from softswitch.media.dtmf.digits import DIGITS, TONES
from softswitch.media.dtmf.generator import sound, steps, tone
from softswitch.media.levels import amplitude
from softswitch.media.samples import Samples


def level_of(samples: Samples, frequency: float, rate: int) -> float:
    """dBm0 of one frequency in it."""
    window = np.hanning(len(samples))
    wave = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
    peak = 2 * abs(np.sum(samples * window * wave)) / window.sum()
    return float(20 * np.log10(peak / amplitude(0.0)))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_is_its_two_frequencies_at_their_levels(digit: str, rate: int) -> None:
    samples = tone(digit, 0.1, rate=rate, level=-12.0, twist=3.0)
    low, high = TONES[digit]
    assert len(samples) == rate // 10
    assert level_of(samples, low, rate) == pytest.approx(-12.0, abs=0.2)
    assert level_of(samples, high, rate) == pytest.approx(-9.0, abs=0.2)


def test_a_string_is_its_digits_with_gaps_behind_them() -> None:
    samples = sound("1-2", 0.05, 0.04)
    assert len(samples) == 2 * 720
    assert not samples[400:720].any()
    assert np.array_equal(samples[720:1120], tone("2", 0.05))


def test_no_digits_are_no_sound() -> None:
    assert len(sound("")) == 0
    assert steps("") == ()


def test_a_digit_swells_and_fades() -> None:
    samples = tone("5", 0.1).astype(int)
    assert abs(samples[:2]).max() < 400
    assert abs(samples[-2:]).max() < 400


def test_a_digit_may_be_shorter_than_its_edges() -> None:
    assert len(tone("5", 0.001)) == 8
    assert len(tone("5", 0.0)) == 0


def test_the_loudest_digit_is_clipped_and_does_not_wrap() -> None:
    samples = tone("5", 0.1, level=3.0).astype(int)
    assert samples.max() == 32767
    assert samples.min() == -32768
    assert np.all(samples * tone("5", 0.1, level=-20.0).astype(int) >= 0)


def test_steps_name_frequencies_and_seconds() -> None:
    assert steps("1#", 0.1, 0.05) == (
        ((697, 1209), 0.1),
        ((), 0.05),
        ((941, 1477), 0.1),
        ((), 0.05),
    )
