"""Packets that leave one by one: kept until the kernel has taken them, and whom they go to.

What is sent with a batch is read by the kernel only when the batch is submitted, the address as
well as the packet. So both stand in memory of ours that does not move.
"""

import mmap

import numpy as np

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.latch import Address

PLACES = 512
"""Packets; more than that are submitted in parts."""
PLACE_SIZE = 2048


class Outbox:
    """The packets of one ring, and the remotes of all legs, by number."""

    def __init__(self, ring: Ring, capacity: int) -> None:
        """Room for so many remotes; only what is used takes memory."""
        self._ring = ring
        self._packets = mmap.mmap(-1, PLACES * PLACE_SIZE)
        self._packets_at = np.frombuffer(self._packets, np.uint8).ctypes.data
        self._taken = 0
        self._names = mmap.mmap(-1, capacity * abi.NAME_ROOM)
        self._names_at = np.frombuffer(self._names, np.uint8).ctypes.data

    def name(self, number: int, remote: Address) -> tuple[int, int]:
        """Name this leg's remote: where in memory, and how long the name is.

        What was queued for the remote of before goes there.
        """
        name = encode(remote)
        at = number * abi.NAME_ROOM
        if self._ring.queued:
            self._ring.flush()
        self._names[at : at + len(name)] = name
        return self._names_at + at, len(name)

    def send(self, request: bytes, packet: bytes | memoryview) -> None:
        """Queue a packet with a submission that names all but it. Raises OSError."""
        size = len(packet)
        if size > PLACE_SIZE:
            return
        if self._taken == PLACES:
            self._ring.flush()
            self._taken = 0
        at = self._taken * PLACE_SIZE
        self._taken += 1
        self._packets[at : at + size] = packet
        self._ring.submit_packet(request, self._packets_at + at, size)
