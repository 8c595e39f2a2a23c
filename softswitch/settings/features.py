"""What a service code does: which settings it asks of, which it changes, and to what.

forward_busy_on 102   ─► change forward.busy to 102, say it
forward_off           ─► change all forwards that there are to off, say so
dnd_toggle            ─► change dnd to what it is not
call_waiting_ask      ─► say it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from softswitch.config.schema.forward import SITUATIONS
from softswitch.settings import keys
from softswitch.settings.keys import OFF, ON, RING_TIME

if TYPE_CHECKING:
    from softswitch.config import User

CLOCK, MY_NUMBER = "clock", "my_number"

ASK, TOGGLE, SET = "ask", "toggle", "set"

_FORWARDS: Mapping[str, tuple[str, ...]] = {
    "forward_always": ("always",),
    "forward_busy": ("busy",),
    "forward_no_answer": ("no_answer",),
    "forward_unavailable": ("unavailable",),
    "forward_unanswered": ("no_answer", "unavailable"),
    "forward": SITUATIONS,
    "forward_conditional": tuple(one for one in SITUATIONS if one != "always"),
}
"""Which situations a subject is about; the last two can only be switched off."""

ALWAYS_OFF, ALL_OFF = "forward_always_off", "forward_off"
AGAIN = 60.0
"""Seconds within which the first of them, dialled twice, is the second."""


class Feature(NamedTuple):
    """A function of a code, taken apart."""

    subject: str
    """Such as forward_busy, dnd, ring_time, clock."""
    verb: str
    """on, off, ask, toggle; set for what takes any value."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The settings it is about."""
        if self.subject in _FORWARDS:
            return tuple(f"{keys.FORWARD}.{one}" for one in _FORWARDS[self.subject])
        return (self.subject,)

    @property
    def needs_number(self) -> bool:
        """Whether it asks where calls shall go to."""
        return self.subject in _FORWARDS and self.verb == ON

    @property
    def needs_seconds(self) -> bool:
        """Whether it asks for how long."""
        return self.subject == RING_TIME

    @property
    def tells(self) -> bool:
        """Whether it changes nothing."""
        return self.verb == ASK or self.subject in (CLOCK, MY_NUMBER)


def feature(function: str) -> Feature:
    """Of the name of a function: forward_busy_on, ring_time."""
    subject, _, verb = function.rpartition("_")
    if verb in (ON, OFF, ASK, TOGGLE):
        return Feature(subject, verb)
    return Feature(function, ASK if function in (CLOCK, MY_NUMBER) else SET)


def changes(feature: Feature, user: User, value: str) -> dict[str, str]:
    """The new values. `value` is that of a forward or of the ring time."""
    if feature.verb == TOGGLE:
        (key,) = feature.keys
        return {key: OFF if keys.value(user, key) == ON else ON}
    if feature.needs_number or feature.needs_seconds:
        return dict.fromkeys(feature.keys, value)
    # Of all forwards only those that there are: the others are no decision.
    some = [key for key in feature.keys if keys.value(user, key) != OFF]
    found = some if len(feature.keys) > 1 else feature.keys
    return dict.fromkeys(found, feature.verb)


def ring_time(seconds: str) -> str | None:
    """What was typed, as a value; None: nobody may choose that."""
    if not (seconds.isascii() and seconds.isdigit()):
        return None
    chosen = int(seconds[: len(str(keys.LONGEST_RING)) + 1])
    if not keys.SHORTEST_RING <= chosen <= keys.LONGEST_RING:
        return None
    return keys.duration(chosen)
