"""Packets on the short way that came or leave protected: their keys, a whole batch in two stages.

    judged ─► taken off: each in its place ─► numbers rewritten, in columns ─► put on: each ─► sent

libsrtp has one packet in hand at a time. All of a batch go through it one after the other, with
nothing else between them: its code is then in the processor's caches, and so is ours.
"""

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_buffers import SIZE, Buffers, Where
from softswitch.media.engine.hooks import Guard, Memory
from softswitch.media.engine.leg import Leg
from softswitch.media.rtp import FIXED_SIZE

_LENGTH = 2 * abi.SQE_LEN
"""Of what a submission sends, in words of four octets."""

Places = NDArray[np.intp]
Sizes = NDArray[np.uint32]
Submissions = NDArray[np.int64]


class Keys:
    """Of every leg whose row is in charge."""

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self._memory: Memory | None = None
        """The buffers as guards know them, once there is a guard."""
        self._receiving: dict[int, tuple[Leg, Guard]] = {}
        """By number of the leg: who takes protection off what it receives."""
        self._sending: dict[int, tuple[Leg, Guard]] = {}
        """By number of the leg that receives: who puts protection on what its peer is sent."""

    def load(self, leg: Leg) -> None:
        """The leg's row is in charge, until its guard or its peer's is another."""
        guard, peer = leg.guard, leg.peer
        if guard is not None:
            self._receiving[leg.id] = leg, guard
            self._memory = self._memory or guard.found(self._buffers.view)
        if peer is not None and peer.guard is not None:
            self._sending[leg.id] = leg, peer.guard
            self._memory = self._memory or peer.guard.found(self._buffers.view)

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        self._receiving.pop(number, None)
        self._sending.pop(number, None)

    def take_off(
        self, numbers: Places, sizes: Sizes, where: Where, now: float
    ) -> tuple[Places, Sizes, Where]:
        """Legs, octets of payload and buffers of packets, as they are once nothing is protected,
        without those that are not what they say."""
        receiving = self._receiving
        if not receiving:
            return numbers, sizes, where
        memory, octets, refused = self._memory, sizes.tolist(), []
        for place, (number, start) in enumerate(zip(numbers.tolist(), _starts(where), strict=True)):
            entry = receiving.get(number)
            if entry is None:
                continue
            leg, guard = entry
            size = guard.unprotect_at(memory, start, octets[place] + FIXED_SIZE)
            if size < 0:
                leg.foreign += 1
                refused.append(place)
            else:
                leg.steady_at = now
                octets[place] = size - FIXED_SIZE
        if refused:
            kept = np.delete(np.arange(len(numbers)), refused)
            sizes = np.array(octets, np.int64)[kept].astype(np.uint32)
            return numbers[kept], sizes, self._buffers.ids[where][kept]
        return numbers, np.array(octets, np.uint32), where

    def put_on(self, numbers: Places, sends: Submissions, where: Where) -> Submissions:
        """The submissions that send packets of these legs from these buffers, once all that has to
        be is protected; without those that may not leave."""
        sending = self._sending
        if not sending:
            return sends
        lengths = sends.view(np.uint32)[:, _LENGTH]
        memory, octets, refused = self._memory, lengths.tolist(), []
        for place, (number, start) in enumerate(zip(numbers.tolist(), _starts(where), strict=True)):
            entry = sending.get(number)
            if entry is None:
                continue
            leg, guard = entry
            size = guard.protect_at(memory, start, octets[place])
            if size < 0:
                leg.failed += 1
                refused.append(place)
            else:
                octets[place] = size
        lengths[:] = octets
        return np.delete(sends, refused, 0) if refused else sends


def _starts(where: Where) -> range | list[int]:
    """Where the packets of these buffers begin."""
    if isinstance(where, slice):
        return range(where.start * SIZE + abi.PACKET_AT, where.stop * SIZE, SIZE)
    starts: list[int] = (where * SIZE + abi.PACKET_AT).tolist()
    return starts
