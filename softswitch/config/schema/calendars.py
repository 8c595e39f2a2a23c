"""`calendars:` when an office is open (features 2.9)."""

import re
from datetime import date
from typing import Annotated, NamedTuple, Required

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import Text, as_list, as_section
from softswitch.config.schema.speech import TimeZone
from softswitch.routing.hours import DAY, EVERY_DAY, Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = ("all", "all day", "00:00-24:00")
MAX_RANGE = 366
"""Days of a range: more is a slip of the finger."""

MAX_CODE = 4
"""Digits."""

_TIMES = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)").fullmatch
_YEARLY = re.compile(r"(\d\d)-(\d\d)").fullmatch


class Dates(NamedTuple):
    """Days: some of a year, or some of every year."""

    first: int
    last: int
    """This one included. 0: `yearly` counts."""
    yearly: tuple[tuple[int, int], ...] = ()
    """Month and day."""


def span(value: object) -> Span:
    """`mon-fri 08:00-18:00`, `sat,sun 10:00-14:00`, `22:00-06:00` (every day), `sun all`."""
    word = re.sub(r"\s*-\s*", "-", units.text(value))
    if word.lower() in ALL_DAY:
        return Span(EVERY_DAY, 0, DAY)
    days, _, hours = word.rpartition(" ")
    start, end = (0, DAY) if hours.lower() == "all" else _times(hours, word)
    return Span(_days(days, word) if days.strip() else EVERY_DAY, start, end)


def _times(hours: str, word: str) -> tuple[int, int]:
    found = _TIMES(hours)
    if found is None:
        raise Wrong(f"{quoted(word)} are no hours", "write it like mon-fri 08:00-18:00, or sun all")
    first, last = (int(found[at]) * 3600 + int(found[at + 1]) * 60 for at in (1, 3))
    if first >= DAY or last > DAY or int(found[2]) > 59 or int(found[4]) > 59:
        raise Wrong(f"{quoted(hours)} are no times of day", "from 00:00 to 24:00")
    if first == last:
        raise Wrong(f"{quoted(hours)} is no time at all", "write all for the whole day")
    return first, last if last > first else last + DAY


def _days(written: str, word: str) -> int:
    days = 0
    for part in written.lower().replace(",", " ").split():
        first, dash, last = part.partition("-")
        names = (first, last) if dash else (first, first)
        if not all(name[:3] in WEEKDAYS and name.isalpha() for name in names):
            hint = f"one of {', '.join(WEEKDAYS)}, or a range such as mon-fri"
            raise Wrong(f"{quoted(part)} in {quoted(word)} is no day of the week", hint)
        start, end = (WEEKDAYS.index(name[:3]) for name in names)
        for day in range(start, end + 1 if end >= start else end + 8):
            days |= 1 << day % 7
    return days


def dates(value: object) -> Dates:
    """`2026-12-24`, `2026-05-02..2026-05-03`, `12-25` (every year), `12-24..12-26`."""
    word = units.text(value)
    first, dots, last = (part.strip() for part in word.partition(".."))
    ends = (first, last) if dots else (first, first)
    if all(_YEARLY(end) for end in ends):
        return _yearly(*ends)
    try:
        days = [date.fromisoformat(end).toordinal() for end in ends]
    except ValueError:
        hint = "write it like 2026-12-24, 12-24 for every year, or 2026-08-01..2026-08-31"
        raise Wrong(f"{quoted(word)} is no date", hint) from None
    if not days[0] <= days[1] < days[0] + MAX_RANGE:
        raise Wrong(f"{quoted(word)} does not end, or ends before it begins", "a year at most")
    return Dates(days[0], days[1])


def _yearly(first: str, last: str) -> Dates:
    """A leap year has all days there are; a range may go over the end of a year."""
    try:
        start, end = (date.fromisoformat(f"2024-{one}").toordinal() for one in (first, last))
    except ValueError:
        raise Wrong(f"{quoted(first)} is no day of the year", "month and day: 12-24") from None
    if end < start:
        end += 366
    every = (date.fromordinal(start + day) for day in range(end - start + 1))
    return Dates(0, 0, tuple((one.month, one.day) for one in every))


def country(value: object) -> str:
    """A country by its two letters, ISO 3166-1."""
    word = units.scalar(value)
    if len(word) == 2 and word.isascii() and word.isalpha() and word.isupper():
        return word
    hint = f"did you mean {word.upper()}?" if len(word) == 2 else "two letters, such as PL"
    raise Wrong(f"{quoted(word)} is no country", hint)


def holiday(value: object) -> object:
    """`holiday: PL` is `holiday: {country: PL}`, and a list is that of `dates`."""
    if isinstance(value, list):
        return {"dates": value}
    if isinstance(value, str):
        return {"country": value} if value.isalpha() else {"dates": [value]}
    return as_section(value)


def override(value: object) -> str:
    """The number behind the service code by which somebody opens and closes."""
    word = units.scalar(value)
    if not (word.isascii() and word.isdigit() and len(word) <= MAX_CODE):
        raise Wrong(f"{quoted(word)} is no number for a code", 'a digit or two, such as "1"')
    return word


def no_bare_value(value: object) -> object:
    """An exception is keys with values."""
    return as_section(value)


Hours = Annotated[list[Annotated[Span, PlainValidator(span)]], BeforeValidator(as_list)]
Days = Annotated[list[Annotated[Dates, PlainValidator(dates)]], BeforeValidator(as_list)]
Country = Annotated[str, PlainValidator(country)]


@with_config(ConfigDict(extra="forbid"))
class HolidaySection(TypedDict, total=False):
    """What is written under `holiday`."""

    country: Country
    province: Text
    dates: Days


@with_config(ConfigDict(extra=None))
class ExceptionSection(TypedDict, total=False, extra_items=Hours):  # type: ignore[call-arg]
    """What is written under one of the `exceptions`; all other keys are states."""

    date: Required[Annotated[Dates, PlainValidator(dates)]]
    name: Text
    open: Hours


@with_config(ConfigDict(extra=None))
class CalendarSection(TypedDict, total=False, extra_items=Hours):  # type: ignore[call-arg]
    """What is written under one calendar; all other keys are states, in this order."""

    timezone: TimeZone
    override: Annotated[str, PlainValidator(override)]
    open: Hours
    holiday: Annotated[HolidaySection, BeforeValidator(holiday)]
    exceptions: list[Annotated[ExceptionSection, BeforeValidator(no_bare_value)]]


def name(value: object) -> str:
    """Of a calendar or a trunk."""
    word = units.scalar(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", word):
        raise Wrong(f"{quoted(word)} cannot be a name", "letters a-z, digits, - and _")
    return word


Name = Annotated[str, PlainValidator(name)]
CalendarsSection = dict[Name, Annotated[CalendarSection, BeforeValidator(as_section)]]
