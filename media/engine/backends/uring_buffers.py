"""The buffers that packets are received into: lent to the kernel, taken by it, given back.

    kernel takes the buffer at the head ─► completion names it ─► packet judged, rewritten, sent
         ▲                                                                       │
         └────────────── ring of free buffers ◄── given back at the tail ◄───────┘

A buffer begins with what the kernel says of the packet and its source (`abi.PACKET_AT` octets),
then comes the packet.
"""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_ring import Ring

COUNT = 16384
"""A power of two. What two thousand legs get in 160 ms: so long may the worker stand still and
lose nothing; what comes later waits in the sockets."""
SIZE = 2048
"""Octets. No audio packet is longer than fits."""
MAX_PACKET = SIZE - abi.PACKET_AT
GROUP = 0

_NAME_WORD = abi.NAME_AT // 8
_JUDGED_WORDS = 6
"""Of eight octets: the source (four words), and the fixed header of RTP with four octets more."""
_HEADER_WORDS = slice(abi.PACKET_AT // 4, abi.PACKET_AT // 4 + 4)

Where = slice | NDArray[np.intp]
"""Some buffers: usually the next ones in order, for the kernel takes them in the order in which it
got them."""


class Buffers:
    """All buffers of a ring, and columns through them. What stands in packets is in the order of
    the wire; a column has it as the machine reads it."""

    def __init__(self, ring: Ring, count: int = COUNT) -> None:
        """Lend `count` (a power of two) buffers to the kernel. Raises OSError."""
        self.memory = mmap.mmap(-1, count * SIZE)
        self._ring_memory = mmap.mmap(-1, count * abi.BUFFER.itemsize)
        octets = np.frombuffer(self.memory, np.uint8)
        self.view = memoryview(self.memory)
        """Of `memory`; of a few octets, a slice of that is a cheaper copy."""
        words = octets.view(np.uint64).reshape(count, -1)
        self.judged = words[:, _NAME_WORD : _NAME_WORD + _JUDGED_WORDS]
        self.headers = octets.view(np.uint32).reshape(count, -1)[:, _HEADER_WORDS]
        self.ids = np.arange(count)
        self.address = octets.ctypes.data
        """Of `view`."""
        addresses = octets.ctypes.data + np.arange(count) * SIZE
        self.addresses = addresses + abi.PACKET_AT
        """Of packets."""
        self.count = count
        self.next = 0
        """Which buffer the next packet should be in."""
        self._free = np.frombuffer(self._ring_memory, np.uint64).reshape(count, 2)
        self._tail_view = memoryview(self._ring_memory).cast("H")
        entries: NDArray[Any] = np.zeros(count, abi.BUFFER)
        entries["addr"], entries["len"], entries["bid"] = addresses, SIZE, self.ids
        self._entries = entries.view(np.uint64).reshape(count, 2)
        self._tail = 0
        address = self._free.ctypes.data
        description = abi.BUFFER_RING.pack(address, count, GROUP, 0, 0, 0, 0)
        ring.register(abi.IORING_REGISTER_PBUF_RING, description, 1)
        self.give_back(self.ids)

    def give_back(self, where: Where) -> None:
        """The kernel may use these again: whatever was sent from them has left."""
        if isinstance(where, slice):
            if where.start == self._tail & (self.count - 1):
                # where the kernel took them from, in this order: they stand there still
                self._tail = (self._tail + where.stop - where.start) & 0xFFFF
                self._tail_view[abi.BUFFER_RING_TAIL] = self._tail
                return
            where = self.ids[where]
        self._write(where)
        self._advance(len(where))

    def run(self, ids: NDArray[np.intp]) -> Where:
        """The same buffers, as a slice if they are consecutive."""
        here = slice(int(ids[0]), int(ids[0]) + len(ids))
        return here if np.array_equal(ids, self.ids[here]) else ids

    def _write(self, ids: NDArray[np.intp]) -> None:
        count = len(ids)
        at = self._tail & (self.count - 1)
        entries = self._entries.take(ids, 0, mode="clip")
        first = min(count, self.count - at)
        self._free[at : at + first] = entries[:first]
        if first < count:
            self._free[: count - first] = entries[first:]

    def _advance(self, count: int) -> None:
        self._tail = (self._tail + count) & 0xFFFF
        self._tail_view[abi.BUFFER_RING_TAIL] = self._tail

    def about(self, number: int) -> tuple[bytes, bool]:
        """The source of the packet in a buffer, a sockaddr; and whether the packet was cut."""
        length, _, _, flags, name = abi.RECVMSG_OUT.unpack_from(self.view, number * SIZE)
        return name[:length], bool(flags & abi.MSG_TRUNC)
