"""Ring all devices of a user at once until one answers.

    INVITE ─┬─► 101 desk    180 … 486              dropped: busy
            ├─► 101 mobile  nothing for 4 s        dropped: unavailable, cancelled when it wakes up
            ├─► 101 kitchen 302 to 102             dropped: who is next is said there
            └─► 101 dect    180 ……… 200            wins, whoever still rings is cancelled

Each device comes to one outcome (turn). The call's route then says who is next: somebody to whom
the user's calls are forwarded, or nobody, and the caller hears why (onward).
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import answering, diversion, ending, invitation, readiness, ringing, turn
from softswitch.b2bua.call import Call, Refusal
from softswitch.b2bua.crossing import REFUSAL, cross
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.b2bua.manners import last_manner
from softswitch.b2bua.redirection import targets
from softswitch.location import target
from softswitch.media.engine.interface import NoPorts
from softswitch.media.negotiation import manner_towards
from softswitch.media.negotiation.stream import NOT_ACCEPTABLE
from softswitch.media.sdp import SdpError
from softswitch.routing.outcomes import Outcome, device_result
from softswitch.sip.flow import bracketed
from softswitch.sip.message import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.location import Binding
    from softswitch.routing.decision import Ring
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

MAX_DEVICES = 10
"""Devices rung for one call: the limit of bindings an account has (reliability §3.2)."""

DECLINED_ELSEWHERE = ("Reason", 'SIP;cause=603;text="Decline"')

NO_PORTS = Refusal("failed", 503, 41, "no RTP port is free")


def start(call: Call, ring: Ring) -> None:
    """Ring all devices of the user whose turn it is."""
    board = call.board
    call.engage(ring.user)
    turn.begin(call, ring.user, ring.ring_time, ring.user if ring.confirm else "")
    bindings = readiness.to_ring(call, ring.user)
    invited = []
    for binding in bindings[:MAX_DEVICES]:
        phone = _leg(call, binding, ring.user)
        if phone is not None:
            invited.append(phone)
    if not invited:
        _nobody(call)
        return
    call.timers.append(board.agent.later(ring.unreachable_after, _silence, call))
    for leg, binding, body in invited:
        _invite(leg, binding, body, ring)


def _nobody(call: Call) -> None:
    """No device could be invited at all."""
    if any(leg.result == turn.INCOMPATIBLE for leg in call.hunted):
        why = f"{call.callee} may not use what the caller's phone offers"
        call.refusal = Refusal("failed", NOT_ACCEPTABLE, 88, why)
    else:
        log.warning("%s: no RTP port is free (network.rtp)", call.id)
        call.refusal = NO_PORTS
    call.conclude(call, Outcome.UNAVAILABLE, None, ())


def _leg(call: Call, binding: Binding, user: str) -> tuple[Leg, Binding, bytes] | None:
    """A leg with a port for the device, and our offer to it; None when there is no way to it."""
    uri, _, flow = target(binding)
    board = call.board
    leg = Leg(
        call,
        "callee",
        flow,
        sip_call_id=board.agent.token(),
        account=user,
        user=call.identity.contact_user,
        device=uri,
    )
    manner = manner_towards(board.policy(user), last_manner(board, binding, flow.remote))
    try:
        return leg, binding, turn.offer(leg, manner)
    except NoPorts:
        leg.result = "failed"
    except SdpError as error:
        log.warning("%s: no offer for %s: %s", call.id, printable(leg.device), error)
        leg.result = turn.INCOMPATIBLE
        leg.close_port()
    leg.outcome = Outcome.UNAVAILABLE
    leg.over()
    return None


def _invite(leg: Leg, binding: Binding, body: bytes, ring: Ring) -> None:
    uri, routes, flow = target(binding)
    call = leg.call
    host = bracketed(call.board.addressing.sip_address(flow)[0])
    invitation.send(
        leg,
        uri,
        body,
        partial(_response, leg),
        partial(_failure, leg),
        sender=call.identity.address(host),
        to=f"<sip:{leg.account}@{host}>",
        routes=routes,
        fields=_fields(call, ring, host),
    )


def _fields(call: Call, ring: Ring, host: str) -> Sequence[tuple[str, str]]:
    """Through whom the call came, and whether its user is in another call (CW-1)."""
    fields = diversion.fields(ring.hops, host) if ring.hops else []
    is_waiting = call.board.engaged.get(ring.user, 0) >= ringing.MORE_THAN_ONE
    return [*fields, ringing.CALL_WAITING] if is_waiting else fields


def _response(leg: Leg, response: Response) -> None:
    status = response.status
    if status < 200:
        turn.provisional(leg, response)
    elif status < 300:
        answering.answer(leg, response)
    else:
        if status < 400 and leg.state in RINGABLE:
            _redirected(leg, response)
        reasons = cross(response.headers, REFUSAL)
        _refused(leg, status, reasons[0][1] if reasons else None)


def _failure(leg: Leg, why: str) -> None:
    _refused(leg, turn.FAILURES.get(why, 503), None)


def _redirected(leg: Leg, response: Response) -> None:
    """The phone names others that shall be tried. They are, once none of the user's phones may
    ring any more: one phone that forwards must not silence the others (FWD-13)."""
    call = leg.call
    if not call.redirection:
        call.redirection = targets(response)
        log.info(
            "%s: %s at %s redirects the call to %s",
            call.id,
            leg.owner,
            printable(leg.device),
            ", ".join(call.redirection) or "nobody who could be called",
        )


def _refused(leg: Leg, status: int, reason: str | None) -> None:
    """A final refusal, or silence that counts as one."""
    if leg.state not in RINGABLE:
        leg.over()  # the last word of a leg that was given up
        return
    after_ringing = leg.state is State.RINGING
    proxied = leg.invite is not None and "Route" in leg.invite.headers
    result = device_result(status, after_ringing=after_ringing, reason=reason, from_trunk=proxied)
    if result.alarm is not None and not (status < 400 and leg.call.redirection):
        turn.alarm(leg, result.alarm)
    leg.result = result.outcome
    leg.over()
    if result.stops_all:
        turn.stop_all(leg, result.outcome, reason, [DECLINED_ELSEWHERE])
    else:
        turn.drop(leg, result.outcome, reason)


def _silence(call: Call) -> None:
    """Who has not said a word by now is not there (FWD-6), however long the others ring."""
    for leg in tuple(call.hunted):
        if leg.state is State.CALLING and leg.outcome is None:
            ending.cancel(leg, Outcome.UNAVAILABLE)
            turn.drop(leg, Outcome.UNAVAILABLE)
