"""Ring a number outside, through one trunk after the other.

    INVITE ─► carrier A, 192.0.2.10    nothing for 4 s      next
           ─► carrier A, 192.0.2.11    100, 503             next
           ─► carrier B                407                  again, with a password
                                       183 … 200            answered
                                       183 … 486            busy: nobody else is asked

Another way is tried as long as no 18x was heard, and only when the carrier is at fault: 408, 5xx,
silence, a connection that breaks, a password that is not taken (features OUT-9, TK-9). What a
carrier says of the number itself is final.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua import answering, ending, invitation, turn
from softswitch.b2bua.call import Call, Refusal
from softswitch.b2bua.crossing import REFUSAL, cross
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.b2bua.login import ANSWERS, Login
from softswitch.b2bua.number_format import written
from softswitch.b2bua.presentation import present
from softswitch.media.engine.interface import NoPorts
from softswitch.media.negotiation import UNSECURED, manner_towards
from softswitch.media.sdp import SdpError
from softswitch.routing.outcomes import (
    INCOMPLETE_NUMBER,
    NOT_PERMITTED,
    TRUNKS_DOWN,
    TRUNKS_FULL,
    UNKNOWN_NUMBER,
    Outcome,
    device_result,
)
from softswitch.sip.flow import bracketed
from softswitch.sip.message import printable
from softswitch.trunks import LONGEST_RETRY_AFTER, PUNISHED

if TYPE_CHECKING:
    from softswitch.routing.decision import Dial
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Response
    from softswitch.trunks import Place, Trunk

log = logging.getLogger(__name__)

SILENT_AFTER = 4.0
"""Seconds without any response after which a carrier is not there."""
PROGRESS_AFTER = 8.0
"""Seconds without a 18x after which another carrier is asked, if there is one."""

FULL = Refusal("failed", *TRUNKS_FULL, "all channels of the trunks are in use")
DOWN = Refusal("failed", *TRUNKS_DOWN, "no trunk can be reached")
NO_PORTS = Refusal("failed", 503, 41, "no RTP port is free")

NUMBERS = {
    403: Refusal("failed", *NOT_PERMITTED, "the carrier does not permit it"),
    404: Refusal("not_found", *UNKNOWN_NUMBER, "the carrier knows no such number"),
    410: Refusal("not_found", *UNKNOWN_NUMBER, "the carrier knows no such number"),
    484: Refusal("failed", *INCOMPLETE_NUMBER, "the carrier wants more digits"),
    604: Refusal("not_found", *UNKNOWN_NUMBER, "the carrier knows no such number"),
}
"""What a caller hears who dialled the number himself, where the outcome would say less."""

FAULTS = frozenset({408, 430})
"""Beside 5xx, what says nothing about the number that was called."""

SERVICE_UNAVAILABLE = 503

_seconds = re.compile(r"\s*([0-9]{1,9})").match


class Way(NamedTuple):
    """One address of one trunk."""

    trunk: Trunk
    place: Place


def start(call: Call, dial: Dial) -> None:
    """Ring the number through the first trunk that takes the call."""
    turn.begin(call, dial.number, dial.ring_time, dial.principal if dial.confirm else "")
    now = call.board.agent.now()
    found = [call.board.trunks.get(name) for name in dial.trunks]
    trunks = [trunk for trunk in found if trunk is not None]
    ways = [Way(trunk, place) for trunk in trunks for place in trunk.to_try(now)]
    Dialling(call, dial, ways).go_on()


class Dialling:
    """A number outside that is being called, and the ways to it that are left."""

    __slots__ = ("_problem", "_ways", "call", "dial")

    def __init__(self, call: Call, dial: Dial, ways: list[Way]) -> None:
        self.call = call
        self.dial = dial
        self._ways = ways
        self._problem = DOWN
        """What a caller hears who dialled the number himself and gets nowhere."""

    @property
    def has_another(self) -> bool:
        """Whether somebody else could be asked."""
        return any(not way.trunk.is_full for way in self._ways)

    def go_on(self) -> None:
        """Try the next way; without one, the turn is over."""
        call = self.call
        call.hunted = []
        while self._ways:
            way = self._ways.pop(0)
            if way.trunk.is_full:
                log.warning("%s: all channels of %s are in use", call.id, way.trunk.account)
                self._problem = FULL
            elif self._try(way):
                return
        if not self.dial.hops:
            call.refusal = self._problem
        call.conclude(call, Outcome.UNAVAILABLE, None, ())

    def _try(self, way: Way) -> bool:
        """Invite by this way; False when there is none."""
        agent, trunk = self.call.board.agent, way.trunk
        flow = agent.flow_to(*way.place.address, trunk.protocol)
        if flow is None:
            log.warning("%s: no socket leads to %s", self.call.id, trunk.account)
            return False
        try:
            attempt = Attempt(self, way, flow)
        except NoPorts:
            log.warning("%s: no RTP port is free (network.rtp)", self.call.id)
            self._problem = NO_PORTS
            return False
        except SdpError as error:
            log.warning("%s: no offer for %s: %s", self.call.id, trunk.account, error)
            return False
        attempt.invite()
        self.call.timers += (
            agent.later(SILENT_AFTER, attempt.silent),
            agent.later(PROGRESS_AFTER, attempt.slow),
        )
        return True


class Attempt:
    """The number is called by one way."""

    __slots__ = ("_body", "_dialling", "_leg", "_place", "_shown", "_to", "_trunk", "_uri")

    def __init__(self, dialling: Dialling, way: Way, flow: Flow) -> None:
        """Raises NoPorts; SdpError when nothing can be offered to the trunk."""
        call, dial = dialling.call, dialling.dial
        trunk = way.trunk
        settings = trunk.settings
        host = settings.domain or bracketed(way.place.host)
        number = written(dial.number, settings.number_format, settings.numbers)
        self._dialling = dialling
        self._trunk = trunk
        self._place = way.place
        self._shown = present(call, dial, settings, host)
        self._uri = f"sip:{number}@{host}{_where(trunk)}"
        self._to = f"<sip:{number}@{host}>"
        self._leg = leg = Leg(
            call,
            "callee",
            flow,
            sip_call_id=call.board.agent.token(),
            account=trunk.account,
            user=self._shown.contact_user,
            device=f"sip:{number}@{bracketed(flow.remote[0])}:{flow.remote[1]}",
            party=dial.number,
            trunk=trunk,
        )
        trunk.join(leg)
        try:
            manner = manner_towards(call.board.policy(trunk.account), UNSECURED)
            self._body = turn.offer(leg, manner)
        except (NoPorts, SdpError):
            self._give_up("failed")
            leg.over()
            raise

    def invite(self) -> None:
        """Send the INVITE, for the first time or with what answers a challenge."""
        leg = self._leg
        fields = [*self._shown.fields]
        if leg.login is not None:
            fields += leg.login.fields("INVITE", self._uri)
        invitation.send(
            leg,
            self._uri,
            self._body,
            self._response,
            self._failure,
            sender=self._shown.sender,
            to=self._to,
            fields=fields,
        )

    def silent(self) -> None:
        """A carrier that has said nothing by now is not there."""
        if self._is_tried and self._leg.state is State.CALLING:
            self._shun(PUNISHED)
            self._leave("says nothing")

    def slow(self) -> None:
        """It has said no more than 100, and somebody else may be quicker."""
        waits = self._leg.state in (State.CALLING, State.PROCEEDING)
        if self._is_tried and waits and self._dialling.has_another:
            self._leave("does not say that it rings")

    @property
    def _is_tried(self) -> bool:
        return self._leg in self._leg.call.hunted and self._leg.outcome is None

    def _response(self, response: Response) -> None:
        leg, status = self._leg, response.status
        if status < 200:
            turn.provisional(leg, response)
        elif status < 300:
            answering.answer(leg, response)
        elif leg.state in RINGABLE:
            self._refused(response)
        else:
            leg.over()  # the last word of a leg that was given up

    def _failure(self, why: str) -> None:
        if self._leg.state not in RINGABLE:
            self._leg.over()
            return
        self._shun(PUNISHED)
        self._failed(f"cannot be reached ({why})")

    def _refused(self, response: Response) -> None:
        leg, status = self._leg, response.status
        if status in ANSWERS and leg.state is not State.RINGING:
            self._challenged(response)
        elif status in FAULTS or status < 400 or 500 <= status < 600:
            if status == SERVICE_UNAVAILABLE:
                self._shun(_retry_after(response))
            self._failed(f"answers {status} {printable(response.reason)}")
        else:
            self._refuses(response)

    def _challenged(self, response: Response) -> None:
        """The carrier wants to know who we are (§22.2)."""
        leg, settings = self._leg, self._trunk.settings
        if leg.login is None:
            agent = leg.call.board.agent
            leg.login = Login(settings.username, settings.password, agent.token)
        if not leg.login.take(response):
            self._failed("asks for a password, and does not take ours")
            return
        leg.state = State.PROCEEDING
        leg.invited_as += 1
        self.invite()

    def _refuses(self, response: Response) -> None:
        """It is about the number that was called, so nobody else needs to be asked."""
        leg, call = self._leg, self._leg.call
        reasons = cross(response.headers, REFUSAL)
        reason = reasons[0][1] if reasons else None
        after_ringing = leg.state is State.RINGING
        result = device_result(
            response.status, after_ringing=after_ringing, reason=reason, from_trunk=True
        )
        if result.alarm is not None:
            turn.alarm(leg, result.alarm)
        leg.result = result.outcome
        leg.over()
        if not self._dialling.dial.hops:
            call.refusal = NUMBERS.get(response.status)
        turn.drop(leg, result.outcome, reason)

    def _failed(self, why: str) -> None:
        """It is the carrier's fault, and it has said its last."""
        leg = self._leg
        has_rung = leg.state is State.RINGING
        leg.result = Outcome.UNAVAILABLE
        leg.over()
        if has_rung:
            turn.alarm(leg, why)
            turn.drop(leg, Outcome.UNAVAILABLE)
        else:
            self._next(why)

    def _leave(self, why: str) -> None:
        """Wait for it no longer; should it answer after all, it is hung up."""
        ending.cancel(self._leg, Outcome.UNAVAILABLE)
        self._next(why)

    def _next(self, why: str) -> None:
        turn.alarm(self._leg, why)
        self._give_up(Outcome.UNAVAILABLE)
        self._dialling.go_on()

    def _give_up(self, result: str) -> None:
        self._leg.outcome = Outcome.UNAVAILABLE
        self._leg.result = result
        self._leg.close_port()

    def _shun(self, seconds: float) -> None:
        if seconds:
            now = self._leg.call.board.agent.now()
            self._trunk.shun(self._place, now + seconds)


def _where(trunk: Trunk) -> str:
    """What a Request-URI says beside the host of the trunk."""
    port = trunk.settings.port
    shown = f":{port}" if port and not trunk.settings.domain else ""
    return shown if trunk.protocol == "UDP" else f"{shown};transport={trunk.protocol.lower()}"


def _retry_after(response: Response) -> float:
    """Seconds for which a carrier asks to be left alone (§20.33); 0 when it does not say."""
    found = _seconds(response.headers.get("Retry-After") or "")
    return min(float(found[1]), LONGEST_RETRY_AFTER) if found else 0.0
