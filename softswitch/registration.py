"""What a REGISTER asks for (RFC 3261 §10.3, RFC 3327, RFC 5626). Pure; `renewal` does it.

Everything a phone may write is bounded here, because it is kept for as long as an hour.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import NamedTuple

from softswitch.location import DEFAULT_PORT
from softswitch.sip.errors import ParseError
from softswitch.sip.fields import NameAddr, format_params, parse_number, split_commas, unquote
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from softswitch.sip.uri import Uri

DEFAULT_EXPIRES = 3600
"""Seconds, when the phone does not say, or says nonsense (§10.2.1.1)."""
MIN_EXPIRES = 60
MAX_EXPIRES = 3600
MAX_EXPIRES_BEHIND_NAT = 300
"""Over UDP. Routers forget; a phone that has to come back soon is soon found again (REG-3)."""

MAX_CONTACTS = 10
"""In one REGISTER. Each would be rung for every call: more are an attack."""

MAX_TEXT = 1024
"""Characters of a contact, a Call-ID or all paths: they are kept for an hour."""
MAX_USER_AGENT = 80

_q_value = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?").fullmatch


class Refusal(NamedTuple):
    """The request fails and nothing changes."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Wish:
    """One contact of a request, and what it asks for."""

    contact: str
    uri: Uri
    display: str
    params: str
    q: float
    expires: int
    instance: str
    reg_id: int
    nat: bool


@dataclass(slots=True)
class Registration:
    """A REGISTER, read."""

    user: str
    flow: Flow
    call_id: str
    cseq: int
    user_agent: str
    path: tuple[str, ...]
    everything: bool
    """`Contact: *`: all bindings are to go."""
    wishes: list[Wish]
    outbound: bool
    """Whether flows are told apart by their numbers (RFC 5626), and the phone is told so."""


def read(request: Request, flow: Flow, user: str) -> Registration | Refusal:
    """Understand a REGISTER that has been validated."""
    values = request.headers.values("Contact")
    expires = _seconds(request.headers.get("Expires"))
    path = tuple(request.headers.values("Path"))
    if values == ["*"]:
        # §10.3, 6: only to remove everything, so that nothing else is done by mistake.
        if request.headers.get("Expires") is None or expires != 0:
            return Refusal(400, "Contact * needs Expires 0")
        wishes = []
    else:
        if len(values) > MAX_CONTACTS:
            return Refusal(403, "Too Many Contacts")
        pairs = zip(values, request.contacts, strict=True)
        default = DEFAULT_EXPIRES if expires is None else expires
        wishes = [_wish(value, contact, default, flow, path) for value, contact in pairs]
        # Whoever says a thing twice has said it once, the last time.
        wishes = list({wish.contact: wish for wish in wishes}.values())
    registration = Registration(
        user=user,
        flow=flow,
        call_id=request.call_id,
        cseq=request.cseq.number,
        user_agent=sys.intern((request.headers.get("User-Agent") or "")[:MAX_USER_AGENT]),
        path=path,
        everything=values == ["*"],
        wishes=wishes,
        outbound=False,
    )
    return _refuse_excess(registration) or _outbound(request, registration) or registration


def _wish(value: str, contact: NameAddr, default: int, flow: Flow, path: tuple[str, ...]) -> Wish:
    params = dict(contact.params)
    expires = _seconds(params.pop("expires", None))
    uri = contact.uri
    instance = unquote(params.get("+sip.instance") or "")
    return Wish(
        contact=_as_written(value, uri),
        uri=uri,
        display=contact.display,
        params=format_params(params),
        q=_preference(params.get("q")),
        expires=default if expires is None else expires,
        instance=instance,
        # A flow number without an instance means nothing (RFC 5626 §6).
        reg_id=_flow_number(params.get("reg-id")) if instance else 0,
        # A proxy that adds itself to the path looks after the devices behind it.
        nat=not path and not _is_source(uri, flow),
    )


def _as_written(value: str, uri: Uri) -> str:
    """The URI letter by letter where that is easy: phones look for it in the answer."""
    if value.startswith("<"):
        return value[1 : value.index(">")].strip()
    return str(uri)


def _seconds(text: str | None) -> int | None:
    """None when nothing is said; nonsense means the default (§10.2.1.1)."""
    if text is None:
        return None
    try:
        return parse_number(text.strip())
    except ParseError:
        return DEFAULT_EXPIRES


def _preference(text: str | None) -> float:
    """The q value, 1 when there is none (§20.10)."""
    return float(text) if text is not None and _q_value(text) else 1.0


def _flow_number(text: str | None) -> int:
    """reg-id: 1 to 2**31 - 1 (RFC 5626 §4.2); 0 when there is none."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return 0
    number = int(text)
    return number if number < 2**31 else 0


def _is_source(uri: Uri, flow: Flow) -> bool:
    """Whether the contact is where the request came from. Connections come from any port."""
    if uri.address != flow.remote[0].lower():
        return False
    return flow.reliable or (uri.port or DEFAULT_PORT) == flow.remote[1]


def _refuse_excess(registration: Registration) -> Refusal | None:
    """What is too short to be worked with, and what is too long to be kept."""
    for wish in registration.wishes:
        if 0 < wish.expires < MIN_EXPIRES:
            return Refusal(423, headers=(("Min-Expires", str(MIN_EXPIRES)),))
        if len(wish.contact) + len(wish.display) + len(wish.params) > MAX_TEXT:
            return Refusal(400, "Contact Too Long")
    if len(registration.call_id) > MAX_TEXT or sum(map(len, registration.path)) > MAX_TEXT:
        return Refusal(400, "Call-ID or Path Too Long")
    return None


def _outbound(request: Request, registration: Registration) -> Refusal | None:
    """Several flows of one device (RFC 5626 §6): may their numbers be used?"""
    numbered = [wish for wish in registration.wishes if wish.reg_id]
    if not numbered:
        return None
    if sum(wish.expires > 0 for wish in registration.wishes) > 1:
        return Refusal(400, "One Contact For Each Flow")
    supported = {tag.lower() for tag in request.headers.values("Supported")}
    if _first_hop_keeps_flows(request, registration.path):
        registration.outbound = "outbound" in supported
    elif "outbound" in supported:
        return Refusal(439)
    else:
        for wish in numbered:
            wish.reg_id = 0
    return None


def _first_hop_keeps_flows(request: Request, path: tuple[str, ...]) -> bool:
    """Whether the device talks to us directly, or over a proxy that marked its flow with `ob`."""
    if path:
        return NameAddr.parse(path[0]).uri.has_param("ob")
    lines = request.headers.all("Via")
    return len(lines) == 1 and len(split_commas(lines[0])) == 1
