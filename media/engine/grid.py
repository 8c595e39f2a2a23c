"""A grid in time: everybody has a turn once in a period, spread over slots of one millisecond.

    tick  … 1000  1001  1002 … 1019  1020  1021 …      one a millisecond of the monotonic clock
    slot  …    0     1     2 …   19     0     1 …      tick modulo period

Deadlines are absolute (RTP-1): tick n is due at n milliseconds of the clock, whenever the one
before was served. A tick that is served late moves no other; those that were missed are caught up
at once, one after the other, but not more than `burst` periods of them: what is beyond is skipped,
for nobody wants a second of audio in a millisecond. Slots without members are passed over: they
wake nobody.
"""

import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

PER_SECOND = 1000
"""Ticks."""
BURST = 10
"""Periods: 200 ms of audio, as much as a jitter buffer may hold."""
NEVER = math.inf

_EARLY = 1e-6
"""Seconds that a clock may be rounded by."""

M = TypeVar("M")


class Grid(Generic[M]):
    """Calls `run(members, deadline)` for the members of each slot, at its time."""

    __slots__ = ("_burst", "_homes", "_period", "_run", "_served", "_slots", "next_deadline")

    def __init__(
        self, period: int, run: Callable[[Sequence[M], float], None], burst: int = BURST
    ) -> None:
        """The period in milliseconds."""
        self._period = period
        self._run = run
        self._burst = burst
        self._slots: list[list[M]] = [[] for _ in range(period)]
        self._homes: dict[M, int] = {}
        self._served = 0
        """The last tick that was."""
        self.next_deadline = NEVER
        """Monotonic seconds; NEVER while there are no members."""

    def __len__(self) -> int:
        return len(self._homes)

    def add(self, member: M, now: float) -> None:
        """Give it the slot with the fewest members whose turn comes first."""
        tick = int((now + _EARLY) * PER_SECOND)
        if not self._homes:
            self._served = tick
        slot = min(
            ((tick + step) % self._period for step in range(1, self._period + 1)),
            key=lambda slot: len(self._slots[slot]),
        )
        self._slots[slot].append(member)
        self._homes[member] = slot
        self._plan()

    def remove(self, member: M) -> None:
        """It has no more turns. Nothing happens when it has none."""
        slot = self._homes.pop(member, None)
        if slot is not None:
            self._slots[slot].remove(member)
            self._plan()

    def __contains__(self, member: M) -> bool:
        return member in self._homes

    def tick(self, now: float) -> None:
        """Serve every slot that is due."""
        last = int((now + _EARLY) * PER_SECOND)
        self._served = max(self._served, last - self._burst * self._period)
        slots, period = self._slots, self._period
        for tick in range(self._served + 1, last + 1):
            self._served = tick
            members = slots[tick % period]
            if members:
                self._run(tuple(members), tick / PER_SECOND)
        self._plan()

    def _plan(self) -> None:
        if not self._homes:
            self.next_deadline = NEVER
            return
        tick = self._served + 1
        while not self._slots[tick % self._period]:
            tick += 1
        self.next_deadline = tick / PER_SECOND
