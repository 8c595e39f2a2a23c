"""Whether this machine has io_uring for us, and what is said when it has not."""

import errno
import os
import sys

import pytest

from softswitch.media.engine.backends import choice, probe, uring_abi
from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.backends.uring import UringBackend
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.naming import AUTO, EPOLL, IO_URING
from tests.media.engine.backends.rings import needs_io_uring


@needs_io_uring
def test_where_io_uring_works_nothing_speaks_against_it() -> None:
    assert probe.why_not() == ""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSYS, "no io_uring"),
        (errno.EPERM, "not permitted"),
        (errno.EINVAL, "older than 6.1"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_refusal_says_why(monkeypatch: pytest.MonkeyPatch, number: int, reason: str) -> None:
    def refuse(*_: int) -> Ring:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(probe, "Ring", refuse)
    assert reason in probe.why_not()


def test_other_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "byteorder", "big")
    assert "little-endian" in probe.why_not()


@needs_io_uring
def test_a_kernel_that_ends_a_receive_at_once_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PATIENCE", 0.001)
    monkeypatch.setattr(Ring, "enter", lambda *_: None)
    assert "older than 6.1" in probe.why_not()


@needs_io_uring
def test_completions_without_a_buffer_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uring_abi, "IORING_CQE_F_MORE", 1 << 30)
    assert "older than 6.1" in probe.why_not()


@needs_io_uring
@pytest.mark.parametrize("wanted", [AUTO, IO_URING])
def test_io_uring_is_taken_where_it_works(wanted: str) -> None:
    chosen = choice.choose(wanted)
    assert isinstance(chosen.backend, UringBackend)
    assert (chosen.text, chosen.disappointing) == ("io_uring", False)
    chosen.backend.end()


def test_epoll_is_taken_when_it_is_wanted() -> None:
    chosen = choice.choose(EPOLL)
    assert isinstance(chosen.backend, EpollBackend)
    assert (chosen.text, chosen.disappointing) == ("epoll, as configured", False)
    chosen.backend.end()


@pytest.mark.parametrize(("wanted", "disappointing"), [(AUTO, False), (IO_URING, True)])
def test_epoll_is_taken_where_nothing_else_works_and_why_is_told(
    monkeypatch: pytest.MonkeyPatch, wanted: str, disappointing: bool
) -> None:
    monkeypatch.setattr(choice, "why_not", lambda: "io_uring is not permitted here")
    chosen = choice.choose(wanted)
    assert isinstance(chosen.backend, EpollBackend)
    assert chosen.text == "epoll: io_uring is not permitted here"
    assert chosen.disappointing is disappointing
    chosen.backend.end()


def test_a_backend_that_fails_after_a_good_probe_is_replaced_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> UringBackend:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(choice, "why_not", lambda: "")
    monkeypatch.setattr(choice, "UringBackend", fail)
    chosen = choice.choose()
    assert isinstance(chosen.backend, EpollBackend)
    assert chosen.text == "epoll: io_uring: Cannot allocate memory"
    chosen.backend.end()
