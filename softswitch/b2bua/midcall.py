"""Requests within the dialogs of calls: who may send them, and where they go.

Knowing Call-ID and tags is not enough: a request must come the way that the leg's dialog lives on
(reliability §3.1), or through the proxies of its route set. A stranger gets 403 and the call goes
on. A phone whose TCP connection broke comes back from the same host on another one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, info, reinvite, serving
from softswitch.b2bua.call import Stage, Verdict
from softswitch.b2bua.crossing import RELEASE, cross
from softswitch.b2bua.leg import Leg, State
from softswitch.sip.message import respond
from softswitch.uas import ACCEPT, ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request

log = logging.getLogger(__name__)

NO_DIALOG = 481
FORBIDDEN = 403
NOT_ALLOWED = 405

ALIVE = (State.PROCEEDING, State.RINGING, State.UP)
"""States of a leg in which something besides BYE may be said."""


def receive(leg: Leg, request: Request, flow: Flow) -> None:
    """A request with the Call-ID and tags of the leg."""
    agent = leg.call.board.agent
    dialog = leg.dialog
    assert dialog is not None
    if not may_speak(leg, flow):
        log.warning(
            "%s: %s from %s in the dialog of %s refused",
            leg.call.id,
            request.method,
            flow.remote,
            leg.device,
        )
        agent.refuse(request, flow, FORBIDDEN)
        return
    late = dialog.receive(request)
    if late:
        agent.refuse(request, flow, late)
        return
    if flow.connection and flow != leg.flow:
        leg.move(flow)
    _dispatch(leg, request, flow)


def may_speak(leg: Leg, flow: Flow) -> bool:
    """Whether the leg's peer can be what is at the other end of the flow."""
    own = leg.flow
    if flow.remote == own.remote and flow.protocol == own.protocol:
        return True
    if leg.dialog is not None and leg.dialog.route_set:
        return True
    if leg.trunk is not None and flow.remote[0] in leg.trunk.hosts:
        return True  # a carrier is one, whichever of its servers speaks
    # A TCP connection has another port each time, and large requests go by TCP, small by UDP.
    return flow.remote[0] == own.remote[0] and (flow.reliable or own.reliable)


def _dispatch(leg: Leg, request: Request, flow: Flow) -> None:
    method = request.method
    if method == "BYE":
        _bye(leg, request, flow)
    elif leg.call.stage is Stage.ENDED or leg.state not in ALIVE:
        _answer(leg, request, flow, NO_DIALOG)  # the mortal state of RFC 5407
    elif method in serving.METHODS and (keys := who_hears_keys(leg)) is not None:
        serving.receive(keys, leg, request, flow)
    elif method in ("INVITE", "UPDATE"):
        reinvite.receive(leg, request, flow)
    elif method == "INFO":
        info.receive(leg, request, flow)
    elif method == "OPTIONS":
        _answer(leg, request, flow, 200, [("Allow", ALLOW), ("Accept", ACCEPT)])
    else:
        _answer(leg, request, flow, NOT_ALLOWED, [("Allow", ALLOW)])


def who_hears_keys(leg: Leg) -> Callable[[str], None] | None:
    """The other end of the leg, when that is the switch itself."""
    if leg.confirmation is not None:
        return leg.confirmation.digit
    call = leg.call
    return call.service.digit if call.service is not None and leg is call.caller else None


def _answer(
    leg: Leg,
    request: Request,
    flow: Flow,
    status: int,
    headers: list[tuple[str, str]] | None = None,
) -> None:
    agent = leg.call.board.agent
    agent.respond(agent.accept(request, flow), respond(request, status, headers=headers or ()))


def _bye(leg: Leg, request: Request, flow: Flow) -> None:
    call = leg.call
    if leg.confirmation is not None:
        _answer(leg, request, flow, 200)
        leg.confirmation.hung_up()
        leg.over()
        return
    if call.stage is Stage.RINGING or (call.handover is not None and leg is not call.caller):
        _bye_in_early_dialog(leg, request, flow)
        return
    _answer(leg, request, flow, 200)
    if leg.accepted is not None:
        leg.accepted.stop()  # who hangs up has heard our 2xx
    leg.farewell = None
    reasons = cross(request.headers, RELEASE) or [ending.NORMAL_CLEARING]
    verdict = Verdict("answered", 200, f"{leg.side} hung up", leg.side)
    ending.hang_up(call, verdict, reasons, gone=leg)
    leg.over()


def _bye_in_early_dialog(leg: Leg, request: Request, flow: Flow) -> None:
    """The caller may leave so, although CANCEL is the way; a phone that rings may not (§15)."""
    if leg.side == "callee":
        _answer(leg, request, flow, NO_DIALOG)
        return
    _answer(leg, request, flow, 200)
    verdict = Verdict("cancelled", ending.TERMINATED, "caller hung up before the answer", "caller")
    ending.refuse(leg.call, verdict, to_devices=cross(request.headers, RELEASE))
