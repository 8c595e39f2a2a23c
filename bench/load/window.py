"""One measured window: what the switch used in it, who else was at work, and when it counts.

stopwatch ─► load ─► Window ─► columns of a row ─► again, as often as others have disturbed it
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bench.accounting import Processes, Usage, usage

Row = dict[str, Any]
"""A line of JSON: what was measured, of which switch, and the figures."""

LOOK, AT_REST, IDLE = 1.0, 3, 0.03
"""Seconds of a look, how many in a row must find a switch with nothing to do, and the share of a
core that is nothing."""


class Window(NamedTuple):
    """What was used between two moments."""

    used: Usage
    cores: int

    @property
    def cpu(self) -> float:
        """Seconds that all processes of the switch were on a core."""
        return self.used.signalling + self.used.workers

    @property
    def foreign(self) -> float:
        """Share of a core that others had."""
        return self.used.foreign(self.cores) / self.used.wall

    def row(self, most_foreign: float) -> Row:
        """The columns that all measurements have. It is disturbed when others had more."""
        return {
            "seconds": round(self.used.wall, 2),
            "cpu_s": round(self.cpu, 4),
            "core_share": round(self.cpu / self.used.wall, 4),
            "load_share": round(self.used.load / self.used.wall, 4),
            "foreign_share": round(self.foreign, 4),
            "disturbed": self.foreign > most_foreign,
        }


class Stopwatch:
    """Begins a window; helpers are processes of the load that run on."""

    def __init__(self, processes: Processes, helpers: Sequence[int] = ()) -> None:
        self._processes, self._helpers = processes, helpers
        self._before = self._now()

    def stop(self) -> Window:
        """The window until now."""
        return Window(self._now().since(self._before), os.cpu_count() or 1)

    def _now(self) -> Usage:
        return usage(self._processes, self._helpers)


def undisturbed(measure: Callable[[], Row], runs: int, retries: int) -> Iterator[Row]:
    """Rows until so many are not disturbed. Those that are come too, and are tried again, so many
    times in all."""
    good = tried = 0
    while good < runs and tried < runs + retries:
        row = measure()
        tried += 1
        good += not row["disturbed"]
        yield row


def settle(processes: Processes, most: float) -> None:
    """Wait until the switch has nothing to do, `most` seconds at most: one that was overloaded has
    calls to finish, whose messages it repeats every few seconds."""
    until = time.monotonic() + most
    looks = 0
    while looks < AT_REST and time.monotonic() < until:
        watch = Stopwatch(processes)
        time.sleep(LOOK)
        looks = looks + 1 if watch.stop().cpu < IDLE * LOOK else 0
