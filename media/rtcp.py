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
What a phone's extended report tells of its loudspeaker (RFC 3611 §4.7) is read for ourselves.
Nothing here raises on what a peer sent.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, EXTENDED_REPORT = 200, 201, 202, 207
MAX_BLOCKS = 31
"""The count has five bits."""
DELAY_UNIT = 1 << 16
"""Parts of a second in which delays are told (§6.4.1), and halves of an NTP time."""

_VERSION = 2
_PACKET_TYPES = range(192, 224)
"""What RFC 5761 §4 leaves to RTCP."""
_HEADER = struct.Struct("!BBHI")
_SENDER = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")
_CNAME = 1
_VOIP_METRICS = 7
_METRICS = struct.Struct("!I4B4H8B2B3H")
_UNAVAILABLE = 127
"""What stands for "not measured" among the scores (RFC 3611 §4.7.5)."""
_MAX_LOST, _MIN_LOST = 0x7FFFFF, -0x800000


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

    @property
    def packets_lost(self) -> int:
        """In all; less than zero when there were duplicates."""
        lost = self.loss & 0xFFFFFF
        return lost - (1 << 24) if lost > _MAX_LOST else lost


class VoipMetrics(NamedTuple):
    """What a phone measured where it plays the stream (RFC 3611 §4.7)."""

    ssrc: int
    loss: float
    """Share of packets that never came, 0 … 1."""
    discarded: float
    """Share of packets that came too late to be heard."""
    end_system_delay: float
    """Seconds that the phone itself adds."""
    mos: float | None
    """Its own opinion of what it plays (MOS-CQ); None when it has none."""


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


def loss_field(fraction: float, packets: int) -> int:
    """Fraction lost (0 … 1) and packets lost together, each within its bits (§6.4.1)."""
    eighths = min(int(max(0.0, fraction) * 256), 255)
    return eighths << 24 | min(max(packets, _MIN_LOST), _MAX_LOST) & 0xFFFFFF


def voip_metrics(data: bytes) -> VoipMetrics | None:
    """Those of the first block of a sound compound packet that has any."""
    for kind, body in _packets(data):
        position = 4
        while kind == EXTENDED_REPORT and position + 4 <= len(body):
            block_end = position + 4 + 4 * int.from_bytes(body[position + 2 : position + 4], "big")
            if body[position] == _VOIP_METRICS and position + 4 + _METRICS.size <= len(body):
                return _metrics(body, position + 4)
            position = block_end
    return None


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each packet in a sound compound packet."""
    position = 0
    while position + 4 <= len(data):
        end = position + 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        yield data[position + 1], data[position + 4 : end]
        position = end


def _metrics(body: bytes, position: int) -> VoipMetrics:
    fields = _METRICS.unpack_from(body, position)
    mos = fields[16]
    return VoipMetrics(
        fields[0],
        fields[1] / 256,
        fields[2] / 256,
        fields[8] / 1000,
        mos / 10 if mos != _UNAVAILABLE and 10 <= mos <= 50 else None,
    )


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
