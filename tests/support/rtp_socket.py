"""An RTP socket for the tests: it sends what it is told and shows every octet that it hears."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

PATIENCE = 5.0
"""Seconds that a test waits for something unless it says otherwise."""
LARGEST = 65535


class Nothing(AssertionError):
    """What was waited for did not come."""


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Packet(NamedTuple):
    """An RTP packet, as far as the tests look at it."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    @property
    def octets(self) -> bytes:
        marked = self.payload_type | (0x80 if self.marker else 0)
        head = struct.pack(
            "!BBHII", 0x80, marked, self.sequence & 0xFFFF, self.timestamp, self.ssrc
        )
        return head + self.payload


class Rtp:
    """An RTP socket that sends what it is told and keeps every octet that it hears."""

    def __init__(self, host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.address = Address(host, self._socket.getsockname()[1])

    def close(self) -> None:
        self._socket.close()

    def send(self, packet: Packet, to: tuple[str, int]) -> None:
        self._socket.sendto(packet.octets, to)

    def send_octets(self, data: bytes, to: tuple[str, int]) -> None:
        """What is no RTP."""
        self._socket.sendto(data, to)

    def receive_octets(self, timeout: float = PATIENCE) -> bytes:
        """The next datagram, whatever it is. Raises Nothing."""
        self._socket.settimeout(timeout)
        try:
            return self._socket.recv(LARGEST)
        except TimeoutError:
            raise Nothing(f"no datagram in {timeout} s") from None

    def waiting(self) -> Iterator[bytes]:
        """The datagrams that have come."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                yield self._socket.recv(LARGEST)

    def receive(self, timeout: float = PATIENCE) -> Packet:
        """The next packet; Raises Nothing."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(LARGEST)
        except TimeoutError:
            raise Nothing(f"no RTP in {timeout} s") from None
        _, marked, sequence, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
        return Packet(marked & 0x7F, marked > 0x7F, sequence, timestamp, ssrc, data[12:])
