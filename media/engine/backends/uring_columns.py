"""The short way of packets, for a batch at once: what is known of each leg, in columns.

    row of a leg      whom it hears, which packet comes next, what to add to its numbers, its books
    send of a leg     the submission that sends its packets on: to which file, to whose address

A row is in charge from `load` to `settle`: meanwhile the books of the leg itself lag behind. It
stands for exactly one packet: the next in order, of the same source, SSRC and payload type, with
nothing but header and payload. All others are for the leg to judge, and end the row's charge.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_buffers import HEAD, MAX_PACKET, Buffers
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.leg import Leg
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED_SIZE, MARKER
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION

ROW = np.dtype(
    {
        "names": [
            "name", "name6", "tag", "first", "sequence", "ssrc", "timestamp", "sequence_offset",
            "shift", "clock_rate", "transit", "jitter", "packets", "octets",
        ],
        "formats": [
            "u8", ("u8", 2), "u4", "u4", "u2", "u4", "u4", "u2",
            ("u4", 2), "f8", "f8", "f8", "i8", "i8",
        ],
        "offsets": [0, 8, 24, 28, 28, 32, 36, 40, 44, 56, 64, 72, 80, 88],
        "itemsize": 96,
    }
)  # fmt: skip
"""name: the source, as a sockaddr: all of IPv4's, and with name6 of IPv6's.
tag: of the completions that the row is for, or NOBODY.
first: the packet's first four octets, without the marker; sequence: the lower half of them.
shift: what to add to timestamp and SSRC. Numbers are in the machine's order of octets."""

NOBODY = 0
"""A tag that no packet has."""
_UNMARKED = np.uint32(0xFFFFFFFF & ~(MARKER << 16))
_HEADER_WORD = abi.PACKET_AT // 4
_SEQUENCE_HALF = 0
"""Of the header's first word, in the machine's order."""
_NAME_WORD = abi.NAME_AT // 8
_RECEIVED = np.uint32(abi.IORING_CQE_F_BUFFER | abi.IORING_CQE_F_MORE)
_PACKET_AT = np.uint32(abi.PACKET_AT)
_FIXED_SIZE = np.uint32(FIXED_SIZE)
_SMALLEST = np.uint32(abi.PACKET_AT + FIXED_SIZE)
_SIZES = np.uint32(MAX_PACKET - FIXED_SIZE)
"""A packet that fills its buffer may have been cut: let the leg's own way look."""

Completions = NDArray[np.uint32]
Rows = NDArray[np.void]


