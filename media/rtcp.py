"""RTCP reports (RFC 3550 §6): read, and written again with other numbers.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +---+-+---------+---------------+-------------------------------+
    | V |P|  count  |  packet type  |   length in words, minus one  |
    +---+-+---------+---------------+-------------------------------+
    |                     SSRC of the reporter                      |
    +---------------------------------------------------------------+
    |  SR only: NTP time (8), RTP timestamp, packets, octets sent   |
    +---------------------------------------------------------------+
    |  count times: SSRC reported on, loss, highest sequence,       |
    |  jitter, last SR, delay since last SR                         |

Sender and receiver reports cross the relay; a BYE does not (it ends no call), nor do feedback,
extended reports and application packets: they name SSRCs of a stream that the far side never saw.
Nothing here raises on what a peer sent.
"""

import struct
from typing import NamedTuple

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION = 200, 201, 202
MAX_BLOCKS = 31
"""The count has five bits."""

_VERSION = 2
_PACKET_TYPES = range(192, 224)
"""What RFC 5761 §4 leaves to RTCP."""
_HEADER = struct.Struct("!BBHI")
_SENDER = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")
_CNAME = 1


class SenderInfo(NamedTuple):
    """What a sender says about its own stream."""

    ntp: int
    """64 bits; its middle half comes back as `last_sr`, so it crosses unchanged."""
    timestamp: int
    packets: int
    octets: int


class ReportBlock(NamedTuple):
    """What a receiver says about one stream."""

    ssrc: int
    loss: int
    """Fraction lost (8 bits) and cumulative loss (24 bits) together, as on the wire."""
    extended_highest: int
    jitter: int
    last_sr: int
    delay: int


class Report(NamedTuple):
    """A sender report, or a receiver report when `sender` is None."""

    ssrc: int
    sender: SenderInfo | None
    blocks: tuple[ReportBlock, ...]


def is_sound(data: bytes) -> bool:
    """Do the lengths of its packets add up to the datagram (A.2)?"""
    position = 0
    while position + 4 <= len(data):
        if data[position] >> 6 != _VERSION or data[position + 1] not in _PACKET_TYPES:
            return False
        position += 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
    return position == len(data) and position > 0


def parse(data: bytes) -> Report | None:
    """The report that a sound compound packet begins with (§6.1); None when it has none."""
    if len(data) < _HEADER.size or data[1] not in (SENDER_REPORT, RECEIVER_REPORT):
        return None
    first, kind, words, ssrc = _HEADER.unpack_from(data)
    position, end = _HEADER.size, min(4 + 4 * words, len(data))
    sender = None
    if kind == SENDER_REPORT:
        if end < position + _SENDER.size:
            return None
        sender = SenderInfo(*_SENDER.unpack_from(data, position))
        position += _SENDER.size
    count = first & MAX_BLOCKS
    if end < position + count * _BLOCK.size:
        return None
    places = range(position, position + count * _BLOCK.size, _BLOCK.size)
    return Report(ssrc, sender, tuple(ReportBlock(*_BLOCK.unpack_from(data, at)) for at in places))


def serialize(report: Report) -> bytes:
    """A compound packet: the report, and the CNAME that must go with it (§6.1).

    The name is made of the SSRC: a phone's own often tells user and host, which is nobody's
    business on the far side.
    """
    sender = _SENDER.pack(*report.sender) if report.sender else b""
    body = sender + b"".join(_BLOCK.pack(*block) for block in report.blocks)
    kind = SENDER_REPORT if report.sender else RECEIVER_REPORT
    name = b"%08x" % report.ssrc
    item = bytes((_CNAME, len(name))) + name
    item += bytes(4 - len(item) % 4)  # ends with at least one zero octet (§6.5)
    return (
        _HEADER.pack(_VERSION << 6 | len(report.blocks), kind, 1 + len(body) // 4, report.ssrc)
        + body
        + _HEADER.pack(_VERSION << 6 | 1, SOURCE_DESCRIPTION, 1 + len(item) // 4, report.ssrc)
        + item
    )
