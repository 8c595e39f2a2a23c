"""Writes down the calls that are over: a row for each, and its SIP messages.

The log's lines about a call come from the B2BUA, which knows why things happen. The row is written
when the call is over, its trace when the last answers have been heard.
"""

import logging
from asyncio import Future
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from typing import Protocol

from softswitch.bus import Bus, CallEnded
from softswitch.records import CallRecord, LegRecord
from softswitch.store.store import CallRow

log = logging.getLogger(__name__)

_LEG = "{" + ",".join([f'"{name}":%s' for name in LegRecord._fields]) + "}"
"""A leg as JSON, which takes json's own encoder twice as long."""


class Keeper(Protocol):
    """What the journal asks of the store."""

    def add_call(self, call: CallRow) -> Future[None]: ...

    def add_trace(self, call_id: str, data: bytes) -> Future[None]: ...


class Journal:
    """Listens on the bus from its construction to close()."""

    def __init__(self, bus: Bus, store: Keeper) -> None:
        self._store = store
        self._unsubscribe = bus.subscribe(CallEnded, self._ended)

    def close(self) -> None:
        """Hear nothing more."""
        self._unsubscribe()

    def keep_trace(self, call_id: str, blob: bytes) -> None:
        """The Tracer's sink."""
        self._watch(self._store.add_trace(call_id, blob), call_id, "trace")

    def _ended(self, event: CallEnded) -> None:
        record = event.record
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
        legs="[" + ",".join([_json(leg) for leg in record.legs]) + "]",
        path=record.path,
    )


def _json(leg: LegRecord) -> str:
    """Its fields are texts, None, and numbers, which Python writes as JSON does."""
    values = [quoted(v) if isinstance(v, str) else "null" if v is None else v for v in leg]
    return _LEG % tuple(values)
