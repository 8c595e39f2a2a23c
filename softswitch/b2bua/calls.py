"""All calls of the switch: where requests, media events and closed connections find their call.

    uas ──► invite, in_dialog        agent ──► ack, cancel, flow_closed        media ──► media_event
                                       │
    (Call-ID, tags) ──► leg ──► call ──┴─► the verb: arrival, midcall, ending …

Everything happens within the call of one of these methods or of a timer of the agent; there is no
task per call, and nothing waits.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from softswitch.b2bua import accepted, arrival, ending, handover, info, midcall, reinvite
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.crossing import RELEASE, cross
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.b2bua.parties import Party, parties
from softswitch.b2bua.speech import TONES_ONLY, Speech
from softswitch.b2bua.switchboard import Addressing, Clock, Directory, Switchboard
from softswitch.media.engine.interface import (
    DigitHeard,
    MediaEvent,
    PortsLost,
    RtpTimeout,
    SecurityFailed,
)
from softswitch.media.negotiation.stream import NOT_ACCEPTABLE
from softswitch.routing.calendar import NO_CALENDARS, Calendars
from softswitch.routing.codes import NO_CODES, Codes
from softswitch.routing.destination import NO_ROOMS, Rooms
from softswitch.sip.message import printable, respond
from softswitch.trunks import Trunks

if TYPE_CHECKING:
    from softswitch.b2bua.service import Applications
    from softswitch.b2bua.taping import Recorder
    from softswitch.bus import Bus
    from softswitch.location import Location
    from softswitch.media.engine.interface import MediaEngine
    from softswitch.routing.outside import Outside
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.trace import Tracer
    from softswitch.trunks import Trunk
    from softswitch.user_agent import UserAgent

log = logging.getLogger(__name__)

RTP_TIMEOUT = 60.0
HELD_TIMEOUT = 300.0

RECONNECT = 60.0
"""Seconds that a phone whose connection broke has to come back while it talks (SIP-7)."""

DRAIN_STEP = 0.05
"""Seconds between looks at whether everybody has left."""


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """One call as it is now, for people. Times are wall clock seconds."""

    call_id: str
    caller: str
    callee: str
    state: str
    """ringing, talking or held."""
    arrived_at: float
    answered_at: float | None
    devices: tuple[str, ...]
    """The contact that answered, or those that ring."""
    sound: tuple[str, ...] = ()
    """What the caller's leg and that of the answerer carry: `PCMA`, `OPUS dtls`."""


