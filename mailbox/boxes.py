"""All messages, in memory; every change is written down before anybody is told.

    begin ─► file is recorded ─► keep ─► row committed ─► changed(mailbox, new, old)
                             └─► discard

Reading never waits. A row is there from the moment when recording begins, so that a crash can lose
a second of sound but no message (VM-6). What the store could not take is written again together
with whatever is written next; until then it is in memory, and nobody has been told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from softswitch.mailbox import room
from softswitch.mailbox.keeping import MESSAGES, Aside, Committed, Keeper, Told
from softswitch.mailbox.messages import DELETED, NEW, OLD, RECORDING, Box, Message
from softswitch.mailbox.owners import Owners
from softswitch.media.blobs import BlobStore


class Boxes:
    """Messages by mailbox; `owners` has what their owners have decided."""

    def __init__(
        self,
        keeper: Keeper,
        blobs: BlobStore,
        *,
        aside: Aside,
        new_id: Callable[[], str],
        wall: Callable[[], float],
        told: Told,
        rules: Callable[[str], room.Rules],
    ) -> None:
        """`rules` are those of a mailbox."""
        self.aside = aside
        self.blobs = blobs
        self.wall = wall
        self.owners = Owners(
            keeper, blobs, aside=aside, new_id=new_id, locked=told.locked, rules=rules
        )
        self._keeper = keeper
        self._new_id = new_id
        self._told = told
        self._messages: dict[str, dict[str, Message]] = {}
        """By mailbox and id, the oldest first."""
        self._where: dict[str, str] = {}
        """id → mailbox"""
        self._rules = rules
        self._levels: dict[str, int] = {}
        """How full each mailbox was when its owner was last told, or when we began."""
        self._owed: set[str] = set()
        """Ids of what the store could not take."""

    def load(self, messages: Iterable[Message], boxes: Iterable[Box]) -> None:
        """Take in what was kept, at the start."""
        for message in messages:
            self._set(message)
        for mailbox in self._messages:
            self._levels[mailbox] = room.level(self.messages(mailbox), self._rules(mailbox))
        self.owners.load(boxes)

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

    def has_room(self, mailbox: str) -> bool:
        """Whether one more fits. What is being recorded counts: it will be one."""
        there = [one for one in self._all(mailbox) if one.state != DELETED]
        return room.percent(there, self._rules(mailbox)) < room.FULL

    def path(self, message: Message) -> str:
        """The file of a message."""
        return self.blobs.path(MESSAGES, message.mailbox, f"{message.id}.wav")

    def introduction_path(self, message: Message) -> str:
        """The file of what was said when it was sent on."""
        return self.blobs.path(MESSAGES, message.mailbox, f"{message.id}.intro.wav")

    def begin(self, draft: Message) -> Message:
        """A message that is going to be recorded at its `path`; its id is given here."""
        message = draft._replace(id=self._new_id(), state=RECORDING)
        self._set(message)
        self.blobs.prepare(self.path(message))
        self._write([message])
        return message

    def keep(self, message: Message, done: Callable[[bool], None] = lambda fine: None) -> None:
        """The recording is over, its file safe: the message is new from now on.

        `done` hears whether it is committed.
        """
        self._write([message._replace(state=NEW)], then=done)

    def copy(
        self, message: Message, mailbox: str, by: str, done: Callable[[bool], None], intro: str = ""
    ) -> None:
        """Put the same message into another mailbox, too; `done` hears whether it is there.

        `by`: the mailbox it comes from, where an owner has sent it on, and `intro` the file of what
        he said to that.
        """
        draft = message._replace(mailbox=mailbox, forwarded_by=by, deleted_at=0.0)
        copied = self.begin(draft._replace(introduction=bool(intro)))
        files = [(self.path(message), self.path(copied))]
        if intro:
            files.append((intro, self.introduction_path(copied)))

        def linked(result: object) -> None:
            if isinstance(result, OSError):
                self.discard(copied)
                done(False)
            else:
                self.keep(copied, done)

        self.aside(partial(self.blobs.link, files), linked)

    def discard(self, message: Message) -> None:
        """The recording is over, and nothing of it is kept."""
        self._forget(message)
        self._write([], [message.id], lambda fine: self._remove(message))

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
        now = self.wall()
        gone = [
            message
            for mailbox in (self._messages if mailboxes is None else mailboxes)
            for message in self.deleted(mailbox)
            if message.deleted_at < now - self._rules(mailbox).deleted_kept
        ]
        for message in gone:
            self.discard(message)
        return len(gone)

    def forget(self, mailbox: str) -> None:
        """There is no such mailbox any more: all of it goes for ever."""
        for message in [*self._all(mailbox)]:
            self.discard(message)
        self._messages.pop(mailbox, None)
        self.owners.forget(mailbox)

    def unfinished(self) -> list[Message]:
        """Whose recording was not over when the switch ended."""
        return [
            one
            for messages in self._messages.values()
            for one in messages.values()
            if one.state == RECORDING
        ]

    def adopt(self, message: Message, seconds: float) -> bool:
        """Whether what was rescued of an unfinished one is a message; it is kept, or discarded."""
        if seconds < max(self._rules(message.mailbox).min_message, 0.001):
            self.discard(message)
            return False
        ended_at = max(message.ended_at, message.began_at + seconds)
        self.keep(message._replace(seconds=seconds, ended_at=ended_at))
        return True

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
            messages, rules = self.messages(mailbox), self._rules(mailbox)
            before, level = self._levels.get(mailbox, 0), room.level(messages, rules)
            self._levels[mailbox] = level
            if level > before:
                self._told.filling(mailbox, room.percent(messages, rules))

    def _remove(self, message: Message) -> None:
        paths = [self.path(message), self.introduction_path(message)]
        self.aside(partial(self.blobs.remove, *paths), lambda result: None)
