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
from softswitch.b2bua.path import Path
from softswitch.bus import CallEnded, PartyMoved
from softswitch.media.negotiation.ourselves import own_media

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.handover import Handover
    from softswitch.b2bua.identity import Identity
    from softswitch.b2bua.leg import Leg
    from softswitch.b2bua.line import ServiceLine
    from softswitch.b2bua.reoffer import Reoffer
    from softswitch.b2bua.switchboard import Subscriber, Switchboard
    from softswitch.b2bua.taping import Taping
    from softswitch.media.negotiation import RemoteMedia
    from softswitch.records import CallOutcome, EndedBy
    from softswitch.routing.outcomes import Outcome
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


class Refusal(NamedTuple):
    """What a caller hears whom nobody takes, where the outcome alone would say too little."""

    outcome: CallOutcome
    status: int
    cause: int
    """Q.850."""
    why: str


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
        "conclude",
        "confirms",
        "crossing",
        "devices",
        "ended_at",
        "handover",
        "handovers",
        "held",
        "hops_left",
        "hunted",
        "id",
        "identity",
        "known",
        "last_progress",
        "late_offer",
        "parted",
        "parties",
        "path",
        "progress",
        "recorded",
        "redirection",
        "refusal",
        "reoffer",
        "ringing_at",
        "route",
        "service",
        "stage",
        "taping",
        "timers",
        "turn",
        "turn_began",
        "unfinished",
        "verdict",
    )

    caller: Leg
    route: Route
    """Whom the call is for, and then."""
    conclude: Callable[[Call, Outcome, str | None, Sequence[tuple[str, str]]], None]
    """What to do when whose turn it is does not take the call: with the outcome, what a lone device
    said, and what the others shall hear."""

    identity: Identity
    """Who calls, and who may know."""
    known: Subscriber | None
    """The user who calls; None: somebody outside."""
    caller_user: str
    """The user who calls, or the number outside: that may look like a user's and is none."""
    callee: str
    """The number as dialled."""
    because: str
    """What made routing decide so."""
    path: Path | None
    """Who was tried; None: nobody but who was dialled."""
    devices: list[Leg]
    """Every device that was called."""
    hunted: list[Leg]
    """Those of the user, or of the number outside, whose turn it is."""
    turn: str
    """Whose turn it is."""
    turn_began: float
    """Monotonic seconds."""
    refusal: Refusal | None
    """What the caller hears if nobody else takes the call."""
    redirection: tuple[str, ...]
    """Whom a phone of the user whose turn it is wants to be called instead (FWD-13)."""
    crossing: Fields
    """What of the caller's INVITE crosses to every device."""
    service: ServiceLine | None
    """What the switch itself has to say, instead of a device."""
    handovers: int
    """How often somebody was rung for the caller of a service."""
    handover: Handover | None
    """A service has the call, and somebody else is rung for the caller."""
    taping: Taping | None
    """Whether the call is recorded, or may be."""
    confirms: str
    """Whoever answers has to press 1, and is asked so in the language of this user (FWD-7)."""
    progress: tuple[int, bool]
    """The last provisional response that the caller got, and whether it had an SDP."""
    timers: list[Timer]
    """Of the hunt: for silence, for ringing, for repeating the last 18x."""
    reoffer: Reoffer | None
    """The re-INVITE or UPDATE that is on its way across."""
    held: bool
    """Somebody listens only, or not at all."""
    parted: bool
    """The ports are, because somebody holds."""
    late_offer: bool
    """The INVITE had no SDP: the device offers, the caller answers in its ACK (§13.2.1)."""
    closing: int
    """Ports whose counters are still to come."""
    unfinished: int
    """Legs in whose dialogs something is still to be heard."""
    parties: list[str]
    """Users who count as being in a call because of this one."""

    def __init__(
        self, board: Switchboard, identity: Identity, callee: str, known: Subscriber | None
    ) -> None:
        self.board = board
        self.id = board.agent.token()[:ID_LENGTH]
        self.stage = Stage.RINGING
        self.identity = identity
        self.known = known
        self.caller_user = identity.number
        self.callee = callee
        self.because = self.turn = ""
        self.path = None
        self.devices = []
        self.hunted = []
        self.turn_began = 0.0
        self.refusal = None
        self.redirection = ()
        self.crossing = []
        self.hops_left = 0
        self.answerer: Leg | None = None
        self.answered_by: str | None = None
        self.service = None
        self.progress = (100, False)
        self.last_progress: Response | None = None
        self.timers = []
        self.reoffer = None
        self.handover = None
        self.taping = None
        self.confirms = ""
        self.held = self.parted = self.late_offer = False
        self.arrived_at = board.clock.wall()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.verdict: Verdict | None = None
        self.closing = self.unfinished = self.handovers = 0
        self.recorded = False
        self.parties = []
        board.calls[self.id] = self
        if known is not None:
            self.engage(identity.number)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The caller's, then those of the devices in the order they were called."""
        return (self.caller, *self.devices)

    @property
    def way(self) -> str:
        """Who was tried, and what became of each; empty: nobody but who was dialled (FWD-16)."""
        if self.path is None or self.path.is_straight:
            return ""
        return self.path.told(self.identity.shown_name or self.identity.recorded)

    def walk(self) -> Path:
        """The path, from now on."""
        path = self.path
        if path is None:
            path = self.path = Path(self.callee)
        return path

    @property
    def seeks(self) -> bool:
        """Whether somebody is still wanted who takes the call."""
        return self.stage is Stage.RINGING or self.handover is not None

    @property
    def offered(self) -> RemoteMedia | None:
        """What is offered to whom it rings, where the caller's own offer cannot be: it is answered,
        or there was none. None: they offer (§13.2.1)."""
        caller = self.caller
        assert caller.session is not None
        if caller.session.agreed is not None:
            return caller.session.source  # a service has answered
        return own_media(caller.session.policy) if self.confirms else None

    def update_hold(self) -> None:
        """Both sides may have said something new about who hears whom."""
        if self.service is not None:
            self.service.update()
        else:
            hold.update(self)

    def engage(self, user: str) -> None:
        """The user is in this call, from the first ringing on."""
        self.parties.append(user)
        engaged = self.board.engaged
        engaged[user] = engaged.get(user, 0) + 1
        self.moved(user)

    def disengage(self, *users: str) -> None:
        """These users, or all, may be called again."""
        engaged = self.board.engaged
        for user in users or tuple(self.parties):
            self.parties.remove(user)
            engaged[user] -= 1
            if not engaged[user]:
                del engaged[user]
            self.moved(user)

    def moved(self, user: str) -> None:
        """What the user does in this call is another thing now."""
        bus = self.board.bus
        if bus.hears(PartyMoved):
            bus.publish(PartyMoved(user))

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
        if not self.closing:
            self.settle()

    def leg_is_over(self) -> None:
        """One leg has nothing more to say or hear."""
        self.unfinished -= 1
        if not self.unfinished:
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
            self.answerer = self.taping = None
            del self.caller
            if self.service is not None:
                self.service.forget()
                self.service = None
            self.handover = None
