"""Our 2xx to an INVITE, sent again until its ACK comes (RFC 3261 §13.3.1.4).

This is the core's work, not the transaction's, because the ACK is a request of its own; and it is
done over TCP as well, because the next hop is not the end.

    200 ─ T1 ─ 200 ─ 2*T1 ─ 200 ─ … T2 ─ 200 ─ … 64*T1 without ACK ─► the call ends
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from softswitch.b2bua import ending
from softswitch.b2bua.leg import State
from softswitch.sip.message import respond
from softswitch.sip.timers import T1, T2
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.leg import Leg
    from softswitch.sip.message import Request, Response
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.sip.timers import Timer

PATIENCE = 64 * T1


class Accepted:
    """One 2xx and its repetitions."""

    __slots__ = (
        "_interval",
        "_leg",
        "_response",
        "_since",
        "_timer",
        "_transaction",
        "cseq",
        "initial",
        "on_answer",
    )

    def __init__(
        self,
        leg: Leg,
        transaction: ServerTransaction,
        response: Response,
        on_answer: Callable[[bytes], None] | None,
    ) -> None:
        agent = leg.call.board.agent
        self.cseq = transaction.cseq_number
        self.initial = leg.state is not State.UP
        """It answers the INVITE that made the dialog, not a re-INVITE."""
        self.on_answer = on_answer
        """Who wants the body of the ACK: our 2xx was an offer. None when it was an answer."""
        self._leg = leg
        self._transaction = transaction
        self._response = response
        self._interval = T1
        self._since = agent.now()
        agent.respond(transaction, response)
        self._timer: Timer = agent.later(T1, self._repeat)

    def stop(self) -> None:
        """Its ACK is here, or not needed any more."""
        self._timer.cancel()
        self._leg.accepted = None

    def _repeat(self) -> None:
        agent = self._leg.call.board.agent
        if agent.now() - self._since >= PATIENCE:
            self._leg.accepted = None
            ending.never_acknowledged(self._leg)
            return
        agent.respond(self._transaction, self._response)
        self._interval = min(2 * self._interval, T2)
        self._timer = agent.later(self._interval, self._repeat)


def accept(
    leg: Leg,
    request: Request,
    transaction: ServerTransaction,
    body: bytes,
    fields: Fields,
    on_answer: Callable[[bytes], None] | None = None,
) -> None:
    """Answer an INVITE with 200; `on_answer` gets the body of the ACK."""
    if leg.accepted is not None:
        # Who sends another INVITE has heard the 2xx of the last one: only its ACK is late.
        leg.accepted.stop()
    headers = [("Contact", leg.contact), ("Allow", ALLOW), *fields]
    response = respond(request, 200, to_tag=leg.local_tag, headers=headers, body=body)
    leg.accepted = Accepted(leg, transaction, response, on_answer)
    leg.state = State.UP


def accept_call(
    call: Call, body: bytes, fields: Fields, on_answer: Callable[[bytes], None] | None
) -> None:
    """Answer the INVITE that the call began with: it can be cancelled no more."""
    caller = call.caller
    assert caller.invite is not None
    assert caller.server is not None
    assert caller.dialog is not None
    caller.dialog.early = False
    call.board.invites.pop(caller.server, None)
    accept(caller, caller.invite, caller.server, body, fields, on_answer)
    caller.invite = caller.server = caller.offer = None
    caller.sdp = b""


def acknowledge(leg: Leg, ack: Request) -> bool:
    """Take an ACK. False when it is no news."""
    accepted = leg.accepted
    if accepted is None or accepted.cseq != ack.cseq.number:
        return False
    accepted.stop()
    if accepted.on_answer is not None:
        accepted.on_answer(ack.body)
    ending.release_bye(leg)
    return True
