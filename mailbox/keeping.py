"""What mailboxes need of the world: a store, another thread, and somebody to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from softswitch.mailbox.messages import Box, Message

MESSAGES, GREETINGS = "voicemail", "greetings"
"""Folders."""


class Committed(Protocol):
    """Done when a write is safe; has an exception when it could not be made so."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None: ...

    def exception(self) -> BaseException | None: ...


class Keeper(Protocol):
    """What mailboxes ask of the store. Writes take effect in the order of the calls."""

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Committed:
        """Keep these and forget those ids, all or nothing."""

    def put_box(self, box: Box) -> Committed:
        """Keep what an owner has decided."""


class Aside(Protocol):
    """Runs a job in another thread, then calls `done` with what it returned, or raised."""

    def __call__(self, job: Callable[[], Any], done: Callable[[Any], None], /) -> None: ...


class Told(NamedTuple):
    """Who wants to know of changes."""

    changed: Callable[[str, int, int], None]
    """mailbox, new, old"""
    filling: Callable[[str, int], None]
    """mailbox, and how full it is in percent: when it becomes almost full, and when it is full"""
    locked: Callable[[str, float], None]
    """mailbox, until when: somebody was wrong too often"""
