"""Times as people say them: `sat 22:00`, `22:00`, `2026-12-24 10:00`."""

import re
from datetime import date

from softswitch.config import Config
from softswitch.config.places import Zone
from softswitch.config.schema.calendars import WEEKDAYS
from softswitch.routing.hours import DAY, Moment, Place, weekday

NOON = DAY // 2
"""Meant where only a day is named."""

_TIME = re.compile(r"(\d{1,2}):(\d\d)").fullmatch

EXAMPLES = "'sat 22:00', '22:00', 'tomorrow' or '2026-12-24 10:00'"


def office(config: Config) -> Place:
    """By whose clock times are meant: that of the usual calendar, or of the whole office."""
    usual = config.calendars.usual
    return Zone(config.timezone) if usual is None else config.calendars.known[usual].place


def wall(text: str, now: float, place: Place) -> float:
    """Seconds since 1970 of the next such time. Raises ValueError when it is none."""
    today, clock = place.local(now)
    day, second = None, None
    for word in text.lower().split():
        time = _TIME(word)
        if time is not None:
            second = int(time[1]) * 3600 + int(time[2]) * 60
        else:
            day = _day(word, today)
    if day is None and second is None:
        raise ValueError(text)
    second = NOON if second is None else second
    if not 0 <= second <= DAY:
        raise ValueError(text)
    if day is None:
        day = today if second >= clock else today + 1
    return place.walls(Moment(day, second))[0]


def shown(at: float, place: Place) -> str:
    """`Sat 2026-12-26 22:00`."""
    day, second = place.local(at)
    name = WEEKDAYS[weekday(day)].capitalize()
    return f"{name} {date.fromordinal(day)} {second // 3600:02}:{second // 60 % 60:02}"


def _day(word: str, today: int) -> int:
    """A weekday is the next one of that name, today included."""
    if word in ("today", "tomorrow"):
        return today + (word == "tomorrow")
    if word[:3] in WEEKDAYS and word.isalpha():
        return today + (WEEKDAYS.index(word[:3]) - weekday(today)) % 7
    return date.fromisoformat(word).toordinal()
