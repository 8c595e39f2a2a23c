"""Whose mailboxes there are: by which numbers they are found, and how their owners get in first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from softswitch.mailbox import pins
from softswitch.routing.codes import has_mailbox

if TYPE_CHECKING:
    from softswitch.config import User
    from softswitch.config.messaging import Voicemail
    from softswitch.mailbox.messages import Message

LEAST_DIGITS = 7
"""Fewer are no telephone number that was typed without its beginning."""

Mail = Callable[["Message"], None]


def no_mail(mailbox: str) -> Mail | None:
    """There is no mail server."""
    return None


class Tenants:
    """The owners of mailboxes, as the configuration knows them."""

    def __init__(
        self,
        users: Mapping[str, User],
        made: Mapping[str, str],
        mail: Callable[[str], Mail | None] = no_mail,
    ) -> None:
        """`made`: first PINs that were made for owners; `mail`: what sends a message to an owner,
        None where nothing can."""
        self._users = users
        self._made = made
        self.mail = mail

    def settings(self, mailbox: str) -> Voicemail | None:
        """None: there is no such mailbox."""
        return self._users[mailbox].voicemail if has_mailbox(mailbox, self._users) else None

    def find(self, digits: str) -> str | None:
        """The mailbox of what was typed: an extension, or the owner's number with as much of its
        beginning as somebody types, zeros before it or not (S0-10)."""
        if has_mailbox(digits, self._users):
            return digits
        plain = digits.lstrip("0")
        if len(plain) < LEAST_DIGITS:
            return None
        found = [
            extension
            for extension, user in self._users.items()
            if (user.number or "").endswith(plain) and user.voicemail.enabled
        ]
        return found[0] if len(found) == 1 else None

    def is_own(self, mailbox: str | None, extension: str) -> bool:
        """Whether a phone is the owner's, or one of those that show the mailbox by their lamps."""
        user = None if mailbox is None else self._users.get(mailbox)
        return user is not None and (mailbox == extension or extension in user.lamp)

    def number(self, mailbox: str) -> str:
        """The telephone number of the owner, or else the extension."""
        user = self._users.get(mailbox)
        return user.number if user is not None and user.number else mailbox

    def first_pin(self, mailbox: str) -> str | None:
        """What gets the owner in until he chooses a PIN; None: nothing but his own phone."""
        settings = self.settings(mailbox)
        first = "last4" if settings is None else settings.first_pin
        if first == "last4":
            return pins.first_pin(self.number(mailbox))
        return self._made.get(mailbox)
