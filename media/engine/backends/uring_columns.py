"""The short way of packets, for a batch at once: what is known of each leg, in columns.

    row of a leg      whom it hears, which packet comes next, what to add to its numbers
    send of a leg     the submission that sends its packets on: to which file, to whose address
    books of a leg    see `uring_books`

A row is in charge from `load` to `leave`. It stands for exactly one packet: the next in order, of
the same source, SSRC and payload type, with nothing but header and payload. All others are for the
leg to judge.
"""

import sys
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_books import Books
from softswitch.media.engine.backends.uring_buffers import HEAD, MAX_PACKET, Buffers
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_requests import Kind, tag
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.leg import Leg
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED_SIZE, MARKER

ROW = np.dtype(
    {
        "names": [
            "name", "name6", "tag", "first", "sequence", "ssrc", "shift", "sequence_offset",
        ],
        "formats": ["u8", ("u8", 2), "u4", "u4", "u2", "u4", ("u4", 2), "u2"],
        "offsets": [0, 8, 24, 28, 28, 32, 36, 44],
        "itemsize": 64,
    }
)  # fmt: skip
"""name: the source, as a sockaddr: all of IPv4's, and with name6 of IPv6's.
tag: of the completions that the row is for, or NOBODY.
first: the packet's first four octets, without the marker; sequence: the lower half of them.
shift: what to add to timestamp and SSRC. Numbers are in the machine's order of octets."""

NOBODY = 0
"""A tag that no packet has."""
MOST = 2048
"""Packets of a batch."""
_SPECIAL = np.uint32(tag(Kind.SEND, 0))
"""Tags from here on are not of packets."""
_UNMARKED = np.uint32(0xFFFFFFFF & ~(MARKER << 16))
_HEADER_WORD = abi.PACKET_AT // 4
_SEQUENCE_HALF = 0
"""Of the header's first word, in the machine's order."""
_NAME_WORD = abi.NAME_AT // 8
_RECEIVED = np.uint32(abi.IORING_CQE_F_BUFFER | abi.IORING_CQE_F_MORE)
_PACKET_AT = np.uint32(abi.PACKET_AT)
_SMALLEST = np.uint32(abi.PACKET_AT + FIXED_SIZE)
_SIZES = np.uint32(MAX_PACKET - FIXED_SIZE)
"""A packet that fills its buffer may have been cut: let the leg's own way look."""

Completions = NDArray[np.uint32]
Places = NDArray[np.intp]
Relayed = tuple[Places, Completions | None]
"""The buffers of a batch, and what of it is not plain."""


class _Look(NamedTuple):
    """What is known of some packets: whose they are, where, their rows, and their headers."""

    numbers: Places
    ids: Places
    rows: NDArray[np.void]
    heads: NDArray[np.void]
    headers: NDArray[np.uint32]
    """Three words each, in the machine's order of octets."""
    results: NDArray[np.uint32]

    def only(self, chosen: NDArray[np.bool_]) -> "_Look":
        """Some of them."""
        numbers, ids, rows, heads, headers, results = self
        return _Look(
            numbers[chosen],
            ids[chosen],
            rows[chosen],
            heads[chosen],
            headers[chosen],
            results[chosen],
        )


