"""Packets that came or leave protected, over epoll: all that can be read at once, in stages.

    read each ─► take protection off each ─► count, renumber each ─► put it on each ─► send each

One packet after the other through all of that would find neither libsrtp's code nor the kernel's
nor ours in the processor's caches.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any

from softswitch.media.engine.hooks import Memory
from softswitch.media.engine.keyed import MAX_TRAILER
from softswitch.media.engine.leg import Leg
from softswitch.media.rtp import FIXED, FIXED_SIZE
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION

MAX_PACKET = 2048
"""Octets; no audio packet is longer, and a longer one cannot cross without being cut."""
PLACES = 64
"""Packets that go together. With more, the first would wait longer for the last."""
_PLACE_SIZE = (MAX_PACKET + 1 + MAX_TRAILER + 63) // 64 * 64
"""With an octet that shows what was cut; in whole lines of the processor's caches."""
_STARTS = range(0, PLACES * _PLACE_SIZE, _PLACE_SIZE)

unpack, pack = FIXED.unpack_from, FIXED.pack_into

Usual = tuple[Leg, int, int, Any, Any]
"""Where a packet begins, its size, and what its leg and the peer need for it (`Leg.runs`)."""
Unusual = tuple[Leg, memoryview, int]


class Bunch:
    """Room for packets of that kind."""

    def __init__(self) -> None:
        self._octets = bytearray(PLACES * _PLACE_SIZE)
        self._view = memoryview(self._octets)
        self._places = [self._view[start : start + _PLACE_SIZE] for start in _STARTS]
        self._memory: Memory | None = None
        """The same as guards know it, once there is a guard."""

    def serve(self, legs: Sequence[Leg], now: float) -> None:
        """Read and relay a packet of each leg, all of them `secured`."""
        if self._memory is None:
            self._memory = legs[0].found(self._octets)
        for first in range(0, len(legs), PLACES):
            self._serve(legs[first : first + PLACES], now)

    def _serve(self, legs: Sequence[Leg], now: float) -> None:
        usual, unusual = self._read(legs)
        if usual and self._memory is not None:
            self._carry(usual, self._memory, now)
        for leg, place, size in unusual:
            leg.arrive(place, size, None, now)

    def _read(self, legs: Sequence[Leg]) -> tuple[list[Usual], list[Unusual]]:
        """What is the very next of its source, and all else. That is decided by what is never
        encrypted, before keys are used; the tag will prove it."""
        octets = self._octets
        usual: list[Usual] = []
        unusual: list[Unusual] = []
        for leg, place, start in zip(legs, self._places, _STARTS, strict=False):
            try:
                size = leg.receive_into(place)
            except OSError:
                continue
            first, sequence, _, ssrc = unpack(octets, start)
            reception = leg.reception
            if (
                sequence == reception.next_sequence
                and ssrc == reception.ssrc
                and first in leg.secured
                and FIXED_SIZE <= size <= MAX_PACKET
                and (runs := leg.runs()) is not None
            ):
                usual.append((leg, start, size, *runs))
            elif size <= MAX_PACKET:
                unusual.append((leg, place, size))
        return usual, unusual

    def _carry(self, usual: list[Usual], memory: Memory, now: float) -> None:
        starts = [start for _, start, _, _, _ in usual]
        sizes = [size for _, _, size, _, _ in usual]
        sizes = memory.unprotect_each([run for _, _, _, run, _ in usual], starts, sizes)
        for (leg, start, _, _, _), size in zip(usual, sizes, strict=True):
            if size < 0:
                leg.foreign += 1
            else:
                self._renumber(leg, start, size, now)
        if min(sizes) < 0:
            right = [size >= 0 for size in sizes]
            usual, starts = list(compress(usual, right)), list(compress(starts, right))
            sizes = list(compress(sizes, right))
        sizes = memory.protect_each([run for _, _, _, _, run in usual], starts, sizes)
        view = self._view
        for (leg, start, _, _, _), size in zip(usual, sizes, strict=True):
            if size < 0:
                leg.failed += 1
                continue
            try:
                leg.send(view[start : start + size])
            except OSError:
                leg.failed += 1

    def _renumber(self, leg: Leg, start: int, size: int, now: float) -> None:
        """Count a packet, and make its numbers ours."""
        octets, reception = self._octets, leg.reception
        first, sequence, timestamp, _ = unpack(octets, start)
        leg.steady_at = now
        reception.next_sequence = (sequence + 1) & 0xFFFF
        reception.packets += 1
        reception.octets += size - FIXED_SIZE
        if timestamp != reception.timestamp:
            transit = now * reception.clock_rate - timestamp
            deviation = abs(transit - reception.transit)
            reception.timestamp = timestamp
            reception.transit = transit
            if deviation < MAX_DEVIATION:
                reception.jitter += (deviation - reception.jitter) * JITTER_GAIN
        sequence = (sequence + leg.sequence_offset) & 0xFFFF
        timestamp = (timestamp + leg.timestamp_offset) & 0xFFFFFFFF
        pack(octets, start, first, sequence, timestamp, leg.ssrc_out)
