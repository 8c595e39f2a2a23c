"""What is silence, and what is not."""

import numpy as np
import pytest

from softswitch.media.codecs.g711 import LAWS, Law
from softswitch.media.samples import Samples
from softswitch.media.silence import LOWEST_LEVEL, SilenceDetector, levels, levels_of

QUIET, ROOM, SPEECH = -75.0, -55.0, -26.0


def square(level: float, samples: int = 160) -> Samples:
    wave = np.full(samples, 32768 * 10 ** (level / 20))
    wave[::2] *= -1
    return wave.round().astype(np.int16)


def test_levels_are_relative_to_a_full_square_wave() -> None:
    sound = np.concatenate((square(-20), square(-40), np.zeros(160, np.int16), square(-10, 80)))
    found = levels(sound, 160)
    assert [round(level, 1) for level in found] == [-20.0, -40.0, LOWEST_LEVEL]


def test_levels_of_nothing_are_none() -> None:
    assert levels(np.zeros(0, np.int16), 160) == []


def test_speech_begins_and_ends() -> None:
    detector = SilenceDetector()
    detector.hear([ROOM] * 50)
    assert (detector.first_sound, detector.silence) == (None, 1.0)
    detector.hear([SPEECH] * 100)
    assert detector.silence == 0.0
    detector.hear([ROOM] * 150)
    assert (detector.first_sound, detector.last_sound) == (1.0, 3.0)
    assert detector.silence == 3.0


def test_a_click_is_no_sound() -> None:
    detector = SilenceDetector()
    for _ in range(20):
        detector.hear([QUIET] * 30 + [SPEECH])
    assert detector.first_sound is None


def test_noise_becomes_background_and_speech_above_it_is_heard() -> None:
    detector = SilenceDetector()
    noise = -42.0
    detector.hear([noise] * 1000)
    begun = detector.last_sound
    assert begun < 10.0
    detector.hear([noise] * 500)
    assert detector.last_sound == begun
    detector.hear([SPEECH] * 10 + [noise] * 500)
    assert round(detector.silence, 2) == 10.0


def test_a_gap_of_nothing_does_not_make_the_room_speak() -> None:
    detector = SilenceDetector()
    detector.hear([ROOM] * 100 + [LOWEST_LEVEL] * 50 + [ROOM] * 100)
    assert detector.first_sound is None


def test_a_loud_tone_that_never_ends_is_sound() -> None:
    detector = SilenceDetector()
    detector.hear([-13.0] * 5000)
    assert detector.silence == 0.0


@pytest.mark.parametrize("law", LAWS.values())
def test_codes_are_as_loud_as_their_samples(law: Law) -> None:
    codes = np.random.default_rng(1).integers(0, 256, 1600).astype(np.uint8)
    codes[:160] = law.silence
    found = levels_of(law.powers.take(codes), 160)
    assert found == pytest.approx(levels(law.decode(codes), 160), abs=0.01)
    assert found[0] < -60.0
