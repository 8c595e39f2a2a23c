"""The short way of packets, for a batch at once: what is known of each leg, in columns.

    row of a leg      whom it hears, which packet comes next, what to add to its numbers
    send of a leg     the submission that sends its packets on: to which file, to whose address
    books of a leg    see `uring_books`

A row is in charge from `load` to `leave`. It stands for exactly one packet: the next in order, of
the same source, SSRC and payload type, with nothing but header and payload. All others are for the
leg to judge.

Nothing here is done for each packet, and little for each batch: twenty packets cost as much as a
hundred, and the dozen of numpy's operations that a batch costs is what it costs.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_books import Books
from softswitch.media.engine.backends.uring_buffers import MAX_PACKET, Buffers, Where
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_requests import Kind, tag
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.leg import Leg
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED_SIZE

JUDGED_HEADER = struct.Struct("!HHIII")
"""First two octets, sequence, 0, SSRC, 0: behind the source, what a buffer is compared with. All of
it in the order of the wire."""
CHANGES = struct.Struct("=II4sHH")
"""Tag of the completions that the row is for, what to add to the timestamp, our SSRC in the order
of the wire, what to add to the sequence, 0."""
ROW_SIZE = abi.SQE_SIZE + abi.NAME_ROOM + JUDGED_HEADER.size + CHANGES.size
SEND, JUDGED = slice(0, 8), slice(8, 14)
"""Of a row, in words of eight octets: the submission that sends, and what is compared."""
TAG, TIMESTAMP_SHIFT, SSRC = 28, 29, 30
"""In words of four octets."""
SEQUENCE, SEQUENCE_SHIFT = 49, 62
"""In words of two octets."""

NOBODY = 0
"""A tag that no packet has."""
MOST = 2048
"""Packets of a batch."""
_MASK = np.array([2**64 - 1, 0, 0, 0, 0xFFFF7FFF, 0xFFFFFFFF], np.uint64)
"""What of `JUDGED` counts: IPv4's source, the first four octets without the marker, the SSRC."""
_IPV6 = slice(1, 3)
"""The words of it that hold IPv6's address; of IPv4's names they are empty."""
_ONE = np.uint16(1)
_SPECIAL = np.uint32(tag(Kind.SEND, 0))
"""Tags from here on are not of packets."""
_RECEIVED = np.uint32(abi.RECEIVED)
_PACKET_AT = np.uint32(abi.PACKET_AT)
_SMALLEST = np.uint32(abi.PACKET_AT + FIXED_SIZE)
_SIZES = np.uint32(MAX_PACKET - FIXED_SIZE)
"""A packet that fills its buffer may have been cut: let the leg's own way look."""

Completions = NDArray[np.uint32]
Places = NDArray[np.intp]
Relayed = tuple[Where, Completions | None]
"""The buffers of a batch, and what of it is not plain."""


