"""The timer wheel, and the times that RFC 3261 §17.1.1.1 gives to transactions.

Nearly every SIP timer is cancelled before it fires: a wheel makes setting and cancelling cheap,
and firing a little late (never early) does no harm. The wheel reads no clock: whoever owns it
calls `advance` when `next_deadline` has come.

      bucket 96      97              99
      ┌───────┐  ┌───────┐       ┌───────┐     a bucket holds the timers of one 64th of a second,
      │ A   F │  │   E   │       │   H   │     in the order in which they were set
      └───────┘  └───────┘       └───────┘
"""

import math
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

T1 = 0.5
"""Seconds: an estimate of the round trip."""

T2 = 4.0
"""Seconds: the longest interval between retransmissions, except those of an INVITE."""

T4 = 5.0
"""Seconds that a message may stay in the network."""

TICKS_PER_SECOND = 64
"""A power of two, so that sums of T1 fall exactly on a tick; 16 ms late at most."""

MOMENTS_PER_SECOND = 4
"""For timers without hurry. Each call leaves a handful of them, and a wake-up costs as much as
ten."""


class Timer:
    """Something to be called later. Whoever set it may cancel it."""

    __slots__ = ("args", "callback")

    def __init__(self, callback: Callable[..., object] | None, args: tuple[Any, ...]) -> None:
        self.callback = callback
        self.args = args

    def cancel(self) -> None:
        """Never call; harmless when it is too late.

        What the call would have needed is let go at once: the timer itself stays in its bucket
        until the bucket's time, and must not keep a finished call in memory for so long.
        """
        self.callback = None
        self.args = ()


class TimerWheel:
    """All timers of a process. `wake` hears the time whenever a timer becomes the next one due."""

    def __init__(self, wake: Callable[[float], None] | None = None) -> None:
        self.now = 0.0
        """The time of the last `advance`; what a callback takes for the present."""
        self._wake = wake
        self._buckets: dict[int, list[Timer]] = {}
        self._ticks: list[int] = []  # a heap of the buckets' keys
        self._due: deque[Timer] = deque()
        self._last_tick = -1

    def add(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call at `when` (seconds on the owner's clock) or up to a tick later.

        What is set from within a callback waits for the next tick at least, so that no timer
        that keeps setting itself can hold the process.
        """
        tick = math.ceil(when * TICKS_PER_SECOND)
        if tick <= self._last_tick:
            tick = self._last_tick + 1
        timer = Timer(callback, args)
        bucket = self._buckets.get(tick)
        if bucket is not None:
            bucket.append(timer)
            return timer
        self._buckets[tick] = [timer]
        heappush(self._ticks, tick)
        if self._wake is not None and self._ticks[0] == tick:
            self._wake(tick / TICKS_PER_SECOND)
        return timer

    def add_about(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        """The same for what has time: up to a quarter of a second later, with others."""
        return self.add(math.ceil(when * MOMENTS_PER_SECOND) / MOMENTS_PER_SECOND, callback, *args)

    @property
    def next_deadline(self) -> float | None:
        """When to call `advance` again, in seconds; None when no timer is set.

        Nobody is woken up for timers that were cancelled: of ten, nine are.
        """
        if self._due:
            return self.now
        ticks, buckets = self._ticks, self._buckets
        while ticks:
            if any(timer.callback is not None for timer in buckets[ticks[0]]):
                return ticks[0] / TICKS_PER_SECOND
            del buckets[heappop(ticks)]
        return None

    def advance(self, now: float) -> None:
        """Call everything that is due, in the order of ticks.

        An exception of a callback comes through; the other timers of its tick are kept for the
        next `advance`.
        """
        self.now = now
        current = math.floor(now * TICKS_PER_SECOND)
        self._last_tick = max(self._last_tick, current)
        due = self._due
        while True:
            while due:
                timer = due.popleft()
                callback, args = timer.callback, timer.args
                if callback is not None:
                    timer.cancel()  # a fired timer holds nothing either
                    callback(*args)
            if not self._ticks or self._ticks[0] > current:
                return
            due.extend(self._buckets.pop(heappop(self._ticks)))
