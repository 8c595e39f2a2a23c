"""Who has forwarded a call that comes by a trunk, as the switch before us tells it (FWD-10).

    Diversion: <sip:101@pbx>;reason=user-busy               101 was busy
    History-Info: <sip:101@pbx>;index=1
    History-Info: <sip:*98@pbx;cause=486>;index=1.1;mp=1    so was whoever stands at index 1

A carrier, or a telephone system behind us, is believed; what a phone says there is not. It counts
for calls to a number that leads to mailboxes, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from softswitch.b2bua.diversion import MAX_OCTETS, REASONS
from softswitch.b2bua.identity import read_number
from softswitch.routing.diverted import Forwarded
from softswitch.sip.errors import ParseError
from softswitch.sip.headers import NameAddr, unquote

if TYPE_CHECKING:
    from softswitch.sip.headers import Headers
    from softswitch.sip.uri import Uri

DIVERSION, HISTORY = "Diversion", "History-Info"

MAX_ENTRIES = 6
"""Of a field, the first forwards: no call that is worth taking has more behind it (FWD-12)."""

ALWAYS, UNAVAILABLE = "always", "unavailable"

OF_REASON = {
    **{
        reason: situation
        for situation, (reason, _) in REASONS.items()
        if situation not in ("redirect", "return")
    },
    "out-of-service": UNAVAILABLE,
}
"""Our word for a reason (RFC 5806 §4); whoever has another one has not tried the user."""

OF_CAUSE = {
    "302": ALWAYS,
    "408": "no_answer",
    "480": "rejected",
    "486": "busy",
    "487": "rejected",
    "503": UNAVAILABLE,
}
"""Our word for a cause (RFC 4458 §2.1). 404 says only that the user was not to be had."""


def is_told(headers: Headers) -> bool:
    """Does a call say that it was forwarded?"""
    return DIVERSION in headers.first or HISTORY in headers.first


def forwards(headers: Headers, normalise: Callable[[str], str]) -> Iterator[Forwarded]:
    """The forwards that a call has behind it, the first one first: those of Diversion, then those
    of History-Info. What cannot be read is left out; a field that is too long says nothing.

    `normalise` makes E.164 of what can be.
    """
    for uri, situation in chain(_diversions(headers), _history(headers)):
        number = read_number(uri)
        if number:
            yield Forwarded(tuple(dict.fromkeys((number, normalise(number)))), situation)


def _diversions(headers: Headers) -> Iterator[tuple[Uri, str]]:
    """The last forward is on top (RFC 5806 §5)."""
    for entry in _entries(headers, DIVERSION, slice(None, -MAX_ENTRIES - 1, -1)):
        reason = unquote(entry.params.get("reason") or "").lower()
        yield entry.uri, OF_REASON.get(reason, ALWAYS)


def _history(headers: Headers) -> Iterator[tuple[Uri, str]]:
    """An entry with a cause is where the call went then (RFC 4458); who sent it there, `mp` says,
    or the index one level above, or else it was the entry before (RFC 7044 §10.3, §10.4)."""
    before: Uri | None = None
    known: dict[str, Uri] = {}
    for entry in _entries(headers, HISTORY, slice(MAX_ENTRIES + 1)):
        cause = entry.uri.param("cause")
        index = entry.params.get("index") or ""
        above = entry.params.get("mp") or index.rpartition(".")[0]
        sender = known.get(above, before)
        if cause is not None and sender is not None:
            yield sender, OF_CAUSE.get(cause, UNAVAILABLE)
        known[index] = before = entry.uri


def _entries(headers: Headers, name: str, which: slice) -> Iterator[NameAddr]:
    """These entries of a list, without those that are unsound."""
    if sum(map(len, headers.all(name))) > MAX_OCTETS:
        return
    for value in headers.values(name)[which]:
        try:
            yield NameAddr.parse(value)
        except ParseError:
            continue
