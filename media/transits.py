"""How much later packets come than they could, over the last seconds: what a jitter buffer follows.

The *transit* of a packet is how much later it came than its position on our time line, in ticks of
its clock. The least one is how the network is at its best, and moves with the remote's clock; from
there to the most is how much delay would have had all packets in time.
"""

from __future__ import annotations

from collections import deque

WINDOW = 0.5
"""Seconds of arrivals that are remembered by their least and most transit."""
MEMORY = 8
"""Windows remembered: four seconds."""

NEVER = float("inf")


class Transits:
    """Those of one stream."""

    __slots__ = ("_ends", "_seen", "_window", "base", "least", "most")

    def __init__(self, clock_rate: int) -> None:
        self._window = WINDOW * clock_rate
        self._ends = 0.0
        self._seen: deque[tuple[float, float]] = deque(maxlen=MEMORY)
        """Least and most of the windows before."""
        self.least, self.most = NEVER, -NEVER
        """Of the present window."""
        self.base = 0.0
        """The least lately."""

    def add(self, transit: float) -> None:
        """Of a packet that has come. One between `least` and `most` need not be told."""
        self.least = min(self.least, transit)
        self.most = max(self.most, transit)

    def forget(self) -> None:
        """What was seen of the network does not hold any more."""
        self._seen.clear()
        self.least, self.most = NEVER, -NEVER

    def spread(self, ticks: float) -> float | None:
        """From the least to the most seen lately, at this time; None when nothing was seen."""
        if not self._seen and self.least > self.most:
            return None
        least = min((least for least, _ in self._seen), default=NEVER)
        most = max((most for _, most in self._seen), default=-NEVER)
        self.base = min(least, self.least)
        spread = max(most, self.most) - self.base
        if ticks >= self._ends and self.least <= self.most:
            self._ends = ticks + self._window
            self._seen.append((self.least, self.most))
            self.least, self.most = NEVER, -NEVER
        return spread
