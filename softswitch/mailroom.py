"""Mailboxes and mail of a switch, opened together: what the app needs of them.

store ──► boxes ──► first PINs ──► mailer (if there is a mail server) ──► tenants
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from softswitch.bus import MailboxChanged, SettingChanged
from softswitch.config.boxes import people
from softswitch.jobs.client import Jobs
from softswitch.mailbox import pins
from softswitch.mailbox.messages import NEW
from softswitch.mailboxes import open_mailboxes
from softswitch.mailer import Mailer, open_mailer
from softswitch.media.blobs import FolderBlobs
from softswitch.settings import keys
from softswitch.tenants import Tenants, no_mail
from softswitch.voicemail import rules

if TYPE_CHECKING:
    from softswitch.bus import Bus
    from softswitch.config import Config, User
    from softswitch.mailbox.boxes import Boxes
    from softswitch.mailbox.messages import Box
    from softswitch.store.store import Store

log = logging.getLogger(__name__)

ENCODER = "lameenc"
"""What makes MP3 (ML-4)."""
PIN_DIGITS = 6
PURGE = 3600.0
"""Seconds between looks for deleted messages that nobody may bring back any more."""
NAMED = 10
"""So many mailboxes are named in one line of the log."""


class Mailroom(NamedTuple):
    """What there is of them."""

    boxes: Boxes
    tenants: Tenants
    summary: Callable[[str], tuple[int, int]]
    """New and old messages of a mailbox, as lamps show them."""
    jobs: Jobs
    """Makes MP3 of messages."""
    mailer: Mailer | None
    """None: there is no mail server."""


async def open_mailroom(
    config: Config,
    store: Store,
    bus: Bus,
    wall: Callable[[], float],
    stack: AsyncExitStack,
    tasks: asyncio.TaskGroup,
) -> Mailroom:
    """Open the mailboxes, and send mails until the stack is closed. Raises StoreError."""
    users = config.users
    blobs = FolderBlobs(config.state)
    boxes = await open_mailboxes(store, bus, blobs, wall=wall, rules=rules(users))
    made = await first_pins(store, users, boxes.owners.box)
    jobs = Jobs()
    stack.push_async_callback(jobs.close)
    mailer = await open_mailer(config, store, boxes, bus, wall, jobs, made)
    if mailer is not None:
        if find_spec(ENCODER) is None:
            log.warning("mail: %s is not installed: WAV is attached in place of MP3", ENCODER)
        stack.callback(tasks.create_task(mailer.run()).cancel)
    stack.callback(tasks.create_task(_purge(boxes)).cancel)
    bus.subscribe(SettingChanged, partial(_look_again, bus, boxes))
    open_doors = guessable(users, boxes.owners.box)
    if open_doors:
        log.warning(
            "anybody can guess the PIN of %s; `softswitch check --security` names all",
            named(open_doors),
        )
    tenants = Tenants(users, made, no_mail if mailer is None else mailer.of)
    return Mailroom(boxes, tenants, shown(users, boxes, mailer), jobs, mailer)


def _look_again(bus: Bus, boxes: Boxes, event: SettingChanged) -> None:
    """Whether a mailbox is mailed, or only mailed, is seen by its lamp (S0-5)."""
    if event.key in (keys.EMAIL, keys.MAIL_MODE):
        bus.publish(MailboxChanged(event.user, *boxes.summary(event.user)))


async def _purge(boxes: Boxes) -> None:
    """Forget what was deleted long ago, in mailboxes too where nothing happens (VM-14)."""
    while True:
        await asyncio.sleep(PURGE)
        boxes.purge()


async def first_pins(
    store: Store, users: Mapping[str, User], box: Callable[[str], Box]
) -> dict[str, str]:
    """The PINs that were made for owners who have chosen none, now or before (VM-20)."""
    made = {}
    for mailbox, user in users.items():
        wanted = user.voicemail.first_pin == "random" and not user.voicemail.pin
        if wanted and user.voicemail.enabled and not box(mailbox).pin:
            kept = await store.secret(f"first PIN of {mailbox}", partial(_made, mailbox))
            made[mailbox] = kept.decode()
    return made


def _made(mailbox: str) -> bytes:
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        if pins.is_good(pin, mailbox):
            return pin.encode()


def guessable(users: Mapping[str, User], box: Callable[[str], Box]) -> list[str]:
    """Mailboxes that still have the PIN that everybody knows, and can be called from anywhere."""
    return [
        mailbox
        for mailbox, user in users.items()
        if user.voicemail.enabled
        and user.voicemail.remote_login
        and not user.voicemail.pin
        and user.voicemail.first_pin == "last4"
        and (not box(mailbox).pin or box(mailbox).pin_instead)
    ]


def named(mailboxes: list[str]) -> str:
    """Some of them, and how many more."""
    more = len(mailboxes) - NAMED
    tail = f" and {more} more" if more > 0 else ""
    plural = "mailbox" if len(mailboxes) == 1 else "mailboxes"
    return f"{plural} {', '.join(mailboxes[:NAMED])}{tail}"


def shown(
    users: Mapping[str, User], boxes: Boxes, mailer: Mailer | None
) -> Callable[[str], tuple[int, int]]:
    """What lamps show. Where messages are only mailed they stay dark (S0-5), unless a message could
    not be mailed: that waits in the mailbox, and its owner has to know (ML-3)."""

    def summary(mailbox: str) -> tuple[int, int]:
        user = users.get(mailbox)
        if mailer is None or user is None or not user.email:
            return boxes.summary(mailbox)
        if user.voicemail.on_message != "email":
            return boxes.summary(mailbox)
        new = [one for one in boxes.messages(mailbox) if one.state == NEW]
        return sum(map(mailer.is_stuck, new)), boxes.summary(mailbox)[1]

    return summary


def lamps(users: Mapping[str, User]) -> dict[str, tuple[str, ...]]:
    """Whose lamps there are, and for which mailboxes (MWI-5)."""
    found: dict[str, tuple[str, ...]] = {
        extension: (extension,)
        for extension, user in people(users).items()
        if user.voicemail.enabled
    }
    for mailbox, user in users.items():
        for extension in user.lamp:
            found[extension] = (*found.get(extension, ()), mailbox)
    return found
