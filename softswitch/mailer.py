"""Sends messages as mail to those who want them so.

    bus: MailboxChanged ──► outbox ──► sound as MP3 ──► mail server
                               └── tried again ◄──────────┘ └──► `email`: the message is deleted

It is deleted only when every recipient's mail was taken, never before (ML-3). A mail server that
takes nothing is one line in the log, however many mails wait for it, and one more when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from softswitch.bus import Bus, MailboxChanged
from softswitch.jobs.client import JobFailed
from softswitch.mailbox.mail import Sender, Sound, compose
from softswitch.mailbox.messages import NEW, Message
from softswitch.outbox import Outbox, served_by
from softswitch.smtp import Outcome, ServerFailed, deliver
from softswitch.voices import local_time

if TYPE_CHECKING:
    from softswitch.config import Config, User
    from softswitch.config.messaging import Mail
    from softswitch.mailbox.boxes import Boxes
    from softswitch.mailbox.phrases import LocalTime
    from softswitch.store.store import OutboxRow, Store

log = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds until the clock is looked at again: it may have been set meanwhile."""
FIRST_LOOK_BACK = 3600.0
"""Seconds. A switch that has never sent a mail begins with messages that are no older."""
SERVER, ENCODER = "the mail server", "MP3"

Deliver = Callable[["Mail", EmailMessage, Sequence[str]], Awaitable[Outcome]]


class Encoder(Protocol):
    """Makes MP3 of a file."""

    async def mp3(self, path: str) -> bytes: ...


async def open_mailer(
    config: Config,
    store: Store,
    boxes: Boxes,
    bus: Bus,
    wall: Callable[[], float],
    encoder: Encoder,
) -> Mailer | None:
    """The mailer of a configuration, with what waits in the store; None: there is no mail server.

    Raises StoreError.
    """
    if config.mail is None:
        return None
    rows = await store.outbox()
    return Mailer(
        config.mail,
        outbox=Outbox(store, rows, is_gone=lambda message: boxes.find(message) is None),
        boxes=boxes,
        users=config.users,
        bus=bus,
        encoder=encoder,
        deliver=deliver,
        local=local_time(config.timezone),
        wall=wall,
    )


class Mailer:
    """One for the switch; `run` sends until it is cancelled."""

    def __init__(
        self,
        settings: Mail,
        *,
        outbox: Outbox,
        boxes: Boxes,
        users: Mapping[str, User],
        bus: Bus,
        encoder: Encoder,
        deliver: Deliver,
        local: Callable[[float], LocalTime],
        wall: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sender = Sender(settings.sender, settings.name)
        self._outbox = outbox
        self._boxes = boxes
        self._users = users
        self._encoder = encoder
        self._deliver = deliver
        self._local = local
        self._wall = wall
        self._work = asyncio.Event()
        self._failing: set[str] = set()
        """What the log has told of: addresses, the server, the encoder."""
        self._before: set[str] = set()
        """Messages that are older than this switch and need no mail."""
        self._look_back()
        bus.subscribe(MailboxChanged, self._changed)

    async def run(self) -> None:
        """Send what is due, whenever it is."""
        while True:
            self._work.clear()
            await self._round()
            next_at = self._outbox.next_at()
            wait = None if next_at is None else max(0.0, min(LOOK, next_at - self._wall()))
            try:
                async with asyncio.timeout(wait):
                    await self._work.wait()
            except TimeoutError:
                continue

    # what is to be sent

    def _look_back(self) -> None:
        """Take in what was left in the moment before a crash; all else is old news."""
        since = self._outbox.latest
        if since is None:
            since = self._wall() - FIRST_LOOK_BACK
        for mailbox in self._users:
            messages = [*self._boxes.messages(mailbox), *self._boxes.deleted(mailbox)]
            self._before |= {one.id for one in messages if one.ended_at < since}
            self._take(mailbox)
            self._before |= {one.id for one in messages}

    def _changed(self, event: MailboxChanged) -> None:
        self._take(event.mailbox)

    def _take(self, mailbox: str) -> None:
        if not self._wants(mailbox):
            return
        for message in self._boxes.messages(mailbox):
            known = message.id in self._before or message.id in self._outbox
            if message.state == NEW and not known:
                self._outbox.add(message.id, mailbox, self._wall())
                self._work.set()

    def _wants(self, mailbox: str) -> Sequence[str]:
        """To whom a mailbox's messages go."""
        user = self._users.get(mailbox)
        return user.email if user and user.voicemail.on_message in ("email", "both") else ()

    # sending

    async def _round(self) -> None:
        """Try what is due, one after the other; a server that takes nothing is asked once."""
        down = ""
        for row in self._outbox.due(self._wall()):
            try:
                if down:
                    self._defer(row, served_by(row), down)
                else:
                    await self._attempt(row)
                    self._fine(SERVER)
            except ServerFailed as error:
                down = str(error)
                self._alarm(SERVER, down)
                self._defer(row, served_by(row), down)
            except OSError as error:
                self._alarm(row.message_id, f"the sound of a message: {error.strerror}")
                self._defer(row, served_by(row), str(error.strerror))

    async def _attempt(self, row: OutboxRow) -> None:
        message = self._boxes.find(row.message_id)
        recipients = self._wants(row.mailbox)
        if message is None or not recipients:
            self._outbox.give_up(row, "there is nobody to send it to, or no message any more")
            return
        served = served_by(row)
        left = [address for address in recipients if address not in served]
        refused = await self._send(message, recipients, left) if left else {}
        served += [address for address in left if address not in refused]
        for address in served:
            self._fine(address)
        for address, why in refused.items():
            self._alarm(address, why)
        if refused:
            self._defer(row, served, "; ".join(f"{one}: {why}" for one, why in refused.items()))
            return
        self._outbox.sent(row, served)
        log.info("mailbox %s: a message is mailed to %s", row.mailbox, ", ".join(served))
        if self._users[row.mailbox].voicemail.on_message == "email":
            self._boxes.delete(message.id)

    async def _send(
        self, message: Message, recipients: Sequence[str], left: Sequence[str]
    ) -> dict[str, str]:
        mail = compose(
            message,
            sender=self._sender,
            recipients=recipients,
            language=self._users[message.mailbox].language,
            local=self._local,
            new=self._boxes.summary(message.mailbox)[0],
            sound=await self._sound(message),
        )
        return (await self._deliver(self._settings, mail, left)).refused

    async def _sound(self, message: Message) -> Sound | None:
        """What is attached. Raises OSError."""
        attach = self._users[message.mailbox].voicemail.attach
        path = self._boxes.path(message)
        if attach == "none":
            return None
        if attach == "mp3":
            try:
                data = await self._encoder.mp3(path)
            except JobFailed as error:
                # A mail with a larger attachment is better than one without any (ML-4).
                self._alarm(ENCODER, f"{error}; WAV is sent instead")
            else:
                self._fine(ENCODER)
                return Sound(data, "mpeg", "mp3")
        return Sound(await asyncio.to_thread(Path(path).read_bytes), "wav", "wav")

    def _defer(self, row: OutboxRow, served: Sequence[str], why: str) -> None:
        if not self._outbox.failed(row, served, why, self._wall()):
            log.error("mailbox %s: a message could not be mailed: %s", row.mailbox, why)

    def _alarm(self, what: str, why: str) -> None:
        if what not in self._failing:
            self._failing.add(what)
            log.error("mail: %s: %s", what, why)

    def _fine(self, what: str) -> None:
        if what in self._failing:
            self._failing.remove(what)
            log.info("mail: %s: works again", what)
