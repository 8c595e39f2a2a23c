"""A grid in time: everybody has a turn once in a period, spread over slots.

    tick  … 1000  1001  1002 … 1019  1020  1021 …      one a millisecond of the monotonic clock
    slot  …    0     1     2 …   19     0     1 …      tick modulo period

Deadlines are absolute (RTP-1): tick n is due at n ticks of the clock, whenever the one
before was served. A tick that is served late moves no other; those that were missed are caught up
at once, one after the other, but not more than `burst` periods of them: what is beyond is skipped,
for nobody wants a second of audio in a millisecond. Slots without members are passed over: they
wake nobody.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

TICK = 0.001
"""Seconds; what is in no hurry takes longer ones, and wakes up less often."""
BURST = 10
"""Periods: 200 ms of audio, as much as a jitter buffer may hold."""
NEVER = math.inf

_EARLY = 1e-6
"""Seconds that a clock may be rounded by."""

M = TypeVar("M")


class Grid(Generic[M]):
    """Calls `run(members, deadline)` for the members of each slot, at its time."""

    __slots__ = (
        "_burst",
        "_crowd",
        "_homes",
        "_meet",
        "_members",
        "_per_second",
        "_period",
        "_run",
        "_served",
        "_slots",
        "_taken",
        "next_deadline",
    )

    def __init__(
        self,
        period: int,
        run: Callable[[Sequence[M], float], None],
        burst: int = BURST,
        tick: float = TICK,
        crowd: int = 1,
        meet: int = 0,
    ) -> None:
        """The period in ticks; `burst` in periods, `tick` in seconds. Up to a `crowd` of members
        share a slot before another is taken: each slot is a wake-up, which costs more than most
        turns do. Grids that `meet` every so many ticks fill up in the same order, slots of that
        distance first: those of several grids are often due together then."""
        self._period = period
        self._crowd = crowd
        self._meet = meet
        self._members = [0] * meet
        """In all slots of that distance."""
        self._per_second = round(1 / tick)
        self._run = run
        self._burst = burst
        self._slots: list[list[M]] = [[] for _ in range(period)]
        self._taken: list[int] = []
        """Slots with members, in order."""
        self._homes: dict[M, int] = {}
        self._served = 0
        """The last tick that was."""
        self.next_deadline = NEVER
        """Monotonic seconds; NEVER while there are no members."""

    def __len__(self) -> int:
        return len(self._homes)

    def add(self, member: M, now: float) -> None:
        """Give it the slot with the fewest members, or with the most where that is no crowd yet,
        whose turn comes first."""
        tick = int((now + _EARLY) * self._per_second)
        if not self._homes:
            self._served = tick
        slot = self._among(tick) if self._meet else self._coming(tick)
        self._slots[slot].append(member)
        if self._meet:
            self._members[slot % self._meet] += 1
        self._homes[member] = slot
        self._recount()

    def _coming(self, tick: int) -> int:
        slots, crowd = self._slots, self._crowd
        coming = [(tick + step) % self._period for step in range(1, self._period + 1)]
        welcome = [slot for slot in coming if 0 < len(slots[slot]) < crowd]
        if welcome:
            return max(welcome, key=lambda slot: len(slots[slot]))
        return min(coming, key=lambda slot: len(slots[slot]))

    def _among(self, tick: int) -> int:
        """The emptiest slot of those that meet where most do, if there is room."""
        members, meet = self._members, self._meet
        room = self._crowd * (self._period // meet)
        fullest = max(range(meet), key=lambda at: (members[at] < room, members[at]))
        if members[fullest] >= room:
            fullest = min(range(meet), key=members.__getitem__)
        turns = range(fullest, self._period, meet)
        return min(
            turns, key=lambda slot: (len(self._slots[slot]), (slot - tick - 1) % self._period)
        )

    def remove(self, member: M) -> None:
        """It has no more turns. Nothing happens when it has none."""
        slot = self._homes.pop(member, None)
        if slot is not None:
            self._slots[slot].remove(member)
            if self._meet:
                self._members[slot % self._meet] -= 1
            self._recount()

    def __contains__(self, member: M) -> bool:
        return member in self._homes

    def tick(self, now: float) -> None:
        """Serve every slot that is due."""
        last = int((now + _EARLY) * self._per_second)
        self._served = max(self._served, last - self._burst * self._period)
        slots, period = self._slots, self._period
        for tick in range(self._served + 1, last + 1):
            self._served = tick
            members = slots[tick % period]
            if members:
                self._run(tuple(members), tick / self._per_second)
        self._plan()

    def _recount(self) -> None:
        self._taken = [slot for slot, members in enumerate(self._slots) if members]
        self._plan()

    def _plan(self) -> None:
        taken = self._taken
        if not taken:
            self.next_deadline = NEVER
            return
        tick = self._served + 1
        slot = tick % self._period
        at = bisect_left(taken, slot)
        following = taken[at] if at < len(taken) else taken[0] + self._period
        self.next_deadline = (tick + following - slot) / self._per_second
