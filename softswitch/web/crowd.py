"""Who may have a connection: so many in all, so many for each address, so many new ones a second.

A handshake costs the signalling process two milliseconds; whoever wants more of them than people
need is turned away before it. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import Counter

from softswitch.bans import origin

MOST = 200
"""Connections. A browser has six."""
MOST_EACH = 30
"""Of one address: an office behind one router."""
PER_SECOND, BURST = 40.0, 120.0
"""New ones, of all addresses together, for a long time and at once."""
PER_SECOND_EACH, BURST_EACH = 8.0, 60.0
"""The same of one address: a page takes two or three."""
REMEMBERED = 1000
"""Addresses that came last."""


class Bucket:
    """Fills slowly; each connection takes one out."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = self._tokens = burst
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Whether there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Crowd:
    """Counts connections."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._count = 0
        self._all = Bucket(PER_SECOND, BURST)
        self._each: dict[str, Bucket] = {}

    def comes(self, source: str, now: float) -> bool:
        """One more of this address is there; whether it is slow enough after the others."""
        where = origin(source)
        own = self._each.pop(where, None) or Bucket(PER_SECOND_EACH, BURST_EACH)
        self._each[where] = own  # at the end: it came last
        if len(self._each) > REMEMBERED:
            del self._each[next(iter(self._each))]
        return own.take(now) and self._all.take(now)

    def is_full(self) -> bool:
        """Whether somebody has to go before one more of any address comes in."""
        return self._count >= MOST

    def is_full_of(self, source: str) -> bool:
        """Whether one of this address has to."""
        return self._inside[origin(source)] >= MOST_EACH

    def enter(self, source: str) -> None:
        """It is inside; `leave` has to follow."""
        self._inside[origin(source)] += 1
        self._count += 1

    def leave(self, source: str) -> None:
        """One of this address is over."""
        where = origin(source)
        self._count -= 1
        self._inside[where] -= 1
        if not self._inside[where]:
            del self._inside[where]
