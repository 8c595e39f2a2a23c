"""The world outside: which numbers it has, who may call them, and through which trunks."""

from dataclasses import dataclass, field
from typing import NamedTuple

from softswitch.routing.plan import Extension


class Number(NamedTuple):
    """A number outside."""

    e164: str
    """With `+`, or the digits as they were dialled when they are no public number."""
    kind: str
    """emergency, toll_free, local, national, mobile, shared_cost, premium, international,
    satellite or unknown."""
    country: str = ""
    """ISO 3166-1; empty: that of no country."""


class Allowed(NamedTuple):
    """A user may call a number."""

    because: str


class Refused(NamedTuple):
    """A user may not call a number."""

    because: str


@dataclass(frozen=True, slots=True)
class Outside:
    """The number plan, the trunks and the permissions."""

    trunks: tuple[str, ...] = ()
    numbers: dict[str, str] = field(default_factory=dict)
    """Our own numbers: E.164 → destination."""

    def normalise(self, dialled: str) -> Number | None:
        """The number that is meant; None when it is none."""
        return Number(dialled, "unknown") if dialled.startswith("+") else None

    def permitted(self, user: Extension, number: Number) -> Allowed | Refused:
        """May this user call it (OUT-3)?"""
        return Allowed(f"calls: {user.calls} allows {number.kind}")

    def way(self, number: Number) -> tuple[str, ...]:
        """The trunks to try for it, in this order."""
        return self.trunks
