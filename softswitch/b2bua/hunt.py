"""Ring all devices of a user at once until one answers.

    INVITE ─┬─► 101 desk    180 … 486              dropped: busy
            ├─► 101 mobile  nothing for 4 s        dropped: unavailable, cancelled when it wakes up
            └─► 101 dect    180 ……… 200            wins, whoever still rings is cancelled

Each device comes to one outcome; when none may still ring, their combination is what became of the
user (features 2.0, routing/outcomes.py). The call's route then says who is next: somebody to whom
the user's calls are forwarded, or nobody, and the caller hears why. Two timers belong to the hunt:
the one for silence and the one for ringing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import answering, diversion, ending, ringing, service
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.crossing import REFUSAL, cross
from softswitch.b2bua.leg import MAX_DIALOGS, RINGABLE, Leg, State
from softswitch.location import target
from softswitch.media.engine.interface import NoPorts
from softswitch.media.negotiation import manner_towards
from softswitch.media.negotiation.stream import NOT_ACCEPTABLE
from softswitch.media.sdp import SdpError
from softswitch.routing.decision import Dial, Reject, Ring
from softswitch.routing.outcomes import (
    Outcome,
    combine,
    device_result,
    reason_header,
    release,
    ring_time_over,
)
from softswitch.sip.flow import bracketed
from softswitch.sip.headers import Headers, quote
from softswitch.sip.message import Request, printable
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from softswitch.location import Binding
    from softswitch.records import EndedBy
    from softswitch.routing.decision import Hop
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

MAX_DEVICES = 10
"""Devices rung for one call: the limit of bindings an account has (reliability §3.2)."""

FAILURES = {"timeout": 408, "transport": 503}
"""What the transaction layer's own failures count as (§8.1.3.1)."""

INCOMPATIBLE = "incompatible"
"""Result of a leg to which nothing could be offered."""

WHY = {
    Outcome.UNAVAILABLE: "no device could be reached",
    Outcome.NO_ANSWER: "nobody answered",
    Outcome.REJECTED: "rejected",
    Outcome.BUSY: "busy",
}

NOT_ANSWERED = ("Reason", reason_header(19))
DECLINED_ELSEWHERE = ("Reason", 'SIP;cause=603;text="Decline"')


def start(call: Call, ring: Ring) -> None:
    """Ring all devices of the user whose turn it is."""
    board = call.board
    call.engage(ring.user)
    call.hunted = []
    bindings = board.location.bindings(ring.user, board.clock.wall())
    legs = [_leg(call, one, ring.user) for one in bindings[:MAX_DEVICES]]
    invited = [leg for leg in legs if leg is not None]
    if not invited:
        _nobody(call)
        return
    agent = board.agent
    call.timers += (
        agent.later(ring.unreachable_after, _silence, call),
        agent.later(ring.ring_time, _ring_time_over, call),
        agent.later(ringing.REPEAT_EVERY, ringing.repeat, call),
    )
    for leg, binding, body in invited:
        _invite(leg, binding, body, ring.hops)


def _nobody(call: Call) -> None:
    """No device could be invited at all."""
    problems = {leg.result for leg in call.hunted}
    if INCOMPATIBLE not in problems:
        log.warning("%s: no RTP port is free (network.rtp)", call.id)
    if _goes_on(call, Outcome.UNAVAILABLE):
        return
    if INCOMPATIBLE in problems:
        why = f"{call.callee} may not use what the caller's phone offers"
        ending.end(call, Verdict("failed", NOT_ACCEPTABLE, why, "switch"), ending.INCOMPATIBLE)
        return
    verdict = Verdict("failed", 503, "no RTP port is free", "switch")
    ending.end(call, verdict, ending.TEMPORARY_FAILURE)


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
        user=call.caller_user,
        device=uri,
    )
    call.devices.append(leg)
    call.hunted.append(leg)
    offer = call.caller.offer
    try:
        manner = manner_towards(board.policy(user), board.manner(user, flow.remote))
        leg.open_port(beside=call.caller.port, manner=manner)
        return leg, binding, leg.describe(offer) if offer is not None else b""
    except NoPorts:
        leg.result = "failed"
    except SdpError as error:
        log.warning("%s: no offer for %s: %s", call.id, printable(leg.device), error)
        leg.result = INCOMPATIBLE
        leg.close_port()
    leg.outcome = Outcome.UNAVAILABLE
    leg.over()
    return None


def _invite(leg: Leg, binding: Binding, body: bytes, hops: Sequence[Hop]) -> None:
    uri, routes, flow = target(binding)
    call = leg.call
    host = bracketed(call.board.addressing.sip_address(flow)[0])
    items = [
        ("Max-Forwards", str(call.hops_left)),
        *(("Route", route) for route in routes),
        ("From", f"{_identity(call, host)};tag={leg.local_tag}"),
        ("To", f"<sip:{leg.account}@{host}>"),
        ("Call-ID", leg.sip_call_id),
        ("CSeq", "1 INVITE"),
        ("Contact", leg.contact),
        ("Allow", ALLOW),
        *call.crossing,
    ]
    if hops:
        items += diversion.fields(hops, host)
    if body:
        items.append(("Content-Type", ringing.SDP))
    leg.invite = Request("INVITE", uri, Headers(items), body)
    leg.client = call.board.agent.request(
        leg.invite, flow, partial(_response, leg), partial(_failure, leg)
    )


