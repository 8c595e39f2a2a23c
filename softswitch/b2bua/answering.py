"""A device answers: the first 2xx wins, its answer crosses, the ports are joined.

    caller                switch                  device
      │◄──────── 200 ────── │ ◄────── 200 ──────────│   answer in the 200: we acknowledge at once
      │                     │ ─────── ACK ─────────►│
      │───────── ACK ──────►│                       │

    late offer (the INVITE had no SDP):
      │◄─ 200 with offer ── │ ◄── 200 with offer ───│
      │── ACK with answer ─►│ ─── ACK with answer ─►│

Any other 2xx (a second device, a fork behind the first, one that crossed our CANCEL) is
acknowledged and hung up: RFC 3261 §13.2.2.4 and §9.1.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, info, reinvite, ringing, taping, turn
from softswitch.b2bua.accepted import accept_call
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.confirming import Confirmation
from softswitch.b2bua.crossing import ANSWER, cross
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.b2bua.strays import hang_up_stray
from softswitch.bus import CallAnswered
from softswitch.media.sdp import SdpError
from softswitch.routing.outcomes import Outcome

if TYPE_CHECKING:
    from softswitch.b2bua.crossing import Fields
    from softswitch.media.negotiation import Agreement, RemoteMedia
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)


def answer(device: Leg, response: Response) -> None:
    """Take a 2xx of a device. If nobody could talk over it, the device is out of its turn."""
    problem = _take(device, response)
    if problem is not None:
        turn.alarm(device, problem)
        turn.drop(device, Outcome.UNAVAILABLE)


def _take(device: Leg, response: Response) -> str | None:
    """Returns what is wrong with it when the hunt has to go on."""
    if device.state not in RINGABLE:
        _not_the_first(device, response)
        return None
    call = device.call
    device.see_allowed(response.headers.get("Allow") or "")
    sdp = b""
    try:
        media = device.read(response.body)
        agreement = None if call.late_offer and not call.confirms else device.take(media)
        if not call.confirms:
            sdp = _for_caller(device, media, agreement)
    except SdpError as error:
        device.state = State.CANCELLED
        hang_up_stray(device, response, ending.INCOMPATIBLE)
        if not response.body:
            return "answers without SDP"
        return f"answers with an SDP that cannot be used: {error}"
    device.confirm(response)
    if agreement is None:
        device.offer = media
    else:
        device.ack_body = b""
        _acknowledge(device)
    if call.confirms:
        ringing.progress(device, response)
    device.state = State.UP
    device.invite = device.client = None
    fields = cross(response.headers, ANSWER)
    if call.confirms:
        device.confirmation = Confirmation(device, partial(_taken, device, fields))
        device.confirmation.ask()
    else:
        _connect(device, sdp, fields)
    return None


def _taken(device: Leg, fields: Fields) -> str | None:
    """Whoever answered wants to have the call (FWD-7); returns what is wrong with that."""
    session = device.session
    assert session is not None
    try:
        sdp = _for_caller(device, session.source, session.agreement)
    except SdpError as error:
        return f"answered with an SDP that cannot be used: {error}"
    _connect(device, sdp, fields)
    return None


def _connect(device: Leg, sdp: bytes, fields: Fields) -> None:
    call = device.call
    board = call.board
    caller = call.caller
    call.stop_timers()
    call.answerer = device
    call.answered_by = device.party
    device.result = "answered"
    log.info("%s: answered by %s (%s)", call.id, call.answered_by, device.device)
    for other in call.devices:
        if other is not device:
            ending.give_up(other, "cancelled", [ending.ANSWERED_ELSEWHERE])
    if call.stage is Stage.RINGING:
        _answer_caller(call, sdp, fields)
    if caller.hears_ringing:
        ringing.hush(call)
    if call.handover is not None:
        call.handover.done()
    assert caller.port is not None
    assert device.port is not None
    board.media.join(caller.port, device.port)
    info.listen(call)
    call.update_hold()
    if caller.accepted is None:
        reinvite.resume(caller)
    if board.recorder is not None:
        taping.begin(call, board.recorder)
    if board.bus.hears(CallAnswered):
        shown, now = call.identity.shown, board.clock.wall()
        board.bus.publish(CallAnswered(call.id, shown, call.callee, call.answered_by, now))


def _answer_caller(call: Call, sdp: bytes, fields: Fields) -> None:
    """The caller's INVITE gets its 200."""
    call.stage = Stage.ANSWERED
    call.answered_at = call.board.clock.wall()
    accept_call(call, sdp, fields, partial(_late_answer, call) if call.late_offer else None)


def _for_caller(device: Leg, media: RemoteMedia, agreement: Agreement | None) -> bytes:
    """What the device described, for the caller. Raises SdpError when nobody could talk over it.

    The caller's port learns only now where to send: a packet before the answer would make phones
    stop their ringing tone (RFC 3960 §3.2).
    """
    call = device.call
    caller = call.caller
    if call.late_offer or agreement is None:
        return caller.describe(media)
    assert caller.session is not None
    if caller.session.agreed is None:
        assert caller.offer is not None
        return caller.answer(caller.offer, info.agreed_with(device, agreement))
    if call.reoffer is None and not caller.session.suits(agreement):
        # What the caller has cannot be taken back, and what it says the device does not take: the
        # caller gets the true one as an offer of ours as soon as it has acknowledged.
        reinvite.plan(caller, media)
    return caller.sdp


def _acknowledge(device: Leg) -> None:
    assert device.dialog is not None
    assert device.ack_body is not None
    device.acknowledge(device.dialog, device.ack_body)


def _late_answer(call: Call, body: bytes) -> None:
    """The caller's ACK brought its answer to the device's offer, or to ours."""
    device, caller = call.answerer, call.caller
    if call.stage is not Stage.ANSWERED or device is None:
        return  # the call is over; the device's offer was declined
    try:
        agreement = caller.take(caller.read(body))
        if device.offer is not None:
            device.ack_body = device.answer(device.offer, agreement)
            device.offer = None
            _acknowledge(device)
    except SdpError as error:
        why = f"caller's answer in the ACK cannot be used: {error}"
        ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.INCOMPATIBLE])
        return
    call.update_hold()


def _not_the_first(device: Leg, response: Response) -> None:
    """A 2xx that comes again is acknowledged again; any other is one too many."""
    dialog = device.dialog
    if dialog is not None and not dialog.early and response.to_tag == dialog.remote_tag:
        if device.ack_body is not None:
            _acknowledge(device)
        return
    hang_up_stray(device, response, ending.NORMAL_CLEARING)
