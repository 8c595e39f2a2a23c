"""Voices are told from noise by their level."""

import numpy as np

from softswitch.media.mix.talkers import FRAMES_PER_SECOND, HANGOVER, Talkers, power
from tests.support.sound import speech


def talkers(places: int = 1) -> Talkers:
    made = Talkers()
    made.grow(places)
    return made


def heard(one: Talkers, levels: list[float]) -> list[bool]:
    """Whether the only member talks, by frame; levels in decibels below overload."""
    return [bool(one.hear(np.array([power(level)], np.float32))[0]) for level in levels]


def test_a_voice_is_heard_from_its_first_frame() -> None:
    assert heard(talkers(), [80, 80, 25]) == [False, False, True]


def test_silence_and_quiet_rooms_are_not_heard() -> None:
    assert not any(heard(talkers(), [200, 90, 70, 60, 56] * 20))


def test_steady_noise_is_learned_within_seconds_and_a_voice_above_it_is_heard() -> None:
    one = talkers()
    noise = heard(one, [45.0] * 6 * FRAMES_PER_SECOND)
    assert not any(noise[4 * FRAMES_PER_SECOND :])
    assert heard(one, [30.0]) == [True]


def test_a_talker_may_pause_for_breath() -> None:
    one = talkers()
    assert all(heard(one, [25.0] + [80.0] * (HANGOVER - 1)))
    assert heard(one, [80.0]) == [False]


def test_loud_sound_is_heard_however_steady() -> None:
    assert all(heard(talkers(), [25.0] * 60 * FRAMES_PER_SECOND))


def test_all_of_a_conversation_is_heard() -> None:
    frames = speech(8000, 4.0).reshape(-1, 160).astype(np.float32)
    powers = np.mean(frames**2, 1)
    one = talkers()
    assert all(bool(one.hear(powers[at : at + 1].astype(np.float32))[0]) for at in range(5, 200))


def test_digital_silence_before_does_not_make_noise_a_voice_for_long() -> None:
    """Many telephones send nothing at all while they are muted."""
    one = talkers()
    heard(one, [200.0] * 10 * FRAMES_PER_SECOND)
    noise = heard(one, [50.0] * 5 * FRAMES_PER_SECOND)
    assert not any(noise[3 * FRAMES_PER_SECOND :])


def test_members_are_judged_apart_and_their_places_forgotten() -> None:
    three = talkers(3)
    powers = np.array([power(25), power(80), power(25)], np.float32)
    assert three.hear(powers).tolist() == [True, False, True]
    three.forget(0)
    three.grow(1)
    quiet = np.full(4, power(80), np.float32)
    assert three.hear(quiet).tolist() == [False, False, True, False]
