"""The way of a call in words, for its record (features FWD-16).

Anna -> 101 (no answer 30 s) -> +48600100100 (busy) -> voicemail 101
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.routing.decision import Conference, Dial, Retrieve, Ring, Voicemail
from softswitch.routing.plan import shown

if TYPE_CHECKING:
    from softswitch.routing.decision import Decision, Hop

RETURN = "return"
"""The situation of a forward that comes back: of whom it comes back, that is known already."""


class Path:
    """Who was tried, one after the other, and what became of each."""

    __slots__ = ("_noted", "_seen", "_stations")

    def __init__(self, dialled: str) -> None:
        self._stations = [shown(dialled)]
        self._noted = False
        """Whether it is said what became of the last one."""
        self._seen = 0
        """Hops of the call's route that are on it."""

    @property
    def is_straight(self) -> bool:
        """Nobody was tried but the one who was dialled."""
        return len(self._stations) == 1

    def follow(self, decision: Decision) -> None:
        """Routing sends the call there."""
        came_by_hop = self.pass_by(getattr(decision, "hops", ()))
        party = _party(decision)
        if came_by_hop or (isinstance(decision, Dial) and self.is_straight and not self._noted):
            self._stations[-1] = party  # which says it better than the configuration, or a finger
        elif party and party != self._stations[-1]:
            if isinstance(decision, Voicemail):
                self.note(decision.reason)
            self._go_to(party)

    def pass_by(self, hops: tuple[Hop, ...]) -> bool:
        """These are the forwards so far; are some of them new?"""
        news = hops[self._seen :]
        for hop in news:
            if hop.situation != RETURN:
                self.note(hop.situation)
            self._go_to(hop.to.replace(":", " "))
        self._seen = len(hops)
        return bool(news)

    def note(self, outcome: str, seconds: float = 0.0) -> None:
        """What became of who was tried last, and after how long; the first word counts."""
        if self._noted:
            return
        self._noted = True
        words = outcome.replace("_", " ")
        after = f" {seconds:.0f} s" if seconds >= 1.0 else ""
        self._stations[-1] += f" ({words}{after})"

    def _go_to(self, station: str) -> None:
        self._stations.append(station)
        self._noted = False

    def told(self, caller: str) -> str:
        """All of it, in one line."""
        return " -> ".join((caller, *self._stations))


def _party(decision: Decision) -> str:
    """Whom a decision leads to; empty: nobody but the switch, which was dialled."""
    if isinstance(decision, Ring):
        return decision.user
    if isinstance(decision, Dial):
        return decision.number
    if isinstance(decision, Voicemail):
        return f"voicemail {decision.user}"
    if isinstance(decision, Conference):
        return f"conference {decision.room}"
    return "voicemail" if isinstance(decision, Retrieve) else ""
