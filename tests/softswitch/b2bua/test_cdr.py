"""The record of a call, and of each of its legs."""

import logging

import pytest

from softswitch.bus import CallAnswered, CallArrived, CallRinging
from tests.softswitch.b2bua.flows import finish, office, talking
from tests.softswitch.b2bua.secrets import fax, keyed


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
    assert record.answered_at is not None
    assert 30 < record.ended_at - record.answered_at < 31
    assert record.arrived_at < record.ringing_at < record.answered_at  # type: ignore[operator]
    assert [leg.side for leg in record.legs] == ["caller", "callee"]
    assert [leg.result for leg in record.legs] == ["answered", "answered"]
    assert [leg.packets_received for leg in record.legs] == [50, 50]
    assert [leg.codec for leg in record.legs] == ["PCMA", "PCMA"]
    assert [leg.encryption for leg in record.legs] == ["", ""]
    assert [leg.round_trip for leg in record.legs] == [0.02, 0.02]
    assert [(leg.mos_received, leg.mos_sent) for leg in record.legs] == [(4.4, 4.3)] * 2
    assert [leg.device for leg in record.legs] == [alice.contact, bob.contact]
    assert world.tracer.legs == {record.call_id: [leg.sip_call_id for leg in record.legs]}
    lines = [line.getMessage() for line in caplog.records]
    assert len(lines) == 5
    assert all(line.startswith(record.call_id) for line in lines)


def test_the_record_and_the_snapshot_say_what_each_leg_carries() -> None:
    world, alice, bob = office()
    alice.invites("101", offer=keyed(alice))
    world.run()
    assert world.calls.snapshot()[0].sound == ()
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    assert world.calls.snapshot()[0].sound == ("PCMU sdes", "PCMU")
    bob.reflexes.discard("reinvite")
    finish(world)
    caller, callee = world.record.legs
    assert (caller.codec, caller.encryption) == ("PCMU", "sdes")
    assert (callee.codec, callee.encryption) == ("PCMU", "")


def test_a_fax_is_recorded_as_one() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.reinvites(fax(alice))
    world.run()
    bob.decides(200, fax(bob))
    world.run()
    finish(world)
    assert [leg.codec for leg in world.record.legs] == ["T38", "T38"]


def test_a_call_that_nobody_described_carries_nothing() -> None:
    world, alice, _ = office()
    alice.invites("999")
    world.run()
    finish(world)
    (leg,) = world.record.legs
    assert (leg.codec, leg.encryption, leg.round_trip) == ("", "", None)


@pytest.mark.parametrize(("foreign", "warned"), [(49, 0), (50, 2)])
def test_a_crowd_of_strangers_at_a_media_port_is_told_of(
    caplog: pytest.LogCaptureFixture, foreign: int, warned: int
) -> None:
    world, alice, _ = talking()
    world.media.statistics = world.media.statistics._replace(foreign=foreign)
    alice.hangs_up()
    finish(world)
    lines = [line.getMessage() for line in caplog.records if "strangers" in line.getMessage()]
    assert len(lines) == warned
    assert all(f"sent {foreign} packets to the media port" in line for line in lines)
