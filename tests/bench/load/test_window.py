"""Windows, and runs until nobody has disturbed them."""

import os

import pytest

from bench.accounting import Processes, Usage
from bench.load.window import Row, Stopwatch, Window, undisturbed


def window(idle: float) -> Window:
    used = Usage(wall=10.0, signalling=0.9, workers=0.1, load=1.0, idle=idle)
    return Window(used, cores=2)


def test_a_window_tells_what_the_switch_and_others_had() -> None:
    row = window(idle=17.0).row(most_foreign=0.05)
    assert row["cpu_s"] == 1.0
    assert row["core_share"] == pytest.approx(0.1)
    assert row["foreign_share"] == pytest.approx(0.1)
    assert row["disturbed"]
    assert not window(idle=17.6).row(most_foreign=0.05)["disturbed"]


def test_a_stopwatch_measures_this_process() -> None:
    watch = Stopwatch(Processes(os.getpid(), ()))
    assert watch.stop().cpu > 0


def rows(*disturbed: bool, runs: int, retries: int) -> list[bool]:
    answers = iter(disturbed)

    def measure() -> Row:
        return {"disturbed": next(answers)}

    return [row["disturbed"] for row in undisturbed(measure, runs, retries)]


def test_undisturbed_runs_are_as_many_as_wanted() -> None:
    assert rows(False, False, False, runs=2, retries=3) == [False, False]


def test_a_disturbed_run_is_told_and_tried_again() -> None:
    assert rows(True, False, False, runs=2, retries=3) == [True, False, False]


def test_runs_are_tried_again_only_so_often() -> None:
    assert rows(*[True] * 9, runs=1, retries=2) == [True] * 3
