"""A UDP socket for SIP: read in bursts, written to directly (RFC 3261 §18).

asyncio's datagram transport costs one turn of the loop a datagram. Here a look at a busy socket
reads what has come and hands it on as one burst. A wake-up reads one: there is seldom more, and to
ask in vain costs more than another turn.

A wake-up costs as much as a message or two: the processor's caches are full of other things. So a
busy socket is not woken by each datagram, but looks every few milliseconds for what has come:

    quiet: woken at once  ──  many wake-ups  ──►  busy: looks every 10 ms, or 20
                          ◄── found nothing ──
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from softswitch.sip.flow import Address, Flow

BURST = 64
"""Datagrams read in one wake-up, so that a flood cannot keep timers and connections waiting."""

GATHER = 0.010
"""Seconds between looks at a busy socket: a call is set up 20 ms later, which nobody hears."""
PLENTY, GATHER_PLENTY = 8, 0.020
"""Datagrams found by one look after which the next may take so many seconds: those of 100 calls a
second, and 50 until it is 10 ms again. A look costs as much as a message or two, and so many more
come together; a call is set up 15 ms later still, on average."""
MANY, SOON = 32, 0.16
"""Wake-ups that make a socket busy, if they come within so many seconds: more than 200 in a second,
as 25 calls do."""
QUIET = 4
"""Looks in vain after which it is busy no more."""

MAX_DATAGRAM = 65535

BUFFER = 4 * 1024 * 1024
"""Octets the kernel may keep for us each way: some 4,000 messages, several seconds of load."""

DSCP_SIGNALLING = 24 << 2
"""Class selector 3, in the octet where IPv4 had its type of service."""

MAX_FLOWS = 8192
"""Senders whose flow is remembered, about 3 MB; beyond them all are forgotten and learnt anew."""

_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
"""Linux; the socket module does not name them."""


Burst = Sequence[tuple[bytes, Flow]]
"""Datagrams that came together."""


class UdpSocket:
    """One bound socket; what has come goes to `receive` at once, each datagram with its flow."""

    def __init__(self, host: str, port: int, receive: Callable[[Burst], None]) -> None:
        """Bind and read from now on. Raises OSError when the address is taken or not ours."""
        self.dropped = 0
        """Messages that the kernel had no room for; the network might have lost them as well."""
        self._receive = receive
        self._flows: dict[tuple[Any, ...], Flow] = {}
        self._socket = bind(socket.SOCK_DGRAM, host, port)
        enlarge(self._socket)
        mark(self._socket)
        self.local: Address = self._socket.getsockname()[:2]
        self._loop = asyncio.get_running_loop()
        self._wakes, self._since = 0, self._loop.time()
        """Wake-ups, and since when they are counted."""
        self._in_vain = 0
        self._look: asyncio.TimerHandle | None = None
        """While busy."""
        self._loop.add_reader(self._socket.fileno(), self._woken)

    def _woken(self) -> None:
        self._drain(1)  # there is seldom another one; then the loop wakes us again
        self._wakes += 1
        if self._wakes == MANY:
            now = self._loop.time()
            if now - self._since < SOON and self._socket.fileno() >= 0:
                self._loop.remove_reader(self._socket.fileno())
                self._look = self._loop.call_later(GATHER, self._look_again)
            self._wakes, self._since = 0, now

    def _look_again(self) -> None:
        count = self._drain()
        if self._look is None:
            return  # closed meanwhile
        self._in_vain = 0 if count else self._in_vain + 1
        if self._in_vain == QUIET:
            self._in_vain, self._look = 0, None
            self._loop.add_reader(self._socket.fileno(), self._woken)
        else:
            self._look = self._loop.call_later(_wait_after(count), self._look_again)

    def _drain(self, most: int = BURST) -> int:
        """Hand on what has come; how many datagrams."""
        receive_from, flows = self._socket.recvfrom, self._flows
        burst: list[tuple[bytes, Flow]] = []
        for _ in range(most):
            try:
                data, source = receive_from(MAX_DATAGRAM)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error about something sent earlier: no reason to stop reading
            burst.append((data, flows.get(source) or self._learn(source)))
        if burst:
            self._receive(burst)
        return len(burst)

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
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()


def _wait_after(count: int) -> float:
    """Seconds until the next look of a busy socket, by what this one has found."""
    if count == BURST:
        return 0.0
    return GATHER if count < PLENTY else GATHER_PLENTY


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


def mark(sock: socket.socket) -> None:
    """Its packets are signalling: routers may let them go before what is not urgent (RFC 2474)."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, DSCP_SIGNALLING)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, DSCP_SIGNALLING)


def _address(source: tuple[Any, ...]) -> Address:
    """Host and port; a link-local IPv6 address keeps its zone, or no answer would reach it."""
    if len(source) > 2 and source[3]:
        return (f"{source[0].partition('%')[0]}%{source[3]}", source[1])
    return (source[0], source[1])
