"""When the packets of a run came: many at once, each the next of the one before.

    came ──► lateness: when a packet came, less its place in the run, in ticks of its clock
               ├─ least and most                     for a jitter buffer
               └─ steps from one to the next ──►     jitter (RFC 3550 appendix A.8)

Both want the same of 160 packets at a time; so it is worked out once, for all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION

Times = NDArray[np.float64]

LONGEST = 256
"""Packets of a run."""


class Arrivals:
    """Those of one run, in order, `LONGEST` at most. Times are monotonic seconds."""

    __slots__ = ("_known", "_late", "_times")

    def __init__(self, times: Times) -> None:
        self._times = times
        self._late = times
        self._known = (0, 0)
        """Ticks a second, and ticks of a packet, that `_late` was worked out for."""

    @classmethod
    def of(cls, times: Sequence[float]) -> Arrivals:
        """The same, from numbers."""
        return cls(np.array(times, np.float64))

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[float]:
        return iter(self._times.tolist())

    @property
    def last(self) -> float:
        """When the last came."""
        return float(self._times[-1])

    def late(self, rate: int, ticks: int) -> Times:
        """How late each came, in ticks of a clock of this rate, by which each lasts so many."""
        if self._known != (rate, ticks):
            self._known = rate, ticks
            self._late = self._times * rate
            self._late -= _NUMBERS[: len(self._late)] * ticks
        return self._late

    def spread(self, rate: int, ticks: int) -> tuple[float, float]:
        """The least and the most of that."""
        late = self.late(rate, ticks)
        return float(late.min()), float(late.max())

    def smoothed(self, rate: int, ticks: int, before: float, jitter: float) -> float:
        """The jitter after all of them, from what it was, and how late the packet before was."""
        late = self.late(rate, ticks)
        steps = np.empty_like(late)
        steps[0] = late[0] - before
        np.subtract(late[1:], late[:-1], out=steps[1:])
        np.abs(steps, out=steps)
        if steps.max() >= MAX_DEVIATION:
            steps = steps[steps < MAX_DEVIATION]
        count = len(steps)
        return float(jitter * _FADED[count] + _SHARES[LONGEST - count :].dot(steps))


_NUMBERS = np.arange(LONGEST, dtype=np.float64)
_FADED = [(1 - JITTER_GAIN) ** count for count in range(LONGEST + 1)]
"""What is left of the jitter after so many steps, …"""
_SHARES = JITTER_GAIN * (1 - JITTER_GAIN) ** _NUMBERS[::-1]
"""… and what each of them has in it; the last is the last one's."""
