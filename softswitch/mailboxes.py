"""Mailboxes of this switch: loaded from the store, written to it, and told on the bus.

    store ──► Boxes ──► store ──► bus: MailboxChanged, MailboxFilling, MailboxLocked, SettingChanged
                └─────► jobs in other threads: files of the state folder

At the start, recordings that a crash has interrupted become messages (reliability G21).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from softswitch.bus import Bus, MailboxChanged, MailboxFilling, MailboxLocked, SettingChanged
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.keeping import GREETINGS, MESSAGES, Told
from softswitch.mailbox.messages import Box, Message, Recording
from softswitch.mailbox.room import Rules
from softswitch.media.blobs import BlobStore
from softswitch.store.store import Committed, MailboxRow, MessageRow
from softswitch.tokens import Tokens

log = logging.getLogger(__name__)

HIDDEN = "****"
BY_OWNER = "owner of"


class Rows(Protocol):
    """What mailboxes need of the store."""

    def put_messages(self, put: Sequence[MessageRow], drop: Sequence[str] = ()) -> Committed: ...

    def put_mailbox(self, mailbox: MailboxRow) -> Committed: ...

    async def messages(self) -> list[MessageRow]: ...

    async def mailboxes(self) -> list[MailboxRow]: ...


async def open_mailboxes(
    store: Rows,
    bus: Bus,
    blobs: BlobStore,
    *,
    wall: Callable[[], float],
    rules: Callable[[str], Rules],
) -> Boxes:
    """All mailboxes, as they were, with what can be had of recordings that were interrupted.

    `rules`: what is configured for a mailbox, also for one of nobody any more. Raises StoreError.
    """
    decided = {row.mailbox: box_of(row) for row in await store.mailboxes()}
    boxes = Boxes(
        Keeping(store, bus, wall, dict(decided)),
        blobs,
        aside=aside,
        new_id=Tokens(),
        wall=wall,
        told=Told(
            changed=lambda *change: bus.publish(MailboxChanged(*change)),
            filling=lambda *change: bus.publish(MailboxFilling(*change)),
            locked=partial(_locked, bus),
        ),
        rules=rules,
    )
    messages = [Message(*row) for row in await store.messages()]
    boxes.load(messages, decided.values())
    for message in boxes.unfinished():
        seconds = await asyncio.to_thread(_rescued, blobs, boxes.path(message))
        if boxes.adopt(message, seconds):
            log.warning("mailbox %s: an interrupted message is kept", message.mailbox)
    boxes.purge()
    for folder in (MESSAGES, GREETINGS):
        await asyncio.to_thread(blobs.clear, blobs.path(folder))
    return boxes


def _locked(bus: Bus, mailbox: str, until: float) -> None:
    """Also for those who have no mail server (VM-15)."""
    log.warning("mailbox %s: too many wrong PINs; only its own phone gets in for a while", mailbox)
    bus.publish(MailboxLocked(mailbox, until))


class Keeping:
    """The Keeper of the mailboxes over the store. What owners decide is told when it is kept."""

    def __init__(
        self, store: Rows, bus: Bus, wall: Callable[[], float], decided: dict[str, Box]
    ) -> None:
        """`decided`: what they had decided before, by mailbox."""
        self._store = store
        self._bus = bus
        self._wall = wall
        self._decided = decided

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Committed:
        return self._store.put_messages([MessageRow(*message) for message in put], drop)

    def put_box(self, box: Box) -> Committed:
        before = self._decided.get(box.mailbox) or Box(box.mailbox)
        self._decided[box.mailbox] = box
        written = self._store.put_mailbox(row_of(box))
        some = list(differences(before, box))
        if some:
            written.add_done_callback(partial(self._tell, box.mailbox, some))
        return written

    def _tell(self, mailbox: str, some: list[tuple[str, str]], written: Committed) -> None:
        if written.exception() is None:
            for key, value in some:
                source = f"{BY_OWNER} {mailbox}"
                self._bus.publish(SettingChanged(mailbox, key, value, source, self._wall()))


def differences(before: Box, after: Box) -> Iterator[tuple[str, str]]:
    """Which settings are others, and what they are now: nobody is told a PIN."""
    if before.pin != after.pin:
        yield "voicemail.pin", HIDDEN
    for kind in sorted({*before.greetings, *after.greetings}):
        if before.greetings.get(kind) != after.greetings.get(kind):
            yield f"voicemail.greeting.{kind}", "recorded" if kind in after.greetings else "off"


def aside(job: Callable[[], Any], done: Callable[[Any], None], /) -> None:
    """Run a job in another thread; then tell what it returned, or the OSError that it raised."""

    future = asyncio.get_running_loop().run_in_executor(None, job)
    future.add_done_callback(partial(finished, done))


def finished(done: Callable[[Any], None], future: asyncio.Future[Any]) -> None:
    """Tell; but not when the switch ends."""
    if future.cancelled():
        return
    error = future.exception()
    if error is None:
        done(future.result())
        return
    if isinstance(error, OSError):
        log.warning("%s", error)
    else:
        log.error("a job failed", exc_info=error)
        error = OSError(str(error))
    done(error)


def row_of(box: Box) -> MailboxRow:
    """What an owner has decided, as the store keeps it."""
    return MailboxRow(
        mailbox=box.mailbox,
        pin=box.pin,
        pin_length=box.pin_length,
        pin_instead=box.pin_instead,
        failures=json.dumps(box.failures),
        locked_until=box.locked_until,
        greetings=json.dumps(dict(box.greetings)),
        pin_at=box.pin_at,
    )


def box_of(row: MailboxRow) -> Box:
    """What an owner has decided, of how the store keeps it."""
    greetings = json.loads(row.greetings)
    return Box(
        mailbox=row.mailbox,
        pin=row.pin,
        pin_length=row.pin_length,
        pin_instead=row.pin_instead,
        failures=tuple(json.loads(row.failures)),
        locked_until=row.locked_until,
        greetings={kind: Recording(*recording) for kind, recording in greetings.items()},
        pin_at=row.pin_at,
    )


def _rescued(blobs: BlobStore, path: str) -> float:
    try:
        return blobs.rescue(path)
    except OSError as error:
        log.error("%s: %s", path, error.strerror)
        return 0.0
