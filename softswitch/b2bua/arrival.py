"""A call arrives: make its caller's leg, ask routing, and ring or refuse."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, cast

from softswitch.b2bua import diversion, ending, hunt, service
from softswitch.b2bua.call import Call, Verdict
from softswitch.b2bua.crossing import INVITATION, cross, hops_left
from softswitch.b2bua.leg import Leg, State
from softswitch.bus import CallArrived
from softswitch.media.engine.interface import NoPorts
from softswitch.media.negotiation import begins, manner_of, manner_towards
from softswitch.media.sdp import SdpError
from softswitch.routing.decision import Dial, Reject, Ring
from softswitch.routing.plan import Facts
from softswitch.routing.route import Route
from softswitch.sip.dialog import Dialog
from softswitch.sip.message import printable

if TYPE_CHECKING:
    from softswitch.b2bua.switchboard import Switchboard
    from softswitch.records import CallOutcome
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction

log = logging.getLogger(__name__)


def arrive(
    board: Switchboard, request: Request, transaction: ServerTransaction, flow: Flow, user: str
) -> None:
    """Take the INVITE of a user who has logged in."""
    dialled = request.request_uri.username
    call = Call(board, user, dialled)
    log.info("%s: %s calls %s", call.id, user, printable(dialled))
    board.bus.publish(CallArrived(call.id, user, dialled, call.arrived_at))
    _make_caller(call, request, transaction, flow)
    call.route = Route(
        dialled,
        user,
        board.directory,
        partial(_facts, board),
        forwarded_before=diversion.count(request.headers),
        codes=board.codes,
    )
    decision = call.route.begin(board.agent.now())
    call.because = decision.because
    log.info("%s: %s", call.id, decision.because)
    if isinstance(decision, Reject):
        word = cast("CallOutcome", decision.outcome)
        verdict = Verdict(word, decision.status, decision.because, "switch")
        ending.refuse(call, verdict, [("Reason", decision.reason)])
    elif _prepare_media(call, request):
        call.hops_left = hops_left(request)
        call.crossing = cross(request.headers, INVITATION)
        if isinstance(decision, Ring):
            hunt.start(call, decision)
        else:
            assert not isinstance(decision, Dial), "without an outside, nothing leads there"
            service.begin(call, decision)


def _facts(board: Switchboard, user: str) -> Facts:
    return Facts(len(board.location.bindings(user, board.clock.wall())), board.engaged[user])


def _make_caller(call: Call, request: Request, transaction: ServerTransaction, flow: Flow) -> None:
    contact = request.contact
    device = str(contact.uri) if contact is not None else request.from_.uri
    leg = Leg(
        call,
        "caller",
        flow,
        sip_call_id=request.call_id,
        account=call.caller_user,
        user=call.callee,
        device=str(device),
    )
    call.caller = leg
    leg.state = State.PROCEEDING
    leg.invite = request
    leg.server = transaction
    leg.see_allowed(request.headers.get("Allow") or "")
    leg.adopt(Dialog.as_uas(request, leg.local_tag, flow))
    call.board.invites[transaction] = call


def _prepare_media(call: Call, request: Request) -> bool:
    """Read the offer and open the caller's port; refuse the call when either fails."""
    caller = call.caller
    try:
        if request.body:
            caller.open_port(at_once=begins(request.body))
            offer = caller.offer = caller.read(request.body)
            manner = manner_of(offer.stream)
            call.board.remember_manner(call.caller_user, caller.flow.remote, manner)
        else:
            call.late_offer = True
            policy = call.board.policy(call.caller_user)
            last = call.board.manner(call.caller_user, caller.flow.remote)
            caller.open_port(manner=manner_towards(policy, last))
    except SdpError as error:
        log.warning(
            "%s: %s's phone offers what cannot be carried: %s", call.id, call.caller_user, error
        )
        verdict = Verdict("failed", error.status, f"the caller's offer: {error}", "switch")
        ending.refuse(call, verdict, [ending.INCOMPATIBLE])
        return False
    except NoPorts:
        log.warning("%s: no RTP port is free (network.rtp)", call.id)
        verdict = Verdict("failed", 503, "no RTP port is free", "switch")
        ending.end(call, verdict, ending.TEMPORARY_FAILURE)
        return False
    return True
