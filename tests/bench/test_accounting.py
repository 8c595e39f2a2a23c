"""Reading what Linux counts."""

import os
import subprocess
import threading
import time

import pytest

from bench.accounting import (
    TICKS,
    ProcessEnded,
    Processes,
    Usage,
    descendants,
    idle_in,
    memory,
    parent_in,
    resident_in,
    usage,
)


def test_children_and_their_children_are_found_but_nobody_else() -> None:
    parents = {1: 0, 10: 1, 12: 10, 11: 10, 20: 12, 30: 1}
    assert descendants(10, parents) == (11, 12, 20)
    assert descendants(30, parents) == ()


def test_a_name_with_blanks_and_brackets_does_not_hide_the_parent() -> None:
    assert parent_in("42 (a) b (c)) S 7 42 42 0 -1") == 7


def test_waiting_for_the_disk_is_idle_too() -> None:
    stat = f"cpu  1 2 3 {5 * TICKS} {2 * TICKS} 0 9 0 0 0\ncpu0 1 2 3 4 5 6 7 0 0 0\n"
    assert idle_in(stat) == 7.0


def test_resident_memory_is_found_among_the_rest() -> None:
    assert resident_in("Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t  123 kB\nThreads:\t1\n") == 123


def test_others_had_what_was_neither_idle_nor_ours() -> None:
    before = Usage(wall=10.0, signalling=1.0, workers=0.5, load=2.0, idle=100.0)
    after = Usage(wall=14.0, signalling=2.0, workers=0.75, load=3.0, idle=105.0)
    assert after.since(before).foreign(cores=2) == 8.0 - 1.0 - 0.25 - 1.0 - 5.0


def test_rounding_makes_no_negative_share_of_others() -> None:
    assert Usage(wall=1.0, signalling=0.5, workers=0.0, load=0.0, idle=1.51).foreign(2) == 0.0


def test_this_process_has_used_time_and_memory() -> None:
    me = Processes(os.getpid(), ())
    assert usage(me).signalling > 0
    assert memory(me).signalling > 1000
    assert memory(me).workers == 0


def test_time_on_a_core_is_that_of_all_threads_also_of_those_that_have_ended() -> None:
    before = usage(Processes(os.getpid(), ()))
    thread = threading.Thread(target=_work)
    thread.start()
    thread.join()
    assert usage(Processes(os.getpid(), ())).since(before).signalling >= 0.01


def test_a_helper_that_still_runs_is_part_of_the_load() -> None:
    me = Processes(os.getpid(), ())
    alone, helped = usage(me), usage(me, [os.getpid()])
    assert helped.load - alone.load > 0.9 * time.process_time() - 0.01


def test_a_process_that_has_ended_is_told() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with pytest.raises(ProcessEnded):
        usage(Processes(ended.pid, ()))


def _work() -> None:
    until = time.thread_time() + 0.01
    while time.thread_time() < until:
        pass
