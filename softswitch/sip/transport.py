"""All sockets for SIP: which of them does a flow go through? (RFC 3261 §18.)

udp.py  UdpSocket       one per listening address ───► receive_burst([(data, flow), …])
tcp.py  TcpConnections  one, with all connections ───► receive(data, flow)
                                                  ◄─── send(data, flow)
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow
from softswitch.sip.tcp import Receiver, TcpConnections
from softswitch.sip.udp import Burst, UdpSocket


class Transport(Protocol):
    """What the user agent asks of transports; tests have their own."""

    def send(self, data: bytes, flow: Flow) -> bool:
        """Send now. False when it cannot arrive: no such socket, connection gone, no route."""

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        """The flow to an address, over a connection that stands or is opened now."""

    def trust(self, flow: Flow) -> None:
        """Somebody logged in over this flow."""


class Transports:
    """The listening sockets and all connections. Use as `async with`: it closes them."""

    receive: Receiver
    """Gets each message. Set it before listening."""
    receive_burst: Callable[[Burst], None]
    """Gets the datagrams that came together; unless it is set, `receive` gets one by one."""
    on_closed: Callable[[Flow], None]
    """Hears that a TCP connection is gone. Set it before listening."""

    def __init__(self) -> None:
        self.receive_burst = self._receive_each
        self._udp: dict[Address, UdpSocket] = {}
        self._tcp = TcpConnections(self._receive, self._closed)
        self._tcp_locals: list[Address] = []
        self._tasks = asyncio.TaskGroup()
        self._connecting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Transports:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        await self._tasks.__aexit__(kind, error, traceback)

    def listen_udp(self, host: str, port: int) -> Address:
        """Bind; the address, with its real port. Raises OSError."""
        udp = UdpSocket(host, port, self.receive_burst)
        self._udp[udp.local] = udp
        return udp.local

    async def listen_tcp(self, host: str, port: int) -> Address:
        """Bind; the address, with its real port. Raises OSError."""
        local = await self._tcp.listen(host, port)
        self._tcp_locals.append(local)
        return local

    def send(self, data: bytes, flow: Flow) -> bool:
        """Send now, or as soon as the connection is open. False when it cannot arrive.

        A message over UDP stays there even beyond 1,300 octets (§18.1.1 would have it change to
        TCP): behind a NAT only the flow that a phone registered from leads to it.
        """
        if flow.protocol == "UDP":
            udp = self._udp.get(flow.local)
            return udp is not None and udp.send(data, flow.remote)
        return self._tcp.send(data, flow)

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        """The flow to an IP address; TCP connections are shared, or opened now (§18.1.1).

        None when there is no socket of that protocol and family, or the host is a name: names are
        resolved elsewhere, and never those that strangers write.
        """
        host = host.strip("[]")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return None
        local = _local_towards(host, self._udp if protocol == "UDP" else self._tcp_locals)
        if local is None:
            return None
        if protocol == "UDP":
            return Flow("UDP", local, (host, port))
        flow, opening = self._tcp.flow_to((host, port), local)
        if opening is not None:
            task = self._tasks.create_task(self._tcp.connect(opening))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        return flow

    def trust(self, flow: Flow) -> None:
        """Somebody logged in over this flow: its connection is no stranger's any more."""
        if flow.connection:
            self._tcp.trust(flow)

    def close(self) -> None:
        """Close everything; what waits to be sent over TCP is still sent."""
        for udp in self._udp.values():
            udp.close()
        self._udp.clear()
        for task in self._connecting:
            task.cancel()
        self._tcp.close()

    def _receive(self, data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
        self.receive(data, flow, problem)

    def _receive_each(self, burst: Burst) -> None:
        for data, flow in burst:
            self.receive(data, flow)

    def _closed(self, flow: Flow) -> None:
        self.on_closed(flow)


def _local_towards(host: str, addresses: Iterable[Address]) -> Address | None:
    """The one of our addresses from which messages to the host leave; None: there is none of its
    family. Where there are several, the kernel is asked; a wildcard suits every way."""
    family = [one for one in addresses if (":" in one[0]) == (":" in host)]
    if len(family) < 2:
        return family[0] if family else None
    for source in (_source_towards(host), "0.0.0.0", "::"):
        for one in family:
            if one[0] == source:
                return one
    return family[0]


def _source_towards(host: str) -> str:
    """The address that the kernel would send from; empty: there is no way. Nothing is sent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))  # any port will do; 9 is the one that discards
        except OSError:
            return ""
        return str(probe.getsockname()[0]).partition("%")[0]
