"""One call: the caller's leg, the legs of the devices that ring for it, and how it ended.

It remembers; the verbs act. What is common to all verbs is here: which stage the call is in, and
when it is over and done.

    RINGING ──2xx──► ANSWERED ──BYE, time-out──► ENDED ──ports closed──► recorded
       └──────── refused, cancelled ──────────────► ┘        last answer to BYE or CANCEL: forgotten
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua import hold
from softswitch.b2bua.cdr import record_of
from softswitch.bus import CallEnded

if TYPE_CHECKING:
    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.leg import Leg
    from softswitch.b2bua.line import ServiceLine
    from softswitch.b2bua.reoffer import Reoffer
    from softswitch.b2bua.switchboard import Switchboard
    from softswitch.records import CallOutcome, EndedBy
    from softswitch.routing.route import Route
    from softswitch.sip.message import Response
    from softswitch.sip.timers import Timer

ID_LENGTH = 16
"""Hexadecimal digits of a call's id. It is the key of its record, for years."""


class Stage(enum.Enum):
    """Of the call as a whole."""

    RINGING = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class Verdict(NamedTuple):
    """How a call ended."""

    outcome: CallOutcome
    status: int
    """The final status the caller heard."""
    why: str
    """In words, for the log and the record."""
    by: EndedBy


class Call:
    """Our pair of legs, from the INVITE to the last BYE."""

    __slots__ = (
        "answered_at",
        "answered_by",
        "answerer",
        "arrived_at",
        "because",
        "board",
        "callee",
        "caller",
        "caller_user",
        "closing",
        "crossing",
        "devices",
        "ended_at",
        "held",
        "hops_left",
        "hunted",
        "id",
        "last_progress",
        "late_offer",
        "parted",
        "parties",
        "progress",
        "recorded",
        "reoffer",
        "ringing_at",
        "route",
        "service",
        "stage",
        "timers",
        "unfinished",
        "verdict",
    )

    caller: Leg
    route: Route
    """Whom the call is for, and then."""

    def __init__(self, board: Switchboard, caller_user: str, callee: str) -> None:
        self.board = board
        self.id = board.agent.token()[:ID_LENGTH]
        self.stage = Stage.RINGING
        self.caller_user = caller_user
        self.callee = callee
        """The number as dialled."""
        self.because = ""
        """What made routing decide so."""
        self.devices: list[Leg] = []
        """Every device that was called."""
        self.hunted: list[Leg] = []
        """Those of the user whose turn it is."""
        self.crossing: Fields = []
        """What of the caller's INVITE crosses to every device."""
        self.hops_left = 0
        self.answerer: Leg | None = None
        self.answered_by: str | None = None
        self.service: ServiceLine | None = None
        """What the switch itself has to say, instead of a device."""
        self.progress: tuple[int, bool] = (100, False)
        """The last provisional response that the caller got, and whether it had an SDP."""
        self.last_progress: Response | None = None
        self.timers: list[Timer] = []
        """Of the hunt: for silence, for ringing, for repeating the last 18x."""
        self.reoffer: Reoffer | None = None
        """The re-INVITE or UPDATE that is on its way across."""
        self.held = False
        """Somebody listens only, or not at all."""
        self.parted = False
        """The ports are, because somebody holds."""
        self.late_offer = False
        """The INVITE had no SDP: the device offers, the caller answers in its ACK (§13.2.1)."""
        self.arrived_at = board.clock.wall()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.verdict: Verdict | None = None
        self.closing = 0
        """Ports whose counters are still to come."""
        self.unfinished = 0
        """Legs in whose dialogs something is still to be heard."""
        self.recorded = False
        self.parties: list[str] = []
        """Users who count as being in a call because of this one."""
        board.calls[self.id] = self
        self.engage(caller_user)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The caller's, then those of the devices in the order they were called."""
        return (self.caller, *self.devices)

    def update_hold(self) -> None:
        """Both sides may have said something new about who hears whom."""
        if self.service is not None:
            self.service.update()
        else:
            hold.update(self)

    def engage(self, user: str) -> None:
        """The user is in this call, from the first ringing on."""
        self.parties.append(user)
        self.board.engaged[user] += 1

    def disengage(self, *users: str) -> None:
        """These users, or all, may be called again."""
        engaged = self.board.engaged
        for user in users or tuple(self.parties):
            self.parties.remove(user)
            engaged[user] -= 1
            if not engaged[user]:
                del engaged[user]

    def stop_timers(self) -> None:
        """Nobody is waited for any more, and nothing is said again."""
        self.last_progress = None
        self.stop_waiting()

    def stop_waiting(self) -> None:
        """Nobody is waited for any more."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()

    def port_is_closed(self) -> None:
        """A port came back, and its counters with it."""
        self.closing -= 1
        self.settle()

    def leg_is_over(self) -> None:
        """One leg has nothing more to say or hear."""
        self.unfinished -= 1
        self.settle()

    def settle(self) -> None:
        """Record the call once it is over and all ports are back; forget it after the last leg."""
        if self.stage is not Stage.ENDED or self.closing:
            return
        board = self.board
        if not self.recorded:
            self.recorded = True
            del board.calls[self.id]
            board.leaving.add(self)
            board.bus.publish(CallEnded(record_of(self)))
        if not self.unfinished and self in board.leaving:
            board.leaving.remove(self)
            board.tracer.end(self.id)
            # Legs know their call: without this the collector would have to find out.
            self.devices = self.hunted = []
            self.answerer = None
            del self.caller
            if self.service is not None:
                self.service.forget()
                self.service = None
