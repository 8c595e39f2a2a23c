"""Both rates in one room, without seams between frames."""

import numpy as np

from softswitch.media.mix.rates import Rates
from softswitch.media.resample import Resampler
from softswitch.media.samples import Floats
from tests.support.sound import sine

ONE = np.array([1])


def rates() -> Rates:
    made = Rates()
    made.grow(3)
    return made


def rows(rate: int) -> Floats:
    """Frames of a tone, each as the second of three members."""
    frames = sine(700, rate, 0.1).reshape(-1, rate // 50).astype(np.float32)
    table = np.zeros((len(frames), 3, rate // 50), np.float32)
    table[:, 1] = frames
    return table


def test_what_is_said_is_raised_as_one_stream() -> None:
    one, expected = rates(), Resampler(8000, 16000)
    for narrow in rows(8000):
        raised = one.raised(ONE, narrow)
        one.said(ONE, narrow)
        assert np.abs(raised[0] - expected.process(narrow[1].astype(np.int16))).max() < 1


def test_what_is_heard_is_lowered_as_one_stream() -> None:
    one, expected = rates(), Resampler(16000, 8000)
    nobody, nothing = np.zeros(0, np.intp), np.zeros((0, 320), np.float32)
    for tick, wide in enumerate(rows(16000)):
        frame = wide[1:2]
        should = expected.process(wide[1].astype(np.int16))
        lowered = one.common(ONE, frame) if tick % 2 else one.own(ONE, ONE, frame)
        assert np.abs(lowered[0] - should).max() < 1
        if tick == 0:
            one.heard(ONE, frame, nobody, nothing)
        else:
            one.heard(ONE, frame, ONE, frame)


def test_a_new_member_is_not_heard_with_the_end_of_the_one_before() -> None:
    one = rates()
    one.said(ONE, rows(8000)[0])
    one.forget(1)
    assert not one.raised(ONE, np.zeros((3, 160), np.float32)).any()


def test_a_filter_that_overshoots_does_not_leave_the_range() -> None:
    square = np.where(np.arange(320) // 32 % 2, 32_700, -32_700).astype(np.float32)[None, :]
    lowered = rates().common(ONE, square)
    assert np.abs(lowered).max() <= 32_767
