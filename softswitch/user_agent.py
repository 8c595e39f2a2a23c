"""The user agent: the shell around the transaction layer (RFC 3261 §8, §17, §18; RFC 3581).

It gives the layer messages and the time, and does what the layer asks: sends, and calls the core.
It owns the one timer wheel of the process and wakes only when a timer is due.

    sockets ──► receive ──► intake, parse ──► transactions ──► on_request, on_ack, on_cancel,
                                                               on_response, on_failure
    sockets ◄── sender ◄── accept, respond, refuse, request, cancel, send_ack ◄── the core

Whatever a peer sends and whatever goes wrong in a handler, `receive` does not raise.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from softswitch.intake import Intake, check_response, note_source
from softswitch.refusals import ACK, Refusals
from softswitch.sender import Addressing, Sender, Trace, Transaction
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram, salvage
from softswitch.sip.server_transaction import InviteServerTransaction
from softswitch.sip.timers import Timer, TimerWheel
from softswitch.sip.transactions import (
    Action,
    ClientTransaction,
    Deliver,
    DeliverAck,
    DeliverCancel,
    DeliverResponse,
    Failed,
    Send,
    ServerTransaction,
    TransactionLayer,
)
from softswitch.sip.transport import Transport
from softswitch.sip.validation import check

log = logging.getLogger(__name__)

TRYING_AFTER = 0.15
"""Seconds that an INVITE may wait for something better than a 100, for `trying_after`. Usually the
called phone rings by then; with a tick of the wheel it is less than the 0.2 s of §17.2.1."""

LONG = 5.0
"""Seconds: whoever waits so long may wait for a moment more, until others are due too. Longer than
T2: what is repeated is not meant."""


class UserAgent:
    """Performs what the transactions ask for. The core sets the four handlers."""

    on_request: Callable[[Request, Flow], None]
    """A new request, to be accepted or refused. Not ACK, not CANCEL. Not validated yet."""
    on_ack: Callable[[Request, Flow], None]
    """A valid ACK that no transaction took: of a 2xx, or of nothing. It is never answered."""
    on_cancel: Callable[[Request, ServerTransaction | None, Flow], None]
    """A valid CANCEL and the INVITE transaction that it means. The core answers both: 200 to the
    CANCEL (`accept`, `respond`) and 487 to the INVITE, or 481 where there is no transaction."""
    on_flow_closed: Callable[[Flow], None]
    """A TCP connection is gone. Requests that waited for an answer over it have failed already."""

    def __init__(
        self,
        *,
        transports: Transport,
        addressing: Addressing,
        clock: Callable[[], float],
        token: Callable[[], str],
        trace: Trace | None = None,
        wall: Callable[[], float] | None = None,
        call_at: Callable[[float, Callable[[], None]], asyncio.TimerHandle] | None = None,
        trying_after: float = 0.0,
        first: Callable[[], None] | None = None,
    ) -> None:
        """`clock` is the loop's time, `wall` the time for traces, `token` makes random words.
        `first` is called before messages leave, once for all that leave together.

        `call_at` is the running loop's unless given. An INVITE that is accepted hears 100 at once,
        or after `trying_after` seconds if nothing else was said to it by then.
        """
        self.now = clock
        self.token = token
        self._transports = transports
        self._record = trace.record if trace is not None else _forget
        self._wall = wall or clock
        self._intake = Intake(transports)
        self._refusals = Refusals()
        self._shows = log.isEnabledFor(logging.DEBUG)
        self._sender = Sender(
            transports=transports,
            addressing=addressing,
            token=token,
            record=self._record,
            wall=self._wall,
            lost=self._lost,
            first=first or _nothing,
        )
        self._call_at = call_at
        self._trying_after = trying_after
        self._wheel = TimerWheel(self._wake_at)
        self._wake: asyncio.TimerHandle | None = None
        self._ticking = False
        self._transactions = TransactionLayer(self._wheel, self._perform)
        self.is_merged = self._transactions.is_merged
        """Whether a request has been accepted that came by another way (§8.2.2.2)."""

    @property
    def counts(self) -> Counter[str]:
        """How often something noteworthy came in, by kind."""
        return self._intake.counts

    def receive_burst(self, messages: Sequence[tuple[bytes, Flow]]) -> None:
        """Take the datagrams that came together; the answers leave together. Never raises."""
        self._sender.hold()
        for data, flow in messages:
            self.receive(data, flow)
        self._sender.release()

    def receive(self, data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
        """Take one message from a socket. Never raises.

        With a `problem` it is the beginning of one whose end cannot be found in its stream.
        """
        message: Request | Response | None = None
        try:
            try:
                if problem is not None:
                    raise problem
                if not data or not 0x20 <= data[0] <= 0x7E:
                    data = self._intake.without_keepalives(data, flow)
                    if not data:
                        return
                if data.startswith(ACK):
                    call_id = self._refusals.acknowledged(data)
                    if call_id is not None:
                        self._record(call_id, data, False, flow, self._wall())
                        return
                message = parse_datagram(data)
                self._receive_message(message, flow)
            except ParseError as error:
                self._refuse_malformed(data, message, flow, error)
        except Exception:
            self._survive(message, flow)

    def _receive_message(self, message: Request | Response, flow: Flow) -> None:
        call_id = message.headers.first.get("Call-ID") or ""
        self._record(call_id, message.data, False, flow, self._wall())
        if self._shows:
            log.debug("< %s:%d %s", *flow.remote, message)
        if isinstance(message, Response):
            check_response(message)
        elif message.method == "ACK":
            message.read_sender()
        else:
            note_source(message, flow)
        self._perform(self._transactions.receive(message, flow, self.now()))

    def _refuse_malformed(
        self, data: bytes, message: Request | Response | None, flow: Flow, error: ParseError
    ) -> None:
        """Answer a broken request as far as it allows; drop everything else (RFC 4475)."""
        self._intake.complain(flow, error, self.now())
        request = message if message is not None else salvage(data)
        if isinstance(request, Request):
            with contextlib.suppress(ParseError):
                note_source(request, flow)
            self.refuse(request, flow, error.status, error.problem)

    def _survive(self, message: Request | Response | None, flow: Flow) -> None:
        """A handler raised: a bug of ours. It may cost one message, not the switch."""
        log.exception("cannot handle %s from %s:%d", message, *flow.remote)
        if not isinstance(message, Request):
            return
        try:
            transaction = self._transactions.find(message, flow)
            if transaction is None:
                self.refuse(message, flow, 500)
            elif not transaction.is_answered:
                self.respond(transaction, respond(message, 500, to_tag=self.token()))
        except Exception:
            log.exception("cannot even answer %s", message)

    def flow_closed(self, flow: Flow) -> None:
        """A TCP connection is gone. Never raises."""
        try:
            self._perform(self._transactions.flow_closed(flow))
            self.on_flow_closed(flow)
        except Exception:
            log.exception("cannot handle the end of the connection to %s:%d", *flow.remote)

    def accept(self, request: Request, flow: Flow) -> ServerTransaction:
        """Keep state for a request; an INVITE hears 100, now or a little later (§17.2.1).

        Whoever sent a Timestamp measures the round trip: that one is always answered at once.
        """
        now = self.now()
        transaction = self._transactions.accept(request, flow, now)
        if type(transaction) is InviteServerTransaction:  # quicker to ask than isinstance
            if self._trying_after and "Timestamp" not in request.headers.first:
                transaction.put_off_trying(request, now + self._trying_after)
            else:
                self._perform(transaction.respond(respond(request, 100), now))
        return transaction

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        """Answer. The 2xx of an INVITE is repeated by calling this again (RFC 6026 §8.1)."""
        self._perform(transaction.respond(response, self.now()))

    def refuse(
        self,
        request: Request,
        flow: Flow,
        status: int,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer once, without keeping state (§8.2.7). An ACK is never answered.

        The To tag is the same whenever the same request comes again, as §8.2.7 asks.
        """
        if request.method == "ACK":
            return
        theirs = request.headers
        seen = (theirs.get("Call-ID"), theirs.get("From"), theirs.get("CSeq"))
        tag = f"{hash(seen) & 0xFFFFFFFFFFFFFFFF:x}"
        if request.method == "INVITE":
            self._refusals.note(tag)
        response = respond(request, status, reason, to_tag=tag, headers=headers)
        self._sender.send(response.serialize(), flow, seen[0] or "")

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        """The way to an IP address of which we know without its having written to us first."""
        return self._transports.flow_to(host, port, protocol)

    def trust(self, flow: Flow) -> None:
        """Somebody logged in over this flow."""
        self._transports.trust(flow)

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> ClientTransaction:
        """Send a request other than ACK and CANCEL; adds Via and Max-Forwards.

        `on_response` hears each provisional and the final response, and repeated 2xx of an INVITE
        for 64*T1. `on_failure` hears "timeout" or "transport" in place of a final response, never
        before this method has returned.
        """
        self._sender.add_via(request, flow)
        transaction, actions = self._transactions.request(request, flow, self.now())
        transaction.on_response = on_response
        transaction.on_failure = on_failure
        self._perform(actions)
        return transaction

    def cancel(
        self, transaction: ClientTransaction, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """CANCEL an INVITE: now, or after its first 1xx; never after its final answer (§9.1)."""
        self._perform(self._transactions.cancel(transaction, self.now(), headers))

    def send_ack(self, ack: Request, flow: Flow) -> None:
        """Send the ACK of a 2xx; call it with the same ACK for each repetition of the 2xx."""
        if "Via" not in ack.headers.first:
            self._sender.add_via(ack, flow)
        self._sender.send(ack.serialize(), flow, ack.headers.first["Call-ID"])

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                data, flow, transaction = action
                self._sender.send(data, flow, transaction.call_id, transaction)
            elif isinstance(action, DeliverResponse):
                self._deliver_response(action.transaction, action.response)
            elif isinstance(action, Deliver):
                self.on_request(action.request, action.flow)
            elif isinstance(action, DeliverAck):
                if check(action.request) is None:
                    self.on_ack(action.request, action.flow)
            elif isinstance(action, DeliverCancel):
                self._deliver_cancel(action)
            elif isinstance(action, Failed):
                self._deliver_failure(action)
            else:
                log.info("Call-ID %s: no ACK for our answer", action.transaction.call_id)

    def _lost(self, transaction: Transaction) -> None:
        """Tell, but not before whoever sent has got its transaction back."""
        self._wheel.add(self.now(), self._perform, transaction.transport_failed())

    def _deliver_response(self, transaction: ClientTransaction, response: Response) -> None:
        listener = transaction.on_response
        status = response.status
        if status >= 200:
            transaction.on_failure = None
            if status >= 300 or transaction.key[1] != "INVITE":
                transaction.on_response = None
        if listener is not None:
            listener(response)

    def _deliver_cancel(self, action: DeliverCancel) -> None:
        rejection = check(action.request)
        if rejection is None:
            self.on_cancel(action.request, action.transaction, action.flow)
        else:
            self.refuse(
                action.request,
                action.flow,
                rejection.status,
                rejection.reason,
                rejection.headers,
            )

    def _deliver_failure(self, action: Failed) -> None:
        transaction = action.transaction
        if isinstance(transaction, ServerTransaction):
            log.info("Call-ID %s: our answer could not be sent", transaction.call_id)
            return
        listener = transaction.on_failure
        transaction.on_response = transaction.on_failure = None
        if listener is not None:
            try:
                listener(action.why)
            except Exception:
                log.exception("Call-ID %s: cannot handle a failure", transaction.call_id)

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call in `delay` seconds, on the one wheel; after a long delay, a little later."""
        add = self._wheel.add_about if delay >= LONG else self._wheel.add
        return add(self.now() + delay, callback, *args)

    def _wake_at(self, when: float) -> None:
        """The wheel has a new first deadline: move the one wake-up of the process there."""
        if self._ticking:
            return
        if self._wake is not None:
            self._wake.cancel()
        call_at = self._call_at or asyncio.get_running_loop().call_at
        self._wake = call_at(when, self._tick)

    def _tick(self) -> None:
        self._wake = None
        self._ticking = True
        try:
            self._wheel.advance(self.now())
        except Exception:
            log.exception("cannot handle a timer")  # the others of its tick come next
        finally:
            self._ticking = False
        deadline = self._wheel.next_deadline
        if deadline is not None:
            self._wake_at(deadline)


def _nothing() -> None:
    """Nobody has anything to say first."""


def _forget(call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float) -> None:
    """Nobody keeps messages."""
