"""REGISTERs of a phone, and bindings, for tests that bend one thing about them.

The phone is user 100 at 192.0.2.1:5062, and registers over UDP from there.
"""

from collections.abc import Iterable
from typing import Any

from softswitch.location import Binding
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request

from .sip_peers import make_request, parse_request

NOW = 1_800_000_000.0
PHONE = Flow("UDP", ("192.0.2.10", 5060), ("192.0.2.1", 5062))
CONTACT = "<sip:100@192.0.2.1:5062>"


def register(
    *contacts: str,
    cseq: int = 1,
    call_id: str = "registration-1",
    branch: str = "z9hG4bK-1",
    to: str = "<sip:100@192.0.2.10>",
    headers: Iterable[tuple[str, str]] = (),
) -> Request:
    """A REGISTER with these contacts; without any it only asks."""
    data = make_request(
        "REGISTER",
        "sip:192.0.2.10",
        branch=branch,
        call_id=call_id,
        cseq=cseq,
        headers=[*(("Contact", contact) for contact in contacts or ("",)), *headers],
    )
    if not contacts:
        data = data.replace(b"Contact: \r\n", b"")
    return parse_request(data.replace(b"To: <sip:101@192.0.2.10>", f"To: {to}".encode()))


def binding(binding_id: int = 1, **other: Any) -> Binding:
    """What the phone has registered, an hour before it expires."""
    fields: dict[str, Any] = {
        "id": binding_id,
        "user": "100",
        "contact": "sip:100@192.0.2.1:5062",
        "flow": PHONE,
        "path": (),
        "call_id": "registration-1",
        "cseq": 1,
        "q": 1.0,
        "expires_at": NOW + 3600,
        "user_agent": "",
        "instance": "",
        "reg_id": 0,
        "registered_at": NOW,
        "refreshed_at": NOW,
    }
    return Binding(**(fields | other))