def _identity(call: Call, host: str) -> str:
    """Who is calling: the user that logged in, with the name in the configuration (CLI-4)."""
    user = call.board.directory.get(call.caller_user)
    name = user.name if user is not None else ""
    display = f"{quote(name)} " if name.isprintable() and name else ""
    return f"{display}<sip:{call.caller_user}@{host}>"


def _response(leg: Leg, response: Response) -> None:
    status = response.status
    if status < 200:
        _provisional(leg, response)
    elif status < 300:
        problem = answering.answer(leg, response)
        if problem is not None:
            _alarm(leg, problem)
            _drop(leg, Outcome.UNAVAILABLE)
    else:
        reasons = cross(response.headers, REFUSAL)
        _refused(leg, status, reasons[0][1] if reasons else None)


def _failure(leg: Leg, why: str) -> None:
    _refused(leg, FAILURES.get(why, 503), None)


def _provisional(leg: Leg, response: Response) -> None:
    if leg.state not in RINGABLE or leg.call.stage is not Stage.RINGING:
        return
    if leg.state is State.CALLING:
        leg.state = State.PROCEEDING
    if response.status == 100:
        return
    tag = response.to_tag
    if tag and (leg.dialog is None or leg.dialog.remote_tag != tag):
        if len(leg.keys) >= MAX_DIALOGS:
            return
        leg.adopt(leg.dialog_by(response))
    ringing.progress(leg, response)


def _refused(leg: Leg, status: int, reason: str | None) -> None:
    """A final refusal, or silence that counts as one."""
    if leg.state not in RINGABLE:
        leg.over()  # the last word of a leg that was given up
        return
    after_ringing = leg.state is State.RINGING
    trunk = bool(leg.invite is not None and "Route" in leg.invite.headers)
    result = device_result(status, after_ringing=after_ringing, reason=reason, from_trunk=trunk)
    if result.alarm is not None:
        _alarm(leg, result.alarm)
    leg.result = result.outcome
    leg.over()
    if result.stops_all:
        leg.outcome = result.outcome
        leg.close_port()
        _conclude(leg.call, result.outcome, reason, [DECLINED_ELSEWHERE])
    else:
        _drop(leg, result.outcome, reason)


def _drop(leg: Leg, outcome: Outcome, reason: str | None = None) -> None:
    """One device is out; when it was the last, so is the hunt."""
    leg.outcome = outcome
    leg.result = leg.result or outcome
    leg.close_port()
    call = leg.call
    outcomes = [device.outcome for device in call.hunted if device.outcome is not None]
    if call.stage is Stage.RINGING and leg in call.hunted and len(outcomes) == len(call.hunted):
        _conclude(call, combine(outcomes), reason if len(outcomes) == 1 else None)


def _silence(call: Call) -> None:
    """Who has not said a word by now is not there (FWD-6), however long the others ring."""
    for leg in tuple(call.hunted):
        if leg.state is State.CALLING and leg.outcome is None:
            ending.cancel(leg, Outcome.UNAVAILABLE)
            _drop(leg, Outcome.UNAVAILABLE)


def _ring_time_over(call: Call) -> None:
    for leg in call.hunted:
        if leg.outcome is None:
            outcome = ring_time_over(after_ringing=leg.state is not State.CALLING).outcome
            leg.outcome = outcome
            ending.cancel(leg, outcome, [NOT_ANSWERED])
    _conclude(call, combine([leg.outcome for leg in call.hunted if leg.outcome is not None]))


def _conclude(
    call: Call,
    outcome: Outcome,
    reason: str | None = None,
    to_devices: Sequence[tuple[str, str]] = (),
) -> None:
    """The user does not take the call: whoever is next, or the caller hears why.

    `reason` is what a lone device said.
    """
    if _goes_on(call, outcome, to_devices):
        return
    first = call.route.first
    status, cause = release(first)
    by: EndedBy = "callee" if first in (Outcome.REJECTED, Outcome.BUSY) else "switch"
    said = None if call.route.hops else reason
    header = ("Reason", said or reason_header(cause))
    verdict = Verdict(first.value, status, WHY[first], by)
    ending.refuse(call, verdict, [header], to_devices=to_devices)


def _goes_on(call: Call, outcome: Outcome, to_devices: Sequence[tuple[str, str]] = ()) -> bool:
    """Send the call on, if that is what its route says."""
    decision = call.route.after(outcome, call.board.agent.now())
    if isinstance(decision, Reject):
        return False
    call.stop_waiting()
    for leg in call.hunted:
        if leg.state in RINGABLE:
            ending.cancel(leg, "cancelled", to_devices)
    if call.hunted:
        call.disengage(call.hunted[0].account)
    call.because += f"; {decision.because}"
    log.info("%s: %s", call.id, decision.because)
    if isinstance(decision, Ring):
        ringing.forwarded(call)
        start(call, decision)
    else:
        assert not isinstance(decision, Dial), "without an outside, nothing leads there"
        service.begin(call, decision)
    return True


def _alarm(leg: Leg, problem: str) -> None:
    """The operator can do something: the device is there, but this call did not suit it."""
    log.warning("%s: %s's phone at %s %s", leg.call.id, leg.account, printable(leg.device), problem)
