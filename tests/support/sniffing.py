"""What passes over the loopback interface, seen by the kernel and by nobody who takes part in it.

Needs root (AF_PACKET). Every datagram is kept once, with the time at which the kernel had it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import NamedTuple, Self

LOOPBACK = "lo"
ETH_P_IP = 0x0800
SO_RCVBUFFORCE = 33
"""More than the machine's limit; Python has no name for it."""
UDP = 17
UDP_HEADER = 8
BUFFER = 64 << 20
LARGEST = 65535
SETTLE = 0.1
"""Seconds in which the last datagrams are read."""


class Datagram(NamedTuple):
    at: float
    """Monotonic seconds."""
    source: int
    destination: int
    """Ports."""
    payload: bytes


class Sniffer:
    """Keeps the datagrams between its beginning and its end."""

    def __init__(self) -> None:
        self.datagrams: list[Datagram] = []
        kind = socket.SOCK_DGRAM  # without the link's header
        self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(ETH_P_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self._socket.bind((LOOPBACK, ETH_P_IP))
        self._socket.settimeout(SETTLE)
        self._end = float("inf")
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = time.monotonic() + SETTLE
        self._thread.join()
        self._socket.close()

    def between(self, source: int, destination: int) -> list[Datagram]:
        """Those on that way, in their order."""
        ways = (source, destination)
        return [one for one in self.datagrams if (one.source, one.destination) == ways]

    def _listen(self) -> None:
        while time.monotonic() < self._end:
            with contextlib.suppress(TimeoutError):
                packet, (_, _, direction, *_) = self._socket.recvfrom(LARGEST)
                # On this interface each packet leaves, and comes in as well.
                if direction != socket.PACKET_OUTGOING and packet[9] == UDP:
                    self.datagrams.append(_read(packet))


def _read(packet: bytes) -> Datagram:
    begin = (packet[0] & 15) * 4
    source, destination = struct.unpack_from("!HH", packet, begin)
    return Datagram(time.monotonic(), source, destination, packet[begin + UDP_HEADER :])
