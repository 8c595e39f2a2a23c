"""What routing asks of a user at the moment: is anybody there, who is talking, who insists.

Most users are in no call and want to be disturbed: for them all this is two look-ups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.b2bua.leg import State
from softswitch.location import target
from softswitch.routing.plan import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.b2bua.call import Call
    from softswitch.b2bua.switchboard import Subscriber, Switchboard
    from softswitch.location import Binding

DEVICE = "device"
"""Of `busy_scope`: each phone is busy by itself (CW-3)."""

MAX_KNOCKS = 1_000
"""Callers remembered who met a user that did not want to be disturbed; the oldest are forgotten."""

Knock = tuple[str, str]
"""The id of a call, and who calls; empty: nobody knows."""

QUIET = (State.CANCELLED, State.ENDING, State.OVER)
"""A phone whose leg is there is not in a call any more."""


def facts(board: Switchboard, knock: Knock, user: str) -> Facts:
    """What is true of a user whom a call is for."""
    bindings = board.location.bindings(user, board.clock.wall())
    calls = board.engaged.get(user, 0)
    known = board.directory.get(user)
    if known is None or (not calls and not known.dnd):
        return Facts(len(bindings), calls)
    is_free = bool(calls) and _by_itself(known) and bool(idle(board, user, bindings))
    insists = known.dnd and _insists(board, knock, user, known.dnd_repeat)
    return Facts(len(bindings), calls, insists, is_free)


def to_ring(call: Call, user: str) -> Sequence[Binding]:
    """The devices that ring for it: all, but where each is busy by itself those that are not."""
    board = call.board
    bindings = board.location.bindings(user, board.clock.wall())
    known = board.directory.get(user)
    if known is None or not _by_itself(known):
        return bindings
    return idle(board, user, bindings) or bindings


def _by_itself(known: Subscriber) -> bool:
    """Is each phone of this user busy by itself (CW-3)?"""
    return not known.call_waiting and known.busy_scope == DEVICE


def idle(board: Switchboard, user: str, bindings: Sequence[Binding]) -> list[Binding]:
    """Those of the devices that are in no call. All calls are looked through."""
    taken = {
        leg.flow.remote
        for call in board.calls.values()
        if user in call.parties
        for leg in (call.caller, *call.devices)
        if leg.account == user and leg.state not in QUIET
    }
    return [binding for binding in bindings if target(binding)[2].remote not in taken]


def _insists(board: Switchboard, knock: Knock, user: str, within: float | None) -> bool:
    """Has the same caller met this user's wish for quiet so lately (DND-2)?"""
    (call, caller), knocks, now = knock, board.knocks, board.agent.now()
    if within is None or not caller:
        return False
    before = knocks.pop((caller, user), None)
    if len(knocks) >= MAX_KNOCKS:
        del knocks[next(iter(knocks))]
    if before is not None and before[0] == call:
        knocks[caller, user] = before
        return False
    knocks[caller, user] = (call, now)
    return before is not None and now - before[1] <= within
