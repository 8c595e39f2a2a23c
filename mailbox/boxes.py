"""All mailboxes, in memory; every change is written down before anybody is told.

    begin ─► file is recorded ─► keep ─► row committed ─► changed(mailbox, new, old)
                             └─► discard

Reading never waits. A row is there from the moment when recording begins, so that a crash can lose
a second of sound but no message (VM-6). What the store could not take is written again together
with whatever is written next; until then it is in memory, and nobody has been told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from softswitch.mailbox import audio
from softswitch.mailbox.messages import DELETED, NEW, OLD, RECORDING, Box, Message, Recording

ALMOST_FULL = 0.9
"""Share of the messages that a mailbox can hold (VM-8)."""

DELETED_KEPT = 7 * 86400.0
"""Seconds that a deleted message can be brought back (VM-14)."""

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
    filling: Callable[[str, int, int], None]
    """mailbox, messages, how many it can hold: almost full, or full"""
    locked: Callable[[str, float], None]
    """mailbox, until when: somebody was wrong too often"""


class Boxes:
    """Messages and owners' decisions by mailbox."""

    def __init__(
        self,
        keeper: Keeper,
        folder: str,
        *,
        aside: Aside,
        new_id: Callable[[], str],
        wall: Callable[[], float],
        told: Told,
    ) -> None:
        self.aside = aside
        self.wall = wall
        self._keeper = keeper
        self._folder = folder
        self._new_id = new_id
        self._told = told
        self._messages: dict[str, dict[str, Message]] = {}
        """By mailbox and id, the oldest first."""
        self._where: dict[str, str] = {}
        """id → mailbox"""
        self._boxes: dict[str, Box] = {}
        self._owed: set[str] = set()
        """Ids of what the store could not take."""
        self._folders: set[str] = set()
        """That are there."""

    def load(self, messages: Iterable[Message], boxes: Iterable[Box]) -> None:
        """Take in what was kept, at the start."""
        for message in messages:
            self._set(message)
        for box in boxes:
            self._boxes[box.mailbox] = box

    # messages

    def messages(self, mailbox: str) -> list[Message]:
        """What can be heard, the oldest first."""
        return [one for one in self._all(mailbox) if one.state in (NEW, OLD)]

    def deleted(self, mailbox: str) -> list[Message]:
        """What can be brought back."""
        return [one for one in self._all(mailbox) if one.state == DELETED]

    def find(self, message_id: str) -> Message | None:
        """The message of this id, whatever its state."""
        mailbox = self._where.get(message_id)
        return None if mailbox is None else self._messages[mailbox].get(message_id)

    def summary(self, mailbox: str) -> tuple[int, int]:
        """How many are new, and how many old."""
        states = [one.state for one in self._all(mailbox)]
        return states.count(NEW), states.count(OLD)

    def has_room(self, mailbox: str, most: int) -> bool:
        """Whether one more fits. What is being recorded counts: it will be one."""
        return sum(one.state != DELETED for one in self._all(mailbox)) < most

    def path(self, message: Message) -> str:
        """The file of a message."""
        return f"{self._folder}/{MESSAGES}/{message.mailbox}/{message.id}.wav"

    def begin(self, draft: Message) -> Message:
        """A message that is going to be recorded at its `path`; its id is given here."""
        message = draft._replace(id=self._new_id(), state=RECORDING)
        self._set(message)
        self._make_folder(self.path(message))
        self._write([message])
        return message

    def keep(
        self, message: Message, most: int = 0, done: Callable[[bool], None] | None = None
    ) -> None:
        """The recording is over, its file safe: the message is new from now on.

        `done` hears whether it is committed. `most`: how many the mailbox can hold, if limited.
        """
        kept = message._replace(state=NEW)

        def written(fine: bool) -> None:
            if fine and most:
                self._warn(message.mailbox, most)
            if done is not None:
                done(fine)

        self._write([kept], then=written)

    def discard(self, message: Message) -> None:
        """The recording is over, and nothing of it is kept."""
        self._forget(message)
        path = self.path(message)
        self._write([], [message.id], lambda fine: self._remove(path))

    def mark(self, message_id: str, state: str) -> None:
        """Call a message new or old, whatever it was: a deleted one is brought back."""
        message = self.find(message_id)
        if message is not None and message.state not in (state, RECORDING):
            deleted_at = self.wall() if state == DELETED else 0.0
            changed = message._replace(state=state, deleted_at=deleted_at)
            self._set(changed)
            self._write([changed])

    def delete(self, message_id: str) -> None:
        """Nobody hears it again, unless it is brought back (VM-14).

        Whatever was deleted there long ago goes for ever.
        """
        self.mark(message_id, DELETED)
        mailbox = self._where.get(message_id)
        if mailbox is not None:
            self.purge([mailbox])

    def undo(self, message_id: str) -> None:
        """Bring a deleted message back. It was heard, so it is old."""
        message = self.find(message_id)
        if message is not None and message.state == DELETED:
            self.mark(message_id, OLD)

    def purge(self, mailboxes: Iterable[str] | None = None) -> int:
        """Forget for ever what was deleted long ago, in all mailboxes if none is named; how many
        messages that were."""
        before = self.wall() - DELETED_KEPT
        gone = [
            message
            for mailbox in (self._messages if mailboxes is None else mailboxes)
            for message in self.deleted(mailbox)
            if message.deleted_at < before
        ]
        for message in gone:
            self.discard(message)
        return len(gone)

    def unfinished(self) -> list[Message]:
        """Whose recording was not over when the switch ended."""
        return [
            one
            for messages in self._messages.values()
            for one in messages.values()
            if one.state == RECORDING
        ]

    def adopt(self, message: Message, seconds: float, least: float) -> bool:
        """Whether what was rescued of an unfinished one is a message; it is kept, or discarded."""
        if seconds < max(least, 0.001):
            self.discard(message)
            return False
        ended_at = max(message.ended_at, message.began_at + seconds)
        self.keep(message._replace(seconds=seconds, ended_at=ended_at))
        return True

    # owners

    def box(self, mailbox: str) -> Box:
        """What the owner has decided."""
        return self._boxes.get(mailbox) or Box(mailbox)

    def put_box(self, box: Box) -> None:
        """The owner has decided something."""
        self._boxes[box.mailbox] = box
        self._keeper.put_box(box)

    def log_in_failed(self, box: Box) -> None:
        """Somebody was wrong; perhaps the box is locked by that (VM-15)."""
        was_locked_until = self.box(box.mailbox).locked_until
        self.put_box(box)
        if box.locked_until > was_locked_until:
            self._told.locked(box.mailbox, box.locked_until)

    def greeting_path(self, mailbox: str, recording_id: str) -> str:
        """The file of a greeting."""
        return f"{self._folder}/{GREETINGS}/{mailbox}/{recording_id}.wav"

    def greeting(self, mailbox: str, kind: str, written: str = "") -> str:
        """The file that the owner has recorded, or empty.

        `written`: what the configuration names for it. When that was changed later, it counts.
        """
        recording = self.box(mailbox).greetings.get(kind)
        if recording is not None and recording.instead == written:
            return self.greeting_path(mailbox, recording.id)
        return ""

    def new_greeting(self, mailbox: str) -> str:
        """The id of a greeting that is going to be recorded at its path."""
        recording_id = self._new_id()
        self._make_folder(self.greeting_path(mailbox, recording_id))
        return recording_id

    def set_greeting(self, mailbox: str, kind: str, recording: Recording | None) -> None:
        """Use a recording from now on, or none of this kind any more. The one before it goes."""
        box = self.box(mailbox)
        others = {name: value for name, value in box.greetings.items() if name != kind}
        before = box.greetings.get(kind)
        self._boxes[mailbox] = box = box._replace(
            greetings=others if recording is None else {**others, kind: recording}
        )
        committed = self._keeper.put_box(box)
        if before is not None:
            path = self.greeting_path(mailbox, before.id)
            committed.add_done_callback(
                lambda done: None if done.exception() else self._remove(path)
            )

    def drop_greeting(self, mailbox: str, recording_id: str) -> None:
        """Forget one that was recorded but not taken."""
        self._remove(self.greeting_path(mailbox, recording_id))

    # inside

    def _all(self, mailbox: str) -> Iterable[Message]:
        return self._messages.get(mailbox, {}).values()

    def _set(self, message: Message) -> None:
        self._where[message.id] = message.mailbox
        self._messages.setdefault(message.mailbox, {})[message.id] = message

    def _forget(self, message: Message) -> None:
        self._where.pop(message.id, None)
        self._messages.get(message.mailbox, {}).pop(message.id, None)
        self._owed.discard(message.id)

    def _write(
        self,
        put: Sequence[Message],
        drop: Sequence[str] = (),
        then: Callable[[bool], None] = lambda fine: None,
    ) -> None:
        """Write these, and what could not be written before; tell when it is committed."""
        owed = [found for name in self._owed if (found := self.find(name)) is not None]
        rows = {message.id: message for message in (*owed, *put)}
        self._owed = set()

        def written(done: Committed) -> None:
            fine = done.exception() is None
            for row in put:
                # Nobody has heard of it before. If it could not be written, it can be heard at
                # least while we run.
                before = self.find(row.id)
                if before is not None and before.state == RECORDING:
                    self._set(row)
            if fine:
                self._owed -= {row.id for row in put}
                self._tell({row.mailbox for row in rows.values() if row.state != RECORDING})
            else:
                self._owed |= rows.keys()
            then(fine)

        self._keeper.put_messages(list(rows.values()), drop).add_done_callback(written)

    def _tell(self, mailboxes: Iterable[str]) -> None:
        for mailbox in mailboxes:
            self._told.changed(mailbox, *self.summary(mailbox))

    def _warn(self, mailbox: str, most: int) -> None:
        """Once when it becomes almost full, and once when it is."""
        messages = sum(self.summary(mailbox))
        if messages in (math.ceil(most * ALMOST_FULL), most):
            self._told.filling(mailbox, messages, most)

    def _make_folder(self, path: str) -> None:
        """Once a folder: it is a matter of microseconds, and what is written to it comes next.

        When it cannot be made, the recording fails, and says so.
        """
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            with suppress(OSError):
                audio.make_folder(path)
                self._folders.add(folder)

    def _remove(self, path: str) -> None:
        self.aside(lambda: audio.remove(path), lambda result: None)
