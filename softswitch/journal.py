"""Writes down what happened to calls: a line of the log for each event, a row for each call.

Five lines at INFO are the life of a call, each with its id: arrived, decided (by the B2BUA, which
knows why), ringing, answered, ended. The row is written when the call is over, its trace when the
last answers have been heard.
"""

import json
import logging
from asyncio import Future
from dataclasses import fields
from functools import partial
from typing import Protocol

from softswitch.bus import Bus, CallAnswered, CallArrived, CallEnded, CallRinging
from softswitch.records import CallRecord, LegRecord
from softswitch.sip.message import printable
from softswitch.store.store import CallRow

log = logging.getLogger(__name__)

LEG_FIELDS = tuple(field.name for field in fields(LegRecord))


class Keeper(Protocol):
    """What the journal asks of the store."""

    def add_call(self, call: CallRow) -> Future[None]: ...

    def add_trace(self, call_id: str, data: bytes) -> Future[None]: ...


class Journal:
    """Listens on the bus from its construction to close()."""

    def __init__(self, bus: Bus, store: Keeper) -> None:
        self._store = store
        self._subscriptions = [
            bus.subscribe(CallArrived, self._arrived),
            bus.subscribe(CallRinging, self._ringing),
            bus.subscribe(CallAnswered, self._answered),
            bus.subscribe(CallEnded, self._ended),
        ]

    def close(self) -> None:
        """Hear nothing more."""
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._subscriptions = []

    def keep_trace(self, call_id: str, blob: bytes) -> None:
        """The Tracer's sink."""
        self._watch(self._store.add_trace(call_id, blob), call_id, "trace")

    def _arrived(self, event: CallArrived) -> None:
        log.info(
            "call %s arrived: %s → %s",
            event.call_id,
            printable(event.caller),
            printable(event.callee),
        )

    def _ringing(self, event: CallRinging) -> None:
        log.info("call %s ringing: %s", event.call_id, printable(event.callee))

    def _answered(self, event: CallAnswered) -> None:
        log.info("call %s answered by %s", event.call_id, printable(event.answered_by))

    def _ended(self, event: CallEnded) -> None:
        record = event.record
        log.info(
            "call %s ended: %s after %.1f s, %s (by %s)",
            record.call_id,
            record.outcome,
            record.ended_at - record.arrived_at,
            printable(record.reason),
            record.ended_by,
        )
        self._watch(self._store.add_call(row(record)), record.call_id, "record")

    @staticmethod
    def _watch(done: Future[None], call_id: str, what: str) -> None:
        """Nobody waits for the store here; but a record that is lost is said."""
        done.add_done_callback(partial(_say_if_lost, call_id, what))


def _say_if_lost(call_id: str, what: str, done: Future[None]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        log.error("call %s: its %s could not be kept: %s", call_id, what, error)


def row(record: CallRecord) -> CallRow:
    """A call's record as the store keeps it."""
    legs = [{name: getattr(leg, name) for name in LEG_FIELDS} for leg in record.legs]
    return CallRow(
        call_id=record.call_id,
        caller=record.caller,
        callee=record.callee,
        answered_by=record.answered_by,
        arrived_at=record.arrived_at,
        ringing_at=record.ringing_at,
        answered_at=record.answered_at,
        ended_at=record.ended_at,
        outcome=record.outcome,
        status=record.status,
        reason=record.reason,
        ended_by=record.ended_by,
        because=record.because,
        legs=json.dumps(legs, separators=(",", ":")),
    )
