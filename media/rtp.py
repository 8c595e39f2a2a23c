"""RTP packets (RFC 3550 §5.1): the header, sequence arithmetic, and packets of our own.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +---+-+-+-------+-+-------------+-------------------------------+
    | V |P|X|  CC   |M| payload type|        sequence number        |
    +---+-+-+-------+-+-------------+-------------------------------+
    |                           timestamp                           |
    +---------------------------------------------------------------+
    |                             SSRC                              |
    +---------------------------------------------------------------+
    |         CSRC, 0 … 15 times; header extension when X           |

A plain relay reads and writes only the first twelve octets, as four numbers (`FIXED`). What follows
crosses untouched. Nothing here raises on what a peer sent.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

VERSION = 2
FIXED_SIZE = 12
FIXED = struct.Struct("!HHII")
"""First two octets together, sequence number, timestamp, SSRC."""
MARKER = 0x80
PCMU, PCMA = 0, 8
FRAME = 160
"""Timestamp steps of one packet: 20 ms at 8 kHz, the packet that nearly every phone sends."""
SILENCE = {PCMU: b"\xff" * FRAME, PCMA: b"\xd5" * FRAME}
"""One frame of no sound (G.711: the code nearest to zero)."""

_EXTENSION = 0x10
_PADDING = 0x20
_CSRC_COUNT = 0x0F


class Header(NamedTuple):
    """What a receiver needs of a packet, once it has been found sound."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload_octets: int
    """Without header, CSRCs, extension and padding."""
    payload_at: int = FIXED_SIZE
    """Where in the packet the payload begins."""


def parse(packet: bytes | bytearray | memoryview, size: int) -> Header | None:
    """The header of the first `size` octets; None when they are not a sound RTP packet (A.1)."""
    if size < FIXED_SIZE or packet[0] >> 6 != VERSION:
        return None
    first, sequence, timestamp, ssrc = FIXED.unpack_from(packet)
    at = FIXED_SIZE + 4 * (packet[0] & _CSRC_COUNT)
    if packet[0] & _EXTENSION:
        at += 4
        if at > size:
            return None
        at += 4 * int.from_bytes(packet[at - 2 : at], "big")
    octets = size - at
    if packet[0] & _PADDING and octets > 0:
        # the last octet counts the padding, itself included (§5.1): 0 is a lie
        octets = octets - packet[size - 1] if packet[size - 1] else -1
    if octets < 0:
        return None
    return Header(bool(first & MARKER), first & 0x7F, sequence, timestamp, ssrc, octets, at)


LARGEST_TYPE = 0x7F
"""Payload types have seven bits."""


def is_rtcp(packet: bytes | bytearray | memoryview) -> bool:
    """Which of both is it, where RTP and RTCP share a port (RFC 5761 §4)? At least two octets.

    Packet types 192 … 223 look like payload types 64 … 95, which nobody may use there.
    """
    return 192 <= packet[1] < 224


def build(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes = b"",
    *,
    marker: bool = False,
) -> bytes:
    """A packet of our own: no padding, extension or CSRC."""
    first = VERSION << 14 | (MARKER if marker else 0) | payload_type
    return FIXED.pack(first, sequence, timestamp, ssrc) + payload


def plain_headers(payload_types: Iterable[int]) -> frozenset[int]:
    """The first two octets of packets that are nothing but fixed header and payload."""
    bare = [VERSION << 14 | payload_type for payload_type in payload_types]
    return frozenset(bare + [first | MARKER for first in bare])


def sequence_distance(later: int, earlier: int) -> int:
    """Steps from one 16-bit number to another, the short way round: -32768 … 32767."""
    return ((later - earlier + 0x8000) & 0xFFFF) - 0x8000


def timestamp_distance(later: int, earlier: int) -> int:
    """Ticks from one 32-bit timestamp to another, the short way round."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000
