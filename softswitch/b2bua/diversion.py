"""Who sent a call on, and why, for the phone or switch that gets it (RFC 5806, RFC 7044).

    Diversion     the users who forwarded the call, the last one on top
    History-Info  the whole way: whom the call was for, and each one it came to

Only our own forwards are told. Of what a caller says there only the length is believed: that a call
was forwarded often is a reason to forward it no more (features FWD-12).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softswitch.routing.decision import Hop
    from softswitch.sip.headers import Headers

MAX_COUNTED = 20
"""More forwards than any call may have; the rest is not looked at."""

REASONS = {
    "always": ("unconditional", 302),
    "busy": ("user-busy", 486),
    "no_answer": ("no-answer", 408),
    "unavailable": ("unavailable", 503),
    "rejected": ("deflection", 480),
    "return": ("unknown", 404),
}
"""Of Diversion (RFC 5806 §4), and the cause in a History-Info URI (RFC 4458 §2.1)."""


def fields(hops: Sequence[Hop], host: str) -> list[tuple[str, str]]:
    """Header fields for the INVITE behind these forwards; none for a call that had none."""
    diversions = [
        ("Diversion", f"<sip:{hop.user}@{host}>;reason={REASONS[hop.situation][0]};counter=1")
        for hop in reversed(hops)
    ]
    return diversions + _history(hops, host)


def _history(hops: Sequence[Hop], host: str) -> list[tuple[str, str]]:
    """Each entry is one level below the one that it comes from (RFC 7044 §10.3)."""
    if not hops:
        return []
    index = "1"
    entries = [("History-Info", f"<sip:{hops[0].user}@{host}>;index=1")]
    for hop in hops:
        cause, above = REASONS[hop.situation][1], index
        index += ".1"
        entry = f"<sip:{hop.to}@{host};cause={cause}>;index={index};mp={above}"
        entries.append(("History-Info", entry))
    return entries


def count(headers: Headers) -> int:
    """How often a call that arrives says that it was forwarded."""
    if "Diversion" not in headers and "History-Info" not in headers:
        return 0
    diversions = len(headers.values("Diversion"))
    history = sum("cause=" in entry for entry in headers.values("History-Info"))
    return min(MAX_COUNTED, max(diversions, history))
