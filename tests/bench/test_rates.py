"""What a run at a fixed rate says."""

import pytest

from bench.accounting import Usage
from bench.phones import Load
from bench.rates import Run, numbers


def run(*, succeeded: int = 1000, repeated: int = 0, wall: float = 11.0, idle: float = 20.0) -> Run:
    """1000 calls at 100/s, with a tail of one second, on two cores."""
    used = Usage(wall=wall, signalling=0.9, workers=0.1, load=1.0, idle=idle)
    return Run(100.0, Load(1000, succeeded, repeated, ()), used, cores=2, tail=1.0)


def test_cpu_is_that_of_all_processes_per_call_that_succeeded() -> None:
    assert run().cpu_ms == pytest.approx(1.0)
    assert run().workers_ms == pytest.approx(0.1)
    assert run(succeeded=500).cpu_ms == pytest.approx(2.0)


def test_no_success_is_no_division_by_zero() -> None:
    assert run(succeeded=0).cpu_ms == pytest.approx(1000.0)
    assert run(succeeded=0).failed == 1000


def test_a_run_is_disturbed_when_others_had_a_twentieth_of_a_core() -> None:
    assert not run(idle=19.5).disturbed
    assert run(idle=19.4).disturbed


def test_a_rate_is_sustained_with_a_failure_in_a_thousand_but_not_two() -> None:
    assert run(succeeded=999).sustained
    assert not run(succeeded=998).sustained


def test_a_rate_with_many_retransmissions_is_not_sustained() -> None:
    assert run(repeated=10).sustained
    assert not run(repeated=11).sustained


def test_a_rate_that_came_late_is_not_sustained() -> None:
    assert run(wall=11.5).sustained
    assert not run(wall=11.6).sustained


def test_lists_of_numbers_are_separated_by_commas() -> None:
    assert numbers("10,1000") == [10, 1000]
