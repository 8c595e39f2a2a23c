"""Whose turn it is: the phones of a user (hunt), or a number outside (outside).

What both have in common: 18x of a leg, a leg that is out, and the time to ring. Each leg comes to
one outcome; when none may still ring, their combination is what became of the turn (features 2.0,
routing/outcomes.py), and `call.conclude` says how the call goes on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, ringing
from softswitch.b2bua.leg import MAX_DIALOGS, RINGABLE, Leg, State
from softswitch.routing.outcomes import Outcome, combine, reason_header, ring_time_over
from softswitch.sip.message import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.b2bua.call import Call
    from softswitch.media.negotiation import Manner
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

FAILURES = {"timeout": 408, "transport": 503}
"""What the transaction layer's own failures count as (§8.1.3.1)."""

INCOMPATIBLE = "incompatible"
"""Result of a leg to which nothing could be offered."""

NOT_ANSWERED = ("Reason", reason_header(19))


def begin(call: Call, party: str, ring_time: float, confirms: str) -> None:
    """Somebody else's turn begins, who may ring for so many seconds.

    `confirms`: whoever answers has to press 1, and is asked in this user's language; "": not so.
    """
    call.turn = party
    call.turn_began = call.board.agent.now()
    call.hunted = []
    call.confirms = confirms
    call.refusal = None
    agent = call.board.agent
    call.timers += (
        agent.later(ring_time, time_over, call),
        agent.later(ringing.REPEAT_EVERY, ringing.repeat, call),
    )


def offer(leg: Leg, manner: Manner) -> bytes:
    """Count the leg in and open its port; our offer to its peer. Raises NoPorts, SdpError."""
    call = leg.call
    call.devices.append(leg)
    call.hunted.append(leg)
    offer = call.caller.offer
    offered = offer if offer is not None else call.offered
    leg.open_port(beside=call.caller.port, manner=manner)
    return leg.describe(offered) if offered is not None else b""


def provisional(leg: Leg, response: Response) -> None:
    """A 1xx of a leg that may ring."""
    call = leg.call
    if leg.state not in RINGABLE or not call.seeks:
        return
    if leg.state is State.CALLING:
        leg.state = State.PROCEEDING
    if response.status == 100:
        return
    tag = response.to_tag
    if tag and (leg.dialog is None or leg.dialog.remote_tag != tag):
        if len(leg.keys) >= MAX_DIALOGS:
            return
        leg.adopt(leg.dialog_by(response))
    ringing.progress(leg, response)


def drop(leg: Leg, outcome: Outcome, reason: str | None = None) -> None:
    """One leg is out; when it was the last, so is the turn. `reason` is what it said."""
    leg.outcome = outcome
    leg.result = leg.result or outcome
    leg.close_port()
    call = leg.call
    call.moved(leg.account)
    if not call.seeks or leg not in call.hunted:
        return
    outcomes = [other.outcome for other in call.hunted if other.outcome is not None]
    if len(outcomes) == len(call.hunted):
        call.conclude(call, combine(outcomes), reason if len(outcomes) == 1 else None, ())


def stop_all(
    leg: Leg, outcome: Outcome, reason: str | None, to_devices: Sequence[tuple[str, str]]
) -> None:
    """One leg speaks for all of its user's."""
    leg.outcome = outcome
    leg.close_port()
    leg.call.conclude(leg.call, outcome, reason, to_devices)


def time_over(call: Call) -> None:
    """Nobody has taken the call in the time there was."""
    for leg in call.hunted:
        if leg.outcome is None:
            outcome = ring_time_over(after_ringing=leg.state is not State.CALLING).outcome
            leg.outcome = outcome
            ending.give_up(leg, outcome, [NOT_ANSWERED])
    outcomes = [leg.outcome for leg in call.hunted if leg.outcome is not None]
    call.conclude(call, combine(outcomes), None, ())


def alarm(leg: Leg, problem: str) -> None:
    """The operator can do something: the device is there, but this call did not suit it."""
    log.warning("%s: %s at %s %s", leg.call.id, leg.owner, printable(leg.device), problem)
