"""What becomes of an INVITE before anything rings."""

import logging

import pytest

from softswitch.bus import CallAnswered, CallArrived, CallRinging
from tests.softswitch.b2bua.dialogs import sdp
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


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


@pytest.mark.parametrize(
    ("number", "status", "cause", "outcome"),
    [
        ("999", 404, 1, "not_found"),
        ("100", 486, 17, "busy"),
        ("102", 480, 20, "unavailable"),
        ("bob", 404, 1, "not_found"),
        ("%00", 404, 1, "not_found"),
    ],
)
def test_numbers_that_cannot_ring_are_refused_with_a_cause(
    number: str, status: int, cause: int, outcome: str
) -> None:
    world, alice, _ = office()
    call = alice.invites(number)
    world.run()
    assert call.heard == [100, status]
    assert f"cause={cause};" in (call.responses[-1].headers.get("Reason") or "")
    assert (world.record.outcome, world.record.status) == (outcome, status)
    assert world.record.ended_by == "switch"
    assert len(world.record.legs) == 1
    finish(world)


def test_a_user_with_all_calls_in_use_is_busy_whether_talking_held_or_ringing() -> None:
    world, alice, bob = ringing(max_calls=2)
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    bob.rings()
    bob.answers()
    world.run()
    other = Phone(world, "100", "10.0.9.9", registered=False)
    third = other.invites("101")
    world.run()
    assert third.heard == [100, 486]
    carol.hangs_up()
    world.run()
    again = other.invites("101")
    world.run()
    assert again.heard == [100]
    other.cancels()
    alice.cancels()
    finish(world)


def test_calling_counts_as_a_call_too() -> None:
    world, alice, bob = ringing(max_calls=1)
    carol = Phone(world, "102")
    call = carol.invites("100")
    world.run()
    assert call.heard == [100, 486]
    alice.cancels()
    finish(world)
    assert not bob.calls[0].is_up


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        (b"v=0\r\nnonsense", 400),
        (sdp("10.0.0.10", 4000).replace(b"RTP/AVP", b"RTP/SAVP"), 488),
        (sdp("10.0.0.10", 0), 488),
    ],
)
def test_an_offer_that_cannot_be_carried_is_refused(
    offer: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    world, alice, bob = office()
    call = alice.invites("101", offer=offer)
    world.run()
    assert call.heard == [100, status]
    assert not bob.calls
    assert world.record.outcome == "failed"
    assert "100's phone offers what cannot be carried" in caplog.text
    finish(world)


@pytest.mark.parametrize("ports", [0, 1])
def test_without_ports_a_call_is_refused_for_now(ports: int) -> None:
    world, alice, bob = office(ports=ports)
    call = alice.invites("101")
    world.run()
    assert call.heard == [100, 503]
    assert call.responses[-1].headers.get("Retry-After")
    assert not bob.calls
    assert world.record.outcome == "failed"
    finish(world)
    assert world.media.free == ports


def test_a_call_goes_on_with_the_devices_for_which_there_are_ports() -> None:
    world = World(ports=2)
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    ringing = [phone for phone in phones if phone.calls]
    assert len(ringing) == 1
    ringing[0].rejects(486)
    world.run()
    assert call.heard == [100, 486]
    assert sorted(leg.result for leg in world.record.legs) == ["busy", "busy", "failed"]
    finish(world)


def test_many_failed_calls_leave_every_port_free() -> None:
    world, alice, _ = office(ports=10)
    world.network.keep_log = False
    for number in ("999", "100", "102", "101") * 25:
        alice.invites(number)
        world.run()
        if number == "101":
            alice.cancels()
            world.run()
    world.run_out()
    assert world.media.free == 10
    assert len(world.records) == 100


def test_a_caller_without_a_contact_is_known_by_its_from() -> None:
    world, alice, bob = office()
    data = b"\r\n".join(
        [
            b"INVITE sip:101@192.0.2.1 SIP/2.0",
            b"Via: SIP/2.0/UDP 10.0.0.10;branch=old",
            b"From: <sip:100@10.0.0.10>",
            b"To: <sip:101@192.0.2.1>",
            b"Call-ID: old@10.0.0.10",
            b"CSeq: 1 INVITE",
            b"Content-Type: application/sdp",
            b"",
            alice.sdp(),
        ]
    )
    world.network.to_switch(alice, data, alice.flow)
    world.run()
    assert world.calls.snapshot()[0].state == "ringing"
    bob.rejects(486)
    world.run()
    assert world.record.legs[0].device == "sip:100@10.0.0.10"
    assert world.network.log[-1].kind == "486 INVITE"
