"""A UDP socket for SIP: read in bursts, written to directly (RFC 3261 §18).

asyncio's datagram transport costs one turn of the loop a datagram. Here a wake-up reads what has
come, and an answer leaves while its request is being handled.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any

from softswitch.sip.flow import Address, Flow

BURST = 64
"""Datagrams read in one wake-up, so that a flood cannot keep timers and connections waiting."""

MAX_DATAGRAM = 65535

BUFFER = 4 * 1024 * 1024
"""Octets the kernel may keep for us each way: some 4,000 messages, several seconds of load."""

MAX_FLOWS = 8192
"""Senders whose flow is remembered, about 3 MB; beyond them all are forgotten and learnt anew."""

_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
"""Linux; the socket module does not name them."""


class UdpSocket:
    """One bound socket; each datagram goes to `receive` with its flow."""

    def __init__(self, host: str, port: int, receive: Callable[[bytes, Flow], None]) -> None:
        """Bind and read from now on. Raises OSError when the address is taken or not ours."""
        self.dropped = 0
        """Messages that the kernel had no room for; the network might have lost them as well."""
        self._receive = receive
        self._flows: dict[tuple[Any, ...], Flow] = {}
        self._socket = bind(socket.SOCK_DGRAM, host, port)
        enlarge(self._socket)
        self.local: Address = self._socket.getsockname()[:2]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._drain)

    def _drain(self) -> None:
        receive_from, receive, flows = self._socket.recvfrom, self._receive, self._flows
        for _ in range(BURST):
            try:
                data, source = receive_from(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about something sent earlier: no reason to stop reading
            receive(data, flows.get(source) or self._learn(source))

    def _learn(self, source: tuple[Any, ...]) -> Flow:
        """The flow from a sender that was not heard lately."""
        if len(self._flows) >= MAX_FLOWS:
            self._flows.clear()
        flow = self._flows[source] = Flow("UDP", self.local, _address(source))
        return flow

    def send(self, data: bytes, remote: Address) -> bool:
        """Send at once. False when this can never arrive: no route, or too long."""
        try:
            self._socket.sendto(data, remote)
        except BlockingIOError:
            self.dropped += 1
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Stop reading and give the port back."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()


def bind(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A bound, non-blocking socket of the host's family. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            # Each family has its own socket: otherwise IPv4 phones would appear as ::ffff:….
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def enlarge(bound: socket.socket) -> None:
    """Ask for large buffers: up to the system's limit, and beyond it where we may."""
    options = [socket.SO_RCVBUF, socket.SO_SNDBUF]
    if sys.platform == "linux":
        options += [_SO_RCVBUFFORCE, _SO_SNDBUFFORCE]
    for option in options:
        with contextlib.suppress(OSError):
            bound.setsockopt(socket.SOL_SOCKET, option, BUFFER)


def _address(source: tuple[Any, ...]) -> Address:
    """Host and port; a link-local IPv6 address keeps its zone, or no answer would reach it."""
    if len(source) > 2 and source[3]:
        return (f"{source[0].partition('%')[0]}%{source[3]}", source[1])
    return (source[0], source[1])
