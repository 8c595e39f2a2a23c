"""What the owner of a mailbox sees of it and does to it: the same messages as by phone (VM-21).

Whatever is changed here is written and told by the mailbox itself, as if a key had been pressed; so
lamps follow at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from softswitch.mailbox.mail import file_name
from softswitch.mailbox.mail_body import clean, when
from softswitch.mailbox.mail_texts import ENGLISH, TEXTS
from softswitch.mailbox.messages import DELETED, NEW, OLD, RECORDING, Message
from softswitch.mailbox.phrases import LocalTime
from softswitch.routing.codes import has_mailbox

if TYPE_CHECKING:
    from softswitch.config import User
    from softswitch.mailbox.boxes import Boxes

DELETE, RESTORE = "delete", "restore"
ACTIONS = (DELETE, RESTORE, NEW, OLD)


class Entry(NamedTuple):
    """One message as a page shows it."""

    id: str
    is_new: bool
    name: str
    """Who called, by name where there is one; empty: nobody knows."""
    number: str
    """Empty where the name is all there is, or the number itself."""
    when: str
    length: str
    forwarded_by: str
    has_introduction: bool


class Office:
    """Mailboxes as their owners see them."""

    def __init__(
        self,
        users: Mapping[str, User],
        boxes: Boxes,
        local: Callable[[float], LocalTime],
    ) -> None:
        """`users` as they are now."""
        self._users = users
        self._boxes = boxes
        self._local = local

    def has_mailbox(self, user: str) -> bool:
        """Whoever has none sees nothing of mailboxes (S0-21)."""
        return has_mailbox(user, self._users)

    def name(self, user: str) -> str:
        """Of the owner."""
        return clean(self._users[user].name)

    def language(self, user: str) -> str:
        """Of the owner."""
        return self._users[user].language

    def new(self, user: str) -> int:
        """How many new messages there are."""
        return self._boxes.summary(user)[0]

    def messages(self, user: str) -> list[Entry]:
        """The latest first."""
        return [self._entry(one) for one in reversed(self._boxes.messages(user))]

    def deleted(self, user: str) -> list[Entry]:
        """What can be brought back, what was deleted last first."""
        gone = sorted(self._boxes.deleted(user), key=lambda one: one.deleted_at, reverse=True)
        return [self._entry(one) for one in gone]

    def find(self, user: str, message_id: str) -> Message | None:
        """The message of this id, if it is in the mailbox of this user."""
        if not self.has_mailbox(user):
            return None
        message = self._boxes.find(message_id)
        if message is None or message.mailbox != user or message.state == RECORDING:
            return None
        return message

    def path(self, message: Message, *, introduction: bool = False) -> str:
        """The file with its sound, or with what was said when it was sent on."""
        if introduction:
            return self._boxes.introduction_path(message)
        return self._boxes.path(message)

    def file_name(self, message: Message, suffix: str) -> str:
        """Under which a browser keeps it (S0-19)."""
        return file_name(message, suffix)

    def bitrate(self, user: str) -> int:
        """kbit/s of MP3."""
        return self._users[user].voicemail.mp3_bitrate

    def do(self, message: Message, action: str) -> bool:
        """Do one of ACTIONS; whether that could be done to a message in its state."""
        if (message.state == DELETED) != (action == RESTORE):
            return False
        if action == DELETE:
            self._boxes.delete(message.id)
        elif action == RESTORE:
            self._boxes.undo(message.id)
        else:
            self._boxes.mark(message.id, action)
        return True

    def about(self, message: Message) -> str:
        """Who called, in few words; empty: nobody knows."""
        return clean(message.caller_name) or clean(message.caller)

    def _entry(self, message: Message) -> Entry:
        user = self._users[message.mailbox]
        texts = TEXTS.get(user.language, ENGLISH)
        moment = when(message.ended_at, texts, self._local)
        minutes, seconds = divmod(round(message.seconds), 60)
        name, number = clean(message.caller_name), clean(message.caller)
        return Entry(
            id=message.id,
            is_new=message.state == NEW,
            name=name or number,
            number=number if name and name != number else "",
            when=texts.moment.format(**moment),
            length=f"{minutes}:{seconds:02}",
            forwarded_by=clean(message.forwarded_by),
            has_introduction=message.introduction,
        )
