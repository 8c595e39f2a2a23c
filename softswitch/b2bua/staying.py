"""re-INVITEs and UPDATEs that stay on their leg: the other side has nothing to do with them.

refresh, another address, other keys   the same as before        (SIP-2, FAX-5)
hold and resume                        answered in kind          (HO-1, b2bua/hold.py)
no SDP at all                          the 200 offers what is, the ACK answers   (HO-6)
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ending
from softswitch.b2bua.accepted import accept
from softswitch.b2bua.call import Stage, Verdict
from softswitch.media.negotiation.stream import MIRRORED, SENDRECV
from softswitch.media.sdp import SdpError
from softswitch.sip.message import respond
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from softswitch.b2bua.leg import Leg
    from softswitch.media.negotiation import RemoteMedia
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction


def answer(
    leg: Leg, target: Leg, request: Request, transaction: ServerTransaction, offer: RemoteMedia
) -> bool:
    """Answer an offer here, if the other side need not know of it. False: it has to."""
    assert leg.session is not None
    assert target.session is not None
    if target.session.agreed is None or not leg.session.continues(offer):
        return False
    try:
        body = leg.answer(offer, target.session.agreement, answering(offer))
    except SdpError:
        return False  # a hold with other codecs, of which the other side has none
    leg.holds = offer.held
    take(leg, request, transaction, body)
    leg.call.update_hold()
    return True


def answering(offer: RemoteMedia) -> str:
    """The direction of our answer: the offer's, from the other end."""
    return MIRRORED.get(offer.direction, offer.direction)


def take(leg: Leg, request: Request, transaction: ServerTransaction, body: bytes) -> None:
    """Answer a re-INVITE or UPDATE with 200."""
    if request.method == "INVITE":
        accept(leg, request, transaction, body, [])
        return
    headers = [("Contact", leg.contact), ("Allow", ALLOW)]
    leg.call.board.agent.respond(transaction, respond(request, 200, headers=headers, body=body))


def offer(leg: Leg, target: Leg, request: Request, transaction: ServerTransaction) -> None:
    """A re-INVITE without SDP wants an offer: what holds on the other leg (RFC 3261 §14.2)."""
    assert target.session is not None
    body = leg.describe(target.session.source, SENDRECV)
    accept(leg, request, transaction, body, [], partial(_answered, leg))


def _answered(leg: Leg, body: bytes) -> None:
    """The ACK brought the answer."""
    call = leg.call
    if call.stage is not Stage.ANSWERED:
        return
    try:
        agreement = leg.take(leg.read(body))
    except SdpError as error:
        why = f"{leg.side}'s answer in the ACK cannot be used: {error}"
        ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.INCOMPATIBLE])
        return
    leg.holds = agreement.is_held
    call.update_hold()
