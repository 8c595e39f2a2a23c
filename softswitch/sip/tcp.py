"""SIP over TCP: connections, and what strangers may do with them (RFC 3261 §18, RFC 5626 §3.5.1).

A connection belongs to a stranger until somebody logs in over it (`trust`). Strangers have little
time and little room; who logged in keeps the connection as long as it stands. A connection that
we opened is trusted from the start.

     0 s          10 s                       + 30 s
     accepted ──► first whole message ──► a message at least every 30 s ──► login ──► no limit
                  or closed               or closed
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import Callable
from typing import Protocol, cast

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow
from softswitch.sip.stream import FramingError, Keepalive, StreamFramer
from softswitch.sip.udp import bind, mark

log = logging.getLogger(__name__)

FIRST_MESSAGE_SECONDS = 10.0
"""A phone registers at once; who needs longer holds a place open."""

IDLE_SECONDS = 30.0
"""How long a stranger may be silent between messages: a person at a login dialogue."""

MAX_PER_ADDRESS = 64
"""Connections from one address: an office behind one NAT, but not a whole table of sockets."""

MAX_CONNECTIONS = 1000
"""Connections accepted in all; descriptors are for calls as well (the usual limit is 1,024)."""

MAX_UNSENT = 256 * 1024
"""Octets that wait for a peer that does not read; then the connection is closed."""

CONNECT_SECONDS = 10.0
"""How long opening a connection may take; over twice a SYN's first two repetitions."""

KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""The kernel asks a silent peer after 60 s, and gives it up two minutes after it vanished: a phone
that was unplugged must not keep its place for ever. It also keeps NATs open."""

BACKLOG = 512

PONG = b"\r\n"


class Receiver(Protocol):
    """Who gets the messages."""

    def __call__(self, data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
        """Take a whole message, or with a problem the beginning of one that has no end."""


class TcpConnection(asyncio.Protocol):
    """One connection: cuts the stream into messages, and keeps the time."""

    def __init__(self, owner: TcpConnections, flow: Flow, *, trusted: bool) -> None:
        self.flow = flow
        self.trusted = trusted
        self._owner = owner
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._unsent: list[bytes] = []
        self._heard: float | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to read and write."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        _keep_alive(transport.get_extra_info("socket"))
        if not self.trusted:
            peer = transport.get_extra_info("peername")
            if peer is None:  # gone before we looked
                transport.close()
                return
            self.flow = self.flow._replace(remote=peer[:2])
            self._deadline = asyncio.get_running_loop().call_later(
                FIRST_MESSAGE_SECONDS, self._check_silence
            )
            if not self._owner.admit(self):
                self.abort()
                return
        for data in self._unsent:
            self._transport.write(data)
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        """Hand over each whole message; answer pings; close on what cannot be cut."""
        try:
            found = self._framer.feed(data)
        except FramingError as error:
            # Where the next message begins is unknown now, so the connection is of no more use.
            self._handle(error.before)
            self._owner.receive(error.remains, self.flow, error)
            self.close()
        else:
            self._handle(found)

    def _handle(self, found: list[bytes | Keepalive]) -> None:
        for item in found:
            if self.is_closing:
                return
            if isinstance(item, bytes):
                self._heard = asyncio.get_running_loop().time()
                self._owner.receive(item, self.flow)
            else:
                self.send(PONG)  # RFC 5626 §3.5.1

    @property
    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._transport is not None and self._transport.is_closing()

    def send(self, data: bytes) -> bool:
        """Write, or keep until the connection is open. False when it is closed or stuck."""
        transport = self._transport
        if transport is None:
            self._unsent.append(data)
            return sum(map(len, self._unsent)) <= MAX_UNSENT
        if transport.is_closing():
            return False
        transport.write(data)
        if transport.get_write_buffer_size() > MAX_UNSENT:
            log.info("%s:%d does not read: closed", *self.flow.remote)
            transport.abort()
            return False
        return True

    def trust(self) -> None:
        """Somebody logged in: no time-outs any more."""
        self.trusted = True
        self._stop_deadline()

    def close(self) -> None:
        """Send what is written, then close. `connection_lost` follows."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close without sending what is written. `connection_lost` follows."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever closed it."""
        self._stop_deadline()
        self._owner.forget(self)

    def _check_silence(self) -> None:
        loop = asyncio.get_running_loop()
        if self._heard is None or loop.time() >= self._heard + IDLE_SECONDS:
            log.debug("%s:%d is too slow: closed", *self.flow.remote)
            self.abort()
        else:
            self._deadline = loop.call_at(self._heard + IDLE_SECONDS, self._check_silence)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class TcpConnections:
    """All connections of the process, by serial number and by remote address."""

    def __init__(self, receive: Receiver, closed: Callable[[Flow], None]) -> None:
        self.receive = receive
        self._closed = closed
        self._serials = itertools.count(1)
        self._connections: dict[int, TcpConnection] = {}
        self._by_remote: dict[Address, TcpConnection] = {}
        self._accepted: dict[str, dict[int, TcpConnection]] = {}
        """Per host, those accepted, oldest first."""
        self._strangers: dict[int, TcpConnection] = {}
        """Those that nobody has logged in over, oldest first."""
        self._accepted_count = 0
        self._servers: list[asyncio.Server] = []

    def __len__(self) -> int:
        """How many connections stand or are being opened."""
        return len(self._connections)

    async def listen(self, host: str, port: int) -> Address:
        """Accept connections here; the address, with its real port. Raises OSError."""
        listening = bind(socket.SOCK_STREAM, host, port)
        local: Address = listening.getsockname()[:2]

        def accept() -> TcpConnection:
            flow = Flow("TCP", local, ("", 0), next(self._serials))
            return TcpConnection(self, flow, trusted=False)

        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(accept, sock=listening, backlog=BACKLOG))
        return local

    def admit(self, connection: TcpConnection) -> bool:
        """Make room for an accepted connection, by closing the oldest stranger if need be.

        Strangers of the same host go first when it has too many. Whoever logged in is never
        closed for a stranger's sake.
        """
        flow = connection.flow
        host = flow.remote[0]
        siblings = self._accepted.get(host, {})
        if len(siblings) >= MAX_PER_ADDRESS and not self._close_oldest_stranger(siblings):
            return False
        full = self._accepted_count >= MAX_CONNECTIONS
        if full and not self._close_oldest_stranger(self._strangers):
            return False
        self._accepted.setdefault(host, {})[flow.connection] = connection
        self._strangers[flow.connection] = connection
        self._accepted_count += 1
        self._add(connection)
        return True

    def _close_oldest_stranger(self, among: dict[int, TcpConnection]) -> bool:
        oldest = next((each for each in among.values() if not each.trusted), None)
        if oldest is None:
            return False
        oldest.abort()
        self.forget(oldest)  # at once, so that the count is right before connection_lost
        return True

    def _add(self, connection: TcpConnection) -> None:
        self._connections[connection.flow.connection] = connection
        self._by_remote[connection.flow.remote] = connection

    def forget(self, connection: TcpConnection) -> None:
        """The connection is gone; harmless when repeated."""
        flow = connection.flow
        if self._connections.pop(flow.connection, None) is None:
            return
        if self._by_remote.get(flow.remote) is connection:
            del self._by_remote[flow.remote]
        self._strangers.pop(flow.connection, None)
        siblings = self._accepted.get(flow.remote[0])
        if siblings is not None and siblings.pop(flow.connection, None) is not None:
            self._accepted_count -= 1
            if not siblings:
                del self._accepted[flow.remote[0]]
        self._closed(flow)

    def trust(self, flow: Flow) -> None:
        """Somebody logged in over this flow."""
        stranger = self._strangers.pop(flow.connection, None)
        if stranger is not None:
            stranger.trust()

    def send(self, data: bytes, flow: Flow) -> bool:
        """Send over the flow's connection; False when it is gone."""
        connection = self._connections.get(flow.connection)
        return connection is not None and connection.send(data)

    def flow_to(self, remote: Address, local: Address) -> tuple[Flow, TcpConnection | None]:
        """The connection to an address, or a new one that the caller has to `connect` (§18.1.1)."""
        known = self._by_remote.get(remote)
        if known is not None and not known.is_closing:
            return known.flow, None
        flow = Flow("TCP", local, remote, next(self._serials))
        connection = TcpConnection(self, flow, trusted=True)
        self._add(connection)
        return flow, connection

    async def connect(self, connection: TcpConnection) -> None:
        """Open a connection from `flow_to`; if that fails, it is closed."""
        host, port = connection.flow.remote
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, host, port)
        except OSError as error:  # TimeoutError is one
            log.info("no connection to %s:%d: %s", host, port, error)
            self.forget(connection)

    def close(self) -> None:
        """Stop listening, and close every connection."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connection in tuple(self._connections.values()):
            connection.close()


def _keep_alive(connected: socket.socket | None) -> None:
    if connected is None:
        return
    mark(connected)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        option = getattr(socket, name, None)  # not every system has them all
        if option is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
