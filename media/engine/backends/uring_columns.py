"""The short way of packets, for a batch at once: what is known of each leg, in columns.

    row of a leg      whom it hears, which packet comes next; and what to add to its numbers
    send of a leg     the submission that sends its packets on: to which file, to whose address
    books of a leg    see `uring_books`; its keys, if there are any: `uring_keys`

A row is in charge from `load` to `leave`. It stands for exactly one packet: the next in order, of
the same source, SSRC and payload type, with nothing but header and payload. All others are for the
leg to judge.

Nothing here is done for each packet, but for those with keys, and little for each batch: twenty
packets cost as much as a hundred, and the dozen of numpy's operations that a batch costs is what it
costs.
"""

import mmap
import struct

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_books import Books
from softswitch.media.engine.backends.uring_buffers import Buffers, Where
from softswitch.media.engine.backends.uring_keys import Keys
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_requests import Kind, tag, user_data
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.leg import Leg
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED_SIZE

JUDGED = struct.Struct("=QII32s")
"""Whose completions (user_data), size of the smallest packet, flags; the source. Behind it:"""
JUDGED_HEADER = struct.Struct("!HHIII")
"""First two octets, sequence, 0, SSRC, 0, in the order of the wire."""
JUDGED_WORDS = (JUDGED.size + JUDGED_HEADER.size) // 8
COMPLETED, ARRIVED = slice(0, 2), slice(2, JUDGED_WORDS)
"""Of what is judged: the words of the completion, and those that stand in the buffer."""
TAG = 1
"""In words of four octets."""
SEQUENCE = JUDGED.size // 2 + 1
"""In words of two octets."""

NOBODY = 0
"""A tag that no packet has."""
MOST = 2048
"""Packets of a batch."""
LARGEST = 1023
"""Octets of payload that the short way is for: more than audio has, less than a buffer holds."""
_SMALLEST = abi.PACKET_AT + FIXED_SIZE
_HEADER = int.from_bytes(b"\xff\x7f\xff\xff\0\0\0\0", "little")
_LIKE = np.array([-1, 0xFFFF_FFFF_FFFF & ~LARGEST, -1, 0, 0, 0, _HEADER, 0xFFFFFFFF])
"""What of `JUDGED` counts: tag and number; by how much too large, and what was received, but not
where; IPv4's source; the first four octets without the marker; the SSRC."""
_PAYLOAD_SIZE = 2
"""Of what differs, in words of four octets: octets of payload."""
_IPV6 = slice(3, 6)
"""The words of it that hold the rest of IPv6's address; of IPv4's names they are empty."""
_HEADER_SIZE = np.array(FIXED_SIZE, np.uint32)
_ONE = np.array(1, np.uint16)
_BUFFER = abi.IORING_CQE_BUFFER_SHIFT
_SPECIAL = np.uint32(tag(Kind.SEND, 0))
"""Tags from here on are not of packets."""

