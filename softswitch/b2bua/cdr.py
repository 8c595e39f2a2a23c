"""What is kept of a call that is over: one CallRecord, with a LegRecord for every dialog."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from softswitch.media.engine.interface import PortStatistics
from softswitch.records import CallRecord, LegRecord

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg

log = logging.getLogger(__name__)

NOTHING_HEARD = PortStatistics()
"""For a leg without a port, or whose worker died with its counters."""
MANY_STRANGERS = 50
"""Packets; fewer are stragglers of a call that had the port before."""


def record_of(call: Call) -> CallRecord:
    """The record of a call whose end is known and whose ports are closed."""
    verdict = call.verdict
    assert verdict is not None
    assert call.ended_at is not None
    return CallRecord(
        call_id=call.id,
        caller=call.identity.recorded,
        callee=call.callee,
        answered_by=call.answered_by,
        arrived_at=call.arrived_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        outcome=verdict.outcome,
        status=verdict.status,
        reason=verdict.why,
        ended_by=verdict.by,
        legs=tuple([_leg_record(leg) for leg in call.legs]),
        because=call.because,
        path=call.way,
    )


def _leg_record(leg: Leg) -> LegRecord:
    heard, session = leg.statistics or NOTHING_HEARD, leg.session
    if heard.foreign >= MANY_STRANGERS:
        log.warning(
            "%s: strangers sent %d packets to the media port of the %s, and nobody heard them",
            leg.call.id,
            heard.foreign,
            leg.side,
        )
    return LegRecord(
        side=leg.side,
        sip_call_id=leg.sip_call_id,
        device=leg.device,
        result=leg.result,
        packets_received=heard.packets_received,
        packets_lost=heard.packets_lost,
        jitter=heard.jitter,
        packets_sent=heard.packets_sent,
        codec=session.codec if session is not None else "",
        encryption=session.encryption if session is not None else "",
        round_trip=heard.round_trip,
        mos_received=heard.mos_received,
        mos_sent=heard.mos_sent,
    )
