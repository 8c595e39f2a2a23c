"""Who takes the calls that the switch answers itself: routing decides, mailboxes and tests do it.

Voicemail(101, busy) ──► Deposit ── * ──► Retrieval     both: ──► Boxes ──► store, bus
Retrieve(101)        ─────────────────────►  │
Feature(dnd_on)      ──► CodeCall ──► settings       of calendar: CalendarCall ──► hours
Conference(board)    ──► RoomCall ──► Meetings
Echo                 ──► echo test
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from softswitch.b2bua.echo import Echo as EchoTest
from softswitch.config.messaging import Voicemail as Settings
from softswitch.mailbox import deposit
from softswitch.mailbox.deposit import Deposit
from softswitch.mailbox.retrieval import Retrieval
from softswitch.mailbox.speech import Exits
from softswitch.rooms.meeting import Meetings
from softswitch.rooms.service import RoomCall
from softswitch.routing.codes import CALENDAR
from softswitch.routing.decision import Conference, Feature, Retrieve, Voicemail
from softswitch.settings.calendars import CalendarCall
from softswitch.settings.service import CodeCall
from softswitch.tenants import Tenants

if TYPE_CHECKING:
    from softswitch.b2bua.line import Served
    from softswitch.b2bua.service import Visit
    from softswitch.config import User
    from softswitch.mailbox.boxes import Boxes
    from softswitch.mailbox.line import Application, Line
    from softswitch.settings.service import Desk as Codes
    from softswitch.voices import Voice

NOBODYS = Settings()
SALT_OCTETS = 16


class Services:
    """Makes the application for a call."""

    def __init__(
        self,
        users: Mapping[str, User],
        boxes: Boxes,
        voice: Callable[[str], Voice],
        entropy: Callable[[int], bytes],
        codes: Codes,
        tenants: Tenants | None = None,
        meetings: Meetings | None = None,
    ) -> None:
        """`voice` is that of a user's language; `entropy` gives octets that nobody can guess."""
        self._users = users
        self._boxes = boxes
        self._voice = voice
        self._entropy = entropy
        self._codes = codes
        self._tenants = tenants or Tenants(users, {})
        self._meetings = meetings or Meetings({})

    def __call__(self, visit: Visit) -> Served:
        """Who takes this call. Routing decides for mailboxes of users only."""
        decision = visit.decision
        if isinstance(decision, Voicemail):
            return Desk(
                lambda exits: self._deposit(decision, visit, exits),
                lambda: self._retrieval(decision.user, visit, asks_number=True),
            )
        if isinstance(decision, Retrieve):
            return self._retrieval(decision.user, visit, asks_number=decision.user is None)
        if isinstance(decision, Feature):
            voice = self._voice(visit.caller)
            if decision.function == CALENDAR:
                return CalendarCall(self._codes.hours, decision, *voice)
            return CodeCall(self._codes, decision, *voice)
        if isinstance(decision, Conference):
            return RoomCall(self._meetings, decision.room, self._voice(visit.caller).prompts)
        return EchoTest()

    def _deposit(self, decision: Voicemail, visit: Visit, exits: Exits) -> Deposit:
        prompts, phrases = self._voice(decision.user)
        return Deposit(
            self._boxes,
            decision.user,
            settings=self._users[decision.user].voicemail,
            visit=deposit.Visit(
                decision.reason,
                visit.dialled,
                visit.arrived_at,
                decision.hops[0].user if decision.hops else "",
            ),
            prompts=prompts,
            phrases=phrases,
            exits=exits,
        )

    def _retrieval(self, mailbox: str | None, visit: Visit, *, asks_number: bool) -> Retrieval:
        prompts, phrases = self._voice(mailbox or visit.caller)
        return Retrieval(
            self._boxes,
            mailbox,
            asks_number=asks_number,
            is_own=self._tenants.is_own(mailbox, visit.caller),
            find=self._tenants.find,
            settings=self._tenants.settings,
            number=self._tenants.number,
            first_pin=self._tenants.first_pin,
            mail=self._tenants.mail,
            prompts=prompts,
            phrases=phrases,
            salt=lambda: self._entropy(SALT_OCTETS),
        )


class Desk:
    """A message is taken, unless the owner is there: `*` lets him in on the same line (S0-9)."""

    def __init__(
        self, takes: Callable[[Exits], Application], lets_in: Callable[[], Application]
    ) -> None:
        self._application = takes(Exits(log_in=self._log_in))
        self._lets_in = lets_in
        self._line: Line

    def begin(self, line: Line) -> None:
        """Take the call."""
        self._line = line
        self._application.begin(line)

    def digit(self, digit: str) -> None:
        """For whoever has the line."""
        self._application.digit(digit)

    def hung_up(self) -> None:
        """Nobody is there any more."""
        self._application.hung_up()

    def _log_in(self) -> None:
        self._application = self._lets_in()
        self._application.begin(self._line)


def rules(users: Mapping[str, User]) -> Callable[[str], Settings]:
    """What is configured for a mailbox: the defaults where its owner is no user any more."""
    return lambda mailbox: users[mailbox].voicemail if mailbox in users else NOBODYS