class Columns:
    """The rows of every leg that a worker can have, by number."""

    def __init__(self, capacity: int, ring: Ring, buffers: Buffers) -> None:
        """Room for so many legs; only what is used takes memory."""
        self._ring = ring
        self._buffers = buffers
        self._books = Books(capacity)
        self._rows = np.zeros((capacity, ROW_SIZE // 8), np.uint64)
        self._octets = self._rows.data.cast("B")
        self._tags = self._rows.view(np.uint32)[:, TAG]
        self._sequences = self._rows.view(np.uint16)[:, SEQUENCE]
        self._any_ipv6 = False
        self.in_charge = 0
        """How many rows are."""
        self._last = np.zeros(capacity, np.intp)
        """By leg: the place of its last packet in the batch."""
        self._places = np.arange(MOST)

    def load(self, leg: Leg, mine: int, source: Address, kind: int, send: bytes) -> None:
        """The leg's row takes charge of completions with its tag. The next packet is of this
        source and of this kind (its first two octets), and `send` is what sends it on."""
        reception, number = leg.reception, leg.id
        name = encode(source)
        self._any_ipv6 |= len(name) > abi.NAME_ROOM // 2
        header = JUDGED_HEADER.pack(kind, reception.next_sequence, 0, reception.ssrc, 0)
        changes = CHANGES.pack(
            mine,
            leg.timestamp_offset,
            leg.ssrc_out.to_bytes(4, "big"),
            leg.sequence_offset,
            0,
        )
        row = send + name.ljust(abi.NAME_ROOM, b"\0") + header + changes
        self._octets[number * ROW_SIZE : (number + 1) * ROW_SIZE] = row
        self._books.load(number, reception)
        self.in_charge += 1

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        self._tags[number] = NOBODY
        self.in_charge -= 1

    def settle(self, leg: Leg) -> None:
        """Bring the books of a leg up to date whose row is in charge."""
        leg.reception.next_sequence = int(self._sequences[leg.id].byteswap())
        self._books.settle(leg.id, leg.reception)

    def relay(self, batch: Completions, now: float) -> Relayed | None:
        """Send on what is plain. Nothing is done when the batch has to be sorted first: a leg is
        there twice, or something that is no packet at all."""
        buffers, count = self._buffers, len(batch)
        numbers = batch[:, abi.USER_DATA].astype(np.intp)
        rows = self._rows.take(numbers, 0, mode="clip")
        places = self._places[:count]
        self._last[numbers] = places
        others = self._last.take(numbers) != places
        end = buffers.next + count
        here = slice(buffers.next, end)
        if end <= buffers.count and self._all_plain(batch, rows, here, others):
            buffers.next = end & (buffers.count - 1)
            self._send_on(numbers, rows, here, batch[:, abi.RESULT] - _PACKET_AT, now)
            return here, None
        if others.any() or (batch[:, abi.TAG] >= _SPECIAL).any():
            return None
        ids = (batch[:, abi.FLAGS] >> abi.IORING_CQE_BUFFER_SHIFT).astype(np.intp)
        plain = self._plain(batch, rows, ids)
        sizes = batch[plain, abi.RESULT] - _PACKET_AT
        self._send_on(numbers[plain], rows[plain], ids[plain], sizes, now)
        return ids, batch[~plain]

    def _all_plain(
        self,
        batch: Completions,
        rows: NDArray[np.uint64],
        here: slice,
        others: NDArray[np.bool_],
    ) -> bool:
        """The usual case, in as few operations as can be: plain packets in the next buffers."""
        if self._any_ipv6:
            return False
        unlike = batch[:, abi.TAG] ^ rows.view(np.uint32)[:, TAG]
        unlike |= batch[:, abi.FLAGS] ^ self._buffers.received[here]
        unlike |= batch[:, abi.RESULT] - _SMALLEST >= _SIZES
        unlike |= others
        heads = self._buffers.judged[here] ^ rows[:, JUDGED]
        heads &= _MASK
        return not (unlike.any() or heads.any())

    def _plain(
        self, batch: Completions, rows: NDArray[np.uint64], ids: Places
    ) -> NDArray[np.bool_]:
        """Which packets are the very ones that their rows stand for?"""
        heads = self._buffers.judged[ids % self._buffers.count] ^ rows[:, JUDGED]
        plain: NDArray[np.bool_] = batch[:, abi.TAG] == rows.view(np.uint32)[:, TAG]
        plain &= (batch[:, abi.FLAGS] & _RECEIVED) == _RECEIVED
        plain &= batch[:, abi.RESULT] - _SMALLEST < _SIZES
        plain &= ~(heads & _MASK).any(axis=1)
        if self._any_ipv6:
            ipv6 = rows[:, JUDGED][:, _IPV6].any(axis=1)
            plain &= ~(ipv6 & heads[:, _IPV6].any(axis=1))
        return plain

    def _send_on(
        self,
        numbers: Places,
        rows: NDArray[np.uint64],
        where: Where,
        sizes: NDArray[np.uint32],
        now: float,
    ) -> None:
        """Count, rewrite and send plain packets. Sequence numbers wrap by themselves."""
        buffers = self._buffers
        words, halves = rows.view(np.uint32), rows.view(np.uint16)
        timestamps = buffers.timestamps[where].byteswap()
        self._books.note(numbers, timestamps, sizes, now)
        buffers.timestamps[where] = (timestamps + words[:, TIMESTAMP_SHIFT]).byteswap(inplace=True)
        sequences = buffers.sequences[where].byteswap()
        self._sequences[numbers] = (sequences + _ONE).byteswap(inplace=True)
        sequences += halves[:, SEQUENCE_SHIFT]
        buffers.sequences[where] = sequences.byteswap(inplace=True)
        buffers.ssrcs[where] = words[:, SSRC]
        rows[:, abi.SQE_ADDR] = buffers.addresses[where]
        rows[:, abi.SQE_LEN] += sizes
        self._ring.submit_rows(rows[:, SEND])
