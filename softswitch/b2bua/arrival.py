"""A call arrives: make its caller's leg, ask routing, and begin what it decides, or refuse."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, cast

from softswitch.b2bua import (
    announcing,
    diversion,
    ending,
    identity,
    inbound,
    onward,
    readiness,
    service,
    splash,
)
from softswitch.b2bua.call import Call, Verdict
from softswitch.b2bua.crossing import INVITATION, cross, hops_left
from softswitch.b2bua.leg import Leg, State
from softswitch.bus import CallArrived
from softswitch.media.engine.interface import NoPorts
from softswitch.media.negotiation import UNSECURED, begins, manner_of, manner_towards
from softswitch.media.sdp import SdpError
from softswitch.routing.decision import Conference, Reject
from softswitch.routing.outcomes import CONGESTED, TRUNKS_FULL
from softswitch.routing.plan import refusal
from softswitch.routing.route import Route
from softswitch.sip.dialog import Dialog
from softswitch.sip.message import printable

if TYPE_CHECKING:
    from softswitch.b2bua.switchboard import Switchboard
    from softswitch.media.engine.interface import MediaPort
    from softswitch.records import CallOutcome
    from softswitch.routing.decision import Decision
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.trunks import Trunk

log = logging.getLogger(__name__)

MAX_LEGS = 30
"""That may ring for one account at the same time (reliability §3.2): a stolen password, or a phone
gone mad, cannot make the whole office ring."""


def arrive(
    board: Switchboard, request: Request, transaction: ServerTransaction, flow: Flow, user: str
) -> None:
    """Take the INVITE of a user who has logged in."""
    known = board.directory.get(user)
    caller = identity.of_user(user, known, request)
    call = Call(board, caller, request.request_uri.username, known)
    _take(call, request, transaction, flow, None)


def arrive_from(
    board: Switchboard, request: Request, transaction: ServerTransaction, flow: Flow, trunk: Trunk
) -> None:
    """Take the INVITE of a trunk."""
    caller = inbound.caller_of(board, trunk, request)
    call = Call(board, caller, inbound.dialled(board, trunk, request), None)
    _take(call, request, transaction, flow, trunk)


def _take(
    call: Call,
    request: Request,
    transaction: ServerTransaction,
    flow: Flow,
    trunk: Trunk | None,
) -> None:
    board, caller = call.board, call.identity
    call.conclude = onward.conclude
    by = f" by {trunk.account}" if trunk is not None else ""
    log.info("%s: %s calls %s%s", call.id, caller.recorded, printable(call.callee), by)
    if board.bus.hears(CallArrived):
        board.bus.publish(CallArrived(call.id, caller.shown, call.callee, call.arrived_at))
    _make_caller(call, request, transaction, flow, trunk)
    call.route = Route(
        call.callee,
        caller.number if caller.shown else "",
        board.world,
        partial(readiness.facts, board, (call.id, caller.shown)),
        forwarded_before=diversion.count(request.headers),
        wall=call.arrived_at,
        trunk=trunk.name if trunk is not None else None,
        diverted=inbound.diverted_by(call, request, trunk) if trunk is not None else None,
    )
    decision: Decision
    if trunk is not None and trunk.is_full:
        decision = refusal(TRUNKS_FULL, "failed", f"all channels of {trunk.account} are in use")
    elif call.known is not None and board.legs_in_flight(call.caller_user) >= MAX_LEGS:
        why = f"{call.caller_user} lets {MAX_LEGS} phones ring already"
        log.warning("%s: %s: refused", call.id, why)
        decision = refusal(CONGESTED, "failed", why)
    else:
        decision = call.route.begin(board.agent.now())
    call.because = decision.because
    log.info("%s: %s", call.id, decision.because)
    if isinstance(decision, Reject) and not announcing.words(call, decision.outcome):
        _refuse(call, decision)
        return
    if trunk is not None:
        trunk.join(call.caller)
    beside = service.neighbour(call, decision) if isinstance(decision, Conference) else None
    if not _prepare_media(call, request, beside):
        return
    if isinstance(decision, Reject):
        _refuse(call, decision)
    else:
        call.hops_left = hops_left(request)
        call.crossing = cross(request.headers, INVITATION)
        if call.route.hops:
            splash.ring(call, call.route.hops)
        onward.begin(call, decision)


def _refuse(call: Call, decision: Reject) -> None:
    word = cast("CallOutcome", decision.outcome)
    verdict = Verdict(word, decision.status, decision.because, "switch")
    announcing.refuse(call, verdict, [("Reason", decision.reason)])


def _make_caller(
    call: Call,
    request: Request,
    transaction: ServerTransaction,
    flow: Flow,
    trunk: Trunk | None,
) -> None:
    contacts = request.contacts
    device = contacts[0].uri if contacts else request.from_.uri
    leg = Leg(
        call,
        "caller",
        flow,
        sip_call_id=request.call_id,
        account=call.caller_user if trunk is None else trunk.account,
        user=call.callee,
        device=str(device),
        party=call.caller_user,
        trunk=trunk,
    )
    call.caller = leg
    leg.state = State.PROCEEDING
    leg.invite = request
    leg.server = transaction
    leg.see_allowed(request.headers.get("Allow") or "")
    leg.adopt(Dialog.as_uas(request, leg.local_tag, flow))
    call.board.invites[transaction] = call


def _prepare_media(call: Call, request: Request, beside: MediaPort | None) -> bool:
    """Read the offer and open the caller's port; refuse the call when either fails."""
    caller = call.caller
    board, account = call.board, caller.account
    try:
        if request.body:
            caller.open_port(beside, at_once=begins(request.body))
            offer = caller.offer = caller.read(request.body)
            if caller.trunk is None:
                board.remember_manner(account, caller.flow.remote, manner_of(offer.stream))
        else:
            call.late_offer = True
            last = board.manner(account, caller.flow.remote) or UNSECURED
            caller.open_port(beside, manner_towards(board.policy(account), last))
    except SdpError as error:
        log.warning("%s: %s offers what cannot be carried: %s", call.id, caller.owner, error)
        verdict = Verdict("failed", error.status, f"the caller's offer: {error}", "switch")
        ending.refuse(call, verdict, [ending.INCOMPATIBLE])
        return False
    except NoPorts:
        log.warning("%s: no RTP port is free (network.rtp)", call.id)
        verdict = Verdict("failed", 503, "no RTP port is free", "switch")
        ending.end(call, verdict, ending.TEMPORARY_FAILURE)
        return False
    return True
