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

    __slots__ = ("_known", "_late", "_spread", "_times", "count", "last")

    def __init__(self, times: Times) -> None:
        self._times = times
        self.count = len(times)
        self.last = float(times[-1])
        """When the last came."""
        self._late = times
        self._spread = 0.0, 0.0
        self._known = 0, 0
        """Ticks a second, and ticks of a packet, that these two were worked out for."""

    @classmethod
    def of(cls, times: Sequence[float]) -> Arrivals:
        """The same, from numbers."""
        return cls(np.array(times, np.float64))

    def __iter__(self) -> Iterator[float]:
        return iter(self._times.tolist())

    def spread(self, rate: int, ticks: int) -> tuple[float, float]:
        """How late the least and the most late came, in ticks of a clock of this rate, by which
        each packet lasts so many."""
        if self._known != (rate, ticks):
            self._known = rate, ticks
            self._late = late = self._times * rate
            late -= _PLACES[: self.count] if ticks == _USUAL else _NUMBERS[: self.count] * ticks
            self._spread = float(_least(late)), float(_most(late))
        return self._spread

    def smoothed(self, rate: int, ticks: int, before: float, jitter: float) -> float:
        """The jitter after all of them, from what it was, and how late the packet before was."""
        least, most = self.spread(rate, ticks)
        late = self._late
        step = abs(float(late[0]) - before)
        if step < MAX_DEVIATION:
            jitter += (step - jitter) * JITTER_GAIN
        steps = late[1:] - late[:-1]
        np.abs(steps, out=steps)
        if most - least >= MAX_DEVIATION:
            steps = steps[steps < MAX_DEVIATION]
        count = len(steps)
        return float(jitter * _FADED[count] + _SHARES[LONGEST - count :].dot(steps))


_least, _most = np.minimum.reduce, np.maximum.reduce
_USUAL = 160
"""Ticks of a packet."""
_NUMBERS = np.arange(LONGEST, dtype=np.float64)
_PLACES = _NUMBERS * _USUAL
_FADED = [(1 - JITTER_GAIN) ** count for count in range(LONGEST + 1)]
"""What is left of the jitter after so many steps, …"""
_SHARES = JITTER_GAIN * (1 - JITTER_GAIN) ** _NUMBERS[::-1]
"""… and what each of them has in it; the last is the last one's."""
