"""Lamps of service codes: lit while what a code switches on is on (features FC-4).

    *78        the own do-not-disturb          *72     whether the own calls are forwarded
    *78101     that of 101                     *72101  whether those of 101 are

Watched is what a phone dials. A code alone is about whoever watches; a user's number behind it says
about whom instead. (Dialled, *72101 forwards to 101: whose forwards those are is one question, and
where they lead another.) All codes of one subject show the same, those that switch off too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.routing.codes import SEPARATOR, TERMINATOR
from softswitch.settings import features, keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from softswitch.config import User
    from softswitch.routing.codes import Codes

BETWEEN = "/"
"""Of user and subject, in the name of a resource; no user has it in his number."""

SWITCHES = (keys.DND, keys.CALL_WAITING)


class CodeLamps:
    """What can be watched under which code."""

    def __init__(self, codes: Codes, directory: Mapping[str, User]) -> None:
        """`directory`: the users as they are now."""
        self._directory = directory
        self._subjects: dict[str, str] = {}
        """By what is dialled."""
        for function, dialled in codes.dialled.items():
            subject = features.feature(function).subject
            if subject in SWITCHES or subject.startswith(keys.FORWARD):
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
        user = self._directory.get(name)
        if user is None:
            return False
        return any(keys.value(user, key) != keys.OFF for key in self._keys[subject])

    def affected(self, user: str, key: str) -> Iterator[str]:
        """What may look different now that a setting has changed."""
        for subject, some in self._keys.items():
            if key in some:
                yield f"{user}{BETWEEN}{subject}"
