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

HEAD = 64
"""The octets of a buffer that the short way looks at: one cache line."""
_HEADS = SIZE // HEAD
RTP_HEADER = 16
"""The fixed header of RTP, and four octets more, which makes it a chunk of its own."""
_RTP_HEADERS = SIZE // RTP_HEADER
_RTP_HEADER_AT = abi.PACKET_AT // RTP_HEADER


class Buffers:
    """All buffers of a ring."""

    def __init__(self, ring: Ring, count: int = COUNT) -> None:
        """Lend `count` (a power of two) buffers to the kernel. Raises OSError."""
        self._memory = mmap.mmap(-1, count * SIZE)
        self._ring_memory = mmap.mmap(-1, count * abi.BUFFER.itemsize)
        octets = np.frombuffer(self._memory, np.uint8)
        self.view = memoryview(self._memory)
        self._heads = octets.view(f"V{HEAD}")
        self._rtp_headers = octets.view(f"V{RTP_HEADER}")
        self._addresses = octets.ctypes.data + np.arange(count, dtype=np.uint64) * SIZE
        self._packet_addresses = self._addresses + abi.PACKET_AT
        self._free = np.frombuffer(self._ring_memory, f"V{abi.BUFFER.itemsize}")
        self._tail_view = memoryview(self._ring_memory).cast("H")
        entries: NDArray[Any] = np.zeros(count, abi.BUFFER)
        entries["addr"], entries["bid"] = self._addresses, np.arange(count)
        entries["len"] = SIZE
        self._entries = entries.view(self._free.dtype)
        self._mask = count - 1
        self._tail = 0
        address = self._free.ctypes.data
        description = abi.BUFFER_RING.pack(address, count, GROUP, 0, 0, 0, 0)
        ring.register(abi.IORING_REGISTER_PBUF_RING, description, 1)
        self.give_back(np.arange(count))

    def give_back(self, ids: NDArray[np.intp]) -> None:
        """The kernel may use these again: whatever was sent from them has left."""
        count = len(ids)
        at = self._tail & self._mask
        entries = self._entries.take(ids, mode="clip")
        first = min(count, len(self._free) - at)
        self._free[at : at + first] = entries[:first]
        if first < count:
            self._free[: count - first] = entries[first:]
        self._tail = (self._tail + count) & 0xFFFF
        self._tail_view[abi.BUFFER_RING_TAIL] = self._tail

    def heads(self, ids: NDArray[np.intp]) -> NDArray[np.void]:
        """Copies of the first `HEAD` octets of these buffers."""
        return self._heads.take(ids * _HEADS, mode="clip")

    def set_rtp_headers(self, ids: NDArray[np.intp], heads: NDArray[np.void]) -> None:
        """Write the RTP headers of such copies back to their buffers."""
        chunks = heads.view(f"V{RTP_HEADER}").reshape(len(heads), -1)
        self._rtp_headers[ids * _RTP_HEADERS + _RTP_HEADER_AT] = chunks[:, _RTP_HEADER_AT]

    def packet_addresses(self, ids: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Where each buffer's packet begins."""
        return self._packet_addresses.take(ids, mode="clip")

    def about(self, number: int) -> tuple[bytes, bool]:
        """The source of the packet in a buffer, a sockaddr; and whether the packet was cut."""
        start = number * SIZE
        length, _, _, flags = abi.RECVMSG_OUT.unpack_from(self.view, start)
        name_at = start + abi.NAME_AT
        name = bytes(self.view[name_at : name_at + min(length, abi.NAME_ROOM)])
        return name, bool(flags & abi.MSG_TRUNC)
