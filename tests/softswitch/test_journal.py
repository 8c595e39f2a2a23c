import asyncio
import json
import logging

import pytest

from softswitch.bus import Bus, CallArrived, CallEnded
from softswitch.journal import Journal, row
from softswitch.records import CallRecord, LegRecord
from softswitch.store.store import CallRow, StoreError
from tests.support.virtual_time import run

RECORD = CallRecord(
    call_id="3f2a",
    caller="100",
    callee="101",
    answered_by="101",
    arrived_at=10.0,
    ringing_at=11.0,
    answered_at=12.0,
    ended_at=42.5,
    outcome="answered",
    status=200,
    reason="hung up",
    ended_by="caller",
    legs=(LegRecord("caller", "a@x", "sip:100@x", "answered", 50, 1, 0.002, 49),),
    because="users.101",
)


class Shelf:
    """A store that answers when it is told to."""

    def __init__(self) -> None:
        self.calls: list[CallRow] = []
        self.traces: dict[str, bytes] = {}
        self.promises: list[asyncio.Future[None]] = []

    def add_call(self, call: CallRow) -> asyncio.Future[None]:
        self.calls.append(call)
        return self._promise()

    def add_trace(self, call_id: str, data: bytes) -> asyncio.Future[None]:
        self.traces[call_id] = data
        return self._promise()

    def _promise(self) -> asyncio.Future[None]:
        self.promises.append(asyncio.get_running_loop().create_future())
        return self.promises[-1]


def test_a_call_that_is_over_is_a_row() -> None:
    async def main() -> None:
        bus, shelf = Bus(), Shelf()
        Journal(bus, shelf)
        bus.publish(CallArrived("3f2a", "100", "101", 10.0))
        assert shelf.calls == []
        bus.publish(CallEnded(RECORD))
        assert shelf.calls == [row(RECORD)]

    run(main())


def test_a_row_has_the_legs_as_json() -> None:
    kept = row(RECORD)
    assert json.loads(kept.legs) == [
        {
            "side": "caller",
            "sip_call_id": "a@x",
            "device": "sip:100@x",
            "result": "answered",
            "packets_received": 50,
            "packets_lost": 1,
            "jitter": 0.002,
            "packets_sent": 49,
            "codec": "",
            "encryption": "",
            "round_trip": None,
            "mos_received": None,
            "mos_sent": None,
        }
    ]
    assert (kept.call_id, kept.outcome, kept.because) == ("3f2a", "answered", "users.101")


def test_whatever_a_phone_calls_itself_a_leg_is_json() -> None:
    leg = LegRecord("callee", 'a"%s"@x', "sip:żółw\\\n@x", "busy", jitter=1e-07, mos_sent=4.25)
    kept = row(RECORD._replace(legs=(leg, leg)))
    assert json.loads(kept.legs) == [leg._asdict()] * 2
    assert json.loads(row(RECORD._replace(legs=())).legs) == []


def test_a_record_that_is_lost_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bus, shelf = Bus(), Shelf()
        journal = Journal(bus, shelf)
        bus.publish(CallEnded(RECORD))
        for _ in range(3):
            journal.keep_trace("3f2a", b"messages")
        lost, kept, refused, given_up = shelf.promises
        lost.set_exception(StoreError("disk full"))
        kept.set_result(None)
        refused.set_exception(StoreError("closed"))
        given_up.cancel()
        await asyncio.sleep(0)
        assert shelf.traces == {"3f2a": b"messages"}

    with caplog.at_level(logging.ERROR, "softswitch.journal"):
        run(main())
    assert caplog.messages == [
        "call 3f2a: its record could not be kept: disk full",
        "call 3f2a: its trace could not be kept: closed",
    ]


def test_a_closed_journal_hears_nothing() -> None:
    bus, shelf = Bus(), Shelf()
    Journal(bus, shelf).close()
    bus.publish(CallEnded(RECORD))
    assert shelf.calls == []
