"""Whom a phone names in a 3xx: what it wants to be called instead (features FWD-13).

The Contacts come from a phone, so they are looked at one by one, a few only, and of each nothing
but the user part counts: it is dialled as the phone's owner would dial it. To strange hosts nothing
is ever sent.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from softswitch.b2bua.identity import read_number
from softswitch.sip.errors import ParseError
from softswitch.sip.headers import NameAddr

if TYPE_CHECKING:
    from softswitch.sip.message import Response

MAX_CONTACTS = 20
"""Contacts that are read; whoever sends more means no good."""

MAX_TARGETS = 3
"""Of these so many are tried, the best ones."""


def targets(response: Response) -> tuple[str, ...]:
    """The numbers to try, the best q first (RFC 3261 §8.1.3.4); of equals the first named."""
    found: dict[str, float] = {}
    for value in response.headers.values("Contact")[:MAX_CONTACTS]:
        try:
            contact = NameAddr.parse(value)
        except ParseError:
            continue
        number = read_number(contact.uri)
        if number:
            found[number] = max(_q(contact.params.get("q")), found.get(number, 0.0))
    best = sorted(found, key=lambda number: -found[number])
    return tuple(best[:MAX_TARGETS])


def _q(text: str | None) -> float:
    """1 unless something sensible is said (RFC 3261 §20.10)."""
    try:
        q = float(text) if text else 1.0
    except ValueError:
        return 0.0
    return min(max(q, 0.0), 1.0) if isfinite(q) else 0.0
