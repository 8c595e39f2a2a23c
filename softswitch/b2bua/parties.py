"""What users do in calls, as lamps show it: dialling, ringing, talking (RFC 4235 §3.7.1).

    101 dials 102            101: initiator, early       102: recipient, early, once a phone rings
    102 picks up             101: initiator, confirmed   102: recipient, confirmed

The dialogs are described as the phone of the user has them: its tag is the local one, ours the
remote one. A phone that wants the call instead names these tags in a Replaces (RFC 3891), and we
are the far end of that dialog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua.call import Stage
from softswitch.b2bua.leg import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.b2bua.switchboard import Switchboard

EARLY, CONFIRMED = "early", "confirmed"
INITIATOR, RECIPIENT = "initiator", "recipient"
SHOWN_STATES = {State.RINGING: EARLY, State.UP: CONFIRMED}
"""Of the legs of devices. Who has only got an INVITE may not be there at all."""


class Party(NamedTuple):
    """One user in one call."""

    id: str
    """The same for as long as the user is in the call."""
    state: str
    direction: str = ""
    call_id: str = ""
    local_tag: str = ""
    """That of the user's phone."""
    remote_tag: str = ""
    number: str = ""
    """Who is at the other end; empty: nobody may know."""
    name: str = ""

    @property
    def rings(self) -> bool:
        """Whether somebody else could take the call."""
        return self.state == EARLY and self.direction == RECIPIENT


def parties(board: Switchboard, users: Set[str]) -> dict[str, tuple[Party, ...]]:
    """What these users do at the moment: what rings first, then in the order the calls came.

    Looks through all calls, once; users who are in none are not in the answer.
    """
    found: dict[str, list[Party]] = {}
    for call in board.calls.values():
        if not users.isdisjoint(call.parties):
            for user in users & set(call.parties):
                found.setdefault(user, []).extend(_of(call, user))
    return {user: tuple(sorted(some, key=_order)) for user, some in found.items() if some}


def _order(party: Party) -> bool:
    """Many phones show the first of several dialogs, and what rings can still be taken."""
    return not party.rings


def _of(call: Call, user: str) -> Iterator[Party]:
    if call.known is not None and call.caller_user == user:
        yield _caller(call)
    legs = [
        leg
        for leg in call.devices
        if leg.account == user and leg.trunk is None and leg.state in SHOWN_STATES
    ]
    if legs:
        # All phones of the user ring in one call, and whoever takes it takes it from all of them.
        yield _device(max(legs, key=_preference))


def _preference(leg: Leg) -> tuple[bool, bool]:
    return leg.state is State.UP, leg.dialog is not None


def _caller(call: Call) -> Party:
    leg, answerer = call.caller, call.answerer
    number = answerer.party if answerer is not None else call.callee
    known = call.board.directory.get(number)
    state = CONFIRMED if call.stage is Stage.ANSWERED else EARLY
    name = known.name if known is not None else ""
    return _party(leg, f"{call.id}-{INITIATOR}", state, INITIATOR, number, name)


def _device(leg: Leg) -> Party:
    who, call = leg.call.identity, leg.call
    state = SHOWN_STATES[leg.state]
    return _party(leg, f"{call.id}-{RECIPIENT}", state, RECIPIENT, who.shown, who.shown_name)


def _party(leg: Leg, key: str, state: str, direction: str, number: str, name: str) -> Party:
    tag = leg.dialog.remote_tag if leg.dialog is not None else ""
    return Party(key, state, direction, leg.sip_call_id, tag, leg.local_tag, number, name)
