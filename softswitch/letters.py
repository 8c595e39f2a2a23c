"""What each mail of the outbox says, and who gets it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from softswitch.config.boxes import MAILBOX
from softswitch.jobs.client import JobFailed
from softswitch.mailbox import mail, notices
from softswitch.mailbox.mail import Letterhead, Picture, Sender, Sound
from softswitch.mailbox.notices import BACKUP, COPY, KINDS, LINK, LOCKED, MISSED, Notice

if TYPE_CHECKING:
    from email.message import EmailMessage

    from softswitch.config import User
    from softswitch.config.messaging import Mail
    from softswitch.mailbox.boxes import Boxes
    from softswitch.mailbox.messages import Message
    from softswitch.mailbox.phrases import LocalTime
    from softswitch.store.store import OutboxRow

log = logging.getLogger(__name__)

ENCODER = "MP3"
SUBTYPES = {".gif": "gif", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


class Encoder(Protocol):
    """Makes MP3 of a file."""

    async def mp3(self, path: str, kilobits: int) -> bytes: ...


class Alarms:
    """What does not work is said once, and once more when it works again."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def sound(self, what: str, why: str) -> None:
        """It does not work."""
        if what not in self._failing:
            self._failing.add(what)
            log.error("mail: %s: %s", what, why)

    def clear(self, what: str) -> None:
        """It works."""
        if what in self._failing:
            self._failing.remove(what)
            log.info("mail: %s: works again", what)


class Letters:
    """Makes mails of rows."""

    def __init__(
        self,
        settings: Mail,
        *,
        boxes: Boxes,
        users: Mapping[str, User],
        alerted: Sequence[str],
        first_pins: Mapping[str, str],
        encoder: Encoder,
        alarms: Alarms,
        local: Callable[[float], LocalTime],
        holds: Callable[[str, float], bool],
        portal: str = "",
    ) -> None:
        """`alerted`: administrators; `first_pins`: those that were made, by mailbox; `holds` tells
        whether a calendar is in one of these states at a time; `portal`: where owners hear their
        messages in a browser, empty: nowhere."""
        self._templates = settings.templates
        self._head = Letterhead(Sender(settings.sender, settings.name), picture(settings.logo))
        self._boxes = boxes
        self._users = users
        self._alerted = alerted
        self._first_pins = first_pins
        self._encoder = encoder
        self._alarms = alarms
        self._local = local
        self._holds = holds
        self._portal = portal
        self.links: dict[str, str] = {}
        """Links to the portal by the mail that tells them. They are written down nowhere: a link
        that was not mailed when the switch ended is not mailed."""

    def owners(self, mailbox: str) -> tuple[str, ...]:
        """The addresses of whose mailbox it is."""
        user = self._users.get(mailbox)
        return user.email if user is not None else ()

    def wants(self, message: Message) -> Sequence[str]:
        """To whom a message goes, which depends on when it was left (ML-7)."""
        user = self._users.get(message.mailbox)
        if user is None or user.voicemail.on_message not in ("email", "both"):
            return ()
        when, at = user.mail_when, message.ended_at
        return [one for one in user.email if one not in when or self._holds(when[one], at)]

    def recipients(self, row: OutboxRow) -> Sequence[str]:
        """Who gets this mail, as things are now."""
        if not row.notice:
            message = self._boxes.find(row.message_id)
            return self.wants(message) if message is not None else ()
        return self.told(row.mailbox, notices.read(row.notice).kind)

    def told(self, mailbox: str, kind: str) -> Sequence[str]:
        """Who gets a notice of this kind."""
        owners = self.owners(mailbox)
        if kind == LOCKED:
            return tuple(dict.fromkeys([*owners, *self._alerted]))  # VM-15
        if kind == BACKUP:
            return self._alerted
        if kind == LINK:
            return owners[:1]  # the others get messages, and no way in
        return owners

    async def write(self, row: OutboxRow, recipients: Sequence[str]) -> EmailMessage | None:
        """The mail; None: there is nothing to say any more. Raises OSError."""
        notice = notices.read(row.notice) if row.notice else None
        if notice is None or notice.kind == COPY:
            message = self._boxes.find(notice.message_id if notice else row.message_id)
            if message is None:
                return None
            return await self._about(message, recipients, row.message_id)
        if notice.kind not in KINDS:
            return None
        if notice.kind == MISSED and self._left_a_message(notice, row.mailbox):
            return None
        if notice.kind == LINK and row.message_id not in self.links:
            return None
        return notices.compose(
            notice,
            row.message_id,
            row.mailbox,
            head=self._head,
            recipients=recipients,
            language=self._language(row.mailbox),
            local=self._local,
            since=row.since,
            pin=self._first_pins.get(row.mailbox, ""),
            link=self.links.get(row.message_id, ""),
        )

    async def _about(
        self, message: Message, recipients: Sequence[str], identity: str
    ) -> EmailMessage:
        language = self._language(message.mailbox)
        return mail.compose(
            message,
            head=self._head,
            recipients=recipients,
            language=language,
            local=self._local,
            new=self._boxes.summary(message.mailbox)[0],
            sounds=await self._sounds(message),
            template=self._templates.get(language),
            identity=identity,
            portal=self._player(message.mailbox),
        )

    def _player(self, mailbox: str) -> str:
        """Where a message that stays can be heard by who owns it."""
        owner = self._users.get(mailbox)
        if owner is None or owner.kind == MAILBOX or owner.voicemail.on_message != "both":
            return ""
        return self._portal

    def _language(self, mailbox: str) -> str:
        return self._users[mailbox].language if mailbox in self._users else "en"

    def _left_a_message(self, notice: Notice, mailbox: str) -> bool:
        """The caller of a missed call did, so that is no missed call (ML-8)."""
        there = {mailbox, notice.answered_by}
        return any(
            one.began_at == notice.at
            for name in there
            for one in (*self._boxes.messages(name), *self._boxes.deleted(name))
        )

    async def _sounds(self, message: Message) -> list[Sound]:
        """What is attached. Raises OSError."""
        user = self._users.get(message.mailbox)
        attach = user.voicemail.attach if user is not None else "none"
        if attach == "none":
            return []
        rate = user.voicemail.mp3_bitrate if user is not None else 0
        sounds = [await self._sound(self._boxes.path(message), attach, rate)]
        if message.introduction:
            intro = await self._sound(self._boxes.introduction_path(message), attach, rate)
            sounds.append(intro._replace(is_introduction=True))
        return sounds

    async def _sound(self, path: str, attach: str, kilobits: int) -> Sound:
        if attach == "mp3":
            try:
                data = await self._encoder.mp3(path, kilobits)
            except JobFailed as error:
                # A mail with a larger attachment is better than one without any (ML-4).
                self._alarms.sound(ENCODER, f"{error}; WAV is sent instead")
            else:
                self._alarms.clear(ENCODER)
                return Sound(data, "mpeg", "mp3")
        return Sound(await asyncio.to_thread(self._read, path), "wav", "wav")

    def _read(self, path: str) -> bytes:
        with self._boxes.blobs.open(path) as file:
            return file.read()


def picture(file: Path | None) -> Picture | None:
    """The office's logo; without it, if the file is gone since it was checked."""
    if file is None:
        return None
    try:
        return Picture(file.read_bytes(), SUBTYPES[file.suffix.lower()], file.name)
    except OSError as error:
        log.warning("mail.logo: %s: %s", file, error.strerror)
        return None
