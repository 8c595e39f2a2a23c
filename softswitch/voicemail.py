"""Who takes the calls that the switch answers itself: routing decides, mailboxes and tests do it.

Voicemail(101, busy) ──► Deposit ──► Boxes ──► store, bus
Echo                 ──► echo test
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua.echo import Echo as EchoTest
from softswitch.mailbox import deposit
from softswitch.mailbox.deposit import Deposit
from softswitch.mailbox.speech import Exits, Phrases, Prompts
from softswitch.routing.decision import Voicemail

if TYPE_CHECKING:
    from softswitch.b2bua.service import Served, Visit
    from softswitch.config import User
    from softswitch.mailbox.boxes import Boxes
    from softswitch.media.engine.interface import Sound

SHORTEST = 2.0
"""Seconds of a message in the mailbox of somebody who is no user any more."""


class Voice(NamedTuple):
    """How mailboxes speak in one language."""

    prompts: Prompts
    phrases: Phrases


class Wordless:
    """Phrases of a language that nobody has recorded: there are none."""

    def count(self, new: int, old: int) -> Sequence[str]:
        return ()

    def digits(self, number: str) -> Sequence[str]:
        return ()

    def moment(self, at: float, now: float) -> Sequence[str]:
        return ()


def _unspoken(names: Sequence[str]) -> Sequence[Sound]:
    return ()


SILENT = Voice(_unspoken, Wordless())
"""Only tones are heard."""


class Services:
    """Makes the application for a call."""

    def __init__(
        self, users: Mapping[str, User], boxes: Boxes, voice: Callable[[str], Voice]
    ) -> None:
        """`voice` is that of a user's language."""
        self._users = users
        self._boxes = boxes
        self._voice = voice

    def __call__(self, visit: Visit) -> Served:
        """Who takes this call. Routing decides for mailboxes of users only."""
        decision = visit.decision
        if isinstance(decision, Voicemail):
            return self._deposit(decision, visit)
        return EchoTest()

    def _deposit(self, decision: Voicemail, visit: Visit) -> Deposit:
        prompts, phrases = self._voice(decision.user)
        return Deposit(
            self._boxes,
            decision.user,
            settings=self._users[decision.user].voicemail,
            visit=deposit.Visit(decision.reason, visit.dialled, visit.arrived_at),
            prompts=prompts,
            phrases=phrases,
            exits=Exits(),
        )


def least(users: Mapping[str, User]) -> Callable[[str], float]:
    """The shortest message of each mailbox, in seconds."""
    return lambda mailbox: users[mailbox].voicemail.min_message if mailbox in users else SHORTEST
