"""What a mailbox says that is not the same every time: counts, numbers, dates, times of day.

A phrase is a sequence of prompt names; what they sound like is in the folder of the language. Each
language is a module of `languages`: its plurals, its genders, and the order of its words.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

MAX_COUNT = 999
"""More messages than that are said as so many: no mailbox holds more by default."""

DIGITS = frozenset("0123456789")
SPOKEN_SIGNS = {"+": "sign.plus", "*": "sign.star", "#": "sign.hash"}


class LocalTime(NamedTuple):
    """A moment as the clock on the wall of the mailbox's owner shows it."""

    year: int
    month: int
    """1 to 12."""
    day: int
    weekday: int
    """0 is Monday."""
    hour: int
    minute: int

    @property
    def date(self) -> tuple[int, int, int]:
        """To compare days with."""
        return self[:3]


class Language(Protocol):
    """What a module of `languages` knows."""

    def messages(self, count: int, kind: str) -> list[str]:
        """So many messages; `kind` is "new" or "old"."""

    def and_(self) -> list[str]:
        """Between two counts."""

    def day(self, local: LocalTime) -> list[str]:
        """The date, with the weekday."""

    def time(self, local: LocalTime) -> list[str]:
        """The time of day."""

    def seconds(self, count: int) -> list[str]:
        """So many seconds, up to 999."""


class Phrases:
    """The phrases of one language, for one owner's clock."""

    def __init__(self, language: Language, local: Callable[[float], LocalTime]) -> None:
        """`local` tells what the owner's clock shows at a moment (seconds since 1970)."""
        self._language = language
        self._local = local

    def count(self, new: int, old: int) -> Sequence[str]:
        """ "Two new messages and five old ones", or what is there of it."""
        language = self._language
        said = language.messages(min(new, MAX_COUNT), "new")
        if old:
            said += [*language.and_(), *language.messages(min(old, MAX_COUNT), "old")]
        return said

    def digits(self, number: str) -> Sequence[str]:
        """A telephone number, sign by sign; what cannot be said is left out."""
        return [
            f"number.{sign}" if sign in DIGITS else SPOKEN_SIGNS[sign]
            for sign in number
            if sign in DIGITS or sign in SPOKEN_SIGNS
        ]

    def seconds(self, count: int) -> Sequence[str]:
        """ "Twenty-five seconds"."""
        return self._language.seconds(count)

    def moment(self, at: float, now: float) -> Sequence[str]:
        """ "Today, 15:19"; days before yesterday by weekday and date."""
        then, today = self._local(at), self._local(now)
        yesterday = self._local(now - 86_400.0)
        if then.date == today.date:
            day = ["day.today"]
        elif then.date == yesterday.date:
            day = ["day.yesterday"]
        else:
            day = self._language.day(then)
        return [*day, *self._language.time(then)]


def cardinal(number: int, words: frozenset[int], joint: str = "") -> list[str]:
    """A number up to 99 of the words that a language has; `joint` between tens and ones."""
    if number in words:
        return [f"number.{number}"]
    tens, ones = number // 10 * 10, number % 10
    middle = [joint] if joint else []
    return [f"number.{tens}", *middle, f"number.{ones}"]
