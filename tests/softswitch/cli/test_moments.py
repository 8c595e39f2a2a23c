"""Times as people say them."""

from datetime import datetime
from pathlib import Path

import pytest

from softswitch.cli import moments
from softswitch.config import Config
from softswitch.config.configuration import Log, Network
from softswitch.config.places import Zone
from softswitch.routing.calendar import Calendar, Calendars

WARSAW = Zone("Europe/Warsaw")


def wall(text: str) -> float:
    """By the clock in Warsaw."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW._zone()).timestamp()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sat 22:00", "2026-08-08 22:00"),
        ("Monday 8:30", "2026-08-03 08:30"),
        ("11:00", "2026-08-03 11:00"),
        ("09:00", "2026-08-04 09:00"),
        ("today", "2026-08-03 12:00"),
        ("tomorrow 00:30", "2026-08-04 00:30"),
        ("2026-12-24", "2026-12-24 12:00"),
        ("2026-12-24 10:15", "2026-12-24 10:15"),
        ("tue 24:00", "2026-08-05 00:00"),
    ],
)
def test_a_time_is_the_next_one_that_is_called_so(said: str, meant: str) -> None:  # CAL-5
    assert moments.wall(said, wall("2026-08-03 10:00"), WARSAW) == wall(meant)


@pytest.mark.parametrize("said", ["", "noon", "25:00", "2026-13-01", "sat 1:2:3"])
def test_what_is_no_time_is_none(said: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moments.wall(said, 0.0, WARSAW)


def test_a_time_is_shown_with_its_day() -> None:
    assert moments.shown(wall("2026-08-08 22:05"), WARSAW) == "Sat 2026-08-08 22:05"


def test_times_are_meant_by_the_clock_of_the_office(tmp_path: Path) -> None:
    lima = Zone("America/Lima")
    config = Config(tmp_path, Network(), tmp_path, {}, Log(), timezone="Europe/Warsaw")
    assert moments.office(config) == WARSAW
    calendars = Calendars({"a": Calendar("a", lima)})
    with_one = Config(tmp_path, Network(), tmp_path, {}, Log(), calendars=calendars)
    assert moments.office(with_one) == lima
