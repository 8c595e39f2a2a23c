"""Packets of remotes that have keys: their short way, and where such a remote is.

    packet in order ─► guard of its leg ─► counted ─► three numbers changed ─► guard of the peer

What the short way decides by is never encrypted, so it decides before keys are used; who sends is
proven by the packet's tag, not by its address.
"""

from __future__ import annotations

from softswitch.media.engine.feeding import Packet
from softswitch.media.engine.hooks import Memory, Way
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.upkeep import Upkeep
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED, FIXED_SIZE
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION

MAX_TRAILER = 4 + 16
"""Octets that protection adds at most. (`srtp.py`, which says so, is not imported before there are
keys.)"""
MOVES_AFTER = 3.0
"""Seconds of silence after which packets that prove themselves by their tags may come from another
address than before."""

unpack, pack = FIXED.unpack_from, FIXED.pack_into


class Keyed(Upkeep):
    """The part of a leg that knows keys matter."""

    __slots__ = ("_buffer", "_memory", "steady_at")

    def __init__(self, outgoing: OutgoingStream, way: Way | None) -> None:
        super().__init__(outgoing, way)
        self.steady_at = 0.0
        """When a packet last came, at the door, from where the latch is locked."""
        self._buffer: bytearray | None = None
        """Where the last packet lay, and as guards know it."""
        self._memory: Memory | None = None

    def _hurry(self, packet: Packet, size: int, source: Address | None, now: float) -> bool:
        """The short way of a packet in a buffer of its own; False, and nothing done, when it needs
        a closer look."""
        if not (source is None or source == self.latch.locked) or type(packet) is not bytearray:
            return False
        if packet is not self._buffer:
            self._buffer, self._memory = packet, self.found(packet)
        if self._memory is None or size + MAX_TRAILER > len(packet):
            return False
        left = self.carry(self._memory, 0, size, now)
        if left:
            self._hand_over(memoryview(packet)[:left])
        return left is not None

    def found(self, buffer: bytearray | memoryview) -> Memory | None:
        """A buffer as guards know it; it is never resized again. None when there is no guard."""
        peer = self.peer
        guard = self.guard if self.guard is not None or peer is None else peer.guard
        return None if guard is None else guard.found(buffer)

    def carry(self, memory: Memory, start: int, size: int, now: float) -> int | None:
        """The short way of a packet that came or leaves protected, as a backend goes it for plain
        ones: octets to be sent from where it lies, with MAX_TRAILER of room behind it; 0, nothing
        may be sent. None, and nothing done, when the packet needs a closer look.

        What it decides by is never encrypted.
        """
        if size < FIXED_SIZE:
            return None
        first, sequence, timestamp, ssrc = unpack(memory.octets, start)
        reception, guard, peer = self.reception, self.guard, self.peer
        usual = sequence == reception.next_sequence and ssrc == reception.ssrc
        if not usual or first not in self.secured or peer is None:
            return None
        if guard is not None:
            size = guard.unprotect_at(memory, start, size)
            if size < 0:
                self.foreign += 1
                return 0
        self.steady_at = now
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
        sequence = (sequence + self.sequence_offset) & 0xFFFF
        timestamp = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
        pack(memory.octets, start, first, sequence, timestamp, self.ssrc_out)
        if peer.guard is not None:
            size = peer.guard.protect_at(memory, start, size)
            if size < 0:
                self.failed += 1
                return 0
        return size

    def _follow(self, source: Address, now: float) -> None:
        """A packet that proved itself tells where its sender is. While packets come from where
        they came before, another address is an echo of the past, or somebody's who passes copies
        on; the remote itself moves, and is heard there no more."""
        latch = self.latch
        if source == latch.locked:
            self.steady_at = now
            return
        self.look_closer()  # a backend may have our books: it knows packets of the locked one only
        if latch.locked is None or now - self.steady_at >= MOVES_AFTER:
            latch.trust(source)
            self.steady_at = now
