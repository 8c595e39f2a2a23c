"""How full a mailbox is, and when its owner is to be warned (VM-8)."""

from collections.abc import Collection
from typing import Protocol

from softswitch.mailbox.messages import Message

ALMOST_FULL, FULL = 90, 100
"""Percent at which an owner is warned."""


class Rules(Protocol):
    """What is configured for all messages of a mailbox."""

    @property
    def max_messages(self) -> int: ...
    @property
    def quota(self) -> float:
        """Seconds that all messages together may have; 0: as many as they like."""

    @property
    def deleted_kept(self) -> float:
        """Seconds that a deleted message can be brought back (VM-14)."""

    @property
    def min_message(self) -> float:
        """Seconds of sound; less is no message."""

    @property
    def editable(self) -> bool:
        """Whether the owner's own PIN and recordings count."""


def percent(messages: Collection[Message], rules: Rules) -> int:
    """By number or by length, whichever is nearer to its end."""
    by_number = len(messages) * 100 // rules.max_messages
    if not rules.quota:
        return by_number
    return max(by_number, int(sum(one.seconds for one in messages) * 100 // rules.quota))


def level(messages: Collection[Message], rules: Rules) -> int:
    """The warning that fits: FULL, ALMOST_FULL, or 0 for none."""
    filled = percent(messages, rules)
    if filled >= FULL:
        return FULL
    return ALMOST_FULL if filled >= ALMOST_FULL else 0