Completions = NDArray[np.uint32]
Words = NDArray[np.int64]
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
        self._keys = Keys(buffers)
        self._judged = _lines(capacity)
        self._shifts = np.zeros((capacity, 4), np.uint32)
        self._sends = _lines(capacity)
        self._tags = self._judged.view(np.uint32)[:, TAG]
        self._sequences = self._judged.view(np.uint16)[:, SEQUENCE]
        self._arrived = np.zeros((MOST, JUDGED_WORDS), np.int64)
        self._like = np.tile(_LIKE, (MOST, 1))
        self._any_ipv6 = False
        self.in_charge = 0
        """How many rows are."""
        self.turns = 0
        """Batches that have changed the books."""

    def load(self, leg: Leg, mine: int, source: Address, kind: int, send: bytes) -> bool:
        """The leg's row takes charge of completions with its tag, unless they need a closer look.
        The next packet is of this source and of this kind (its first two octets), and `send` is
        what sends it on."""
        if not self._keys.load(leg):
            return False
        reception, number = leg.reception, leg.id
        name = encode(source)
        self._any_ipv6 |= len(name) > abi.NAME_ROOM // 2
        judged = JUDGED.pack(user_data(mine, number), _SMALLEST, abi.RECEIVED, name)
        judged += JUDGED_HEADER.pack(kind, reception.next_sequence, 0, reception.ssrc, 0)
        ssrc_shift = (leg.ssrc_out - reception.ssrc) & 0xFFFFFFFF
        self._judged[number] = np.frombuffer(judged, np.int64)
        self._shifts[number] = leg.sequence_offset, leg.timestamp_offset, ssrc_shift, 0
        self._sends[number] = np.frombuffer(send, np.int64)
        self._books.load(number, reception)
        self.in_charge += 1
        return True

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        self._tags[number] = NOBODY
        self._keys.leave(number)
        self.in_charge -= 1

    def settle(self, leg: Leg) -> None:
        """Bring the books of a leg up to date whose row is in charge."""
        leg.reception.next_sequence = int(self._sequences[leg.id].byteswap())
        self._books.settle(leg.id, leg.reception)
        leg.steady_at = leg.reception.arrived_at

    def relay(self, batch: Completions, now: float) -> Relayed | None:
        """Send on what is plain. Nothing is done when the batch has to be sorted first: a leg is
        there twice, or something that is no packet at all."""
        buffers, count = self._buffers, len(batch)
        numbers = batch[:, abi.USER_DATA].astype(np.intp)
        first = buffers.next
        end = first + count
        unique = len(set(numbers.tolist())) == count
        in_order = end <= buffers.count and batch.item(-1, abi.FLAGS) >> _BUFFER == end - 1
        if unique and in_order and not self._any_ipv6:
            here = slice(first, end)
            differing, wrong = self._judge(batch, numbers, here)
            if not np.count_nonzero(wrong):
                buffers.next = end & (buffers.count - 1)
                self._send_on(numbers, _sizes(differing), here, now)
                return here, None
        if not unique or (batch[:, abi.TAG] >= _SPECIAL).any():
            return None
        ids = (batch[:, abi.FLAGS] >> _BUFFER).astype(np.intp)
        differing, wrong = self._judge(batch, numbers, ids % buffers.count)
        plain = ~self._differs(differing, wrong, numbers)
        self._send_on(numbers[plain], _sizes(differing)[plain], ids[plain], now)
        return ids, batch[~plain]

    def _judge(self, batch: Completions, numbers: Places, where: Where) -> tuple[Words, Words]:
        """How packets differ from what their rows stand for; and what of it must not be, all 0
        where they do not. A subtraction tells: below what counts is only what is never smaller in
        a right packet than in its row, the marker (which rows lack) and the size."""
        count = len(batch)
        arrived = self._arrived[:count]
        arrived[:, COMPLETED] = batch.view(np.int64)
        arrived[:, ARRIVED] = self._buffers.judged[where]
        differing = arrived - self._judged.take(numbers, 0, None, "clip")
        return differing, np.bitwise_and(differing, self._like[:count], arrived)

    def _differs(self, differing: Words, wrong: Words, numbers: Places) -> NDArray[np.bool_]:
        """Which packets are not the very ones that their rows stand for?"""
        differs: NDArray[np.bool_] = np.bitwise_or.reduce(wrong, axis=1) != 0
        if self._any_ipv6:
            named = self._judged.take(numbers, 0, None, "clip")[:, _IPV6].any(axis=1)
            differs |= named & differing[:, _IPV6].any(axis=1)
        return differs

    def _send_on(
        self, numbers: Places, sizes: NDArray[np.uint32], where: Where, now: float
    ) -> None:
        """Count, rewrite and send plain packets. Sequence numbers wrap by themselves."""
        buffers = self._buffers
        if self._keys.legs:
            numbers, sizes, where = self._keys.take_off(numbers, sizes, where)
        self.turns += 1
        headers = buffers.headers[where].byteswap()
        self._books.note(numbers, headers[:, 1], sizes, now)
        changed = headers + self._shifts.take(numbers, 0, None, "clip")
        halves = headers.view(np.uint16)
        changed.view(np.uint16)[:, 1] = halves[:, 1]  # whatever the sequence has carried over
        buffers.headers[where] = changed.byteswap(True)
        self._sequences[numbers] = (halves[:, 0] + _ONE).byteswap(True)
        count = len(numbers)
        place = None if self._keys.legs else self._ring.next_rows(count)
        sends = self._sends.take(numbers, 0, place, "clip")
        sends[:, abi.SQE_ADDR] = buffers.addresses[where]
        np.add(sizes, _HEADER_SIZE, sends.view(np.uint32)[:, 2 * abi.SQE_LEN])
        if place is None:
            self._ring.submit_rows(self._keys.put_on(numbers, sends, where))
        else:
            self._ring.advance(count)


def _lines(count: int) -> Words:
    """Rows of eight words, each a line of the processor's caches. What is not used takes none."""
    return np.frombuffer(mmap.mmap(-1, count * 64), np.int64).reshape(count, 8)


def _sizes(differing: Words) -> NDArray[np.uint32]:
    """Octets of payload."""
    sizes: NDArray[np.uint32] = differing.view(np.uint32)[:, _PAYLOAD_SIZE]
    return sizes
