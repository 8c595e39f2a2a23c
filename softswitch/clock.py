"""The two clocks. This is the one place that reads the wall clock.

Timers and durations use the monotonic clock. What outlives the process (expiries, call records,
nonces that other nodes check) is in wall clock seconds, and the wall clock jumps: somebody sets it,
or a small computer without a battery learns the date after it started. Whoever keeps wall times
hears of a jump before anybody sees the new time, and moves them along.
"""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

JUMP = 5.0
"""Seconds. The daily corrections of a time daemon are far smaller, and harmless."""


class Clock:
    """Reads both clocks, and notices when the wall clock was set."""

    def __init__(
        self,
        read_monotonic: Callable[[], float] = time.monotonic,
        read_wall: Callable[[], float] = time.time,  # noqa: TID251 (somebody has to)
    ) -> None:
        self.monotonic = read_monotonic
        self.stamp = read_wall
        """Seconds since 1970, for what is only shown: cheaper than `wall`, and sees no jump."""
        self.on_jump: list[Callable[[float], None]] = []
        """Called with the seconds by which the wall clock was moved."""
        self._read_wall = read_wall
        self._offset = read_wall() - read_monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        now = self._read_wall()
        offset = now - self.monotonic()
        jump = offset - self._offset
        # Following the small steps keeps years of them from adding up to a jump.
        self._offset = offset
        if not -JUMP < jump < JUMP:
            log.warning("the wall clock was moved by %.0f s", jump)
            for listener in self.on_jump:
                listener(jump)
        return now
