"""The sockets of the media worker: pairs bound in advance, and a leg's own connected socket.

A pair stays bound while the worker lives, so no other program can take a port between two calls.
Its RTP socket is the leg's *door*: anybody may write to it, every packet's source is judged. Once
the remote is proven, a second socket on the same port is connected to it, the *line*. The kernel
gives each packet to the socket that fits best: the remote's packets go to the line, whose source
needs no check and whose peer no address (1.2 µs less a packet), and strangers stay at the door,
where they are counted and can fill nothing but the door's own queue.

Two sockets share a port only when both have SO_REUSEPORT. The door gets it after it is bound, so
binding still fails when another program has the port, or another switch that does the same.
"""

import errno
import select
import socket
from contextlib import suppress

from softswitch.media.latch import Address

RESTING_BUFFER = 2048
"""Octets (the kernel's minimum, about): nothing piles up on a pair that nobody uses."""
WORKING_BUFFER = 32 * 1024
"""Between half a second and two of G.711, by how much memory the network driver takes per packet: a
worker may stand still so long without loss. More would only be heard too late."""
PATIENT_BUFFER = 4 * WORKING_BUFFER
"""Where nobody waits, nothing is too late."""
SO_TIMESTAMPNS = 35
"""asm-generic/socket.h"""
DSCP_EXPEDITED = 46 << 2
"""Voice's class of service (RFC 4594 §4.1), as the octet in the IP header."""
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 23, 3
"""linux/in.h, the same for IPv6: no packet of ours is ever cut in pieces, so the kernel need not
number them. (What is too long for the way is lost; no audio is.)"""
MAX_STALE = 128
"""More packets than a working buffer holds, of the smallest."""

OUT_OF_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The machine's or our own limit, not a port that somebody else has."""


class SocketPair:
    """Two bound sockets: RTP on an even port, RTCP on the next."""

    __slots__ = ("_waiting", "rtcp", "rtp", "rtp_port")

    def __init__(self, address: str, rtp_port: int) -> None:
        """Raises OSError when either port is taken, or the address is not ours."""
        self.rtp_port = rtp_port
        self.rtp = _bound(address, rtp_port)
        try:
            self.rtcp = _bound(address, rtp_port + 1)
        except OSError:
            self.rtp.close()
            raise
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._waiting = select.poll()
        for sock in (self.rtp, self.rtcp):
            self._waiting.register(sock, select.POLLIN)

    def wake(self) -> None:
        """A resting pair is opened: listen well."""
        widen(self.rtp)
        widen(self.rtcp)

    def forget(self) -> None:
        """Drop what came since the last look; one question to the kernel when nothing did."""
        if self._waiting.poll(0):
            _drain(self.rtp)
            _drain(self.rtcp)

    def rest(self) -> None:
        """Nobody uses the pair, and still packets come: hold next to none of them."""
        for sock in (self.rtp, self.rtcp):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RESTING_BUFFER)
            _drain(sock)

    def line(self, remote: Address) -> socket.socket:
        """A second RTP socket of the same port, connected to the remote. Raises OSError.

        Between binding and connecting anybody's packets may reach it: the caller must read it
        empty and judge each source, and then `widen` it. Until then it holds a few packets only.
        """
        line = _unbound(self.rtp.family)
        try:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RESTING_BUFFER)
            line.bind(self.rtp.getsockname())
            line.connect(remote)
        except OSError:
            line.close()
            raise
        return line

    def answer(self, data: bytes, address: Address) -> None:
        """Send from the RTP port to somebody who has asked there, if that can be done."""
        with suppress(OSError):
            self.rtp.sendto(data, address)

    def report(self, data: bytes, address: Address, *, muxed: bool) -> None:
        """Send RTCP, from the RTP port where both share it (RFC 5761), if that can be done."""
        with suppress(OSError):
            (self.rtp if muxed else self.rtcp).sendto(data, address)

    def close(self) -> None:
        """Give the ports back to the machine."""
        self.rtp.close()
        self.rtcp.close()


def widen(sock: socket.socket) -> None:
    """Let packets pile up a while: the socket is in use."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WORKING_BUFFER)


def deepen(sock: socket.socket) -> None:
    """Let packets pile up for longer, since nobody waits for them, and have each stamped with its
    time by the kernel (nanoseconds of the wall clock)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PATIENT_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def is_ours(address: str) -> bool:
    """Is this an address of this machine? (Whoever can bind it, owns it.)"""
    try:
        with _unbound(family(address)) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def family(address: str) -> socket.AddressFamily:
    """Of an IP address, as text."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _unbound(kind: socket.AddressFamily | int) -> socket.socket:
    sock = socket.socket(kind, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    if kind == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, DSCP_EXPEDITED)
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, DSCP_EXPEDITED)
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    return sock


def _bound(address: str, port: int) -> socket.socket:
    sock = _unbound(family(address))
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RESTING_BUFFER)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def _drain(sock: socket.socket) -> None:
    with suppress(BlockingIOError):
        for _ in range(MAX_STALE):
            sock.recv(1)
