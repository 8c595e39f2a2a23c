"""Packets of remotes that have keys: their short way, and where such a remote is.

    packet in order ─► guard of its leg ─► counted ─► three numbers changed ─► guard of the peer

What the short way decides by is never encrypted, so it decides before keys are used; who sends is
proven by the packet's tag, not by its address.
"""

from __future__ import annotations

from typing import Any

from softswitch.media.engine.hooks import Memory, Way
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.upkeep import Upkeep
from softswitch.media.latch import Address

MAX_TRAILER = 4 + 16
"""Octets that protection adds at most. (`srtp.py`, which says so, is not imported before there are
keys.)"""
MOVES_AFTER = 3.0
"""Seconds of silence after which packets that prove themselves by their tags may come from another
address than before."""

Runs = tuple[Any, Any]
"""For `Memory.unprotect_each` and `protect_each`."""


class Keyed(Upkeep):
    """The part of a leg that knows keys matter."""

    __slots__ = ("_runs", "steady_at")

    def __init__(self, outgoing: OutgoingStream, way: Way | None) -> None:
        super().__init__(outgoing, way)
        self.steady_at = 0.0
        """When a packet last came, at the door, from where the latch is locked."""
        self._runs: Runs | None = None

    def runs(self) -> Runs | None:
        """What packets need that come or leave protected and are as `secured` says, the very next
        of their source; None when they need a closer look."""
        if self._runs is None:
            self._runs = self._find_runs()
        return self._runs

    def _find_runs(self) -> Runs | None:
        guard, peer = self.guard, self.peer
        receives = sends = None
        if guard is not None and not guard.open:
            receives = guard.receives(self.reception.ssrc)
            if receives is None:
                return None
        if peer is not None and peer.guard is not None and not peer.guard.open:
            sends = peer.guard.sends(self.ssrc_out)
            if sends is None:
                return None
        return receives, sends

    def found(self, buffer: bytearray | memoryview) -> Memory | None:
        """A buffer as guards know it; it is never resized again. None when there is no guard."""
        peer = self.peer
        guard = self.guard if self.guard is not None or peer is None else peer.guard
        return None if guard is None else guard.found(buffer)

    def _take_back(self) -> None:
        self._runs = None
        super()._take_back()

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
