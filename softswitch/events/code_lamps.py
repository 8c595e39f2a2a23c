"""Lamps of service codes: lit while what a code switches on is on (features FC-4).

    *78        the own do-not-disturb          *72     whether the own calls are forwarded
    *78101     that of 101                     *72101  whether those of 101 are
    *281       whether somebody has opened or closed calendar 1; *281*1 opened, *281*2 closed

Watched is what a phone dials. A code alone is about whoever watches; a user's number behind it says
about whom instead. (Dialled, *72101 forwards to 101: whose forwards those are is one question, and
where they lead another.) All codes of one subject show the same, those that switch off too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.routing.calendar import CLOSED, NO_CALENDARS, OPEN, Calendars
from softswitch.routing.codes import CALENDAR, SEPARATOR, TERMINATOR
from softswitch.settings import features, keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from softswitch.config import User
    from softswitch.routing.codes import Codes

BETWEEN = "/"
"""Of user and subject, in the name of a resource; no user has it in his number."""


CHOICES = {"": "", f"{SEPARATOR}0": "", f"{SEPARATOR}1": f".{OPEN}", f"{SEPARATOR}2": f".{CLOSED}"}
"""What is dialled behind the number of a calendar, and the end of the resource's name."""


def _states(subject: str) -> tuple[str, ...]:
    """Which of them light a lamp."""
    _, _, state = subject.partition(".")
    return (state,) if state else (OPEN, CLOSED)


class CodeLamps:
    """What can be watched under which code."""

    def __init__(
        self, codes: Codes, directory: Mapping[str, User], calendars: Calendars = NO_CALENDARS
    ) -> None:
        """`directory` and `calendars`: as they are now."""
        self._directory = directory
        self._calendars = calendars
        self._chosen = {
            f"{code}{calendar.code}{wanted}": f"{name}{BETWEEN}{CALENDAR}{state}"
            for code in codes.dialled.get(CALENDAR, ())
            for name, calendar in calendars.known.items()
            if calendar.code
            for wanted, state in CHOICES.items()
        }
        self._subjects: dict[str, str] = {}
        """By what is dialled."""
        for function, dialled in codes.dialled.items():
            subject = features.feature(function).subject
            if subject in keys.SWITCHES or subject.startswith(keys.FORWARD):
                for code in dialled:
                    bare = code.removesuffix(TERMINATOR)
                    self._subjects[bare] = self._subjects[bare.removesuffix(SEPARATOR)] = subject
        self._lengths = sorted({len(code) for code in self._subjects}, reverse=True)
        self._keys = {
            subject: features.Feature(subject, "").keys for subject in self._subjects.values()
        }

    def resource(self, number: str, user: str) -> str | None:
        """What this user watches under this number, as `101/dnd`; None: nothing."""
        number = number.removesuffix(TERMINATOR)
        if number in self._chosen:
            return self._chosen[number]
        subject = self._subjects.get(number)
        if subject is not None:
            return f"{user}{BETWEEN}{subject}"
        for length in self._lengths:
            subject = self._subjects.get(number[:length])
            if subject is not None and number[length:] in self._directory:
                return f"{number[length:]}{BETWEEN}{subject}"
        return None

    def is_lit(self, resource: str) -> bool:
        """Whether it is on; of several settings, any of them."""
        name, _, subject = resource.partition(BETWEEN)
        if subject.startswith(CALENDAR):
            return self._calendars.known[name].override in _states(subject)
        user = self._directory.get(name)
        if user is None:
            return False
        return any(keys.value(user, key) != keys.OFF for key in self._keys[subject])

    def of_calendar(self, name: str) -> Iterator[str]:
        """What may look different now that somebody has opened or closed it."""
        yield from (f"{name}{BETWEEN}{CALENDAR}{state}" for state in set(CHOICES.values()))

    def affected(self, user: str, key: str) -> Iterator[str]:
        """What may look different now that a setting has changed."""
        for subject, some in self._keys.items():
            if key in some:
                yield f"{user}{BETWEEN}{subject}"
