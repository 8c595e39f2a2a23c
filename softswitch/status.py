"""What the running switch answers to commands: its calls, registrations and traces, for JSON.

The handlers of the control socket. They read what others keep and change nothing.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from softswitch.control import CannotAnswer, Handler
from softswitch.location import Binding
from softswitch.sip.flow import bracketed
from softswitch.trace import Tracer

if TYPE_CHECKING:
    from softswitch.b2bua.calls import CallSnapshot

MAX_NAMED = 5
"""Calls that are named when an id is not clear."""


class Switching(Protocol):
    """What is asked of the calls."""

    def snapshot(self) -> "Sequence[CallSnapshot]": ...


class Registrations(Protocol):
    """What is asked of the location service."""

    def all(self) -> Iterable[Binding]: ...


class WallClock(Protocol):
    """What is asked of the clock."""

    def wall(self) -> float: ...


class Status:
    """Reads the running switch; each subject is a method that takes the request."""

    def __init__(
        self, calls: Switching, location: Registrations, tracer: Tracer, clock: WallClock
    ) -> None:
        self._calls = calls
        self._location = location
        self._tracer = tracer
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """For a ControlServer."""
        return {"calls": self.calls, "registrations": self.registrations, "trace": self.trace}

    def calls(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A row for every call that rings or is up."""
        return [asdict(call) for call in self._calls.snapshot()]

    def registrations(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A row for every device, by user."""
        now = self._clock.wall()
        live = [one for one in self._location.all() if one.expires_at > now]
        return [_registration(one) for one in sorted(live, key=lambda one: (one.user, one.id))]

    def trace(self, request: Mapping[str, Any]) -> dict[str, str] | None:
        """The messages of the call whose id begins with `call`, in base64; None if none is held.

        Raises CannotAnswer when several begin so.
        """
        found = self._tracer.find(str(request.get("call", "")))
        if len(found) > 1:
            more = ", …" if len(found) > MAX_NAMED else ""
            raise CannotAnswer(f"{len(found)} calls begin so: {', '.join(found[:MAX_NAMED])}{more}")
        messages = self._tracer.packed(found[0]) if found else None
        if messages is None:
            return None
        return {"call_id": found[0], "messages": base64.b64encode(messages).decode()}


def _registration(binding: Binding) -> dict[str, Any]:
    host, port = binding.flow.remote
    return {
        "user": binding.user,
        "contact": binding.contact,
        "remote": f"{binding.flow.protocol} {bracketed(host)}:{port}",
        "nat": binding.nat,
        "user_agent": binding.user_agent,
        "registered_at": binding.registered_at,
        "expires_at": binding.expires_at,
        "reachable": binding.reachable,
        "rtt": binding.rtt,
    }
