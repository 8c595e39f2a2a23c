"""The world outside: which numbers it has, who may call them, and through which trunks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from softswitch.routing.numbering import Number, Numbering
from softswitch.routing.plan import Extension

NOTHING = "none"
"""Not even colleagues."""

LEVELS = (
    NOTHING,
    "internal",
    "toll_free",
    "local",
    "national",
    "mobile",
    "europe",
    "international",
    "everything",
)
"""How far a user may call; each level includes those before it (OUT-3)."""

NEEDED = {
    "emergency": "none",
    "toll_free": "toll_free",
    "local": "local",
    "national": "national",
    "mobile": "mobile",
    "shared_cost": "mobile",
    "international": "international",
    "unknown": "international",
    "satellite": "everything",
    "premium": "everything",
}
"""The level that each kind of number takes."""

EUROPEAN_UNION = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)

EUROPE = EUROPEAN_UNION | frozenset(
    (
        *("AD", "AL", "AX", "BA", "BY", "CH", "FO", "GB", "GG", "GI", "IM", "IS", "JE", "LI"),
        *("MC", "MD", "ME", "MK", "NO", "RS", "SJ", "SM", "UA", "VA", "XK"),
    )
)

ZONES = {"EU": EUROPEAN_UNION, "EUROPE": EUROPE}
"""Names that stand for many countries in lists."""


class Allowed(NamedTuple):
    """A user may call a number."""

    because: str


class Refused(NamedTuple):
    """A user may not call a number."""

    because: str


class Way(NamedTuple):
    """Which numbers go through which trunks."""

    match: tuple[str, ...]
    """Kinds of numbers, countries, zones or prefixes; empty: all."""
    via: tuple[str, ...]


class Entrance(NamedTuple):
    """Where calls go that come from outside to one of our numbers."""

    to: str
    """A destination; with a calendar that of all states that are not named."""
    origin: str
    """The line that says so."""
    by: str = ""
    """A calendar that decides, or none."""
    states: Mapping[str, str] = {}
    """The destination in each of its states."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The number plan, the trunks, what comes in and what may go out."""

    numbering: Numbering
    trunks: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    """The first that matches; none: all trunks, in their order."""
    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    """Our own numbers, E.164."""
    fallbacks: Mapping[str, Entrance] = field(default_factory=dict)
    """By trunk: where calls go to numbers that nobody has."""

    def normalise(self, dialled: str) -> Number | None:
        """The number that is meant; None when it is none."""
        return self.numbering.normalise(dialled)

    def permitted(self, user: Extension, number: Number) -> Allowed | Refused:
        """May this user call it (OUT-3)? Help may be called by everybody (EM-1)."""
        if number.kind == "emergency":
            return Allowed("emergency numbers are open to everybody")
        what = described(number)
        for name, entries in (("deny", user.deny), ("allow", user.allow)):
            entry = matching(entries, number)
            if entry is not None:
                where = f"{name} {entry} ({user.origin.get(name, 'default')})"
                if name == "deny":
                    return Refused(f"{where} forbids {what}")
                return Allowed(f"{where} permits {what}")
        level = permission(user)
        if LEVELS.index(user.calls) >= LEVELS.index(needed(number)):
            return Allowed(f"{level} permits {what}")
        return Refused(f"{level} does not include {what}: that takes {needed(number)}")

    def way(self, number: Number) -> tuple[str, ...]:
        """The trunks to try for it, in this order."""
        for one in self.ways:
            if not one.match or matching(one.match, number) is not None:
                return one.via
        return self.trunks


def permission(user: Extension) -> str:
    """`calls: national (conf/demo.yaml:12)`."""
    return f"calls: {user.calls} ({user.origin.get('calls', 'default')})"


def needed(number: Number) -> str:
    """The lowest level that includes a number."""
    if number.kind == "international" and number.country in EUROPE:
        return "europe"
    return NEEDED[number.kind]


def described(number: Number) -> str:
    """`+18765551234 (international, JM)`."""
    where = f", {number.country}" if number.country and number.kind == "international" else ""
    return f"{number.e164} ({number.kind}{where})"


def matching(entries: tuple[str, ...], number: Number) -> str | None:
    """The first entry of a list that means this number."""
    return next((entry for entry in entries if _matches(entry, number)), None)


def _matches(entry: str, number: Number) -> bool:
    if entry[:1] == "+" or entry[:1].isdigit():
        return number.e164.startswith(entry)
    zone = ZONES.get(entry.upper())
    if zone is not None:
        return number.country in zone
    return entry in (number.kind, number.country)
