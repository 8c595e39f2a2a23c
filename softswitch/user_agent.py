"""The user agent: the shell around the transaction layer (RFC 3261 §8, §17, §18; RFC 3581).

It gives the layer messages and the time, and does what the layer asks: sends, and calls the core.
It owns the one timer wheel of the process and wakes only when a timer is due.

    sockets ──► receive ──► parse ──► Via ──► transactions ──► on_request, on_ack, on_cancel,
                                                               on_response, on_failure
    sockets ◄── send ◄── accept, respond, refuse, request, cancel, send_ack ◄── the core

Whatever a peer sends and whatever goes wrong in a handler, `receive` does not raise.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from softswitch.sip import stun
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow, bracketed
from softswitch.sip.headers import split_commas
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram, salvage
from softswitch.sip.server_transaction import InviteServerTransaction
from softswitch.sip.timers import Timer, TimerWheel
from softswitch.sip.transactions import (
    MAGIC_COOKIE,
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
from softswitch.sip.validation import check, flaw

log = logging.getLogger(__name__)

MAX_FORWARDS = "70"
"""Hops that a request may take (§8.1.1.6)."""

SIP_PORT = 5060
"""Where a server without a port in its Via listens (§18.2.2)."""

TRYING_AFTER = 0.15
"""Seconds that an INVITE may wait for something better than a 100, for `trying_after`. Usually the
called phone rings by then; with a tick of the wheel it is less than the 0.2 s of §17.2.1."""

COMPLAINT_SECONDS = 10.0
"""Between two log lines about malformed messages: a flood of them must not fill a disk."""


class Addressing(Protocol):
    """What the user agent asks about addresses (REG-5)."""

    def sip_address(self, flow: Flow) -> Address:
        """Where the peer of a flow can reach us."""


class Trace(Protocol):
    """Who keeps the messages of calls."""

    def record(
        self, sip_call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float
    ) -> None:
        """A message passed. Called for every one, so it must be quick for those of no call."""


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
    ) -> None:
        """`clock` is the loop's time, `wall` the time for traces, `token` makes random words.

        `call_at` is the running loop's unless given. An INVITE that is accepted hears 100 at once,
        or after `trying_after` seconds if nothing else was said to it by then.
        """
        self.now = clock
        self.token = token
        self.counts: Counter[str] = Counter()
        """How often something noteworthy came in, by kind."""
        self._transports = transports
        self._addressing = addressing
        self._trace = trace
        self._wall = wall or clock
        self._call_at = call_at
        self._trying_after = trying_after
        self._wheel = TimerWheel(self._wake_at)
        self._wake: asyncio.TimerHandle | None = None
        self._ticking = False
        self._transactions = TransactionLayer(self._wheel, self._perform)
        self._may_complain_at = 0.0

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
                    data = self._without_keepalives(data, flow)
                    if not data:
                        return
                message = parse_datagram(data)
                self._receive_message(message, flow)
            except ParseError as error:
                self._refuse_malformed(data, message, flow, error)
        except Exception:
            self._survive(message, flow)

    def _receive_message(self, message: Request | Response, flow: Flow) -> None:
        if self._trace is not None:
            call_id = message.headers.get("Call-ID") or ""
            self._trace.record(call_id, message.data, False, flow, self._wall())
        if log.isEnabledFor(logging.DEBUG):
            log.debug("< %s:%d %s", *flow.remote, message)
        if isinstance(message, Response):
            self._receive_response(message, flow)
        else:
            if message.method != "ACK":
                _note_source(message, flow)
            self._perform(self._transactions.receive(message, flow, self.now()))

    def _receive_response(self, response: Response, flow: Flow) -> None:
        problem = flaw(response)
        vias = response.headers.all("Via")
        if not problem and (len(vias) > 1 or ("," in vias[0] and len(split_commas(vias[0])) > 1)):
            problem = "a response for another hop"  # for somebody behind us (§8.1.3.3)
        if problem:
            raise ParseError(problem)
        self._perform(self._transactions.receive(response, flow, self.now()))

    def _without_keepalives(self, data: bytes, flow: Flow) -> bytes:
        """What is left of a datagram that does not begin like SIP.

        Line ends keep a NAT open, alone or before a message (§7.5); so does STUN, which wants an
        answer (REG-6). The rest is for other protocols, and dropped.
        """
        rest = data.lstrip(b"\r\n")
        if len(rest) < len(data) or not data:
            self.counts["keep-alive"] += not rest
            return rest
        answer = stun.answer(data, flow.remote) if not flow.reliable else None
        self.counts["STUN" if answer else "not SIP"] += 1
        if answer:
            self._transports.send(answer, flow)
        return b""

    def _refuse_malformed(
        self, data: bytes, message: Request | Response | None, flow: Flow, error: ParseError
    ) -> None:
        """Answer a broken request as far as it allows; drop everything else (RFC 4475)."""
        self.counts["malformed"] += 1
        now = self.now()
        if now >= self._may_complain_at:
            self._may_complain_at = now + COMPLAINT_SECONDS
            so_far = self.counts["malformed"]
            log.info("%s:%d sent malformed SIP (%d so far): %s", *flow.remote, so_far, error)
        request = message if message is not None else salvage(data)
        if isinstance(request, Request):
            with contextlib.suppress(ParseError):
                _note_source(request, flow)
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
        if isinstance(transaction, InviteServerTransaction):
            if self._trying_after and "Timestamp" not in request.headers.first:
                transaction.put_off_trying(request, now + self._trying_after)
            else:
                self._perform(transaction.respond(respond(request, 100), now))
        return transaction

    def is_merged(self, request: Request) -> bool:
        """Whether a request has been accepted that came by another way (§8.2.2.2)."""
        return self._transactions.is_merged(request)

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        """Answer. The 2xx of an INVITE is repeated by calling this again (RFC 6026 §8.1)."""
        self._perform(self._transactions.respond(transaction, response, self.now()))

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
        response = respond(request, status, reason, to_tag=tag, headers=headers)
        self._send(response.serialize(), flow, seen[0] or "")

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
        self._add_via(request, flow)
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
        if "Via" not in ack.headers:
            self._add_via(ack, flow)
        self._send(ack.serialize(), flow, ack.call_id)

    def _add_via(self, request: Request, flow: Flow) -> None:
        host, port = self._addressing.sip_address(flow)
        branch = MAGIC_COOKIE + self.token()
        request.headers.prepend(
            "Via", f"SIP/2.0/{flow.protocol} {bracketed(host)}:{port};branch={branch};rport"
        )
        if "Max-Forwards" not in request.headers:
            request.headers.append("Max-Forwards", MAX_FORWARDS)

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                if not self._send(action.data, action.flow, action.transaction.call_id):
                    self._send_failed(action)
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

    def _send(self, data: bytes, flow: Flow, call_id: str) -> bool:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("> %s:%d %s", *flow.remote, data.partition(b"\r\n")[0].decode())
        if self._trace is not None:
            self._trace.record(call_id, data, True, flow, self._wall())
        return self._transports.send(data, flow)

    def _send_failed(self, action: Send) -> None:
        """Tell, but not before whoever sent has got its transaction back."""
        transaction = action.transaction
        if isinstance(transaction, ServerTransaction) and self._send_elsewhere(
            action.data, transaction
        ):
            return
        self._wheel.add(self.now(), self._perform, transaction.transport_failed())

    def _send_elsewhere(self, data: bytes, transaction: ServerTransaction) -> bool:
        """Their connection is gone, so we open one to where they listen (§18.2.2)."""
        flow = transaction.flow
        if not flow.reliable:
            return False
        port = transaction.sent_by_port or SIP_PORT
        other = self._transports.flow_to(flow.remote[0], port, flow.protocol)
        if other is None:
            return False
        transaction.flow = other
        return self._send(data, other, transaction.call_id)

    def _deliver_response(self, transaction: ClientTransaction, response: Response) -> None:
        listener = transaction.on_response
        status = response.status
        if status >= 200:
            transaction.on_failure = None
            if status >= 300 or transaction.method != "INVITE":
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
        """Call in `delay` seconds, on the one wheel."""
        return self._wheel.add(self.now() + delay, callback, *args)

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


def _note_source(request: Request, flow: Flow) -> None:
    """Write into the topmost Via where the request really came from (§18.2.1, RFC 3581 §4).

    Also where `rport` was not asked for: the answer goes there in any case, and whoever reads the
    trace of a call behind a NAT wants to see it (REG-5).
    """
    via = request.via
    host, port = flow.remote_host, str(flow.remote[1])
    line = request.headers.first["Via"]
    if line.endswith(";rport") and "," not in line and "received" not in via.params:
        line = f"{line}={port};received={host}"  # as most phones write it: just read on
        via.params.update(rport=port, received=host)
    else:
        via.params.update(received=host, rport=port)
        others = split_commas(line)[1:] if "," in line else []
        line = ", ".join([str(via), *others])
    request.headers.replace_first("Via", line)
