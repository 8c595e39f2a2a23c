"""How a call goes on: what routing decides is begun, and whoever does not take it is followed.

routing ──► Ring ──► hunt ──────┐                        the next decision
            Dial ──► outside ───┴─► outcome ─► conclude ─┤
            Voicemail, … ─► service                      the caller hears why
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from softswitch.b2bua import announcing, ending, hunt, outside, ringing, service, splash
from softswitch.b2bua.call import Call, Verdict
from softswitch.routing.decision import Dial, Reject, Ring
from softswitch.routing.outcomes import Outcome, reason_header, release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.records import CallOutcome, EndedBy
    from softswitch.routing.decision import Decision

log = logging.getLogger(__name__)

WHY: dict[str, str] = {
    Outcome.UNAVAILABLE: "no device could be reached",
    Outcome.NO_ANSWER: "nobody answered",
    Outcome.REJECTED: "rejected",
    Outcome.BUSY: "busy",
}


def begin(call: Call, decision: Decision) -> None:
    """Do what routing has decided; not for Reject."""
    if isinstance(decision, Ring):
        if decision.user != call.callee or call.path is not None:
            call.walk().follow(decision)
        hunt.start(call, decision)
    elif isinstance(decision, Dial):
        call.walk().follow(decision)
        outside.start(call, decision)
    else:
        assert not isinstance(decision, Reject)
        call.walk().follow(decision)
        service.begin(call, decision)


def conclude(
    call: Call,
    outcome: Outcome,
    reason: str | None,
    to_devices: Sequence[tuple[str, str]],
) -> None:
    """Whose turn it was does not take the call: whoever is next, or the caller hears why.

    `reason` is what a lone device said.
    """
    now = call.board.agent.now()
    redirection, call.redirection = call.redirection, ()
    known = len(call.route.hops)
    if redirection:
        decision = call.route.redirected(redirection, now)
    else:
        call.walk().note(outcome, now - call.turn_began)
        decision = call.route.after(outcome, now)
    call.because += f"; {decision.because}"
    log.info("%s: %s", call.id, decision.because)
    if isinstance(decision, Reject) and call.handover is None:
        _refuse(call, decision, reason, to_devices)
        return
    call.stop_waiting()
    for leg in call.hunted:
        ending.give_up(leg, "cancelled", to_devices)
    if call.turn in call.parties:
        call.disengage(call.turn)
    if isinstance(decision, Reject):
        assert call.handover is not None
        call.handover.failed()
        return
    if isinstance(decision, Ring | Dial):
        ringing.forwarded(call)
    splash.ring(call, call.route.hops[known:])
    begin(call, decision)


def _refuse(
    call: Call,
    decision: Reject,
    reason: str | None,
    to_devices: Sequence[tuple[str, str]],
) -> None:
    call.walk().pass_by(call.route.hops)
    refusal = call.refusal
    if refusal is not None:
        verdict = Verdict(refusal.outcome, refusal.status, refusal.why, "switch")
        ending.end(call, verdict, ("Reason", reason_header(refusal.cause)))
        return
    word, status, cause = decision.outcome, decision.status, decision.cause
    if call.caller.trunk is not None and word == Outcome.REJECTED:
        status, cause = release(Outcome.REJECTED, to_trunk=True)
    by: EndedBy = "callee" if word in (Outcome.REJECTED, Outcome.BUSY) else "switch"
    said = None if call.route.hops else reason
    header = ("Reason", said or reason_header(cause))
    verdict = Verdict(cast("CallOutcome", word), status, WHY.get(word, decision.because), by)
    announcing.refuse(call, verdict, [header], to_devices=to_devices)