class Columns:
    """Rows and sends of every leg that a worker can have, by number."""

    def __init__(self, capacity: int, ring: Ring, buffers: Buffers) -> None:
        """Room for so many legs; only what is used takes memory."""
        self._ring = ring
        self._buffers = buffers
        self._rows: NDArray[Any] = np.zeros(capacity, ROW)
        self._raw_rows = self._rows.view(f"V{ROW.itemsize}")
        self._tags = self._rows["tag"]
        self._raw_sends = np.zeros(capacity, f"V{abi.SQE.itemsize}")
        self._any_ipv6 = False

    def load(self, leg: Leg, tag: int, source: Address, kind: int, send: bytes) -> None:
        """The leg's row takes charge of completions with this tag. The next packet is of this
        source and of this kind (its first two octets), and `send` is what sends it on."""
        number, reception = leg.id, leg.reception
        name = encode(source).ljust(abi.NAME_ROOM, b"\0")
        name4, *name6 = (int.from_bytes(name[at : at + 8], sys.byteorder) for at in (0, 8, 16))
        if source[0].count(":"):
            self._any_ipv6 = True
        else:
            name6 = [0, 0]
        self._rows[number] = (
            name4,
            name6,
            tag,
            kind << 16,
            reception.next_sequence,
            reception.ssrc,
            reception.timestamp,
            leg.sequence_offset,
            (leg.timestamp_offset, (leg.ssrc_out - reception.ssrc) & 0xFFFFFFFF),
            reception.clock_rate,
            reception.transit,
            reception.jitter,
            reception.packets,
            reception.octets,
        )
        self._raw_sends[number] = send

    def in_charge(self, number: int) -> bool:
        """Does the row count, and not the leg?"""
        return bool(self._tags[number] != NOBODY)

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        self._tags[number] = NOBODY

    def settle(self, leg: Leg) -> None:
        """Bring the books of a leg up to date whose row is in charge."""
        row = self._rows[leg.id]
        reception = leg.reception
        reception.next_sequence = int(row["sequence"])
        reception.timestamp = int(row["timestamp"])
        reception.transit = float(row["transit"])
        reception.jitter = float(row["jitter"])
        reception.packets = int(row["packets"])
        reception.octets = int(row["octets"])

    def relay(self, batch: Completions, numbers: NDArray[np.intp], now: float) -> NDArray[np.bool_]:
        """Send on what can go the short way, each packet of another leg; tells which went."""
        ids = (batch[:, abi.FLAGS] >> abi.IORING_CQE_BUFFER_SHIFT).astype(np.intp)
        raw = self._raw_rows.take(numbers, mode="clip")
        heads = self._buffers.heads(ids)
        header = _words(heads)[:, _HEADER_WORD : _HEADER_WORD + 3].byteswap()
        plain = self._plain(batch, raw.view(ROW), heads, header)
        sizes = batch[:, abi.RESULT] - _PACKET_AT
        if np.count_nonzero(plain) < len(plain):
            numbers, ids, sizes = numbers[plain], ids[plain], sizes[plain]
            raw, heads, header = raw[plain], heads[plain], header[plain]
        if len(numbers):
            rows = raw.view(ROW)
            _count(rows, header[:, 1], sizes, now)
            _rewrite(rows, header)
            self._raw_rows[numbers] = raw
            _words(heads)[:, _HEADER_WORD : _HEADER_WORD + 3] = header.byteswap(inplace=True)
            self._buffers.set_rtp_headers(ids, heads)
            self._send(numbers, ids, sizes)
        return plain

    def _plain(
        self, batch: Completions, rows: NDArray[Any], heads: Rows, header: NDArray[np.uint32]
    ) -> NDArray[np.bool_]:
        """Which packets are the very ones that their rows stand for?"""
        plain: NDArray[np.bool_] = batch[:, abi.TAG] == rows["tag"]
        names = heads.view(np.uint64).reshape(-1, HEAD // 8)
        plain &= names[:, _NAME_WORD] == rows["name"]
        plain &= (header[:, 0] & _UNMARKED) == rows["first"]
        plain &= header[:, 2] == rows["ssrc"]
        plain &= batch[:, abi.RESULT] - _SMALLEST < _SIZES
        plain &= (batch[:, abi.FLAGS] & _RECEIVED) == _RECEIVED
        if self._any_ipv6:
            name6 = rows["name6"]
            same = names[:, _NAME_WORD + 1 : _NAME_WORD + 3] == name6
            plain &= same.all(axis=1) | ~name6.any(axis=1)
        return plain

    def _send(
        self, numbers: NDArray[np.intp], ids: NDArray[np.intp], sizes: NDArray[np.uint32]
    ) -> None:
        raw = self._raw_sends.take(numbers, mode="clip")
        sends: NDArray[Any] = raw.view(abi.SQE)
        sends["addr"] = self._buffers.packet_addresses(ids)
        sends["len"] = sizes
        self._ring.submit_rows(raw)


def _words(heads: Rows) -> NDArray[np.uint32]:
    return heads.view(np.uint32).reshape(-1, HEAD // 4)


def _count(
    rows: NDArray[Any], timestamps: NDArray[np.uint32], sizes: NDArray[np.uint32], now: float
) -> None:
    """Keep the books, as `Reception.count` does for one packet in order."""
    sequences, packets, octets = rows["sequence"], rows["packets"], rows["octets"]
    np.add(sequences, 1, out=sequences)
    np.add(packets, 1, out=packets)
    np.add(octets, sizes - _FIXED_SIZE, out=octets)
    # the packets of one DTMF event share a timestamp: only the first says anything about time
    moved = timestamps != rows["timestamp"]
    transits, jitters = rows["transit"], rows["jitter"]
    transit = now * rows["clock_rate"] - timestamps
    deviation = np.abs(transit - transits)
    np.copyto(transits, transit, where=moved)
    moved &= deviation < MAX_DEVIATION
    np.add(jitters, (deviation - jitters) * JITTER_GAIN, out=jitters, where=moved)
    rows["timestamp"] = timestamps


def _rewrite(rows: NDArray[Any], header: NDArray[np.uint32]) -> None:
    """Change three numbers of each header; the sequence number wraps by itself."""
    sequences = header.view(np.uint16)[:, _SEQUENCE_HALF]
    np.add(sequences, rows["sequence_offset"], out=sequences)
    numbers = header[:, 1:]
    np.add(numbers, rows["shift"], out=numbers)
