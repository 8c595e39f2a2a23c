"""Timestamps of one stream in the ticks of another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.scale import Scale

RATES = [(8000, 48000), (48000, 8000), (8000, 16000), (44100, 48000)]


@pytest.mark.parametrize(("rates", "expected"), [((8000, 48000), 960), ((48000, 8000), 26)])
def test_twenty_milliseconds_are_as_many_ticks_as_the_clock_has(
    rates: tuple[int, int], expected: int
) -> None:
    scale = Scale(1000, 5000, rates)
    assert scale.convert(1000) == 5000
    assert scale.convert(1160) == 5000 + expected


def test_a_packet_that_was_overtaken_lies_before_the_origin() -> None:
    scale = Scale(1000, 5000, (8000, 48000))
    assert scale.convert(840) == 4040
    assert Scale(100, 0, (8000, 48000)).convert(99) == 2**32 - 6, "before 0 comes the end"


@given(
    here=st.integers(0, 2**32 - 1),
    there=st.integers(0, 2**32 - 1),
    rates=st.sampled_from(RATES),
    pause=st.integers(1, 40_000),
)
@settings(max_examples=40)
def test_over_every_wrap_a_tick_has_the_same_length(
    here: int, there: int, rates: tuple[int, int], pause: int
) -> None:
    """A hundred packets with pauses of up to eleven hours: both streams wrap, some many times."""
    scale, (source, target) = Scale(here, there, rates), rates
    for number in range(100):
        seconds = number * pause
        found = scale.convert((here + seconds * source) & 0xFFFFFFFF)
        assert found == (there + seconds * target) & 0xFFFFFFFF
