"""When packets came, for all of a run at once."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.arrivals import LONGEST, Arrivals
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION


def test_they_are_the_times_in_order() -> None:
    times = [1.0, 1.02, 1.05]
    came = Arrivals.of(times)
    assert [*came] == times
    assert came.count == 3
    assert came.last == 1.05


def test_lateness_is_from_each_packets_own_place() -> None:
    came = Arrivals.of([1.0, 1.02, 1.05])
    assert came.spread(8000, 160) == pytest.approx((8000, 8080))
    assert came.spread(16000, 320) == pytest.approx((16000, 16160))


@given(st.lists(st.floats(0, 20), min_size=1, max_size=LONGEST), st.floats(0, 1000))
@settings(max_examples=100)
def test_jitter_is_that_of_one_packet_after_the_other(delays: list[float], jitter: float) -> None:
    times = [100.0 + 0.02 * number + delay for number, delay in enumerate(delays)]
    expected, late = jitter, [now * 8000 - 160 * number for number, now in enumerate(times)]
    for before, after in pairwise([late[0] - 100, *late]):
        step = abs(after - before)
        if step < MAX_DEVIATION:
            expected += (step - expected) * JITTER_GAIN
    found = Arrivals.of(times).smoothed(8000, 160, late[0] - 100, jitter)
    assert found == pytest.approx(expected, abs=1e-6)
