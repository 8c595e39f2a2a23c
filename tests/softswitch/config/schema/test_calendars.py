"""Hours and days, as people write them."""

from datetime import date

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.schema.calendars import (
    Dates,
    country,
    dates,
    holiday,
    name,
    no_bare_value,
    span,
)
from softswitch.routing.hours import DAY, EVERY_DAY, Span

HOUR = 3600


@pytest.mark.parametrize(
    ("written", "days", "start", "end"),
    [
        ("mon-fri 08:00-18:00", 0b11111, 8 * HOUR, 18 * HOUR),
        ("sat 9:30 - 13:00", 0b100000, 9 * HOUR + 1800, 13 * HOUR),
        ("Mon, Wed 10:00-12:00", 0b101, 10 * HOUR, 12 * HOUR),
        ("saturday-monday 10:00-12:00", 0b1100001, 10 * HOUR, 12 * HOUR),
        ("22:00-06:00", EVERY_DAY, 22 * HOUR, DAY + 6 * HOUR),
        ("22:00-24:00", EVERY_DAY, 22 * HOUR, DAY),
        ("8:00 - 9:00", EVERY_DAY, 8 * HOUR, 9 * HOUR),
        ("sun all", 0b1000000, 0, DAY),
        ("all", EVERY_DAY, 0, DAY),
        ("all day", EVERY_DAY, 0, DAY),
    ],
)
def test_hours_are_days_and_times(written: str, days: int, start: int, end: int) -> None:
    assert span(written) == Span(days, start, end)  # CAL-2


@pytest.mark.parametrize(
    "written",
    ["", "mon", "mon-fri", "noon", "25:00-26:00", "08:60-09:00", "08:00-08:00", "24:00-25:00"],
)
def test_what_are_no_hours_is_said(written: str) -> None:
    with pytest.raises(Wrong):
        span(written)


def test_a_day_that_no_week_has_is_named() -> None:
    with pytest.raises(Wrong, match="'mom' in 'mom 08:00-09:00' is no day of the week"):
        span("mom 08:00-09:00")


def test_days_are_dates_or_come_every_year() -> None:  # CAL-4
    christmas = date(2026, 12, 24).toordinal()
    assert dates("2026-12-24") == Dates(christmas, christmas)
    assert dates("2026-12-24 .. 2027-01-06") == Dates(christmas, christmas + 13)
    assert dates("12-24") == Dates(0, 0, ((12, 24),))
    assert dates("12-31..01-02") == Dates(0, 0, ((12, 31), (1, 1), (1, 2)))
    assert dates("02-29").yearly == ((2, 29),)


@pytest.mark.parametrize(
    "written",
    [
        "tomorrow",
        "2026-13-01",
        "2026-05-03..2026-05-02",
        "2020-01-01..2026-01-01",
        "02-30",
        "12-24..",
    ],
)
def test_what_are_no_days_is_said(written: str) -> None:
    with pytest.raises(Wrong):
        dates(written)


def test_a_country_has_two_letters() -> None:
    assert country("PL") == "PL"
    with pytest.raises(Wrong) as wrong:
        country("pl")
    assert wrong.value.suggestion == "did you mean PL?"
    with pytest.raises(Wrong):
        country("Poland")


def test_holidays_may_be_written_short() -> None:
    assert holiday("PL") == {"country": "PL"}
    assert holiday("12-24") == {"dates": ["12-24"]}
    assert holiday(["12-24"]) == {"dates": ["12-24"]}
    assert holiday({"country": "PL"}) == {"country": "PL"}


def test_an_exception_needs_keys() -> None:
    with pytest.raises(Wrong):
        no_bare_value("2026-12-24")


def test_a_name_is_a_word() -> None:
    assert name("head-office_2") == "head-office_2"
    for written in ("", "2", "a b", "ä"):
        with pytest.raises(Wrong):
            name(written)
