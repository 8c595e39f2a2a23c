"""Who sent a call on, and why, for whoever gets it (RFC 5806, RFC 7044).

    Diversion     the users who forwarded the call, the last one on top
    History-Info  the whole way: whom the call was for, and each one it came to

Only our own forwards are told. Of what a caller says there only the length is believed: that a call
was forwarded often is a reason to forward it no more (features FWD-12). For voicemail, trunks are
believed more (`diverted.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softswitch.routing.decision import Hop
    from softswitch.sip.headers import Headers

MAX_COUNTED = 20
"""More forwards than any call may have; the rest is not looked at."""

MAX_OCTETS = 8192
"""Of the lines that are counted: what is longer is not split up."""

REASONS = {
    "always": ("unconditional", 302),
    "dnd": ("do-not-disturb", 404),
    "busy": ("user-busy", 486),
    "no_answer": ("no-answer", 408),
    "unavailable": ("unavailable", 503),
    "rejected": ("deflection", 480),
    "redirect": ("deflection", 480),
    "return": ("unknown", 404),
}
"""Of Diversion (RFC 5806 §4), and the cause in a History-Info URI (RFC 4458 §2.1)."""

UNKNOWN = REASONS["return"]


def fields(
    hops: Sequence[Hop],
    host: str,
    *,
    privacy: bool = False,
    diversion: bool = True,
    history: bool = True,
) -> list[tuple[str, str]]:
    """Header fields for the INVITE behind these forwards; none for a call that had none.

    `privacy`: say that the number may be shown and that nobody has checked it, as carriers want
    to know.
    """
    found = []
    if diversion:
        ending = ";privacy=off;screen=no" if privacy else ""
        for hop in reversed(hops):
            reason = REASONS.get(hop.situation, UNKNOWN)[0]
            value = f"<sip:{hop.user}@{host}>;reason={reason};counter=1{ending}"
            found.append(("Diversion", value))
    return found + _history(hops, host) if history else found


def _history(hops: Sequence[Hop], host: str) -> list[tuple[str, str]]:
    """Each entry is one level below the one that it comes from (RFC 7044 §10.3)."""
    if not hops:
        return []
    index = "1"
    entries = [("History-Info", f"<sip:{hops[0].user}@{host}>;index=1")]
    for hop in hops:
        cause, above = REASONS.get(hop.situation, UNKNOWN)[1], index
        index += ".1"
        entry = f"<sip:{hop.to}@{host};cause={cause}>;index={index};mp={above}"
        entries.append(("History-Info", entry))
    return entries


def count(headers: Headers) -> int:
    """How often a call that arrives says that it was forwarded."""
    if "Diversion" not in headers.first and "History-Info" not in headers.first:
        return 0
    diversions = len(_values(headers, "Diversion"))
    history = sum("cause=" in entry for entry in _values(headers, "History-Info"))
    return min(MAX_COUNTED, max(diversions, history))


def _values(headers: Headers, name: str) -> list[str]:
    """The entries of a list; of one that is too long nothing but that it is."""
    if sum(map(len, headers.all(name))) > MAX_OCTETS:
        return ["cause="] * MAX_COUNTED
    return headers.values(name)
