"""Who goes first on a machine with much to do."""

import os
from typing import Any

import pytest

from softswitch.media.engine.precedence import PRIORITY, take_precedence


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the kernel is asked for; it grants that."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "sched_setscheduler", lambda *arguments: calls.append(arguments))
    return calls


def test_a_worker_goes_before_other_programs_but_its_threads_do_not(
    asked: list[tuple[Any, ...]],
) -> None:
    assert take_precedence()
    ((process, policy, parameters),) = asked
    assert (process, parameters.sched_priority) == (0, PRIORITY)
    assert policy == os.SCHED_RR | os.SCHED_RESET_ON_FORK


def test_a_single_core_is_shared(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert not take_precedence()
    assert asked == []


def test_where_it_is_not_granted_the_worker_runs_as_everybody(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not take_precedence()