class Calls:
    """The back-to-back user agent."""

    def __init__(
        self,
        *,
        agent: UserAgent,
        location: Location,
        directory: Directory,
        media: MediaEngine,
        addressing: Addressing,
        bus: Bus,
        tracer: Tracer,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]],
        entropy: Callable[[int], bytes],
        music: str = "",
        untranslated: frozenset[str] = frozenset(),
        codes: Codes = NO_CODES,
        applications: Applications | None = None,
        outside: Outside | None = None,
        calendars: Calendars = NO_CALENDARS,
        trunks: Trunks | None = None,
        speech: Speech = TONES_ONLY,
        rooms: Rooms = NO_ROOMS,
        recorder: Recorder | None = None,
        rtp_timeout: float = RTP_TIMEOUT,
        held_timeout: float = HELD_TIMEOUT,
    ) -> None:
        """`sleep` is asyncio's: only `drain` waits. The time-outs are those of the engine."""
        self._board = Switchboard(
            agent,
            location,
            directory,
            media,
            addressing,
            bus,
            tracer,
            clock,
            entropy,
            music,
            untranslated,
            codes,
            applications,
            outside,
            calendars,
            trunks or Trunks(),
            speech,
            rooms,
            recorder,
        )
        self._board.connect = handover.begin
        self._sleep = sleep
        self._rtp_timeout = rtp_timeout
        self._held_timeout = held_timeout

    def __len__(self) -> int:
        """Calls that ring or are up."""
        return len(self._board.calls)

    @property
    def lingering(self) -> int:
        """Calls that are over and recorded, with an answer to our BYE or CANCEL to come."""
        return len(self._board.leaving)

    def invite(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """An INVITE outside any dialog, of a user who has logged in."""
        arrival.arrive(self._board, request, transaction, flow, user)

    def invite_from(
        self, request: Request, transaction: ServerTransaction, flow: Flow, trunk: Trunk
    ) -> None:
        """An INVITE outside any dialog, from a trunk."""
        arrival.arrive_from(self._board, request, transaction, flow, trunk)

    def in_dialog(self, request: Request, flow: Flow) -> None:
        """A request with a To tag; not ACK, not CANCEL."""
        leg = self._leg(request)
        if leg is None:
            self._board.agent.refuse(request, flow, midcall.NO_DIALOG)
        else:
            midcall.receive(leg, request, flow)

    def ack(self, request: Request, flow: Flow) -> None:
        """The ACK of a 2xx. It is never answered, so what fits nothing is dropped."""
        leg = self._leg(request)
        if leg is not None and midcall.may_speak(leg, flow) and accepted.acknowledge(leg, request):
            reinvite.resume(leg)

    def cancel(self, request: Request, transaction: ServerTransaction | None, flow: Flow) -> None:
        """A CANCEL, for an INVITE that the transaction layer has found or not (§9.2)."""
        agent = self._board.agent
        if transaction is None:
            agent.refuse(request, flow, midcall.NO_DIALOG)
            return
        to_tag = transaction.to_tag
        agent.respond(agent.accept(request, flow), respond(request, 200, to_tag=to_tag))
        call = self._board.invites.get(transaction)
        if call is None:
            return  # answered already: the answer stands
        if call.reoffer is not None and call.reoffer.transaction is transaction:
            reinvite.cancel(call.reoffer)
            return
        verdict = Verdict("cancelled", ending.TERMINATED, "caller cancelled", "caller")
        ending.refuse(call, verdict, to_devices=cross(request.headers, RELEASE))

    def media_event(self, event: MediaEvent) -> None:
        """The engine reports silence, or a worker that died."""
        if isinstance(event, RtpTimeout):
            leg = self._board.ports.get(event.port)
            if leg is not None and leg.port is event.port:
                self._silent(leg)
        elif isinstance(event, PortsLost):
            self._lost(event)
        elif isinstance(event, SecurityFailed):
            self._insecure(event)
        elif isinstance(event, DigitHeard):
            self._key(event)

    def _key(self, event: DigitHeard) -> None:
        """Somebody whom the switch listens to pressed a key."""
        leg = self._board.ports.get(event.port)
        keys = midcall.who_hears_keys(leg) if leg is not None else None
        if keys is not None:
            keys(event.digit)
        elif leg is not None and leg.call.taping is not None:
            leg.call.taping.digit(leg, event.digit)
        elif leg is not None:
            info.pressed(leg, event.digit, event.duration)

    def _insecure(self, event: SecurityFailed) -> None:
        """Nobody is to talk over a stream that is not as its description promised."""
        leg = self._board.ports.get(event.port)
        if leg is not None:
            log.warning("%s: media of %s: %s", leg.call.id, printable(leg.device), event.why)
            if leg.confirmation is not None:
                leg.confirmation.failed(event.why)
                return
            why = f"media of {leg.side} could not be secured: {event.why}"
            verdict = Verdict("failed", NOT_ACCEPTABLE, why, "switch")
            ending.end(leg.call, verdict, ending.INCOMPATIBLE)

    def _lost(self, event: PortsLost) -> None:
        for port in event.ports:
            leg = self._board.ports.get(port)
            if leg is not None:
                verdict = Verdict("failed", 503, f"media worker died: {event.reason}", "switch")
                ending.end(leg.call, verdict, ending.TEMPORARY_FAILURE)

    def _silent(self, leg: Leg) -> None:
        call = leg.call
        if call.stage is not Stage.ANSWERED or leg not in (call.caller, call.answerer):
            return  # while it rings nobody has to speak
        seconds = self._held_timeout if call.held else self._rtp_timeout
        why = f"no media from {leg.side} for {seconds:.0f} s"
        verdict = Verdict("answered", 200, why, "switch")
        ending.hang_up(call, verdict, [ending.TIMER_EXPIRED])

    def flow_closed(self, flow: Flow) -> None:
        """A TCP connection is gone. Who rings or is called is not there any more; who talks may
        come back on another connection, with a re-INVITE."""
        for leg in tuple(self._board.connections.get(flow.connection, ())):
            if leg.side == "caller" and leg.state in RINGABLE:
                verdict = Verdict("cancelled", 487, "the caller's connection broke", "caller")
                ending.refuse(leg.call, verdict)
            elif leg.state is State.UP and leg.confirmation is None:
                leg.call.timers.append(self._board.agent.later(RECONNECT, _gone, leg, flow))

    def snapshot(self) -> list[CallSnapshot]:
        """All calls that ring or are up, oldest first."""
        return [_snapshot(call) for call in self._board.calls.values()]

    def parties(self, users: Set[str]) -> dict[str, tuple[Party, ...]]:
        """What these users do in calls, for lamps."""
        return parties(self._board, users)

    async def drain(self, seconds: float) -> None:
        """End every call politely, and wait for the phones to answer, so many seconds at most.

        A device that has not answered its INVITE at all is not waited for: it is not there, or its
        CANCEL may not even be sent (§9.1).
        """
        for call in tuple(self._board.calls.values()):
            verdict = Verdict("failed", 503, "the switch was stopped", "switch")
            ending.end(call, verdict, ending.TEMPORARY_FAILURE)
        deadline = self._board.agent.now() + seconds
        while self._somebody_may_answer() and self._board.agent.now() < deadline:
            await self._sleep(DRAIN_STEP)

    def _somebody_may_answer(self) -> bool:
        return bool(self._board.calls) or any(
            leg.state is not State.OVER and (leg.client is None or not leg.client.is_unheard)
            for call in self._board.leaving
            for leg in call.legs
        )

    def _leg(self, request: Request) -> Leg | None:
        return self._board.legs.get((request.call_id, request.to_tag, request.from_tag))


def _gone(leg: Leg, flow: Flow) -> None:
    """The time to come back is over."""
    if leg.flow == flow and leg.state is State.UP:
        verdict = Verdict("answered", 200, f"{leg.side}'s connection broke", "switch")
        ending.hang_up(leg.call, verdict, [ending.TIMER_EXPIRED])


def _snapshot(call: Call) -> CallSnapshot:
    if call.seeks:
        state = "ringing"
        rung = [leg for leg in call.devices if leg.state in RINGABLE or leg.confirmation]
        devices = tuple(leg.device for leg in rung)
    else:
        state = "held" if call.held else "talking"
        devices = (call.answerer.device,) if call.answerer is not None else ()
    if call.service is not None and call.handover is None:
        devices = (call.service.name,)
    legs = [leg for leg in (call.caller, call.answerer) if leg is not None and leg.codec]
    return CallSnapshot(
        call.id,
        call.identity.recorded,
        call.callee,
        state,
        call.arrived_at,
        call.answered_at,
        devices,
        tuple([f"{leg.codec} {leg.encryption}".rstrip() for leg in legs]),
    )
