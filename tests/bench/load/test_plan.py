"""Options, and what counts as sustained."""

from argparse import ArgumentParser

import pytest

from bench.load.plan import MEASUREMENTS, QUICK, Plan, add_options, plan_of


def plan(*arguments: str) -> Plan:
    parser = ArgumentParser()
    add_options(parser)
    return plan_of(parser.parse_args(arguments))


def test_without_options_the_plan_is_the_full_one() -> None:
    assert plan() == Plan()
    assert plan().only == MEASUREMENTS


def test_what_is_said_is_stronger_than_quick() -> None:
    assert plan("--quick") == QUICK
    asked = plan("--quick", "--calls", "5,10", "--seconds", "2", "--runs", "4")
    assert (asked.calls, asked.seconds, asked.runs) == ((5, 10), 2.0, 4)


def test_some_measurements_may_be_chosen() -> None:
    assert plan("--only", "media,calls").only == ("media", "calls")


def test_a_measurement_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        plan("--only", "media,fax")
    assert "--only" in capsys.readouterr().err


def test_a_rate_passes_with_few_failures_in_time_and_soon() -> None:
    def passed(succeeded: int = 1000, sending: float = 1.0, p99: float = 10.0) -> bool:
        return Plan().rate_passed(1000, succeeded, sending, p99)

    assert passed(succeeded=999)
    assert not passed(succeeded=998)
    assert passed(sending=1.05)
    assert not passed(sending=1.06)
    assert passed(p99=1000.0)
    assert not passed(p99=1001.0)


def test_calls_pass_with_little_loss_and_delay_and_no_silence() -> None:
    def passed(loss: float = 0.0, delay: float = 1.0, silent: int = 0, wrong: int = 0) -> bool:
        return Plan().media_passed(loss=loss, delay_p99_ms=delay, silent=silent, wrong=wrong)

    assert passed(loss=0.0009, delay=20.0)
    assert not passed(loss=0.001)
    assert not passed(delay=20.1)
    assert not passed(silent=1)
    assert not passed(wrong=1)
