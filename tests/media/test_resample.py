"""Other rates: nothing lost of telephone speech, nothing added, and always as long."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.resample import RATES, Resampler, weights, whole
from tests.support.sound import Samples, purity, sine

PAIRS = [(8000, 16000), (16000, 8000), (8000, 48000), (48000, 8000), (44100, 16000), (8000, 44100)]


def streamed(sound: Samples, source: int, target: int, frame: int) -> Samples:
    stream = Resampler(source, target)
    frames = [sound[at : at + frame] for at in range(0, len(sound), frame)]
    return np.concatenate([stream.process(one) for one in frames])


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("frequency", [300.0, 1000.0, 3400.0])
def test_telephone_tones_keep_level_and_purity(source: int, target: int, frequency: float) -> None:
    heard = streamed(sine(frequency, source, 0.3), source, target, source // 50)
    amplitude, cleanness = purity(heard[target // 20 :], frequency, target)
    assert abs(20 * np.log10(amplitude / 8000)) < 0.05
    assert cleanness > 58


@pytest.mark.parametrize("frequency", [4700.0, 5500.0, 7500.0])
def test_what_the_lower_rate_cannot_hold_is_gone(frequency: float) -> None:
    heard = streamed(sine(frequency, 16000, 0.3), 16000, 8000, 320)
    assert np.abs(heard[400:]).max() < 8000 / 900


def test_every_frame_comes_out_as_long_as_it_went_in() -> None:
    for source, target in PAIRS:
        stream = Resampler(source, target)
        for _ in range(3):
            assert len(stream.process(np.zeros(source // 50, np.int16))) == target // 50


@given(st.lists(st.integers(0, 400), max_size=8), st.sampled_from(PAIRS))
@settings(max_examples=50, deadline=None)
def test_odd_lengths_join_into_the_same_sound(lengths: list[int], pair: tuple[int, int]) -> None:
    source, target = pair
    sound = np.random.default_rng(5).integers(-9000, 9000, sum(lengths)).astype(np.int16)
    stream = Resampler(source, target)
    ends = np.cumsum([0, *lengths])
    parts = [stream.process(sound[a:b]) for a, b in pairwise(ends)]
    heard = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    step = weights(source, target).down
    at_once = Resampler(source, target).process(sound)
    assert len(heard) == len(sound) // step * weights(source, target).up
    assert np.abs(heard.astype(int) - at_once).max(initial=0) <= 1


def test_the_delay_is_one_and_a_half_milliseconds() -> None:
    click = np.zeros(160, np.int16)
    click[0] = 10_000
    assert int(Resampler(8000, 16000).process(click).argmax()) == 24
    click = np.zeros(320, np.int16)
    click[0] = 10_000
    assert int(Resampler(16000, 8000).process(click).argmax()) == 12


def test_streams_side_by_side_come_out_as_alone() -> None:
    sounds = np.random.default_rng(1).integers(-9000, 9000, (4, 3, 320)).astype(np.int16)
    together = Resampler(16000, 8000, 4, 3)
    alone = Resampler(16000, 8000)
    for at in (0, 160):
        heard = together.process(sounds[..., at : at + 160])
        assert heard.shape == (4, 3, 80)
        expected = alone.process(sounds[2, 1, at : at + 160])
        assert np.abs(heard[2, 1].astype(int) - expected).max() <= 1


def test_the_loudest_sound_is_clipped_and_not_wrapped() -> None:
    square = np.where(np.arange(320) // 16 % 2, 32767, -32768).astype(np.int16)
    heard = Resampler(8000, 16000).process(square).astype(int)
    assert np.abs(np.diff(heard)).max() < 45_000
    assert {int(heard.max()), int(heard.min())} == {32767, -32768}


@pytest.mark.parametrize(("source", "target"), [(8001, 8000), (8000, 1), (0, 8000)])
def test_rates_that_nobody_uses_are_refused(source: int, target: int) -> None:
    """Their matrix of weights could be of any size."""
    with pytest.raises(ValueError, match="cannot resample"):
        Resampler(source, target)


def test_the_weights_of_all_rates_are_small() -> None:
    sizes = [weights(one, other).matrix.nbytes for one in RATES for other in RATES]
    assert max(sizes) < 1_000_000


def test_a_whole_recording_is_as_long_as_before_and_not_late() -> None:
    heard = whole(sine(500, 44100, 0.5), 44100, 8000)
    assert len(heard) == 4000
    assert np.abs(heard[1000:3000].astype(int) - sine(500, 8000, 0.5)[1000:3000]).max() < 20


def test_a_whole_recording_at_the_same_rate_is_left_alone() -> None:
    sound = sine(500, 8000, 0.1)
    assert whole(sound, 8000, 8000) is sound
