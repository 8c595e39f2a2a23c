"""Sums fit into 16 bits without wrapping or cutting."""

import numpy as np
import pytest

from softswitch.media.mix.limiter import CEILING, Limiter, bend, is_loud
from softswitch.media.samples import HIGHEST, Floats
from tests.support.sound import purity, sine

FIRST = np.zeros(1, np.intp)


def limiter() -> Limiter:
    made = Limiter()
    made.grow(2)
    return made


def limited(sound: Floats) -> Floats:
    """Frame by frame."""
    one, frames = limiter(), []
    for at in range(0, len(sound), 160):
        frame = sound[None, at : at + 160].copy()
        gains = one.gains(FIRST, frame)
        frames.append(bend(frame if gains is None else frame * gains)[0])
    return np.concatenate(frames)


def tone(amplitude: float, seconds: float = 0.5) -> Floats:
    return sine(440, 8000, seconds, 10_000).astype(np.float32) * np.float32(amplitude / 10_000)


@pytest.mark.parametrize("amplitude", [10.0, 20_000.0, 29_000.0])
def test_below_the_ceiling_nothing_changes(amplitude: float) -> None:
    sound = tone(amplitude)
    assert np.array_equal(limited(sound), sound)


@pytest.mark.parametrize("amplitude", [32_000.0, 65_000.0, 3_000_000.0])
def test_loud_sums_are_turned_down_and_stay_clean(amplitude: float) -> None:
    sound = limited(tone(amplitude))
    assert np.abs(sound).max() <= HIGHEST
    level, cleanness = purity(np.rint(sound[800:]).astype(np.int16), 440, 8000)
    assert 0.9 * CEILING < level <= CEILING + 1
    assert cleanness > 60


def test_what_comes_before_the_gain_has_fallen_is_bent_and_not_cut() -> None:
    sound = limited(np.append(tone(20_000, 0.1), tone(60_000, 0.1)))
    burst = sound[800:960]
    assert HIGHEST * 0.95 < np.abs(burst).max() <= HIGHEST
    assert np.abs(np.diff(sound)).max() < 60_000 * 0.35


def test_full_gain_comes_back_within_a_second() -> None:
    sound = np.append(tone(65_000, 0.2), tone(10_000, 1.0))
    heard = limited(sound)
    assert np.abs(heard[1600:1760]).max() < 8000
    assert np.array_equal(heard[-1600:], sound[-1600:])
    steps = np.abs(np.diff(heard[1600:]))
    assert steps.max() < 1.1 * np.abs(np.diff(tone(10_000))).max()


def test_each_sum_has_a_gain_of_its_own_until_it_is_forgotten() -> None:
    one = limiter()
    both = np.array([0, 1])
    loud = np.array([[60_000.0] * 160, [1000.0] * 160], np.float32)
    gains = one.gains(both, loud)
    assert gains is not None
    assert gains[0, -1] < 0.5
    assert (gains[1] == 1).all()
    one.forget(0)
    assert one.gains(FIRST, loud[1:]) is None


def test_bending_keeps_order_and_sign() -> None:
    wave = np.linspace(-100_000, 100_000, 1001, dtype=np.float32)
    bent = bend(wave[None, :].copy())[0]
    assert (np.diff(bent) >= 0).all()
    assert bent.max() <= HIGHEST
    assert np.allclose(bent, -bent[::-1])


def test_no_sums_are_not_loud() -> None:
    assert not is_loud(np.zeros((0, 160), np.float32))
