"""The record of a call, and of each of its legs."""

import logging

import pytest

from softswitch.bus import CallAnswered, CallArrived, CallRinging
from tests.softswitch.b2bua.flows import finish, talking


def test_a_call_is_told_in_events_in_the_log_and_in_one_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "softswitch.b2bua")
    world, alice, bob = talking()
    world.run(30)
    alice.hangs_up()
    finish(world)
    assert [type(event) for event in world.news] == [CallArrived, CallRinging, CallAnswered]
    record = world.record
    assert (record.caller, record.callee, record.answered_by) == ("100", "101", "101")
    assert (record.outcome, record.status, record.ended_by) == ("answered", 200, "caller")
    assert record.reason == "caller hung up"
    assert 30 < record.talk_time < 31
    assert record.arrived_at < record.ringing_at < record.answered_at  # type: ignore[operator]
    assert [leg.side for leg in record.legs] == ["caller", "callee"]
    assert [leg.result for leg in record.legs] == ["answered", "answered"]
    assert [leg.packets_received for leg in record.legs] == [50, 50]
    assert [leg.device for leg in record.legs] == [alice.contact, bob.contact]
    assert world.tracer.legs == {record.call_id: [leg.sip_call_id for leg in record.legs]}
    lines = [line.getMessage() for line in caplog.records]
    assert len(lines) == 5
    assert all(line.startswith(record.call_id) for line in lines)
