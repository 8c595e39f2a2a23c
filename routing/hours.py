"""Hours of a week and days of a year, by the clock on the wall (CAL-1, CAL-2).

Days are counted as in the proleptic Gregorian calendar: 1 is the first of January of the year 1, a
Monday. Seconds are those that the clock shows: on the day that has an hour twice, hours that fall
into it happen twice; the hour that a day lacks never happens.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

DAY = 86_400
WEEK = 7
EVERY_DAY = 0b111_1111


class Moment(NamedTuple):
    """What calendar and clock on the wall show."""

    day: int
    second: int


class Place(Protocol):
    """Where a clock hangs on a wall: a time zone."""

    def local(self, wall: float) -> Moment:
        """What it shows at this time, seconds since 1970."""

    def walls(self, moment: Moment) -> tuple[float, ...]:
        """When it shows that: twice where it is put back, once else."""


class Span(NamedTuple):
    """Some hours of some days of the week."""

    days: int
    """A bit for each: Monday is the lowest."""
    start: int
    """Seconds after midnight."""
    end: int
    """The first second that is no more part of it: beyond DAY it ends on the day after."""

    def begins_on(self, weekday: int) -> bool:
        """Is there such a span that begins on this day?"""
        return bool(self.days >> weekday & 1)


class Hours(NamedTuple):
    """When a state holds."""

    state: str
    spans: tuple[Span, ...]

    def today(self, weekday: int, second: int) -> bool:
        """Does it hold, by what begins today?"""
        return any(one.begins_on(weekday) and one.start <= second < one.end for one in self.spans)

    def since_yesterday(self, weekday: int, second: int) -> bool:
        """Does it still hold, by what began yesterday? `weekday` is today's."""
        before = (weekday - 1) % WEEK
        return any(one.begins_on(before) and second + DAY < one.end for one in self.spans)


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day - 1) % WEEK


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans of which one makes the other needless in part, over the end of a week too."""
    seen: list[tuple[int, int, Span]] = []
    for span in spans:
        for day in range(WEEK):
            if not span.begins_on(day):
                continue
            for shift in (-WEEK * DAY, 0, WEEK * DAY):
                start, end = day * DAY + span.start + shift, day * DAY + span.end + shift
                for first, last, other in seen:
                    if start < last and first < end:
                        return other, span
            seen.append((day * DAY + span.start, day * DAY + span.end, span))
    return None
