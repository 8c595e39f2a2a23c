"""re-INVITE and UPDATE go across: another codec, a fax (RFC 3261 §14).

    origin                switch                  target
      │── INVITE image ────►│ ── INVITE image ─────►│     at our address, with our numbers
      │◄── 200 image ─────  │ ◄── 200 image ────────│
      │──── ACK ───────────►│ ───── ACK ───────────►│

What the other side has nothing to do with stays on its leg (`staying`): hold above all. UPDATE
(RFC 3311) goes to a target that knows it, else as a re-INVITE.

Who may not now (§14.2, RFC 5407 §3.1.4, §3.1.5, §3.3):

* 491 while an offer of ours is out at the same peer, or its ACK must still bring an answer;
* 500 with Retry-After while its own last request is not answered;
* a target that still owes an ACK is asked when the ACK has come.

A 491 of the target is not carried back: we try again after the time of §14.1. If the target's own
re-INVITE comes first, it goes first, and the origin hears the 491 that the glare is.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, staying
from softswitch.b2bua.call import Stage, Verdict
from softswitch.b2bua.crossing import REOFFER_REFUSAL, cross
from softswitch.b2bua.leg import Leg
from softswitch.b2bua.reoffer import Reoffer
from softswitch.media.negotiation.stream import NOT_ACCEPTABLE, SENDRECV
from softswitch.media.sdp import SdpError
from softswitch.sip.message import Request, respond
from softswitch.sip.timers import T1
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.media.negotiation import Agreement, RemoteMedia
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

MAX_TRIES = 4
"""Times that a peer may answer 491 before the origin hears it: two that glare settle in two."""

PATIENCE = 64 * T1
"""Seconds that a peer may think about a re-INVITE after its first 1xx: people are not asked."""

PENDING = 491
ERROR = 500
GONE = frozenset({408, 481})
"""Within a dialog these say that it is over (§12.2.1.2)."""

NOT_FOR_THE_ORIGIN = frozenset({401, 407})
"""We have no password for a phone, and the origin must not be asked for one."""

UNWANTED = frozenset({415, 606})
"""Ways to say 488 that the origin may not know: a fax then goes on as sound (FAX-2)."""


def receive(leg: Leg, request: Request, flow: Flow) -> None:
    """A re-INVITE or UPDATE within a dialog of ours."""
    call = leg.call
    agent = call.board.agent
    transaction = agent.accept(request, flow)
    target = leg.other

    def refuse(status: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        agent.respond(transaction, respond(request, status, headers=headers))

    if not request.body and request.method == "UPDATE":
        refuse(200, [("Contact", leg.contact), ("Allow", ALLOW)])  # it moves the target, no more
        return
    status = conflict(leg, request.method)
    if status:
        later = [("Retry-After", str(int(call.board.chance() * 11)))]
        refuse(status, later if status == ERROR else ())
        return
    assert target is not None
    if not request.body:
        staying.offer(leg, target, request, transaction)
        return
    try:
        offer = leg.read(request.body)
    except SdpError as error:
        refuse(error.status)
        return
    if staying.answer(leg, target, request, transaction, offer):
        return
    if call.reoffer is not None:
        call.reoffer.refuse(PENDING)
        call.reoffer.close()
    method = "UPDATE" if request.method == "UPDATE" and target.takes_update else "INVITE"
    _send(Reoffer(leg, target, offer, method=method, request=request, transaction=transaction))


def conflict(leg: Leg, method: str) -> int:
    """Why the peer may not offer now; 0 when it may."""
    call = leg.call
    if call.stage is Stage.RINGING and leg.confirmation is None:
        # An UPDATE with an offer while the first one is open (RFC 3311 §5.2), ours or theirs.
        return ERROR if leg is call.caller else PENDING
    if leg.accepted is not None and leg.accepted.on_answer is not None:
        return PENDING
    if leg.side == "callee" and leg.ack_body is None:
        return PENDING
    reoffer = call.reoffer
    if reoffer is None:
        return 0
    if reoffer.origin is leg:
        return ERROR
    return 0 if reoffer.is_idle else PENDING


def plan(target: Leg, media: RemoteMedia) -> None:
    """The switch itself has to tell the target another description, after its ACK."""
    Reoffer(None, target, media).waits_for_ack = True


def resume(leg: Leg) -> None:
    """The ACK has come: what waited for it may go."""
    reoffer = leg.call.reoffer
    if reoffer is not None and reoffer.waits_for_ack and reoffer.target is leg:
        reoffer.waits_for_ack = False
        _send(reoffer)


def cancel(reoffer: Reoffer) -> None:
    """The origin has thought better of its re-INVITE: so shall the target (§9.2)."""
    if reoffer.client is not None:
        reoffer.call.board.agent.cancel(reoffer.client)
    else:
        reoffer.refuse(ending.TERMINATED)
        reoffer.close()


def _send(reoffer: Reoffer) -> None:
    target = reoffer.target
    reoffer.timer = None
    if target.accepted is not None:
        reoffer.waits_for_ack = True
        return
    if reoffer.body is None:
        try:
            reoffer.body = target.describe(reoffer.offer, SENDRECV)
        except SdpError as error:
            log.info("%s: %s may not have this: %s", reoffer.call.id, target.device, error)
            reoffer.refuse(NOT_ACCEPTABLE)
            reoffer.close()
            return
    reoffer.tries += 1
    reoffer.client = target.send(
        reoffer.method,
        partial(_response, reoffer),
        partial(_failure, reoffer),
        headers=[("Contact", target.contact), ("Allow", ALLOW)],
        body=reoffer.body,
    )
    reoffer.timer = reoffer.call.board.agent.later(PATIENCE, _give_up, reoffer)


def _response(reoffer: Reoffer, response: Response) -> None:
    status = response.status
    if status < 200:
        return
    if status < 300 and (reoffer.cseq or reoffer.call.reoffer is not reoffer):
        _acknowledge_again(reoffer, response)
        return
    if reoffer.call.reoffer is not reoffer:
        return
    reoffer.stop_timer()
    reoffer.client = None
    if status < 300:
        _answered(reoffer, response)
    elif status == PENDING and reoffer.tries < MAX_TRIES:
        reoffer.timer = reoffer.call.board.agent.later(_wait(reoffer), _send, reoffer)
    else:
        _refused(reoffer, status, response)


def _wait(reoffer: Reoffer) -> float:
    """Seconds after a 491: the owner of the Call-ID lets the other go first (§14.1)."""
    chance = reoffer.call.board.chance()
    if reoffer.target.side == "callee":
        return 2.1 + round(190 * chance) / 100
    return round(200 * chance) / 100


def _refused(reoffer: Reoffer, status: int, response: Response | None) -> None:
    """The target does not want it; the session stays as it was (§14.1), or is over."""
    fields = cross(response.headers, REOFFER_REFUSAL) if response is not None else []
    unspoken = status < 400 or status in NOT_FOR_THE_ORIGIN or status in UNWANTED
    carried = NOT_ACCEPTABLE if unspoken else status
    call = reoffer.call
    reoffer.refuse(carried, fields)
    reoffer.close()
    if status in GONE:
        side = reoffer.target.side
        verdict = Verdict("answered", 200, f"{side} answered a re-INVITE with {status}", "switch")
        ending.hang_up(call, verdict, [ending.TIMER_EXPIRED])


def _failure(reoffer: Reoffer, why: str) -> None:
    if reoffer.call.reoffer is reoffer:
        _refused(reoffer, 408, None)


def _give_up(reoffer: Reoffer) -> None:
    """A peer that says 100 and nothing more is not there either."""
    assert reoffer.client is not None
    reoffer.call.board.agent.cancel(reoffer.client)
    _refused(reoffer, 408, None)


def _answered(reoffer: Reoffer, response: Response) -> None:
    target = reoffer.target
    assert target.dialog is not None
    reoffer.cseq = response.cseq.number
    target.dialog.refresh(response)
    try:
        _pass_answer(reoffer, target.take(target.read(response.body)))
    except SdpError as error:
        log.info("%s: %s answered a re-INVITE unusably: %s", reoffer.call.id, target.device, error)
        reoffer.acknowledge()
        reoffer.refuse(NOT_ACCEPTABLE)
        reoffer.close()


def _pass_answer(reoffer: Reoffer, answer: Agreement) -> None:
    origin, target, offer = reoffer.origin, reoffer.target, reoffer.offer
    body = b""
    if origin is not None:
        body = origin.answer(offer, answer, staying.answering(offer))
        origin.holds = offer.held
    if target.holds:
        target.holds = answer.is_held  # a phone may end its hold with an answer as well
    reoffer.acknowledge()
    if origin is not None:
        request, transaction = reoffer.taken()
        staying.take(origin, request, transaction, body)
    reoffer.close()
    reoffer.call.update_hold()


def _acknowledge_again(reoffer: Reoffer, response: Response) -> None:
    """A 2xx came again, or after the call was over: every 2xx has its ACK (RFC 5407 §3.2.3)."""
    reoffer.cseq = response.cseq.number
    reoffer.acknowledge()
