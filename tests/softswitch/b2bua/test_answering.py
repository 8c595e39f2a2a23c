"""A device answers: its answer crosses, and late offers cross the other way."""

import pytest

from softswitch.media.engine.interface import RtpTimeout
from tests.softswitch.b2bua.dialogs import sdp
from tests.softswitch.b2bua.flows import finish, heard, office, ringing
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure


def test_an_offer_with_video_gets_an_answer_with_video_declined() -> None:
    world, alice, bob = office()
    offer = alice.sdp() + b"m=video 5000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"
    alice.invites("101", offer=offer)
    world.run()
    assert b"video" not in bob.call.bodies[0]
    bob.answers()
    world.run()
    assert b"m=video 0 RTP/AVP 97\r\n" in alice.call.bodies[0]
    finish(world)


def test_a_late_offer_crosses_and_the_ack_waits_for_the_answer() -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    call = alice.invites("101", offer=b"")
    world.run()
    assert bob.call.requests[0].body == b""
    bob.rings()
    bob.answers(body=bob.sdp())
    world.run(0.4)
    assert call.is_up
    assert b"m=audio 20002 RTP/AVP 8 0 9 " in call.bodies[0]
    assert bob.call.acks == 0
    alice.acknowledges(call, 1, alice.sdp(payloads="0"))
    world.run()
    assert bob.call.acks == 1
    assert b"m=audio 20004 RTP/AVP 0\r\n" in bob.call.ack_bodies[0]
    caller, device = world.airs
    assert caller.remotes[-1].payload_types == (0,)
    assert device.remotes[-1].address == bob.host
    assert caller.joined is not None
    finish(world)
    assert world.record.outcome == "answered"


def test_a_repeated_200_is_acknowledged_with_the_same_late_answer() -> None:
    world, alice, bob = office()
    world.network.lose("101 < ACK")
    alice.invites("101", offer=b"")
    world.run()
    bob.answers(body=bob.sdp())
    world.run(1)
    acks = [packet.message for packet in world.network.seen("101 < ACK")]
    assert len(acks) == 2
    assert acks[0].body == acks[1].body != b""
    assert acks[0].cseq == acks[1].cseq
    finish(world)


def test_of_several_late_offers_the_first_wins_and_the_others_are_declined() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    alice.invites("101", offer=b"")
    world.run()
    for phone in phones:
        phone.rings()
        phone.answers(body=phone.sdp())
    world.run(1)
    winner, loser = phones
    assert winner.call.is_up
    assert loser.call.byes_heard == 1
    assert b"m=audio 0 RTP/AVP" in loser.call.ack_bodies[0]
    finish(world)


@pytest.mark.parametrize("answer", [b"", b"v=0\r\ngarbage"])
def test_an_ack_without_the_late_answer_ends_the_call(answer: bytes) -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    call = alice.invites("101", offer=b"")
    world.run()
    bob.answers(body=bob.sdp())
    world.run()
    alice.acknowledges(call, 1, answer)
    world.run()
    assert call.byes_heard == 1
    assert b"m=audio 0 RTP/AVP" in bob.call.ack_bodies[0]
    assert bob.call.byes_heard == 1
    assert "cannot be used" in world.record.reason
    finish(world)


def test_a_caller_that_hangs_up_instead_of_answering_frees_the_device() -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    alice.invites("101", offer=b"")
    world.run()
    bob.answers(body=bob.sdp())
    world.run()
    alice.hangs_up()
    world.run()
    assert bob.call.acks == 1
    assert bob.call.byes_heard == 1
    finish(world)


@pytest.mark.parametrize(
    "body",
    [b"", b"v=0\r\ngarbage", sdp("10.0.0.11", 0), sdp("10.0.0.11", 4000).replace(b"AVP", b"SAVP")],
)
def test_a_200_that_nobody_can_talk_over_is_acknowledged_hung_up_and_an_alarm(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    world, alice, bob = ringing()
    bob.answers(body=body)
    world.run()
    assert bob.call.acks == 1
    assert heard(bob.call, "BYE") == ['Q.850;cause=88;text="Incompatible destination"']
    assert alice.call.heard == [100, 180, 480]
    assert "101's phone at" in caplog.text
    assert world.record.outcome == "unavailable"
    finish(world)


def test_a_device_that_answers_badly_leaves_the_call_to_the_others() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    phones[0].answers(body=b"")
    world.run()
    assert call.heard == [100]
    phones[1].answers()
    world.run()
    assert call.is_up
    finish(world)


def test_the_answered_dialog_follows_record_route() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", path=("<sip:10.0.0.11;lr>",))
    alice.invites("101", "Record-Route: <sip:10.0.0.10;lr>")
    world.run()
    bob.answers("Record-Route: <sip:10.0.0.11;lr;n=2>")
    world.run()
    assert alice.call.responses[-1].headers.get("Record-Route") == "<sip:10.0.0.10;lr>"
    alice.hangs_up()
    world.run()
    assert bob.call.requests[-1].headers.get("Route") == "<sip:10.0.0.11;lr;n=2>"
    finish(world)


def test_two_calls_between_the_same_phones_live_beside_each_other() -> None:
    world, alice, bob = ringing()
    bob.answers()
    world.run()
    second = bob.invites("100")
    world.run()
    alice.rings()
    alice.answers()
    world.run()
    assert second.is_up
    assert [snapshot.state for snapshot in world.calls.snapshot()] == ["talking", "talking"]
    bob.hangs_up(call=bob.calls[0])
    world.run()
    assert alice.calls[0].state == "over"
    assert alice.calls[1].is_up
    finish(world)
    assert len(world.records) == 2


def test_a_late_answer_after_the_end_changes_nothing() -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    alice.invites("101", offer=b"")
    world.run()
    bob.answers(body=bob.sdp())
    world.run()
    world.calls.media_event(RtpTimeout(next(iter(world.media.open_ports))))
    world.run()
    assert b"m=audio 0 " in bob.call.ack_bodies[0]
    assert bob.call.byes_heard == 1
    alice.acknowledges(alice.call, 1, alice.sdp())
    world.run()
    assert alice.call.byes_heard == 1
    finish(world)


def test_a_loser_whose_late_offer_is_garbage_gets_an_ack_without_answer() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    alice.invites("101", offer=b"")
    world.run()
    phones[0].answers(body=phones[0].sdp())
    phones[1].answers(body=b"garbage")
    world.run()
    assert phones[1].call.ack_bodies == [b""]
    assert phones[1].call.byes_heard == 1
    finish(world)


def test_an_answer_without_the_keys_that_were_offered_is_refused() -> None:
    world, alice, bob = office()
    configure(world, "101", encryption="required")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    assert bob.call.byes_heard == 1
    assert alice.call.heard[-1] == 480
    assert "unavailable" in world.record.outcome
    finish(world)
