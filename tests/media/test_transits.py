"""What is remembered of how late packets were, in ticks of an 8 kHz clock."""

import pytest

from softswitch.media.transits import MEMORY, WINDOW, Transits

RATE = 8000
TICKS = WINDOW * RATE


def test_of_nothing_there_is_no_spread() -> None:
    assert Transits(RATE).spread(0.0) is None


def test_the_spread_is_from_the_least_to_the_most() -> None:
    transits = Transits(RATE)
    for transit in (500.0, 420.0, 460.0):
        transits.add(transit)
    assert transits.spread(0.0) == 80.0
    assert transits.base == 420.0


def test_windows_before_count_for_some_seconds() -> None:
    transits = Transits(RATE)
    transits.add(100.0)
    transits.add(900.0)
    for window in range(1, MEMORY + 1):
        transits.spread(window * TICKS)
        transits.add(300.0)
        assert transits.spread(window * TICKS + 1) == 800.0
    transits.spread((MEMORY + 1) * TICKS)
    assert transits.spread((MEMORY + 2) * TICKS) == pytest.approx(0.0)
    assert transits.base == 300.0


def test_what_is_forgotten_does_not_count() -> None:
    transits = Transits(RATE)
    transits.add(100.0)
    transits.spread(0.0)
    transits.forget()
    transits.add(700.0)
    assert transits.spread(1.0) == 0.0
    assert transits.base == 700.0
