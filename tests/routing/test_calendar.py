"""When an office is open (CAL-1 to CAL-4)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.config.places import Zone
from softswitch.routing.calendar import NO_CALENDARS, Calendar, Calendars, Special, month_and_day
from softswitch.routing.hours import DAY, EVERY_DAY, Hours, Span

HOUR = 3600
WEEKDAYS, SATURDAY, FRIDAY = 0b11111, 1 << 5, 1 << 4
WARSAW = Zone("Europe/Warsaw")

OFFICE = Calendar(
    "office",
    WARSAW,
    (
        Hours("lunch", (Span(WEEKDAYS, 12 * HOUR, 12 * HOUR + 1800),)),
        Hours("open", (Span(WEEKDAYS, 8 * HOUR, 18 * HOUR), Span(SATURDAY, 9 * HOUR, 13 * HOUR))),
    ),
    origin="a.yaml:3",
)


def at(text: str, zone: Zone = WARSAW) -> float:
    """A time on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=zone._zone()).timestamp()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def closed_on(text: str, *, hours: tuple[Hours, ...] = (), replaces: bool = True) -> Special:
    return Special(day(text), day(text), hours, replaces, False, "an exception")


def opened(start: int, end: int) -> tuple[Hours, ...]:
    return (Hours("open", (Span(EVERY_DAY, start * HOUR, end * HOUR),)),)


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ("2026-08-03 07:59:59", "closed"),
        ("2026-08-03 08:00", "open"),
        ("2026-08-03 12:00", "lunch"),
        ("2026-08-03 12:30", "open"),
        ("2026-08-03 18:00", "closed"),
        ("2026-08-08 12:10", "open"),
        ("2026-08-08 22:00", "closed"),
        ("2026-08-09 10:00", "closed"),
    ],
)
def test_the_hours_of_the_week(when: str, name: str) -> None:  # CAL-3
    state = OFFICE.at(at(when))
    assert state == (name, "the hours of the week (a.yaml:3)")


def test_hours_are_those_of_the_calendars_own_zone() -> None:  # CAL-1
    lima = replace(OFFICE, place=Zone("America/Lima"))
    assert lima.at(at("2026-08-03 14:00")).name == "closed"
    assert lima.at(at("2026-08-03 14:00", Zone("America/Lima"))).name == "open"


def test_the_lost_hour_never_comes_and_the_doubled_one_twice() -> None:  # CAL-1
    night = replace(OFFICE, hours=opened(2, 3))
    spring = [at("2026-03-29 00:00") + minute * 60 for minute in range(6 * 60)]
    autumn = [at("2026-10-25 00:00") + minute * 60 for minute in range(6 * 60)]
    assert sum(night.at(one).name == "open" for one in spring) == 0
    assert sum(night.at(one).name == "open" for one in autumn) == 120


def test_nights_belong_to_the_day_on_which_they_begin() -> None:  # CAL-2
    night = replace(OFFICE, hours=(Hours("open", (Span(FRIDAY, 22 * HOUR, DAY + 6 * HOUR),)),))
    names = [
        night.at(at(f"2026-08-{when}")).name
        for when in ("07 21:59", "07 22:00", "08 05:59", "08 06:00", "07 03:00")
    ]
    assert names == ["closed", "open", "open", "closed", "closed"]
    assert replace(OFFICE, hours=opened(0, 24)).at(at("2026-08-08 23:59:59")).name == "open"


def test_an_exception_may_open_as_well_as_close() -> None:  # CAL-3
    office = replace(
        OFFICE,
        specials=(closed_on("2026-08-09", hours=opened(10, 12)), closed_on("2026-08-03")),
    )
    assert office.at(at("2026-08-09 11:00")) == ("open", "an exception")
    assert office.at(at("2026-08-09 12:00")) == ("closed", "an exception")
    assert office.at(at("2026-08-03 09:00")) == ("closed", "an exception")


def test_an_exception_for_some_hours_leaves_the_others_as_they_are() -> None:  # CAL-3
    party = (Hours("closed", (Span(EVERY_DAY, 15 * HOUR, DAY),)),)
    office = replace(OFFICE, specials=(closed_on("2026-08-03", hours=party, replaces=False),))
    assert [office.at(at(f"2026-08-03 {hour}:00")).name for hour in (10, 15)] == ["open", "closed"]


def test_holidays_win_over_seasons_and_exceptions_over_holidays() -> None:  # CAL-3, CAL-4
    summer = Special(day("2026-08-01"), day("2026-08-31"), opened(7, 15), True, True, "summer")
    office = replace(
        OFFICE,
        specials=(summer, closed_on("2026-08-14", hours=opened(9, 10))),
        holidays={day("2026-08-14"): "Bridge", day("2026-08-17"): "Fair"},
        yearly={(8, 18): "every year"},
    )
    assert office.at(at("2026-08-05 07:30")) == ("open", "summer")
    assert office.at(at("2026-08-05 16:00")) == ("closed", "summer")
    assert office.at(at("2026-08-14 09:30")).name == "open"
    assert office.at(at("2026-08-17 09:30")) == ("holiday", "Fair")
    assert office.at(at("2027-08-18 09:30")) == ("holiday", "every year")


def test_exceptions_may_be_every_year() -> None:
    eve = Special(0, 0, opened(8, 12), True, False, "Christmas Eve", ((12, 24),))
    office = replace(OFFICE, specials=(eve,))
    assert [office.at(at(f"{year}-12-24 13:00")).because for year in (2026, 2030)] == [
        "Christmas Eve",
        "Christmas Eve",
    ]
    assert office.at(at("2026-12-23 13:00")).name == "open"
    assert office.last_dated() is None


