"""Captures of RTP, as SIPp plays them (pcap): it takes packets and times from there, and puts
addresses of its own to them."""

import struct
from collections.abc import Iterable
from pathlib import Path

from tests.support.rtp_socket import Packet

ETHERNET = 1
_FILE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET)
_LINK = bytes(12) + b"\x08\x00"
_HEADERS = 20 + 8
"""Octets of IP and UDP."""


def write_capture(path: Path, packets: Iterable[tuple[float, Packet]]) -> Path:
    """Packets with the second at which each is sent."""
    with path.open("wb") as file:
        file.write(_FILE)
        for at, packet in packets:
            frame = _LINK + _datagram(packet.octets)
            seconds, rest = divmod(round(at * 1e6), 1_000_000)
            file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)
    return path


def _datagram(payload: bytes) -> bytes:
    """In UDP over IPv4, between two addresses of no importance."""
    size = _HEADERS + len(payload)
    header = struct.pack("!BBHHHBBH8x", 0x45, 0, size, 0, 0, 64, 17, 0)
    return header + struct.pack("!HHHH", 4000, 4000, size - 20, 0) + payload
