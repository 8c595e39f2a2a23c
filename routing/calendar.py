"""Opening hours: which state a calendar is in, and until when (CAL-1 to CAL-4).

    somebody's choice ─► dated exception ─► holiday ─► period ─► hours of the week
    (override)           (a day, or hours of it)       (summer)   (lunch before open)

The first of them that has an opinion wins. An exception for some hours of a day has none on the
others. Hours that go over midnight belong to the day on which they begin; the day after may have
something stronger to say than the rest of them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from softswitch.routing.hours import DAY, Hours, Moment, Place, weekday

OPEN = "open"
CLOSED = "closed"
HOLIDAY = "holiday"

MAX_DAYS = 400
"""How far ahead a change of state is looked for: more than a year of holidays."""

MINUTE = 60.0
QUARTER = 900
"""Seconds: clocks are put on and back on quarters of an hour."""

OFFICE = "office"
"""The calendar that is meant where none is named and there are several."""


class State(NamedTuple):
    """What a calendar says at a time."""

    name: str
    because: str


class Special(NamedTuple):
    """Days on which other hours are kept."""

    first: int
    last: int
    """Days, this one included."""
    hours: tuple[Hours, ...]
    replaces: bool
    """Whether nothing else counts on these days; else what the hours do not say is as always."""
    is_period: bool
    """Special hours of a season: holidays are holidays all the same."""
    because: str
    yearly: tuple[tuple[int, int], ...] = ()
    """Month and day: every year; the first and the last day do not count then."""

    def covers(self, day: int) -> bool:
        """Is it kept on this day?"""
        if self.yearly:
            return month_and_day(day) in self.yearly
        return self.first <= day <= self.last


class _Layer(NamedTuple):
    """What has a say on a day; a higher rank before a lower one."""

    rank: int
    hours: tuple[Hours, ...]
    rest: str
    """The state at all other times of the day; empty: as lower layers say."""
    because: str


EXCEPTION, HOLIDAYS, PERIOD, USUAL = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of one place."""

    name: str
    place: Place
    hours: tuple[Hours, ...] = ()
    """Of the week: the first that holds wins; none of them: closed."""
    specials: tuple[Special, ...] = ()
    holidays: Mapping[int, str] = field(default_factory=dict)
    """Days, and what they are called."""
    yearly: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Month and day, every year."""
    override: str | None = None
    """What somebody has chosen (CAL-6)."""
    until: float | None = None
    """When that is over, seconds since 1970; None: when somebody chooses something else."""
    by: str = ""
    """Who has chosen."""
    code: str = ""
    """The number behind the service code that chooses; empty: there is none."""
    origin: str = "default"
    """The line that it was written in."""

    def at(self, wall: float) -> State:
        """The state at a time, seconds since 1970."""
        if self.override is not None and (self.until is None or wall < self.until):
            return State(self.override, f"because {self.by or 'somebody'} has said so")
        day, second = self.place.local(wall)
        today, before = self._layers(day), self._layers(day - 1)
        for layer in today:
            for one in layer.hours:
                if one.today(weekday(day), second):
                    return State(one.state, layer.because)
        last = today[-1]
        began = _since_yesterday(before, last.rank, day, second)
        return began or State(last.rest, last.because)

    def next_change(self, wall: float) -> tuple[float, State] | None:
        """When the state will be another one, to the minute, and which; None: not in a year."""
        now = self.at(wall).name
        if self.override is not None and (self.until is None or wall < self.until):
            return self._after_override(self.until, now)
        before = wall
        for moment in self._boundaries(self.place.local(wall).day):
            for candidate in self.place.walls(moment):
                if candidate <= before:
                    continue
                if self.at(candidate).name != now:
                    return self._between(before, candidate, now)
                before = candidate
        return None

    def chosen(self, state: str | None, until: float | None = None, by: str = "") -> "Calendar":
        """The same with what somebody has chosen; None: the hours count."""
        return replace(self, override=state, until=until, by=by)

    def _after_override(self, until: float | None, now: str) -> tuple[float, State] | None:
        if until is None:
            return None
        hours = self.chosen(None)
        then = hours.at(until)
        return (until, then) if then.name != now else hours.next_change(until)

    def last_dated(self) -> int | None:
        """The last day that is named with its year; None: there is none."""
        days = [*self.holidays, *(one.last for one in self.specials if not one.yearly)]
        return max(days, default=None)

    def _layers(self, day: int) -> list[_Layer]:
        """What has a say on a day, up to the first that decides whatever the hours say."""
        layers: list[_Layer] = []
        for layer in self._all_layers(day):
            if not layers or not layers[-1].rest:
                layers.append(layer)
        return layers

    def _all_layers(self, day: int) -> Iterator[_Layer]:
        yield from self._special(day, EXCEPTION, is_period=False)
        name = self.holidays.get(day) or self.yearly.get(month_and_day(day))
        if name is not None:
            yield _Layer(HOLIDAYS, (), HOLIDAY, name)
        yield from self._special(day, PERIOD, is_period=True)
        yield _Layer(USUAL, self.hours, CLOSED, f"the hours of the week ({self.origin})")

    def _special(self, day: int, rank: int, *, is_period: bool) -> Iterator[_Layer]:
        for one in self.specials:
            if one.is_period is is_period and one.covers(day):
                yield _Layer(rank, one.hours, CLOSED if one.replaces else "", one.because)

    def _boundaries(self, today: int) -> Iterator[Moment]:
        """When something may change, in rising order by the clock."""
        for day in range(today, today + MAX_DAYS):
            if self._is_even(day):
                yield from (Moment(day, second) for second in sorted(self._seconds(day)))
            else:  # the clock is put on or back
                yield from (Moment(day, second) for second in range(0, DAY, QUARTER))

    def _is_even(self, day: int) -> bool:
        (midnight, *_), (following, *_) = (
            self.place.walls(Moment(one, 0)) for one in (day, day + 1)
        )
        return following - midnight == DAY

    def _seconds(self, day: int) -> set[int]:
        seconds = {0}
        for one in (day - 1, day):
            for layer in self._layers(one):
                for hours in layer.hours:
                    for span in hours.spans:
                        seconds |= {span.start % DAY, span.end % DAY}
        return seconds

    def _between(self, before: float, after: float, name: str) -> tuple[float, State]:
        """The first minute, or the very boundary, at which the state is another one."""
        low, high = int(before // MINUTE), int(-(-after // MINUTE))
        while high - low > 1:
            middle = (low + high) // 2
            if self.at(middle * MINUTE).name == name:
                low = middle
            else:
                high = middle
        changed = min(high * MINUTE, after)
        return changed, self.at(changed)


def _since_yesterday(before: list[_Layer], rank: int, day: int, second: int) -> State | None:
    """What began yesterday and is not over, unless today has something stronger to say."""
    for layer in before:
        if layer.rank < rank:
            break
        for one in layer.hours:
            if one.since_yesterday(weekday(day), second):
                return State(one.state, layer.because)
    return None


def month_and_day(day: int) -> tuple[int, int]:
    """Of a day that is counted from the year 1.

    Years are taken to begin in March, so that the day of a leap year comes last: then months have
    31, 30, 31, 30, 31 days, over and over, and 400 years 146,097.
    """
    of_era = (day + 305) % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return (month + 2) % 12 + 1, of_year - (153 * month + 2) // 5 + 1


def usual(names: Collection[str]) -> str | None:
    """Which of these calendars is meant where none is named; None: that is not clear."""
    if OFFICE in names:
        return OFFICE
    return next(iter(names)) if len(names) == 1 else None


@dataclass(frozen=True, slots=True)
class Calendars:
    """All of them, by name."""

    known: Mapping[str, Calendar] = field(default_factory=dict)

    @property
    def usual(self) -> str | None:
        """The one that is meant where none is named; None: that is not clear."""
        return usual(self.known)

    def at(self, name: str, wall: float) -> State | None:
        """The state of a calendar; None: there is none of that name."""
        calendar = self.known.get(name)
        return None if calendar is None else calendar.at(wall)

    def holds(self, when: str, wall: float) -> tuple[bool, str]:
        """Is it one of these times, `open, office.lunch`, and why?

        Holidays are `closed` as well: who wants no calls when the office is closed wants none then.
        """
        because = f"there is no calendar for {when}"
        for word in when.replace(",", " ").split():
            calendar, _, name = word.rpartition(".")
            calendar = calendar or self.usual or ""
            state = self.at(calendar, wall)
            if state is None:
                continue
            because = f"{calendar} is {state.name}, {state.because}"
            if state.name == name or (name == CLOSED and state.name == HOLIDAY):
                return True, because
        return False, because


NO_CALENDARS = Calendars()
