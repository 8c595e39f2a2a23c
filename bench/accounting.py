"""CPU and memory of the switch's processes, and who else was at work, as Linux counts them.

CPU of the switch is the scheduler's own count of its processes' time on a core, in nanoseconds,
threads that have ended included. What neither the switch nor the load used, and was not idle,
others had: that also finds processes that lived only for a moment, the kernel's own work, and what
the hypervisor kept.
"""

import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
IDLE, IO_WAIT = 4, 5
"""Columns of the first line of /proc/stat."""
CLOCK_OF_A_PROCESS = 2
"""The lowest three bits of the number by which Linux knows the CPU clock of a process; the process
id, inverted, is before them."""
PARENT = 1
"""Column of /proc/PID/stat, counted from behind the name, which may hold anything."""


class ProcessEnded(Exception):
    """A process of the switch or the load is gone, and what it has used with it."""


class Usage(NamedTuple):
    """Seconds since some moment each; meaningful as differences."""

    wall: float
    signalling: float
    workers: float
    load: float
    """This program and the SIPps that it has waited for."""
    idle: float
    """Of all cores together."""

    def since(self, earlier: "Usage") -> "Usage":
        """What was used between two moments."""
        return Usage(*(now - then for now, then in zip(self, earlier, strict=True)))

    def foreign(self, cores: int) -> float:
        """Seconds that others had, of a window."""
        return max(0.0, cores * self.wall - self.idle - self.load - self.signalling - self.workers)


class Memory(NamedTuple):
    """kB in memory, pages that are shared with other processes included."""

    signalling: int
    workers: int


class Processes(NamedTuple):
    """The switch's processes."""

    signalling: int
    workers: tuple[int, ...]

    @classmethod
    def of(cls, pid: int) -> "Processes":
        """The process and what it has started."""
        return cls(pid, descendants(pid, _parents()))


def descendants(pid: int, parents: dict[int, int]) -> tuple[int, ...]:
    """Children, their children and so on, by what is known of every process's parent."""
    found = [pid]
    for one in found:  # which grows meanwhile
        found += sorted(child for child, parent in parents.items() if parent == one)
    return tuple(found[1:])


def parent_in(stat: str) -> int:
    """The parent's id in the text of /proc/PID/stat."""
    return int(stat.rpartition(")")[2].split()[PARENT])


def idle_in(stat: str) -> float:
    """Seconds that all cores together were idle, in the text of /proc/stat."""
    columns = stat.partition("\n")[0].split()
    return (int(columns[IDLE]) + int(columns[IO_WAIT])) / TICKS


def resident_in(status: str) -> int:
    """kB in memory, in the text of /proc/PID/status."""
    return int(status.partition("\nVmRSS:")[2].split()[0])


def usage(processes: Processes, helpers: Sequence[int] = ()) -> Usage:
    """What has been used so far. Helpers are further processes of the load that still run.
    Raises ProcessEnded."""
    mine_and_waited = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    load = sum(who.ru_utime + who.ru_stime for who in mine_and_waited)
    return Usage(
        time.monotonic(),
        _on_core(processes.signalling),
        sum(map(_on_core, processes.workers)),
        load + sum(map(_on_core, helpers)),
        idle_in((PROC / "stat").read_text()),
    )


def memory(processes: Processes) -> Memory:
    """What is in memory now."""
    return Memory(_resident(processes.signalling), sum(map(_resident, processes.workers)))


def wait_until_quiet(
    processes: Processes, *, most: float, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Wait until the switch has nothing to do for a moment, `most` seconds at most."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        before = usage(processes)
        sleep(0.2)
        spent = usage(processes).since(before)
        if spent.signalling + spent.workers < 0.02 * spent.wall:
            return True
    return False


def _on_core(pid: int) -> float:
    """Seconds of all threads. Raises ProcessEnded."""
    try:
        return time.clock_gettime(~pid << 3 | CLOCK_OF_A_PROCESS)
    except OSError:
        raise ProcessEnded(f"process {pid} has ended") from None


def _resident(pid: int) -> int:
    return resident_in((PROC / str(pid) / "status").read_text())


def _parents() -> dict[int, int]:
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = parent_in((folder / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # gone meanwhile
    return parents
