"""From YAML to opening hours, and mistakes in them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from softswitch.config.places import Zone
from softswitch.config.problems import Wrong
from softswitch.routing.calendar import NO_CALENDARS
from softswitch.routing.hours import Moment
from tests.softswitch.config.reading import read, summaries

USERS = "users: {101: Jan}\n"


@pytest.fixture(autouse=True)
def _some_holidays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What public_days says, without the process that it asks; test_public_days.py asks it."""

    def days(country: str, province: str) -> Mapping[int, str]:
        if (country, province) not in (("PL", ""), ("ES", "MD")):
            raise Wrong(f"no holidays are known for {province or country}", "known are others")
        return {date(2026, 12, 25).toordinal(): "Boże Narodzenie"}

    monkeypatch.setattr("softswitch.config.calendars.public_days", days)


def states(folder: Path, text: str, *moments: str) -> list[tuple[str, str]]:
    """What the calendar `office` says at these times."""
    config = read(folder, USERS + text)
    calendar = config.calendars.known["office"]
    found = []
    for moment in moments:
        day, hour = moment.split()
        second = int(hour[:2]) * 3600 + int(hour[3:]) * 60
        wall = calendar.place.walls(Moment(date.fromisoformat(day).toordinal(), second))[0]
        name, because = calendar.at(wall)
        found.append((name, because.replace(f"{folder}/", "")))
    return found


OFFICE = """\
timezone: America/Lima
calendars:
  office:
    timezone: Europe/Warsaw
    open: [mon-fri 08:00-18:00, sat 09:00-13:00]
    lunch: [mon-fri 12:00-12:30]
    holiday: {country: PL, dates: [2026-12-24, 12-31, 2026-05-02..2026-05-03]}
    exceptions:
      - {date: 2026-12-30, open: 08:00-14:00}
      - {date: 2026-08-01..2026-08-31, open: [mon-fri 07:00-15:00], name: summer}
      - {date: 2026-08-05, closed: 10:00-11:00}
      - {date: 07-01..07-02, closed: all}
"""


def test_a_calendar_means_what_is_written(tmp_path: Path) -> None:  # CAL-3, CAL-4
    assert states(
        tmp_path,
        OFFICE,
        "2026-09-01 12:10",
        "2026-09-01 12:30",
        "2026-12-24 10:00",
        "2026-12-25 10:00",
        "2027-12-31 10:00",
        "2026-12-30 14:00",
        "2026-08-03 07:30",
        "2026-08-05 10:30",
        "2026-08-05 11:30",
        "2027-07-02 10:00",
    ) == [
        ("lunch", "the hours of the week (office.yaml:4)"),
        ("open", "the hours of the week (office.yaml:4)"),
        ("holiday", "written (office.yaml:8)"),
        ("holiday", "Boże Narodzenie"),
        ("holiday", "written (office.yaml:8)"),
        ("closed", "an exception (office.yaml:10)"),
        ("open", "summer, an exception (office.yaml:11)"),
        ("closed", "an exception (office.yaml:12)"),
        ("open", "summer, an exception (office.yaml:11)"),
        ("closed", "an exception (office.yaml:13)"),
    ]


def test_without_a_zone_of_its_own_that_of_the_office_counts(tmp_path: Path) -> None:  # CAL-1
    text = USERS + "timezone: America/Lima\ncalendars: {a: {open: all}}\n"
    assert read(tmp_path, text).calendars.known["a"].place == Zone("America/Lima")
    assert read(tmp_path, USERS).calendars == NO_CALENDARS


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("{open: noon}", "open: 'noon' are no hours"),
        ("{timezon: all}", "timezon: unknown key 'timezon'"),
        ("{holliday: all}", "holliday: unknown key 'holliday'"),
        ("{'a b': all}", "a b: 'a b' cannot be the name of a state"),
        ("{open: [mon 08:00-12:00, mon-fri 10:00-11:00]}", "open: these hours overlap"),
        ("{holiday: XX}", "holiday: no holidays are known for XX"),
        ("{holiday: {province: MD}}", "holiday.province: belongs to a country"),
        ("{holiday: {country: ES, province: QQ}}", "holiday.province: no holidays are known for"),
        ("{exceptions: [{date: 2026-01-01}]}", "exceptions.0: says nothing of these days"),
        ("{exceptions: [{date: x, open: all}]}", "exceptions.0.date: 'x' is no date"),
        (
            "{exceptions: [{date: 2026-01-01, open: all}, {date: 2026-01-01, closed: all}]}",
            "exceptions.1.date: 2026-01-01 is an exception above already",
        ),
        (
            "{exceptions: [{date: 2026-01-01, open: [8:00-9:00, 8:30-10:00]}]}",
            "exceptions.0.open: these hours overlap",
        ),
    ],
)
def test_mistakes_are_shown_where_they_are(tmp_path: Path, section: str, found: str) -> None:
    (summary,) = summaries(tmp_path, f"{USERS}calendars: {{office: {section}}}\n")
    assert f"calendars.office.{found}" in summary
    assert summary.startswith(":2:")


@pytest.mark.parametrize(
    ("when", "calendars", "found"),
    [
        ("closed", "{}", "there is no calendar for 'closed'"),
        ("shop.open", "{office: {open: all}}", "no calendar has the name 'shop'"),
        ("opne", "{office: {open: all}}", "calendar office is never 'opne'"),
        ("lunch", "{office: {open: all}}", "calendar office is never 'lunch'"),
        ("open", "{a: {open: all}, b: {open: all}}", "'open' does not say of which calendar"),
        ("[open, a.feast]", "{a: {open: all}}", "calendar a is never 'feast'"),
    ],
)
def test_what_a_forward_waits_for_has_to_come(
    tmp_path: Path, when: str, calendars: str, found: str
) -> None:  # FWD-15
    text = (
        f"users: {{101: {{forward: {{busy: {{to: 102, when: {when}}}}}}}, 102: Anna}}\n"
        f"calendars: {calendars}\n"
    )
    (summary,) = summaries(tmp_path, text)
    assert summary.startswith(":1:")
    assert summary.endswith(f"users.101.forward.busy.when: {found}")


def test_states_of_exceptions_may_be_waited_for(tmp_path: Path) -> None:
    text = (
        "defaults: {forward: {busy: {to: 101, when: [holiday, feast]}}}\n"
        "calendars: {office: {holiday: 12-24, exceptions: [{date: 2026-01-01, feast: all}]}}\n"
    )
    user = read(tmp_path, USERS + text).users["101"]
    assert user.forward.rules["busy"].when == "holiday, feast"


def test_a_calendar_has_a_number_for_its_code(tmp_path: Path) -> None:  # CAL-6
    text = 'calendars: {office: {open: all, override: 1}, door: {open: all, override: "02"}}\n'
    known = read(tmp_path, USERS + text).calendars.known
    assert [one.code for one in known.values()] == ["1", "02"]
    assert known["office"].hours[0].state == "open"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{office: {override: 1}, door: {override: 1}}",
            "calendars.door.override: calendar office has that number already",
        ),
        ("{office: {override: x}}", "calendars.office.override: 'x' is no number for a code"),
        ("{office: {override: 12345}}", "calendars.office.override: '12345' is no number for a"),
    ],
)
def test_a_number_for_a_code_is_one_of_its_own(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in one for one in summaries(tmp_path, f"{USERS}calendars: {text}\n"))
