"""What was read before, for texts that come again and again: a phone's Contact, Via, URI.

A cache that makes room by dropping what was used least lately helps nobody once there are more
phones than it holds: each text is dropped before it comes again, and to drop one costs more than to
read it, since nothing is as far from the processor as what was not used for longest. So here those
who come first stay, and the texts of all others are read each time.
"""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

ROOM = 2048
"""Texts that stay; those of all caches together take some 5 MB."""

STRANGERS = 64 * ROOM
"""Texts without room after which all are forgotten: those who have come first may be gone."""


class Familiar(dict[str, Value]):
    """By the text, what `read` makes of it; what `read` raises comes through."""

    def __init__(self, read: Callable[[str], Value]) -> None:
        self._read = read
        self._strangers = 0

    def __missing__(self, text: str) -> Value:
        value = self._read(text)
        if len(self) >= ROOM:
            self._strangers += 1
            if self._strangers < STRANGERS:
                return value
            self.clear()
            self._strangers = 0
        self[text] = value
        return value


def familiar(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """The same function, with a memory; for short texts only."""
    return Familiar(read).__getitem__
