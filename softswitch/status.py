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


def handlers(calls: Switching, location: Registrations, tracer: Tracer) -> dict[str, Handler]:
    """For a ControlServer: `calls`, `registrations` and `trace`."""
    return {
        "calls": lambda request: [asdict(call) for call in calls.snapshot()],
        "registrations": lambda request: registrations(location.all()),
        "trace": lambda request: trace(tracer, request),
    }


def registrations(bindings: Iterable[Binding]) -> list[dict[str, Any]]:
    """A row for every device, by user."""
    return [_registration(one) for one in sorted(bindings, key=lambda one: (one.user, one.id))]


def trace(tracer: Tracer, request: Mapping[str, Any]) -> dict[str, str] | None:
    """The messages of the call whose id begins with `call`, in base64; None if none is held.

    Raises CannotAnswer when several begin so.
    """
    found = tracer.find(str(request.get("call", "")))
    if len(found) > 1:
        more = ", …" if len(found) > MAX_NAMED else ""
        raise CannotAnswer(f"{len(found)} calls begin so: {', '.join(found[:MAX_NAMED])}{more}")
    messages = tracer.packed(found[0]) if found else None
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
