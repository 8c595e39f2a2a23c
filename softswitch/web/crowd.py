"""Who may have a connection: so many in all, so many for each address, so many a second.

A handshake costs the signalling process about a millisecond; whoever wants more of them than people
need is turned away before it. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import Counter

from softswitch.bans import origin

MOST = 200
"""Connections. A browser has six."""
MOST_EACH = 30
"""Of one address: an office behind one router."""
PER_SECOND = 40.0
"""New ones, of all addresses together."""
BURST = 80.0


class Crowd:
    """Counts connections."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._count = 0
        self._tokens = BURST
        self._at = 0.0

    def enter(self, source: str, now: float) -> bool:
        """Whether one more is let in; then `leave` has to follow."""
        self._tokens = min(BURST, self._tokens + (now - self._at) * PER_SECOND)
        self._at = now
        where = origin(source)
        if self._count >= MOST or self._inside[where] >= MOST_EACH or self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        self._inside[where] += 1
        self._count += 1
        return True

    def leave(self, source: str) -> None:
        """One of this address is over."""
        where = origin(source)
        self._count -= 1
        self._inside[where] -= 1
        if not self._inside[where]:
            del self._inside[where]
