"""INFO goes across as it is (RFC 6086 §1, the old usage: digits and the like), and its answer back.

Only type and body cross. A digit becomes a telephone event (RFC 4733) where the other side has
agreed on those, and does not say that it takes INFO, or will not take this one: it would be lost.
And a telephone event becomes INFO for a phone that takes INFO and has agreed on no events.

Keyed digits may be a PIN, so no line of the log shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.b2bua import ending
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.leg import Leg
from softswitch.media.dtmf import info
from softswitch.media.dtmf.digits import TONES
from softswitch.media.formats import TELEPHONE_EVENT
from softswitch.media.negotiation import Agreement, with_keys
from softswitch.sip.message import Request, Response, respond

if TYPE_CHECKING:
    from softswitch.sip.flow import Flow
    from softswitch.sip.server_transaction import ServerTransaction

GONE = frozenset({408, 481})
"""Within a dialog these say that it is over (RFC 3261 §12.2.1.2)."""

NO_DIALOG = 481
NOBODY_THERE = 480
"""The other side has no dialog yet, or may not know of it: not an end, as 481 would be."""

NOT_FOR_THE_ORIGIN = frozenset({401, 407})
REFUSED = 403

NOT_TAKEN = frozenset({405, 415, 469, 501})
"""No INFO at all, or none of this type (469: RFC 6086 §4.2.2)."""


class Info:
    """One INFO on its way, until the answer comes."""

    __slots__ = ("_origin", "_request", "_target", "_transaction")

    def __init__(
        self, origin: Leg, target: Leg, request: Request, transaction: ServerTransaction
    ) -> None:
        self._origin = origin
        self._target = target
        self._request = request
        self._transaction = transaction
        target.send(
            "INFO",
            self._response,
            self._failure,
            body=request.body,
            content_type=request.headers.get("Content-Type") or "",
        )

    def _response(self, response: Response) -> None:
        status = response.status
        if status < 200:
            return
        if status in NOT_TAKEN and press(self._target, self._request):
            status = 200
        self._answer(REFUSED if status in NOT_FOR_THE_ORIGIN else status)

    def _failure(self, why: str) -> None:
        self._answer(408)

    def _answer(self, status: int) -> None:
        call = self._origin.call
        said = status
        ends = status in GONE and call.stage is not Stage.RINGING
        if status in GONE:
            # A 408 would come too late for its own transaction (RFC 4320 §4). Before the answer
            # the target may not have heard of its early dialog yet, so that goes on.
            status = NO_DIALOG if ends else NOBODY_THERE
        call.board.agent.respond(self._transaction, respond(self._request, status))
        if ends and call.stage is Stage.ANSWERED:
            why = f"{self._target.side} answered an INFO with {said}"
            ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.TIMER_EXPIRED])


def receive(leg: Leg, request: Request, flow: Flow) -> None:
    """An INFO within a dialog of ours."""
    agent = leg.call.board.agent
    transaction = agent.accept(request, flow)
    if leg.call.taping is not None:
        signal = info.parse(request.headers.get("Content-Type") or "", request.body)
        if signal is not None:
            leg.call.taping.digit(leg, signal.digit)
    target = _target_of(leg)
    if target is None:
        agent.respond(transaction, respond(request, NOBODY_THERE))
    elif not target.takes_info and press(target, request):
        agent.respond(transaction, respond(request, 200))
    else:
        Info(leg, target, request, transaction)


def press(target: Leg, request: Request) -> bool:
    """Let the media engine press the key that an INFO speaks of; False when that cannot be."""
    signal = info.parse(request.headers.get("Content-Type") or "", request.body)
    if signal is None or signal.digit not in TONES or not takes_events(target):
        return False
    assert target.port is not None
    target.call.board.media.send_digits(target.port, signal.digit, duration=signal.duration)
    return True


def takes_events(leg: Leg) -> bool:
    """Has it agreed on telephone events?"""
    agreed = leg.session.agreed if leg.session is not None and leg.port is not None else None
    if agreed is not None:
        for known in agreed.terms.formats:
            if known.encoding == TELEPHONE_EVENT:
                return True
    return False


def agreed_with(device: Leg, agreement: Agreement, allowed: str = "") -> Agreement:
    """What to agree on with the caller, when the device has agreed on that: with telephone events,
    when the device takes INFO in their place. `allowed` is what it says just now."""
    return with_keys(agreement) if device.takes_info or "INFO" in allowed else agreement


def listen(call: Call) -> None:
    """Hear the keys of whoever presses telephone events for somebody who takes INFO only."""
    for leg in (call.caller, call.answerer):
        other = leg.other if leg is not None else None
        if leg is None or other is None or not other.takes_info:
            continue
        if takes_events(leg) and not takes_events(other):
            assert leg.port is not None
            call.board.media.listen(leg.port, in_band=False)


def pressed(leg: Leg, digit: str, duration: float) -> None:
    """A key was heard: the other side gets it as INFO, if it wants that."""
    target = _target_of(leg)
    if target is None or not _wants_info(target):
        return
    content_type, body = info.relay(digit, duration)
    target.send("INFO", _nothing, _nothing, body=body, content_type=content_type)


def _wants_info(leg: Leg | None) -> bool:
    return leg is not None and leg.takes_info and not takes_events(leg)


def _nothing(_answer: object) -> None:
    """Whatever becomes of a key, the call goes on."""


def _target_of(leg: Leg) -> Leg | None:
    """The leg to carry it to: also a lone device that is heard before it answers."""
    call = leg.call
    if call.handover is not None:
        return None
    target = leg.other
    if target is None and len(call.hunted) == 1:
        target = call.hunted[0]
    if target is None or target.dialog is None or target.confirmation is not None:
        return None
    # Until its ACK has come, the caller may not have heard of the dialog.
    return None if target.accepted is not None and target.accepted.initial else target
