"""Which switch is meant, and what belongs to it."""

import os
import subprocess
from pathlib import Path

import pytest

from bench.accounting import Processes
from bench.load.target import NoTarget, Target, address_in, target_of, together
from bench.switch import Switch


def test_an_address_has_a_port() -> None:
    assert address_in("127.0.0.1:5060") == ("127.0.0.1", 5060)


@pytest.mark.parametrize("text", ["asterix", "127.0.0.1", ":5060", "127.0.0.1:sip"])
def test_what_is_no_address_is_told_what_is_known(text: str) -> None:
    with pytest.raises(NoTarget, match="ours, asterisk, kamailio"):
        address_in(text)


def test_a_switch_that_runs_already_needs_its_process_id() -> None:
    with (
        pytest.raises(NoTarget, match="--pid"),
        target_of("127.0.0.1:5060", [], Path("/nowhere"), None),
    ):
        raise AssertionError


def test_a_process_that_is_not_there_is_told() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with pytest.raises(NoTarget, match=str(ended.pid)):
        together([ended.pid])


def test_a_process_that_is_named_twice_counts_once() -> None:
    child = subprocess.Popen(["sleep", "9"])
    try:
        me = os.getpid()
        both = together([child.pid, me])
        assert both.signalling == child.pid
        assert both.workers.count(me) == 1
        assert child.pid not in both.workers
        assert child.pid in together([me]).workers
    finally:
        child.kill()
        child.wait()


def test_phones_call_each_other_and_some_are_never_there() -> None:
    target = Target("x", Switch("127.0.0.1", 5060, Processes(1, ()), 150))
    assert (target.phones[0], target.phones[-1]) == (1000, 1149)
    assert len(target.callers) == len(target.callees)
    assert {*target.callers, *target.callees} == {*target.phones}
    assert (target.absent[0], target.absent[-1]) == (1150, 1199)
