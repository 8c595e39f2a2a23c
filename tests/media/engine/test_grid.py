"""Turns on a grid: absolute deadlines, spread members, no turn without members."""

import math
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.grid import Grid


class Log:
    """Who had a turn, and when."""

    def __init__(self) -> None:
        self.turns: list[tuple[str, float]] = []

    def __call__(self, members: Sequence[str], deadline: float) -> None:
        self.turns += [(member, deadline) for member in members]


def test_nobody_is_woken_for_nobody() -> None:
    grid: Grid[str] = Grid(20, Log())
    assert grid.next_deadline == math.inf
    grid.tick(5.0)
    grid.add("anna", 5.0)
    assert grid.next_deadline == 5.001
    grid.remove("anna")
    assert grid.next_deadline == math.inf
    grid.remove("anna")


def test_a_turn_each_period_on_the_clock_not_on_the_last_turn() -> None:  # RTP-1
    log = Log()
    grid = Grid(20, log)
    grid.add("anna", 1000.0)
    for now in (1000.001, 1000.0213, 1000.0499, 1000.0611):
        grid.tick(now)
    assert [at for _, at in log.turns] == [1000.001, 1000.021, 1000.041, 1000.061]
    assert grid.next_deadline == 1000.081


def test_nothing_is_due_before_its_time() -> None:
    log = Log()
    grid = Grid(20, log)
    grid.add("anna", 1000.0)
    grid.tick(1000.0005)
    assert log.turns == []


def test_members_are_spread() -> None:
    log = Log()
    grid = Grid(20, log)
    for number in range(40):
        grid.add(str(number), 1000.0)
    assert len(grid) == 40
    grid.tick(1000.02)
    times = [at for _, at in log.turns]
    assert [times.count(at) for at in sorted(set(times))] == [2] * 20


def test_late_turns_are_caught_up_at_once_and_in_order() -> None:  # RTP-1
    log = Log()
    grid = Grid(20, log)
    grid.add("anna", 1000.0)
    grid.add("jan", 1000.0)
    grid.tick(1000.05)
    assert [name for name, _ in log.turns] == ["anna", "jan"] * 3
    assert [at for _, at in log.turns] == sorted(at for _, at in log.turns)
    assert log.turns[-1][1] == 1000.042


def test_a_long_stall_is_not_caught_up_in_full() -> None:  # RTP-1
    log = Log()
    grid = Grid(20, log, burst=5)
    grid.add("anna", 1000.0)
    grid.tick(1100.0)
    assert len(log.turns) == 5
    assert log.turns[-1][1] <= 1100.0 < grid.next_deadline


def test_who_leaves_during_a_turn_has_no_other() -> None:
    grid: Grid[str]
    heard: list[str] = []

    def run(members: Sequence[str], deadline: float) -> None:
        heard.extend(members)
        grid.remove("anna")

    grid = Grid(1, run)
    grid.add("anna", 1000.0)
    grid.add("jan", 1000.0)
    assert "anna" in grid
    grid.tick(1000.003)
    assert heard == ["anna", "jan", "jan", "jan"]
    assert "anna" not in grid


@given(st.lists(st.floats(0.0, 0.15), max_size=60))
@settings(max_examples=50)
def test_however_late_the_clock_is_looked_at_no_turn_is_missed(steps: list[float]) -> None:
    log = Log()
    grid = Grid(20, log)
    grid.add("anna", 77.7)
    now = 77.7
    for step in steps:
        now += step
        grid.tick(now)
    assert [round(at - 77.701, 6) for _, at in log.turns] == [
        round(0.02 * turn, 6) for turn in range(len(log.turns))
    ]
    assert now < grid.next_deadline <= now + 0.0201


def test_members_share_a_slot_until_it_is_a_crowd() -> None:
    turns: list[tuple[str, ...]] = []
    grid = Grid[str](5, lambda members, _: turns.append(tuple(members)), crowd=2)
    for member in "abcde":
        grid.add(member, 1.0)
    grid.tick(1.005)
    assert turns == [("a", "b"), ("c", "d"), ("e",)]
    grid.remove("b")
    grid.add("f", 1.005)
    grid.tick(1.010)
    assert turns[3:] == [("a", "f"), ("c", "d"), ("e",)]


def test_grids_that_meet_have_their_turns_at_the_same_times() -> None:
    often, seldom = Log(), Log()
    small = Grid(20, often, tick=0.01, crowd=50, meet=20)
    large = Grid(100, seldom, tick=0.01, crowd=10, meet=20)
    for number in range(60):
        small.add(str(number), 1060.0)
        large.add(str(number), 1060.0)
    for tick in range(1, 101):
        small.tick(1060.0 + 0.01 * tick)
        large.tick(1060.0 + 0.01 * tick)
    assert {at for _, at in seldom.turns} <= {at for _, at in often.turns}
    assert len({at for _, at in often.turns}) == 10
    times = [at for _, at in seldom.turns]
    assert sorted(times.count(at) for at in set(times)) == [2] * 5 + [10] * 5


def test_where_the_fullest_meet_there_is_room_again_when_somebody_leaves() -> None:
    grid = Grid(4, Log(), crowd=1, meet=2)
    for name in "abcd":
        grid.add(name, 1000.0)
    assert [len(slot) for slot in grid._slots] == [1, 1, 1, 1]
    grid.add("e", 1000.0)
    assert sorted(len(slot) for slot in grid._slots) == [1, 1, 1, 2]
    grid.remove("c")
    grid.add("f", 1000.0)
    assert [len(slot) for slot in grid._slots].count(1) == 3
