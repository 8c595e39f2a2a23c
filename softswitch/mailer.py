"""Sends messages as mail to those who want them so, and tells owners what they should know.

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
from typing import TYPE_CHECKING

from softswitch.bus import (
    BackupFailed,
    Bus,
    CallEnded,
    MailboxChanged,
    MailboxFilling,
    MailboxLocked,
)
from softswitch.letters import Alarms, Encoder, Letters
from softswitch.mailbox import notices
from softswitch.mailbox.messages import NEW, Message
from softswitch.mailbox.notices import (
    BACKUP,
    COPY,
    FILLING,
    FIRST_PIN,
    FULL,
    LINK,
    LOCKED,
    MISSED,
    Notice,
)
from softswitch.mailbox.room import FULL as FULL_PERCENT
from softswitch.outbox import PATIENCE, WAITING, Outbox, ServerHistory, served_by
from softswitch.smtp import Outcome, ServerFailed, deliver
from softswitch.voices import local_time
from softswitch.web.address import address as portal_address

if TYPE_CHECKING:
    from softswitch.config import Config, User
    from softswitch.config.messaging import Mail
    from softswitch.mailbox.boxes import Boxes
    from softswitch.store.store import OutboxRow, Store

log = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds until the clock is looked at again: it may have been set meanwhile."""
FIRST_LOOK_BACK = 3600.0
"""Seconds. A switch that has never sent a mail begins with messages that are no older."""
SETTLED = 5.0
"""Seconds after a call until its message is known, if it has left one."""
MISSED_OUTCOMES = ("voicemail", "busy", "no_answer", "rejected", "unavailable", "cancelled")
SERVER = "the mail server"

Deliver = Callable[["Mail", EmailMessage, Sequence[str]], Awaitable[Outcome]]


async def open_mailer(
    config: Config,
    store: Store,
    boxes: Boxes,
    bus: Bus,
    wall: Callable[[], float],
    encoder: Encoder,
    first_pins: Mapping[str, str] | None = None,
) -> Mailer | None:
    """The mailer of a configuration, with what waits in the store; None: there is no mail server.

    `first_pins`: those that were made for owners, by mailbox. Raises StoreError.
    """
    if config.mail is None:
        return None

    def is_gone(row: OutboxRow) -> bool:
        if row.notice:
            return row.state != WAITING and notices.read(row.notice).kind != FIRST_PIN
        return boxes.find(row.message_id) is None

    alarms = Alarms()
    made = first_pins or {}
    mailer = Mailer(
        config.mail,
        outbox=Outbox(store, await store.outbox(), is_gone=is_gone),
        letters=Letters(
            config.mail,
            boxes=boxes,
            users=config.users,
            alerted=config.alerted,
            first_pins=made,
            encoder=encoder,
            alarms=alarms,
            local=local_time(config.timezone),
            holds=lambda when, at: config.calendars.holds(when, at)[0],
            portal=f"{portal_address(config.network)}/messages" if config.network.web else "",
        ),
        alarms=alarms,
        boxes=boxes,
        users=config.users,
        bus=bus,
        deliver=deliver,
        wall=wall,
    )
    for mailbox in made:
        mailer.tell_first_pin(mailbox)
    return mailer