class Columns:
    """Rows and sends of every leg that a worker can have, by number."""

    def __init__(self, capacity: int, ring: Ring, buffers: Buffers) -> None:
        """Room for so many legs; only what is used takes memory."""
        self._ring = ring
        self._buffers = buffers
        self._books = Books(capacity)
        self._rows: NDArray[Any] = np.zeros(capacity, ROW)
        self._raw_rows = self._rows.view(f"V{ROW.itemsize}")
        self._tags = self._rows["tag"]
        self._raw_sends = np.zeros(capacity, f"V{abi.SQE.itemsize}")
        self._any_ipv6 = False
        self.in_charge = 0
        """How many rows are."""
        self._last = np.zeros(capacity, np.intp)
        """By leg: the place of its last packet in the batch."""
        self._places = np.arange(MOST)

    def load(self, leg: Leg, mine: int, source: Address, kind: int, send: bytes) -> None:
        """The leg's row takes charge of completions with its tag. The next packet is of this
        source and of this kind (its first two octets), and `send` is what sends it on."""
        number, reception = leg.id, leg.reception
        name = encode(source).ljust(abi.NAME_ROOM, b"\0")
        name4, *name6 = (int.from_bytes(name[at : at + 8], sys.byteorder) for at in (0, 8, 16))
        self._any_ipv6 |= any(name6)
        self._rows[number] = (
            name4,
            name6,
            mine,
            kind << 16,
            reception.next_sequence,
            reception.ssrc,
            (leg.timestamp_offset, (leg.ssrc_out - reception.ssrc) & 0xFFFFFFFF),
            leg.sequence_offset,
        )
        self._raw_sends[number] = send
        self._books.load(number, reception)
        self.in_charge += 1

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        self._tags[number] = NOBODY
        self.in_charge -= 1

    def settle(self, leg: Leg) -> None:
        """Bring the books of a leg up to date whose row is in charge."""
        leg.reception.next_sequence = int(self._rows["sequence"][leg.id])
        self._books.settle(leg.id, leg.reception)

    def relay(self, batch: Completions, now: float) -> Relayed | None:
        """Send on what is plain. Nothing is done when the batch has to be sorted first: a leg is
        there twice, or something that is no packet at all."""
        look, plain, alone = self._look(batch)
        if np.count_nonzero(plain) == len(plain):
            self._send_on(look, now)
            return look.ids, None
        special = batch[:, abi.TAG] >= _SPECIAL
        if special.any() or np.count_nonzero(alone) < len(alone):
            return None
        if plain.any():
            self._send_on(look.only(plain), now)
        return look.ids, batch[~plain]

    def _look(self, batch: Completions) -> tuple[_Look, NDArray[np.bool_], NDArray[np.bool_]]:
        """Which packets are the very ones that their rows stand for, and which are the last of
        their legs?"""
        numbers = batch[:, abi.USER_DATA].astype(np.intp)
        ids = (batch[:, abi.FLAGS] >> abi.IORING_CQE_BUFFER_SHIFT).astype(np.intp)
        raw = self._raw_rows.take(numbers, mode="clip")
        heads = self._buffers.heads(ids)
        headers = _words(heads)[:, _HEADER_WORD : _HEADER_WORD + 3].byteswap()
        rows: NDArray[Any] = raw.view(ROW)
        places = self._places[: len(batch)]
        self._last[numbers] = places
        alone: NDArray[np.bool_] = self._last.take(numbers) == places
        plain: NDArray[np.bool_] = batch[:, abi.TAG] == rows["tag"]
        plain &= alone
        names = heads.view(np.uint64).reshape(-1, HEAD // 8)
        plain &= names[:, _NAME_WORD] == rows["name"]
        plain &= (headers[:, 0] & _UNMARKED) == rows["first"]
        plain &= headers[:, 2] == rows["ssrc"]
        plain &= batch[:, abi.RESULT] - _SMALLEST < _SIZES
        plain &= (batch[:, abi.FLAGS] & _RECEIVED) == _RECEIVED
        if self._any_ipv6:
            name6 = rows["name6"]
            same = names[:, _NAME_WORD + 1 : _NAME_WORD + 3] == name6
            plain &= same.all(axis=1) | ~name6.any(axis=1)
        return _Look(numbers, ids, raw, heads, headers, batch[:, abi.RESULT]), plain, alone

    def _send_on(self, look: _Look, now: float) -> None:
        """Count, rewrite and send packets that are plain."""
        numbers, ids, raw, heads, headers, results = look
        sizes = results - _PACKET_AT
        self._books.note(numbers, headers[:, 1], sizes, now)
        _rewrite(raw.view(ROW), headers)
        self._raw_rows[numbers] = raw
        _words(heads)[:, _HEADER_WORD : _HEADER_WORD + 3] = headers.byteswap(inplace=True)
        self._buffers.set_rtp_headers(ids, heads)
        raw_sends = self._raw_sends.take(numbers, mode="clip")
        sends: NDArray[Any] = raw_sends.view(abi.SQE)
        sends["addr"] = self._buffers.packet_addresses(ids)
        sends["len"] = sizes
        self._ring.submit_rows(raw_sends)


def _words(heads: NDArray[np.void]) -> NDArray[np.uint32]:
    return heads.view(np.uint32).reshape(-1, HEAD // 4)


def _rewrite(rows: NDArray[Any], headers: NDArray[np.uint32]) -> None:
    """Change three numbers of each header, and expect the next packet. Sequence numbers wrap by
    themselves."""
    expected, sequences = rows["sequence"], headers.view(np.uint16)[:, _SEQUENCE_HALF]
    np.add(expected, 1, out=expected)
    np.add(sequences, rows["sequence_offset"], out=sequences)
    numbers = headers[:, 1:]
    np.add(numbers, rows["shift"], out=numbers)
