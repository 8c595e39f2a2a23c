"""Packets on the short way that came or leave protected: their keys, a whole batch in two stages.

    judged ─► taken off: each in its place ─► numbers rewritten, in columns ─► put on: each ─► sent

libsrtp has one packet in hand at a time. All of a batch go through it one after the other, with
nothing else between them: its code is then in the processor's caches, and so is ours.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_buffers import SIZE, Buffers, Where
from softswitch.media.engine.hooks import Memory
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
        self.legs: dict[int, Leg] = {}
        """By number: those with keys, or whose peer has keys."""
        self._receiving: dict[int, Any] = {}
        """By number of the leg: for what it receives (`Memory.unprotect_each`)."""
        self._sending: dict[int, Any] = {}
        """By number of the leg that receives: for what its peer is sent."""

    def load(self, leg: Leg) -> bool:
        """Let the leg's row take charge; not if its packets need a closer look."""
        if not leg.secured:
            return True
        runs = leg.runs()
        if runs is None:
            return False
        self._memory = self._memory or leg.found(self._buffers.view)
        for by_number, run in zip((self._receiving, self._sending), runs, strict=True):
            if run is not None:
                self.legs[leg.id] = leg
                by_number[leg.id] = run
        return True

    def leave(self, number: int) -> None:
        """The row is in charge no more."""
        if self.legs.pop(number, None) is not None:
            self._receiving.pop(number, None)
            self._sending.pop(number, None)

    def take_off(self, numbers: Places, sizes: Sizes, where: Where) -> tuple[Places, Sizes, Where]:
        """Legs, octets of payload and buffers of packets, as they are once nothing is protected,
        without those that are not what they say."""
        receiving, memory = self._receiving, self._memory
        if not receiving or memory is None:
            return numbers, sizes, where
        runs = [receiving.get(number) for number in numbers.tolist()]
        octets = [size + FIXED_SIZE for size in sizes.tolist()]
        left = np.array(memory.unprotect_each(runs, _starts(where), octets)) - FIXED_SIZE
        right = left >= 0
        if np.count_nonzero(right) < len(left):
            for number in numbers[~right].tolist():
                self.legs[number].foreign += 1
            numbers, left, where = numbers[right], left[right], self._buffers.ids[where][right]
        return numbers, left.astype(np.uint32), where

    def put_on(self, numbers: Places, sends: Submissions, where: Where) -> Submissions:
        """The submissions that send packets of these legs from these buffers, once all that has to
        be is protected; without those that may not leave."""
        sending, memory = self._sending, self._memory
        if not sending or memory is None:
            return sends
        lengths = sends.view(np.uint32)[:, _LENGTH]
        runs = [sending.get(number) for number in numbers.tolist()]
        octets = np.array(memory.protect_each(runs, _starts(where), lengths.tolist()), np.int64)
        lengths[:] = octets
        right = octets >= 0
        if np.count_nonzero(right) < len(octets):
            for number in numbers[~right].tolist():
                self.legs[number].failed += 1
            sends = sends[right]
        return sends


def _starts(where: Where) -> range | list[int]:
    """Where the packets of these buffers begin."""
    if isinstance(where, slice):
        return range(where.start * SIZE + abi.PACKET_AT, where.stop * SIZE, SIZE)
    starts: list[int] = (where * SIZE + abi.PACKET_AT).tolist()
    return starts
