"""dBm0 and samples."""

import numpy as np
import pytest

from softswitch.media.levels import amplitude, envelope


def test_the_loudest_sine_has_the_level_that_the_recommendation_names() -> None:
    assert amplitude(3.17) == 32636
    assert amplitude(3.17 - 20) == pytest.approx(3263.6)


def test_an_envelope_swells_stands_and_fades() -> None:
    shape = envelope(100, 10)
    assert shape[0] < 0.01
    assert np.all(shape[10:90] == 1)
    assert np.array_equal(shape, shape[::-1])


def test_a_short_envelope_has_no_middle() -> None:
    assert len(envelope(5, 10)) == 5
    assert envelope(5, 10)[2] == 1
    assert len(envelope(0, 10)) == 0
