"""Requests in a dialog whose other end is the switch itself: no other side has a say.

INFO                   a key, and nothing else
re-INVITE, UPDATE      codecs, keys, addresses, hold: agreed on as at first
re-INVITE without SDP  the 200 offers, the ACK answers
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, reinvite, staying
from softswitch.b2bua.accepted import accept
from softswitch.b2bua.call import Stage, Verdict
from softswitch.media.dtmf import info
from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.negotiation.ourselves import own_agreement
from softswitch.media.negotiation.stream import SENDRECV
from softswitch.media.sdp import SdpError
from softswitch.sip.message import respond
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from softswitch.b2bua.leg import Leg
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction

METHODS = frozenset({"INVITE", "UPDATE", "INFO"})
NOT_UNDERSTOOD = 415


def receive(keys: Callable[[str], None], leg: Leg, request: Request, flow: Flow) -> None:
    """One of METHODS. `keys` hears what is pressed."""
    transaction = leg.call.board.agent.accept(request, flow)
    if request.method == "INFO":
        _key(keys, leg, request, transaction)
    else:
        _reoffer(leg, request, transaction)


def _key(
    keys: Callable[[str], None], leg: Leg, request: Request, transaction: ServerTransaction
) -> None:
    agent = leg.call.board.agent
    signal = info.parse(request.headers.get("Content-Type") or "", request.body)
    understood = signal is not None or not request.body
    accepts = [] if understood else [("Accept", ", ".join(sorted(info.TYPES)))]
    status = 200 if understood else NOT_UNDERSTOOD
    agent.respond(transaction, respond(request, status, headers=accepts))
    if signal is not None and signal.digit in DIGITS:
        keys(signal.digit)


def _reoffer(leg: Leg, request: Request, transaction: ServerTransaction) -> None:
    call = leg.call
    agent = call.board.agent
    if not request.body and request.method == "UPDATE":
        headers = [("Contact", leg.contact), ("Allow", ALLOW)]
        agent.respond(transaction, respond(request, 200, headers=headers))
        return
    conflict = reinvite.conflict(leg, request.method)
    if conflict:
        later = [("Retry-After", str(int(call.board.chance() * 11)))]
        headers = later if conflict == reinvite.ERROR else []
        agent.respond(transaction, respond(request, conflict, headers=headers))
        return
    if not request.body:
        assert leg.session is not None
        body = leg.describe(leg.session.source, SENDRECV)
        accept(leg, request, transaction, body, [], partial(_answered, leg))
        return
    try:
        _agree(leg, request, transaction)
    except SdpError as error:
        agent.respond(transaction, respond(request, error.status))


def _agree(leg: Leg, request: Request, transaction: ServerTransaction) -> None:
    """Answer an offer. Raises SdpError."""
    assert leg.session is not None
    offer = leg.read(request.body)
    agreement = own_agreement(offer, leg.session.policy)
    body = leg.answer(offer, agreement, staying.answering(offer))
    leg.holds = offer.held
    staying.take(leg, request, transaction, body)
    _update(leg)


def _update(leg: Leg) -> None:
    """Somebody who is asked to press 1 has nobody yet to hold."""
    if leg.confirmation is None:
        leg.call.update_hold()


def _answered(leg: Leg, body: bytes) -> None:
    """The ACK brought the answer to the offer in our 200."""
    call = leg.call
    if call.stage is not Stage.ANSWERED:
        return
    try:
        leg.holds = leg.take(leg.read(body)).is_held
    except SdpError as error:
        why = f"caller's answer in the ACK cannot be used: {error}"
        ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.INCOMPATIBLE])
        return
    _update(leg)
