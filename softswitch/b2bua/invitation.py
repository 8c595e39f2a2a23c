"""What is sent to ring somebody: our INVITE, to a phone or to a trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.b2bua import ringing
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from softswitch.b2bua.leg import Leg
    from softswitch.sip.message import Response


def send(
    leg: Leg,
    uri: str,
    body: bytes,
    on_response: Callable[[Response], None],
    on_failure: Callable[[str], None],
    *,
    sender: str,
    to: str,
    routes: Sequence[str] = (),
    fields: Iterable[tuple[str, str]] = (),
) -> None:
    """Invite the leg's peer. `sender` is our From without its tag, `fields` what else is said."""
    call = leg.call
    items = [
        ("Max-Forwards", str(call.hops_left)),
        *([("Route", route) for route in routes] if routes else ()),
        ("From", f"{sender};tag={leg.local_tag}"),
        ("To", to),
        ("Call-ID", leg.sip_call_id),
        ("CSeq", f"{leg.invited_as} INVITE"),
        ("Contact", leg.contact),
        ("Allow", ALLOW),
        *call.crossing,
        *fields,
    ]
    if body:
        items.append(("Content-Type", ringing.SDP))
    leg.invite = Request("INVITE", uri, Headers(items), body)
    leg.client = call.board.agent.request(leg.invite, leg.flow, on_response, on_failure)
