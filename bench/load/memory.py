"""Memory idle, per registered phone and per call with sound, and how many threads there are.

The first calls also pay for what a switch needs once, so as many more are measured apart. Pages
that several processes share count once: else a switch of many processes, such as Kamailio, would
have its shared memory many times.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle
from typing import NamedTuple

from bench.accounting import PROC, Processes
from bench.load.media import GOODBYE_RATE, SETTLE, SETUP_RATE
from bench.load.office import office_of
from bench.load.plan import Plan
from bench.load.sound import sound
from bench.load.target import Target
from bench.load.window import Row, settle

CLEAR_TIME = 20.0


class Held(NamedTuple):
    """What a switch has at one moment."""

    kilobytes: int
    threads: int
    own: int = 0
    """kB without programs and libraries, whose part changes with what else runs on the machine."""


def measure(target: Target, plan: Plan) -> Iterator[Row]:
    """One row: a second run would find everything warm."""
    processes = target.switch.processes
    settle(processes, CLEAR_TIME)
    idle = held(processes)
    with sound() as generator, office_of(target.switch, generator) as office:
        office.log_in(target.phones, remove=True)
        office.log_in(target.phones)
        settle(processes, CLEAR_TIME)
        registered = held(processes)
        pairs = cycle(zip(target.callers, target.callees, strict=True))
        calling = []
        for _ in range(2):
            office.call_in_turn(pairs, plan.memory_calls, SETUP_RATE)
            office.wait(SETTLE)
            calling.append(held(processes))
        up = len(office.up)
        office.hang_up_some(up, GOODBYE_RATE)
    settle(processes, CLEAR_TIME)
    yield row([idle, registered, *calling, held(processes)], len(target.phones), up)


def row(moments: Sequence[Held], phones: int, up: int) -> Row:
    """The figures: idle, with phones, with half of the calls, with all of them, and afterwards."""
    idle, registered, half, calling, _ = (moment.own for moment in moments)
    return {
        "test": "memory",
        "load": up,
        "phones": phones,
        "idle_mb": round(moments[0].kilobytes / 1024, 1),
        "kb_per_phone": round((registered - idle) / phones, 2),
        "kb_per_first_call": round((half - registered) / max(1, up / 2), 1),
        "kb_per_more_call": round((calling - half) / max(1, up / 2), 1),
        "after_mb": round(moments[4].kilobytes / 1024, 1),
        "threads_idle": moments[0].threads,
        "threads_calling": moments[3].threads,
        "disturbed": False,
    }


def held(processes: Processes) -> Held:
    """Memory and threads of all of them."""
    kilobytes = threads = own = 0
    for pid in (processes.signalling, *processes.workers):
        with suppress(FileNotFoundError, ProcessLookupError):
            smaps = (PROC / str(pid) / "smaps_rollup").read_text()
            kilobytes += kilobytes_in(smaps, "Pss")
            own += kilobytes_in(smaps, "Pss_Anon") + kilobytes_in(smaps, "Pss_Shmem")
            threads += len(list((PROC / str(pid) / "task").iterdir()))
    return Held(kilobytes, threads, own)


def kilobytes_in(smaps: str, name: str) -> int:
    """Of one kind, in the text of /proc/PID/smaps_rollup; Pss is shared pages in equal parts."""
    return int(smaps.partition(f"\n{name}:")[2].split()[0])
