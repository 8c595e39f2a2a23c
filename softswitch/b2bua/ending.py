"""How calls end: a refusal for the caller, CANCEL for devices, BYE for those who talk, a record.

Whatever happened, it comes through `refuse` (the caller has no answer yet) or `hang_up` (it has),
and both come through `_end`: there every timer is stopped and every port given back.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.leg import RINGABLE, Leg, State
from softswitch.routing.outcomes import reason_header
from softswitch.sip.message import respond

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

NORMAL_CLEARING = ("Reason", reason_header(16))
TEMPORARY_FAILURE = ("Reason", reason_header(41))
TIMER_EXPIRED = ("Reason", reason_header(102))
INCOMPATIBLE = ("Reason", reason_header(88))
ANSWERED_ELSEWHERE = ("Reason", 'SIP;cause=200;text="Call completed elsewhere"')
"""Phones then do not list the call as missed (RFC 3326 §3.1)."""

TERMINATED = 487


def refuse(
    call: Call,
    verdict: Verdict,
    headers: Sequence[tuple[str, str]] = (),
    *,
    to_devices: Sequence[tuple[str, str]] = (),
) -> None:
    """The caller's INVITE gets its final answer, and who still rings is cancelled."""
    _end(call, verdict)
    caller = call.caller
    board = call.board
    assert caller.invite is not None
    assert caller.server is not None
    board.invites.pop(caller.server, None)
    refusal = respond(caller.invite, verdict.status, to_tag=caller.local_tag, headers=headers)
    board.agent.respond(caller.server, refusal)
    for device in call.devices:
        give_up(device, "cancelled", to_devices)
    caller.over()


def hang_up(
    call: Call,
    verdict: Verdict,
    headers: Sequence[tuple[str, str]] = (NORMAL_CLEARING,),
    *,
    gone: Leg | None = None,
) -> None:
    """The conversation is over: BYE to both, except to the leg that is `gone` of its own."""
    if call.stage is not Stage.ANSWERED:
        return
    _end(call, verdict)
    if call.reoffer is not None:
        call.reoffer.abandon(TERMINATED)
    for leg in (call.caller, call.answerer):
        if leg is not None and leg is not gone:
            say_bye(leg, headers)
    if call.handover is not None:
        call.handover = None
        for device in call.hunted:
            give_up(device, "cancelled")


def end(call: Call, verdict: Verdict, reason: tuple[str, str]) -> None:
    """End a call whatever it does: the switch wants it so."""
    if call.stage is Stage.RINGING:
        retry = [("Retry-After", "5")] if verdict.status == 503 else []
        refuse(call, verdict, [reason, *retry], to_devices=[reason])
    else:
        hang_up(call, verdict._replace(outcome="answered", status=200), [reason])


def give_up(device: Leg, result: str, headers: Sequence[tuple[str, str]] = ()) -> None:
    """Nobody waits for a device any more: it rings no longer, nor is asked to press 1."""
    if device.state in RINGABLE:
        cancel(device, result, headers)
    elif device.confirmation is not None:
        device.confirmation = None
        device.result = result
        device.close_port()
        say_bye(device, headers or (NORMAL_CLEARING,))


def cancel(device: Leg, result: str, headers: Sequence[tuple[str, str]] = ()) -> None:
    """Stop a device from ringing. Its leg stays until the device has said its last (§9.1)."""
    device.state = State.CANCELLED
    device.result = result
    device.close_port()
    assert device.client is not None
    device.call.board.agent.cancel(device.client, headers)


def say_bye(leg: Leg, headers: Sequence[tuple[str, str]]) -> None:
    """End the dialog of a leg that is up."""
    leg.state = State.ENDING
    if leg.accepted is not None and leg.accepted.initial:
        # Whoever answered an INVITE may not send BYE before the ACK has come (RFC 3261 §15).
        leg.farewell = list(headers)
        return
    _send_bye(leg, headers)


def release_bye(leg: Leg) -> None:
    """The ACK has come, or never will: a BYE that waited for it may go."""
    farewell = leg.farewell
    if farewell is not None:
        leg.farewell = None
        _send_bye(leg, farewell)


def never_acknowledged(leg: Leg) -> None:
    """64*T1 after our 2xx there is still no ACK: the session ends (§13.3.1.4)."""
    call = leg.call
    release_bye(leg)
    if call.stage is not Stage.ANSWERED:
        return
    host, port = call.board.addressing.sip_address(leg.flow)
    log.warning(
        "%s: %s took our answer but no ACK came back: is the address %s:%d that we gave it wrong"
        " (network.external), or does a SIP ALG change messages on the way?",
        call.id,
        leg.device,
        host,
        port,
    )
    verdict = Verdict("answered", 200, f"no ACK from {leg.side}", "switch")
    hang_up(call, verdict, [TIMER_EXPIRED])


def _send_bye(leg: Leg, headers: Sequence[tuple[str, str]]) -> None:
    if leg.ack_body is None and leg.side == "callee":
        # A device's offer that was never answered: decline, because every 2xx needs its ACK.
        acknowledge_declining(leg)
    leg.send("BYE", leg.bye_answered, leg.bye_failed, headers=headers)


def acknowledge_declining(leg: Leg) -> None:
    """ACK a device's 2xx whose offer nobody wants, so that it can be hung up (§13.2.2.4)."""
    assert leg.dialog is not None
    leg.ack_body = leg.decline(leg.offer) if leg.offer is not None else b""
    leg.acknowledge(leg.dialog, leg.ack_body)


def _end(call: Call, verdict: Verdict) -> None:
    board = call.board
    service = call.service
    if service is not None and verdict.outcome == "answered":
        verdict = verdict._replace(outcome=service.outcome)
    call.stage = Stage.ENDED
    call.verdict = verdict
    call.ended_at = board.clock.wall()
    call.stop_timers()
    call.disengage()
    call.caller.result = verdict.outcome
    log.info("%s: ended by %s, %s: %s", call.id, verdict.by, verdict.outcome, verdict.why)
    if way := call.way:
        log.info("%s: %s", call.id, way)
    call.closing += 1  # keeps the call from being recorded before the last port is asked for
    for leg in call.legs:
        leg.close_port()
    if service is not None:
        service.over()
    call.port_is_closed()
