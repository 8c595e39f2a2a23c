"""What is said of settings: the names of prompts, in their order.

The sentences of a forward have three parts: when, that calls go, and where to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from softswitch.routing.destination import HANG_UP, VOICEMAIL, parse
from softswitch.settings import keys
from softswitch.settings.keys import OFF

if TYPE_CHECKING:
    from softswitch.config import User
    from softswitch.settings.features import Feature

NOT_POSSIBLE = "vm.not_possible"
NO_SUCH_NUMBER = "code.no_such_number"
NOT_CHANGEABLE = "code.not_changeable"
WRONG_TIME = "code.wrong_time"
WHICH_NUMBER = "code.which_number"
HOW_MANY_SECONDS = "code.how_many_seconds"
MY_NUMBER = "code.my_number"
NO_FORWARDS = "code.no_forwards"

ALWAYS = "forward_always"
ALL = "forward"


class Phrases(Protocol):
    """What is put together of prompts, as the language wants it."""

    def digits(self, number: str) -> Sequence[str]:
        """One after the other."""

    def seconds(self, count: int) -> Sequence[str]:
        """Twenty-five seconds."""


def state(feature: Feature, user: User, phrases: Phrases) -> list[str]:
    """What holds of the settings that a code is about."""
    if feature.subject == keys.RING_TIME:
        return ["code.ring_time", *phrases.seconds(round(user.ring_time))]
    if feature.subject in keys.SWITCHES:
        return [f"code.{feature.subject}_{keys.value(user, feature.keys[0])}"]
    values = {keys.value(user, key) for key in feature.keys}
    if values == {OFF}:
        return _off(feature.subject)
    (situation, *_) = [key.partition(".")[2] for key in feature.keys]
    return [f"code.{feature.subject}", *_forwarded(user, situation, phrases)]


def _off(subject: str) -> list[str]:
    if subject == ALL:
        return [NO_FORWARDS]
    if subject == ALWAYS:
        return ["code.always_off"]
    return [f"code.{subject}", "code.not_forwarded"]


def _forwarded(user: User, situation: str, phrases: Phrases) -> list[str]:
    rule = user.forward.rules[situation]
    kind, value = parse(rule.to)
    if kind == HANG_UP:
        said = ["code.refused"]
    elif kind != VOICEMAIL:
        said = ["code.to_number", *phrases.digits(value)]
    elif value in ("", user.extension):
        said = ["code.to_your_mailbox"]
    else:
        said = ["code.to_mailbox_of", *phrases.digits(value)]
    conditional = rule.callers != "any" or rule.when
    return [*said, "code.sometimes"] if conditional else said


def number(caller: str, digits: Callable[[str], Sequence[str]]) -> list[str]:
    """Who calls."""
    said = digits(caller)
    return [MY_NUMBER, *said] if said else [NOT_POSSIBLE]
