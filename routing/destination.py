"""What may stand behind `to:` (features 4.3).

101  anna                      an extension; digits that no extension has: a number outside
"+48600100100"                 a number outside
voicemail  voicemail:105       the mailbox of the user in question, or of 105
hangup  hangup:busy            the end of the call, and what the caller hears
"""

from typing import NamedTuple

from softswitch.routing.outside import Outside, Refused
from softswitch.routing.plan import Directory

NUMBER = "number"
VOICEMAIL = "voicemail"
HANG_UP = "hangup"

HANG_UP_WORDS = ("", "busy", "not_found")


class Destination(NamedTuple):
    """A target, taken apart."""

    kind: str
    """number (an extension, or outside), voicemail or hangup."""
    value: str
    """The number; whose mailbox, empty for that of the user in question; busy, not_found or
    nothing."""


def parse(text: str) -> Destination:
    """What a target means. Every text means something: what is no number is found by nobody."""
    kind, _, value = text.partition(":")
    if kind in (VOICEMAIL, HANG_UP):
        return Destination(kind, value)
    return Destination(NUMBER, text)


def problem(text: str, owner: str, directory: Directory, outside: Outside | None) -> str | None:
    """Why calls of the owner cannot go there (FC-1, FWD-8); None when they can."""
    kind, value = parse(text)
    if kind == HANG_UP:
        return None if value in HANG_UP_WORDS else f"{text} is no way to hang up"
    if kind == VOICEMAIL:
        user = directory.get(value or owner)
        if user is None:
            return f"no user has the number {value or owner}"
        return None if user.voicemail.enabled else f"{value or owner} has no voicemail"
    if directory.get(value) is not None:
        return None
    return _outside_problem(value, owner, directory, outside)


def _outside_problem(
    value: str, owner: str, directory: Directory, outside: Outside | None
) -> str | None:
    number = None if outside is None else outside.normalise(value)
    user = directory.get(owner)
    if outside is None or number is None or user is None:
        return f"no user has the number {value}"
    verdict = outside.permitted(user, number)
    if isinstance(verdict, Refused):
        return verdict.because
    return None if outside.way(number) else f"no trunk leads to {number.e164}"
