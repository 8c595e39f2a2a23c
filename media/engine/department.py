"""A department of the worker: something that it does besides relaying, and that needs time."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from softswitch.media.engine.control import Message
from softswitch.media.engine.leg import Leg

Say = Callable[[Message], None]
"""Tells signalling something, with everything else that is said in this turn."""


class Department(Protocol):
    """Made once per worker, of its legs by number, `say` and a clock (seconds, monotonic)."""

    handlers: Mapping[type[Any], Callable[[Any], None]]
    """What it does when signalling says something, by the kind of the message."""

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do; infinity when never."""
        ...

    def tick(self, now: float) -> None:
        """It is time."""
        ...

    def renewed(self, leg: Leg) -> None:
        """The remote of a leg has been set that somebody attends to (`Leg.attended`), or that leg
        was joined or parted."""
        ...

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        ...

    def close(self) -> None:
        """The worker ends: leave nothing half written."""
        ...
