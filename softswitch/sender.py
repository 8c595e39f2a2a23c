"""The sending half of the user agent: what leaves, over which flow, and what of it cannot.

What is sent while a burst of datagrams is handled leaves together behind it, in the same order: the
first datagram wakes the kernel and the network card up, and takes 20 µs; the next ones take 3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from softswitch.sip.client_transaction import ClientTransaction
from softswitch.sip.flow import Address, Flow, bracketed
from softswitch.sip.message import Request
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.transport import Transport
from softswitch.sip.validation import MAGIC_COOKIE

log = logging.getLogger(__name__)

MAX_FORWARDS = "70"
"""Hops that a request may take (§8.1.1.6)."""

SIP_PORT = 5060
"""Where a server without a port in its Via listens (§18.2.2)."""

Transaction = ClientTransaction | ServerTransaction


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


Record = Callable[[str, bytes, bool, Flow, float], None]
"""`Trace.record`, or nothing at all."""


class Sender:
    """Puts messages on the wire."""

    def __init__(
        self,
        *,
        transports: Transport,
        addressing: Addressing,
        token: Callable[[], str],
        record: Record,
        wall: Callable[[], float],
        lost: Callable[[Transaction], None],
        first: Callable[[], None],
    ) -> None:
        """`lost` hears of each transaction whose message could not be sent. `first` is called
        before anything leaves, once for a burst: it may say what must be known by then."""
        self._transports = transports
        self._addressing = addressing
        self._token = token
        self._record = record
        self._shows = log.isEnabledFor(logging.DEBUG)
        self._wall = wall
        self._lost = lost
        self._first = first
        self._held: list[tuple[bytes, Flow, Transaction | None]] | None = None
        """What leaves with the end of the burst; None between bursts."""

    def add_via(self, request: Request, flow: Flow) -> None:
        """Make it a request of ours: topmost Via with a fresh branch, and Max-Forwards."""
        host, port = self._addressing.sip_address(flow)
        branch = MAGIC_COOKIE + self._token()
        headers = request.headers
        headers.prepend(
            "Via", f"SIP/2.0/{flow.protocol} {bracketed(host)}:{port};branch={branch};rport"
        )
        vars(request)["branch"] = branch  # which spares reading it
        if "Max-Forwards" not in headers.first:
            headers.append("Max-Forwards", MAX_FORWARDS)

    def send(
        self, data: bytes, flow: Flow, call_id: str, transaction: Transaction | None = None
    ) -> None:
        """Send, now or with the burst. The transaction hears when that fails."""
        if self._shows:
            log.debug("> %s:%d %s", *flow.remote, data.partition(b"\r\n")[0].decode())
        self._record(call_id, data, True, flow, self._wall())
        if self._held is not None:
            self._held.append((data, flow, transaction))
            return
        self._first()
        if not self._transports.send(data, flow) and transaction is not None:
            self._failed(data, transaction)

    def hold(self) -> None:
        """A burst begins."""
        self._held = []

    def release(self) -> None:
        """The burst is handled: let everything leave."""
        held, self._held = self._held or (), None
        self._first()
        send = self._transports.send
        for data, flow, transaction in held:
            if not send(data, flow) and transaction is not None:
                self._failed(data, transaction)

    def _failed(self, data: bytes, transaction: Transaction) -> None:
        if not (isinstance(transaction, ServerTransaction) and self._elsewhere(data, transaction)):
            self._lost(transaction)

    def _elsewhere(self, data: bytes, transaction: ServerTransaction) -> bool:
        """Their connection is gone, so we open one to where they listen (§18.2.2)."""
        flow = transaction.flow
        if not flow.reliable:
            return False
        port = transaction.sent_by_port or SIP_PORT
        other = self._transports.flow_to(flow.remote[0], port, flow.protocol)
        if other is None:
            return False
        transaction.flow = other
        self._record(transaction.call_id, data, True, other, self._wall())
        return self._transports.send(data, other)
