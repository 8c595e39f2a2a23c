"""Clocks on walls."""

from datetime import UTC, datetime

from softswitch.config.places import Zone
from softswitch.routing.hours import Moment

WARSAW = Zone("Europe/Warsaw")


def test_a_clock_shows_the_time_of_its_place() -> None:  # CAL-1
    wall = datetime(2026, 8, 3, 22, 30, tzinfo=UTC).timestamp()
    day = datetime(2026, 8, 4).toordinal()
    assert WARSAW.local(wall) == Moment(day, 1800)
    assert WARSAW.walls(Moment(day, 1800)) == (wall,)
    assert WARSAW.shown(wall).hour == 0


def test_what_a_clock_shows_twice_has_two_times() -> None:
    day = datetime(2026, 10, 25).toordinal()
    first, second = WARSAW.walls(Moment(day, 9000))
    assert second - first == 3600.0
    assert WARSAW.local(first) == WARSAW.local(second) == Moment(day, 9000)


def test_what_a_clock_never_shows_has_one_time() -> None:
    (only,) = WARSAW.walls(Moment(datetime(2026, 3, 29).toordinal(), 9000))
    assert WARSAW.local(only).second == 9000 + 3600


def test_without_a_name_the_clock_of_the_machine_counts() -> None:
    machine = Zone(None)
    moment = machine.local(1_786_000_000.0)
    assert machine.walls(moment)[0] == 1_786_000_000.0
