"""Where a user may send calls on to: what was dialled or typed, and why not (FC-1, FWD-8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from softswitch.routing.codes import LEAVE_MESSAGE, TERMINATOR, VOICEMAIL, has_mailbox
from softswitch.routing.destination import NO_ROOMS, problem
from softswitch.routing.plan import shown

if TYPE_CHECKING:
    from softswitch.routing.codes import Codes
    from softswitch.routing.destination import Rooms
    from softswitch.routing.outside import Outside
    from softswitch.routing.plan import Directory

NO_SUCH_NUMBER = "code.no_such_number"
OWN_NUMBER = "code.own_number"
NO_MAILBOX = "code.no_mailbox"
NOT_ALLOWED = "code.not_allowed"

LONGEST = 64
"""Characters, as of an extension."""

EMERGENCY = "emergency"
"""A kind of numbers that everybody may call, and nobody's calls may be sent to."""


class Target(NamedTuple):
    """A value for a forward, or why there is none."""

    value: str
    refused: str = ""
    """The name of a prompt."""
    why: str = ""
    """For the log."""


class Targets:
    """Finds them in the directory, among the codes, and outside."""

    def __init__(
        self,
        directory: Directory,
        codes: Codes,
        outside: Outside | None,
        rooms: Rooms = NO_ROOMS,
    ) -> None:
        self._directory = directory
        self._codes = codes
        self._outside = outside
        self._rooms = rooms

    def __call__(self, number: str, owner: str) -> Target:
        """What a number means to its owner."""
        number = number.removesuffix(TERMINATOR)
        if len(number) > LONGEST or not number.isprintable():
            return Target("", NO_SUCH_NUMBER, f"{shown(number)} is no number")
        if number == owner:
            return Target("", OWN_NUMBER, f"{number} is the own number")
        if self._directory.get(number) is not None or number in self._rooms:
            return Target(number)
        mailbox = self._mailbox(number, owner)
        return mailbox or self._number_outside(number, owner)

    def _mailbox(self, number: str, owner: str) -> Target | None:
        """The code of the own mailbox is the own mailbox; with a number behind it another one."""
        for function in (VOICEMAIL, LEAVE_MESSAGE):
            for code in _bare(self._codes.dialled.get(function, ())):
                whose = number.removeprefix(code)
                if whose == number or (whose and self._directory.get(whose) is None):
                    continue
                if not has_mailbox(whose or owner, self._directory):
                    return Target("", NO_MAILBOX, f"{whose or owner} has no voicemail")
                return Target(f"{VOICEMAIL}:{whose}" if whose not in ("", owner) else VOICEMAIL)
        return None

    def _number_outside(self, number: str, owner: str) -> Target:
        outside = None if self._outside is None else self._outside.normalise(number)
        why = problem(number, owner, self._directory, self._outside)
        if outside is None:
            return Target("", NO_SUCH_NUMBER, why or f"{number} is no number")
        if outside.kind == EMERGENCY:
            return Target("", NOT_ALLOWED, f"{number} is for emergencies")
        if why is not None:
            return Target("", NOT_ALLOWED, why)
        return Target(outside.e164)


def _bare(codes: Iterable[str]) -> list[str]:
    return [code.removesuffix(TERMINATOR) for code in codes]
