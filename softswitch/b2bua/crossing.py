"""The one list of what crosses from one leg to the other. What is not named here stays behind.

The legs are dialogs of our own (Call-ID, tags, CSeq, Contact, Via, Allow, Supported), and the
caller's identity is the user that logged in: From, P-Asserted-Identity, Diversion or X- fields of
a phone are its own business and never reach another phone.

    INVITE        Alert-Info (RFC 3261 §20.4), Priority, Subject, User-to-User (RFC 7433)
    18x           Alert-Info, User-to-User
    2xx           User-to-User
    CANCEL, BYE,  Reason (RFC 3326), User-to-User
    refusal       Reason
    refused re-   Reason, Retry-After
    INVITE, UPDATE
    bodies        session descriptions, at our address (media/negotiation.py); those of INFO as
                  they are
    Max-Forwards  one less
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softswitch.sip.headers import Headers
    from softswitch.sip.message import Request

Fields = list[tuple[str, str]]

UUI = "User-To-User"
"""User-to-User, as the parser spells every name."""

INVITATION = ("Alert-Info", "Priority", "Subject", UUI)
PROGRESS = ("Alert-Info", UUI)
ANSWER = (UUI,)
RELEASE = ("Reason", UUI)
REFUSAL = ("Reason",)
REOFFER_REFUSAL = ("Reason", "Retry-After")

MAX_LINES = 4
"""Lines of one name that cross: two Reasons, or the Alert-Info of two vendors, are usual."""

MAX_LENGTH = 512
"""Characters of a value that crosses: a phone must not make our INVITE too big for a datagram."""

MAX_FORWARDS = 70


def cross(headers: Headers, names: tuple[str, ...]) -> Fields:
    """The header fields of a message that may go on to the other leg."""
    fields: Fields = []
    first = headers.first
    for name in names:
        if name in first:
            values = headers.all(name)[:MAX_LINES]
            fields += [(name, value) for value in values if len(value) <= MAX_LENGTH]
    return fields


def hops_left(request: Request) -> int:
    """Max-Forwards of the request on the other leg: a call must not circle for ever (RFC 7332)."""
    hops = request.max_forwards
    return MAX_FORWARDS if hops is None else max(min(hops, MAX_FORWARDS) - 1, 0)