class Mailer:
    """One for the switch; `run` sends until it is cancelled."""

    def __init__(
        self,
        settings: Mail,
        *,
        outbox: Outbox,
        letters: Letters,
        alarms: Alarms,
        boxes: Boxes,
        users: Mapping[str, User],
        bus: Bus,
        deliver: Deliver,
        wall: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._server = ServerHistory(wall())
        self._letters = letters
        self._alarms = alarms
        self._boxes = boxes
        self._users = users
        self._bus = bus
        self._deliver = deliver
        self._wall = wall
        self._work = asyncio.Event()
        self._before: dict[str, set[str]] = {}
        """Messages that need no mail, by mailbox: those that are there and can be heard again."""
        self._look_back()
        bus.subscribe(MailboxChanged, self._changed)
        bus.subscribe(MailboxFilling, self._filling)
        bus.subscribe(MailboxLocked, self._locked)
        bus.subscribe(BackupFailed, self._no_backup)
        self._missing = missing(users)
        if self._missing:
            bus.subscribe(CallEnded, self._call_ended)

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
            self._before[mailbox] = {one.id for one in messages if one.ended_at < since}
            self._take(mailbox)
            self._before[mailbox] |= {one.id for one in messages}

    def _changed(self, event: MailboxChanged) -> None:
        self._take(event.mailbox)

    def _take(self, mailbox: str) -> None:
        messages = self._boxes.messages(mailbox)
        there = {one.id for one in (*messages, *self._boxes.deleted(mailbox))}
        before = self._before[mailbox] = self._before.get(mailbox, set()) & there
        for message in messages:
            known = message.id in before or message.id in self._outbox
            if message.state != NEW or known:
                continue
            if self._letters.wants(message):
                self._outbox.add(message.id, mailbox, self._wall())
                self._work.set()
            else:  # whoever gives an address later on wants mails of what comes later
                before.add(message.id)

    def of(self, mailbox: str) -> Callable[[Message], None] | None:
        """What mails a message to the owner of a mailbox, who asks for it; None: nothing can."""
        return self._copy if self._letters.owners(mailbox) else None

    def _copy(self, message: Message) -> None:
        self._notify(message.mailbox, Notice(COPY, self._wall(), message_id=message.id))

    def tell_first_pin(self, mailbox: str) -> None:
        """The owner gets a PIN that was made, once."""
        if f"{FIRST_PIN}-{mailbox}" not in self._outbox:
            self._notify(mailbox, Notice(FIRST_PIN, self._wall()), f"{FIRST_PIN}-{mailbox}")

    def tell_link(self, user: str, make: Callable[[], str]) -> None:
        """A user gets a link to the portal. `make` makes it, if there is where to send it."""
        if not self._letters.told(user, LINK):
            return
        name = f"{LINK}-{user}-{self._wall():.3f}"
        mine = [one for one in self._letters.links if one.startswith(f"{LINK}-{user}-")]
        for before in mine:  # it does not work any more
            del self._letters.links[before]
        self._letters.links[name] = make()
        self._notify(user, Notice(LINK, self._wall()), name)

    def _filling(self, event: MailboxFilling) -> None:
        """VM-8."""
        kind = FULL if event.percent >= FULL_PERCENT else FILLING
        count = sum(self._boxes.summary(event.mailbox))
        self._notify(event.mailbox, Notice(kind, self._wall(), event.percent, count))

    def _locked(self, event: MailboxLocked) -> None:
        """VM-15."""
        self._notify(event.mailbox, Notice(LOCKED, event.until))

    def _no_backup(self, event: BackupFailed) -> None:
        """Whoever looks after the switch should see to the disk."""
        self._notify("", Notice(BACKUP, event.at))

    def _call_ended(self, event: CallEnded) -> None:
        """ML-8: nobody has answered. Whether a message was left will be known in a moment."""
        record = event.record
        called = self._missing.get(record.callee.removeprefix("+"))
        if called is None or called == record.caller or record.outcome not in MISSED_OUTCOMES:
            return
        caller = self._users.get(record.caller)
        notice = Notice(
            MISSED,
            record.arrived_at,
            caller=record.caller,
            caller_name=caller.name if caller is not None else "",
            answered_by=(record.answered_by or "").rpartition(" ")[2],
        )
        self._notify(called, notice, f"{MISSED}-{called}-{record.call_id}", SETTLED)

    def _notify(self, mailbox: str, notice: Notice, row_id: str = "", wait: float = 0.0) -> None:
        if not self._letters.told(mailbox, notice.kind):
            return
        now = self._wall()
        name = row_id or f"{notice.kind}-{mailbox}-{now:.3f}-{notice.message_id}"
        self._outbox.add(name, mailbox, now, notices.written(notice), wait)
        self._work.set()

    # sending

    async def _round(self) -> None:
        """Try what is due, one after the other; a server that takes nothing is asked once."""
        down, wait = "", 0.0
        for row in self._outbox.due(self._wall()):
            if down:
                self._put_off(row, down, wait)
                continue
            try:
                await self._attempt(row)
                self._alarms.clear(SERVER)
                self._server.worked(self._wall())
            except ServerFailed as error:
                down, wait = str(error), self._server.failed()
                self._alarms.sound(SERVER, down)
                self._defer(row, served_by(row), down, wait)
            except OSError as error:
                self._alarms.sound(row.message_id, f"the sound of a message: {error.strerror}")
                self._defer(row, served_by(row), str(error.strerror))

    async def _attempt(self, row: OutboxRow) -> None:
        recipients = self._letters.recipients(row)
        mail = await self._letters.write(row, recipients) if recipients else None
        if mail is None and row.notice:
            self._outbox.sent(row, [])  # nothing has to be said any more
            return
        if mail is None:
            self._outbox.give_up(row, "there is nobody to send it to, or no message any more")
            return
        served = served_by(row)
        left = [address for address in recipients if address not in served]
        refused = (await self._deliver(self._settings, mail, left)).refused if left else {}
        served += [address for address in left if address not in refused]
        for address in served:
            self._alarms.clear(address)
        for address, why in refused.items():
            self._alarms.sound(address, why)
        if refused:
            self._defer(row, served, "; ".join(f"{one}: {why}" for one, why in refused.items()))
            return
        self._outbox.sent(row, served)
        log.info("mailbox %s: %s is mailed to %s", row.mailbox, _what(row), ", ".join(served))
        if not row.notice and self._users[row.mailbox].voicemail.on_message == "email":
            self._boxes.delete(row.message_id)

    def is_stuck(self, message: Message) -> bool:
        """Whether a message should have been mailed, and could not be so far."""
        return self._outbox.is_stuck(message.id)

    def _defer(self, row: OutboxRow, served: Sequence[str], why: str, wait: float = 0.0) -> None:
        if not self._outbox.failed(row, served, why, self._wall(), wait):
            self._lament(row, why)
        self._say_stuck(row)

    def _put_off(self, row: OutboxRow, why: str, wait: float) -> None:
        """Its turn comes later, but for a server that did not work once in all its time."""
        now = self._wall()
        if now - row.since >= PATIENCE and not self._server.has_worked_since(row.since):
            self._outbox.give_up(row, why)
            self._lament(row, why)
        else:
            self._outbox.put_off(row, why, now + wait)
        self._say_stuck(row)

    def _lament(self, row: OutboxRow, why: str) -> None:
        log.error("mailbox %s: %s could not be mailed: %s", row.mailbox, _what(row), why)

    def _say_stuck(self, before: OutboxRow) -> None:
        """Its lamp lights now, if it was kept dark because mail would do (ML-3)."""
        if not before.attempts and not before.error and not before.notice:
            self._bus.publish(MailboxChanged(before.mailbox, *self._boxes.summary(before.mailbox)))


def _what(row: OutboxRow) -> str:
    return "a notice" if row.notice else "a message"


def missing(users: Mapping[str, User]) -> dict[str, str]:
    """Who wants to know of missed calls, by extension and by number outside without its plus."""
    wanting = {name: user for name, user in users.items() if user.voicemail.missed_calls}
    outside = {user.number.removeprefix("+"): name for name, user in wanting.items() if user.number}
    return {**outside, **{name: name for name in wanting}}
