"""Which backend a worker uses: what the configuration wants, as far as this machine allows it."""

from typing import NamedTuple

from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.backends.interface import Backend
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.backends.uring import UringBackend
from softswitch.media.engine.naming import AUTO, EPOLL, IO_URING


class Choice(NamedTuple):
    """A backend, and what to say about it."""

    backend: Backend
    text: str
    disappointing: bool
    """It is not what the configuration asks for."""


def choose(wanted: str = AUTO) -> Choice:
    """io_uring unless it is not wanted, or does not work here; epoll works everywhere."""
    if wanted == EPOLL:
        return Choice(EpollBackend(), "epoll, as configured", False)
    reason = why_not()
    if not reason:
        try:
            return Choice(UringBackend(), "io_uring", False)
        except OSError as error:
            reason = f"io_uring: {error.strerror}"
    return Choice(EpollBackend(), f"epoll: {reason}", wanted == IO_URING)
