"""Is this message fit to be worked with? (RFC 3261 §8.1.1, §8.2.2.1, §16.3 step 1)

Every field that the core reads later is parsed here once, so that reading it cannot fail
afterwards. Credentials are the exception: a bad login is not a bad request, and `digest` reads it.
What needs to know the switch (methods, extensions, content) is decided in `uas`.
"""

from typing import NamedTuple

from .errors import ParseError, excerpt
from .fields import NameAddr
from .headers import Headers
from .message import Message, Request
from .parser import VERSION
from .uri import SIP_SCHEMES

MAGIC_COOKIE = "z9hG4bK"
"""Starts the branch of every RFC 3261 peer, which then is unique (§8.1.1.7)."""
MAX_FORWARDS = 255
"""The largest value that §8.1.1.6 and §20.22 know."""
USUAL_HOPS = frozenset(map(str, range(MAX_FORWARDS + 1)))
"""Values that need no closer look."""
MAX_ADDRESSES = 200
"""Commas in all lines of one list: as many as there may be lines. A datagram full of addresses
would take 40 ms to read."""

ROUTING_FIELDS = ("Route", "Record-Route", "Path")
"""Lists of addresses that may become the route set of a dialog or binding."""
TARGET_REFRESHERS = frozenset({"INVITE", "UPDATE"})
"""Their Contact becomes the dialog's remote target (§12.2, RFC 3311 §5.1)."""


class Rejection(NamedTuple):
    """What to answer instead of working on the request."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def check(request: Request) -> Rejection | None:
    """What is wrong with the request; None when nothing is. An ACK is never answered: drop it."""
    if request.version != VERSION:
        return Rejection(505)
    try:
        check_fields(request)
        _check_request(request)
        uri = request.request_uri
        # §8.2.2.1; after the fields, because an answer needs them to be sound.
        if uri.scheme not in SIP_SCHEMES:
            return Rejection(416)
        # A Request-URI carries no header fields (§19.1.1); they would be somebody's Route
        # (RFC 4475 §3.2.11).
        if uri.headers:
            raise ParseError("header fields in the Request-URI")
    except ParseError as error:
        return Rejection(error.status, f"Bad Request: {error.problem}")
    return None


def check_fields(message: Message, whole_contacts: bool = True) -> None:
    """What requests and responses need alike. Raises ParseError.

    Of a redirection each Contact is read by itself: one that is broken spoils no other.
    """
    if message.branch == MAGIC_COOKIE:
        # All such requests would be one transaction (RFC 4475 §3.2.1).
        raise ParseError("branch is nothing but the magic cookie")
    message.identify()
    call_id = message.call_id
    if " " in call_id or "\t" in call_id:
        raise ParseError(f"Call-ID {excerpt(call_id)} has blanks in it")
    headers = message.headers
    first = headers.first
    for name in ROUTING_FIELDS:
        if name in first:
            _check_length(headers, name)
            for value in headers.values(name):
                if not NameAddr.parse(value).uri.is_sip:
                    raise ParseError(f"{name} {excerpt(value)} is not a SIP URI")
    if "Contact" in first:
        if len(first["Contact"]) > MAX_ADDRESSES or len(first) < len(headers.items):
            _check_length(headers, "Contact")
        if whole_contacts:
            message.contacts  # noqa: B018  # for its errors


def _check_length(headers: Headers, name: str) -> None:
    """Refuse endless lists before they are taken apart."""
    lines = headers.all(name)
    if len(lines) == 1 and len(lines[0]) <= MAX_ADDRESSES:
        return  # too short for so many commas
    if sum([line.count(",") for line in lines]) > MAX_ADDRESSES:
        raise ParseError(f"more than {MAX_ADDRESSES} values of {name}")


def _check_request(request: Request) -> None:
    # Both are there to be compared, so that nobody can be told one and do the other (§8.1.1.5).
    method = request.method
    if request.cseq.method != method:
        raise ParseError(f"CSeq says {excerpt(request.cseq.method)}")
    first = request.headers.first
    if first.get("Max-Forwards") not in USUAL_HOPS and (request.max_forwards or 0) > MAX_FORWARDS:
        raise ParseError(f"Max-Forwards {request.max_forwards} is above {MAX_FORWARDS}")
    if method == "REGISTER":
        # Only SIP users can be registered (§10.3; RFC 4475 §3.3.4).
        if not request.to.uri.is_sip:
            raise ParseError(f"To {excerpt(str(request.to.uri))} cannot be registered")
    elif method == "INVITE" or "Contact" in first:
        _check_target(request)


def _check_target(request: Request) -> None:
    """A request that makes or refreshes a dialog says where its sender can be reached."""
    contacts = request.contacts
    if not contacts and request.headers.first.get("Contact"):
        raise ParseError("Contact * outside REGISTER")
    if request.method in TARGET_REFRESHERS:
        for contact in contacts:
            if contact.uri.scheme not in SIP_SCHEMES:
                raise ParseError(f"Contact {excerpt(str(contact.uri))} is not a SIP URI")
    if request.method == "INVITE" and not request.to_tag:
        # Exactly one (§8.1.1.8); RFC 2543 peers, known by their branch, need not have one.
        if len(contacts) > 1:
            raise ParseError("more than one Contact")
        if not contacts and request.branch.startswith(MAGIC_COOKIE):
            raise ParseError("no Contact")
