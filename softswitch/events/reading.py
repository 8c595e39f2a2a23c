"""What a SUBSCRIBE asks for (RFC 6665 §3.1, §4.2.1), or why it cannot be given."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from softswitch.sip.errors import ParseError
from softswitch.sip.fields import is_token, parse_number, parse_params
from softswitch.sip.message import Request

SHORTEST = 60
"""Seconds. Who wants less would ask more often than anything changes (§4.2.1.1)."""
LONGEST = 3600
"""Seconds, and what is meant when nothing is said (RFC 3842 §3.4)."""


class Refusal(NamedTuple):
    """What to answer instead."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Wish(NamedTuple):
    """A SUBSCRIBE, read."""

    package: str
    event: str
    """The Event of its notifications: package, and the id that the subscriber chose, if any."""
    seconds: int
    """For how long; 0: tell me once, or no more."""


def read(request: Request, packages: Collection[str]) -> Wish | Refusal:
    """Read a SUBSCRIBE; `packages` are those that there are."""
    try:
        package, event = _event(request.headers.get("Event") or "")
        if package not in packages:
            return Refusal(489, headers=(("Allow-Events", ", ".join(packages)),))
        contact = request.contact
        if contact is None or not contact.uri.is_sip:
            return Refusal(400, "Bad Request: no SIP Contact")  # notifications have to go somewhere
        return _duration(request, package, event)
    except ParseError as error:
        return Refusal(400, f"Bad Request: {error.problem}")


def _event(value: str) -> tuple[str, str]:
    """The package, and the Event of notifications (§8.2.1: of the parameters only `id` is ours)."""
    name, semicolon, rest = value.partition(";")
    package = name.strip()
    event_id = parse_params(semicolon + rest).get("id")
    if event_id is None:
        return package, package
    if not is_token(event_id):
        raise ParseError("the id of the event is no token")
    return package, f"{package};id={event_id}"


def _duration(request: Request, package: str, event: str) -> Wish | Refusal:
    value = request.headers.get("Expires")
    seconds = LONGEST if value is None else parse_number(value)
    if 0 < seconds < SHORTEST:
        return Refusal(423, headers=(("Min-Expires", str(SHORTEST)),))
    return Wish(package, event, min(seconds, LONGEST))


def accepts(lines: Iterable[str], content_type: str) -> bool:
    """Whether the lines of an Accept let us send this type; without any line it is the default."""
    kinds = {kind.partition(";")[0].strip().lower() for line in lines for kind in line.split(",")}
    if not kinds:
        return True
    return not kinds.isdisjoint((content_type, f"{content_type.partition('/')[0]}/*", "*/*"))
