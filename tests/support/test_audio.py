"""What is counted as wrong in a recording of known sound."""

import numpy as np

from tests.support.audio import FRAME, RATE, Samples, known_sound, wrong_samples

SOUND = known_sound(2.0, seed=1)
BY_CHANCE = 20
"""Samples of a frame that are equal to those of another one."""
SILENCE = np.zeros(RATE, np.int16)


def recorded(*parts: Samples) -> Samples:
    return np.concatenate((SILENCE, *parts, SILENCE))


def test_what_is_heard_as_it_was_said_is_right() -> None:
    assert wrong_samples(SOUND, recorded(SOUND)) == 0


def test_what_is_not_there_is_wrong() -> None:
    assert wrong_samples(SOUND, recorded(known_sound(2.0, seed=2))) == len(SOUND)
    assert wrong_samples(SOUND, recorded(SOUND[4000:12_000])) == len(SOUND) - 8000


def test_a_frame_that_was_concealed_costs_a_frame() -> None:
    heard = SOUND.copy()
    heard[3200 : 3200 + FRAME] = 1
    assert wrong_samples(SOUND, recorded(heard)) == FRAME


def test_frames_that_were_dropped_cost_what_they_were() -> None:
    for cut in (3200, 12_800):
        wrong = wrong_samples(SOUND, recorded(SOUND[:cut], SOUND[cut + 2 * FRAME :]))
        assert 2 * FRAME - BY_CHANCE <= wrong <= 2 * FRAME


def test_silence_in_between_costs_what_it_lasts() -> None:
    for cut in (3200, 12_800):
        heard = recorded(SOUND[:cut], SILENCE[:FRAME], SOUND[cut:])
        assert wrong_samples(SOUND, heard) == FRAME


def test_what_comes_in_another_order_is_wrong() -> None:
    assert wrong_samples(SOUND, recorded(SOUND[8000:], SOUND[:8000])) >= 8000
