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

from softswitch.b2bua import ending, reinvite
from softswitch.b2bua.accepted import accept
from softswitch.b2bua.call import Stage, Verdict
from softswitch.b2bua.crossing import ANSWER, cross
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.b2bua.strays import hang_up_stray
from softswitch.bus import CallAnswered
from softswitch.media.sdp import SdpError

if TYPE_CHECKING:
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)


def answer(device: Leg, response: Response) -> str | None:
    """Take a 2xx of a device; returns what is wrong with it when the hunt has to go on."""
    if device.state not in RINGABLE:
        _not_the_first(device, response)
        return None
    try:
        sdp = _cross_answer(device, response.body)
    except SdpError as error:
        device.state = State.CANCELLED
        hang_up_stray(device, response, ending.INCOMPATIBLE)
        if not response.body:
            return "answers without SDP"
        return f"answers with an SDP that cannot be used: {error}"
    device.confirm(response)
    if not device.call.late_offer:
        device.ack_body = b""
        _acknowledge(device)
    _connect(device, sdp, response)
    return None


def _connect(device: Leg, sdp: bytes, response: Response) -> None:
    call = device.call
    board = call.board
    caller = call.caller
    call.stage = Stage.ANSWERED
    call.stop_timers()
    call.answerer = device
    call.answered_by = device.party
    call.answered_at = board.clock.wall()
    device.state = State.UP
    device.result = "answered"
    device.invite = device.client = None
    device.see_allowed(response.headers.get("Allow") or "")
    log.info("%s: answered by %s (%s)", call.id, call.answered_by, device.device)
    for other in call.devices:
        if other.state in RINGABLE:
            ending.cancel(other, "cancelled", [ending.ANSWERED_ELSEWHERE])
    assert caller.invite is not None
    assert caller.server is not None
    assert caller.dialog is not None
    caller.dialog.early = False
    board.invites.pop(caller.server, None)
    late = partial(_late_answer, device) if device.offer is not None else None
    accept(caller, caller.invite, caller.server, sdp, cross(response.headers, ANSWER), late)
    caller.invite = caller.server = caller.offer = None
    caller.sdp = b""
    assert caller.port is not None
    assert device.port is not None
    board.media.join(caller.port, device.port)
    call.update_hold()
    board.bus.publish(
        CallAnswered(call.id, call.identity.shown, call.callee, call.answered_by, call.answered_at)
    )


def _cross_answer(device: Leg, body: bytes) -> bytes:
    """What the device described, for the caller. Raises SdpError when nobody could talk over it.

    The caller's port learns only now where to send: a packet before the answer would make phones
    stop their ringing tone (RFC 3960 §3.2).
    """
    call = device.call
    caller = call.caller
    media = device.read(body)
    if call.late_offer:
        sdp = caller.describe(media)
        device.offer = media
        return sdp
    agreement = device.take(media)
    assert caller.offer is not None
    if not caller.sdp:
        return caller.answer(caller.offer, agreement)
    assert caller.session is not None
    if not caller.session.suits(agreement):
        # The early answer cannot be taken back, and what it said the device does not take: the
        # caller gets the true one as an offer of ours as soon as it has acknowledged.
        reinvite.plan(caller, media)
    return caller.sdp


def _acknowledge(device: Leg) -> None:
    assert device.dialog is not None
    assert device.ack_body is not None
    device.acknowledge(device.dialog, device.ack_body)


def _late_answer(device: Leg, body: bytes) -> None:
    """The caller's ACK brought its answer to the device's offer."""
    call = device.call
    if call.stage is not Stage.ANSWERED:
        return  # the call is over; the device's offer was declined
    assert device.offer is not None
    caller = call.caller
    try:
        device.ack_body = device.answer(device.offer, caller.take(caller.read(body)))
    except SdpError as error:
        why = f"caller's answer in the ACK cannot be used: {error}"
        ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.INCOMPATIBLE])
        return
    device.offer = None
    _acknowledge(device)
    call.update_hold()


def _not_the_first(device: Leg, response: Response) -> None:
    """A 2xx that comes again is acknowledged again; any other is one too many."""
    dialog = device.dialog
    if dialog is not None and not dialog.early and response.to_tag == dialog.remote_tag:
        if device.ack_body is not None:
            _acknowledge(device)
        return
    hang_up_stray(device, response, ending.NORMAL_CLEARING)