def test_a_night_ends_where_a_stronger_day_begins() -> None:  # CAL-2, CAL-3
    night = replace(OFFICE, hours=(Hours("open", (Span(EVERY_DAY, 22 * HOUR, DAY + 6 * HOUR),)),))
    holiday = replace(night, holidays={day("2026-08-05"): "Fair"})
    assert holiday.at(at("2026-08-05 03:00")).name == "holiday"
    assert holiday.at(at("2026-08-06 03:00")).name == "closed"  # it did not begin
    late = replace(
        holiday, specials=(closed_on("2026-08-04", hours=night.hours),), yearly={(8, 6): "Feast"}
    )
    assert late.at(at("2026-08-05 03:00")).name == "open"
    partly = replace(
        night,
        specials=(
            closed_on("2026-08-04", hours=opened(1, 2), replaces=False),
            closed_on("2026-08-05", hours=opened(1, 2), replaces=False),
        ),
    )
    assert partly.at(at("2026-08-05 03:00")).name == "open"


def test_what_somebody_has_chosen_comes_first() -> None:  # CAL-3
    calendars = Calendars({"office": OFFICE.chosen("holiday")})
    state = calendars.at("office", at("2026-08-03 10:00"))
    assert state == ("holiday", "because somebody has said so")
    again = Calendars({"office": calendars.known["office"].chosen(None)})
    assert again.holds("open", at("2026-08-03 10:00"))[0]


@pytest.mark.parametrize(
    ("now", "then", "name"),
    [
        ("2026-08-03 09:00", "2026-08-03 12:00", "lunch"),
        ("2026-08-03 12:10", "2026-08-03 12:30", "open"),
        ("2026-08-08 22:00", "2026-08-10 08:00", "open"),
    ],
)
def test_the_next_change_is_known(now: str, then: str, name: str) -> None:  # CAL-5
    change = OFFICE.next_change(at(now))
    assert change is not None
    assert (change[0], change[1].name) == (at(then), name)


def test_a_change_in_the_hour_that_a_day_lacks_comes_when_the_clock_is_put_on() -> None:
    office = replace(OFFICE, hours=(*opened(0, 2), Hours("lunch", (Span(EVERY_DAY, 9000, DAY),))))
    change = office.next_change(at("2026-03-29 01:00"))
    assert change is not None
    assert (change[0], change[1].name) == (at("2026-03-29 03:00"), "lunch")


def test_a_change_within_a_quarter_of_an_hour_is_found_on_days_of_another_length() -> None:
    office = replace(OFFICE, hours=(Hours("open", (Span(EVERY_DAY, 0, 8 * HOUR + 7 * 60),)),))
    change = office.next_change(at("2026-03-29 05:00"))
    assert change is not None
    assert change[0] == at("2026-03-29 08:07")


def test_what_never_changes_has_no_next_change() -> None:
    assert replace(OFFICE, hours=()).next_change(at("2026-08-03 09:00")) is None
    assert replace(OFFICE, override="open").next_change(at("2026-08-03 09:00")) is None


def test_the_last_day_with_a_date_is_known() -> None:  # CAL-5
    office = replace(OFFICE, specials=(closed_on("2026-08-09"),), holidays={day("2026-12-24"): "x"})
    assert office.last_dated() == day("2026-12-24")


def test_a_state_is_that_of_the_usual_calendar_unless_another_one_is_named() -> None:  # FWD-15
    shop = replace(OFFICE, name="shop", hours=opened(0, 24))
    both = Calendars({"office": OFFICE, "shop": shop})
    night = at("2026-08-03 22:00")
    assert both.holds("open", night) == (
        False,
        "office is closed, the hours of the week (a.yaml:3)",
    )
    assert both.holds("shop.open", night)[0]
    assert both.holds("open, office.closed", night)[0]
    assert Calendars({"shop": shop}).holds("open", night)[0]
    two = Calendars({"a": OFFICE, "b": shop})
    assert two.holds("open", night) == (False, "there is no calendar for open")
    assert not NO_CALENDARS.holds("open", night)[0]


def test_holidays_are_closed_as_well() -> None:
    office = Calendars({"office": replace(OFFICE, holidays={day("2026-08-03"): "Fair"})})
    monday = at("2026-08-03 10:00")
    assert office.holds("closed", monday) == (True, "office is holiday, Fair")
    assert office.holds("holiday", monday)[0]
    assert not office.holds("open", monday)[0]


@settings(max_examples=50)
@given(st.dates())
def test_month_and_day_are_those_of_the_almanac(any_day: date) -> None:
    assert month_and_day(any_day.toordinal()) == (any_day.month, any_day.day)


@settings(max_examples=30)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_nothing_changes_before_the_next_change(when: datetime) -> None:
    wall = when.replace(tzinfo=UTC).timestamp()
    change = OFFICE.next_change(wall)
    assert change is not None
    assert change[0] > wall
    assert OFFICE.at(change[0] - 1.0).name == OFFICE.at(wall).name != change[1].name


def test_what_somebody_has_chosen_may_be_over_at_a_time() -> None:  # CAL-6
    monday = at("2026-08-03 10:00")
    until = at("2026-08-03 11:00")
    closed = OFFICE.chosen("closed", until, "phone *281*2 by 101")
    assert closed.at(monday) == ("closed", "because phone *281*2 by 101 has said so")
    assert closed.next_change(monday) == (until, OFFICE.at(until))
    assert closed.at(until).name == "open"
    assert closed.next_change(until) == OFFICE.next_change(until)
    # What was chosen and the hours agree when it is over: that is no change.
    late = OFFICE.chosen("closed", at("2026-08-03 19:00"))
    assert late.next_change(monday) == (at("2026-08-04 08:00"), OFFICE.at(at("2026-08-04 08:00")))
    assert OFFICE.chosen("closed").next_change(monday) is None
