"""The clocks."""

import time

from softswitch.clock import Clock


class Hands:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.wall = 1_800_000_000.0
        self.jumps: list[float] = []
        self.clock = Clock(lambda: self.monotonic, lambda: self.wall)
        self.clock.on_jump.append(self.jumps.append)

    def pass_time(self, seconds: float, *, wall: float | None = None) -> None:
        self.monotonic += seconds
        self.wall += seconds if wall is None else wall


def test_the_real_clocks_run() -> None:
    clock = Clock()
    assert clock.wall() > 1_700_000_000
    assert clock.monotonic() <= time.monotonic()


def test_time_that_passes_is_no_jump() -> None:
    hands = Hands()
    hands.pass_time(86_400)
    assert hands.clock.wall() == hands.wall
    assert hands.jumps == []


def test_small_corrections_never_add_up_to_a_jump() -> None:
    hands = Hands()
    for _ in range(100):
        hands.pass_time(60, wall=61)
        hands.clock.wall()
    assert hands.jumps == []


def test_a_clock_that_is_set_is_told_once_and_by_how_much() -> None:
    hands = Hands()
    hands.pass_time(10, wall=3610)
    assert hands.clock.wall() == hands.wall
    hands.clock.wall()
    hands.pass_time(0, wall=-86_400)
    hands.clock.wall()
    assert hands.jumps == [3600, -86_400]


def test_who_hears_of_a_jump_may_ask_for_the_time() -> None:
    hands = Hands()
    hands.clock.on_jump.append(lambda seconds: hands.jumps.append(hands.clock.wall()))
    hands.pass_time(0, wall=3600)
    hands.clock.wall()
    assert hands.jumps == [3600, hands.wall]
