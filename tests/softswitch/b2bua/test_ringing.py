"""What the caller hears before the answer: ringing, early media, or both."""

from softswitch.bus import CallRinging
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish, office
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def dialling() -> tuple[World, Phone, Phone, PhoneCall]:
    world, alice, bob = office()
    call = alice.invites("101")
    world.run()
    return world, alice, bob, call


def test_180_without_sdp_leaves_the_tone_to_the_callers_phone() -> None:
    world, _, bob, call = dialling()
    bob.rings()
    world.run()
    assert call.heard == [100, 180]
    assert call.bodies == []
    assert world.airs[0].joined is None
    assert len([event for event in world.news if isinstance(event, CallRinging)]) == 1
    bob.rings(180)
    world.run()
    assert call.heard == [100, 180]  # no news
    finish_unanswered(world)


def finish_unanswered(world: World) -> None:
    phone = world.network.phones["10.0.0.10", 5060]
    phone.cancels()
    finish(world)


def test_183_with_sdp_is_early_media() -> None:
    world, _, bob, call = dialling()
    bob.rings(183, body=bob.sdp())
    world.run()
    assert call.heard == [100, 183]
    assert b"m=audio 20002 RTP/AVP 8 0 101" in call.bodies[0]
    assert b"c=IN IP4 192.0.2.1" in call.bodies[0]
    caller, device = world.airs
    assert caller.joined is not None
    assert device.remotes[0].address == bob.host
    finish_unanswered(world)


def test_180_with_sdp_is_early_media_too() -> None:
    world, _, bob, call = dialling()
    bob.rings(180, body=bob.sdp())
    world.run()
    assert call.heard == [100, 180]
    assert call.bodies
    finish_unanswered(world)


def test_180_after_183_is_ringing() -> None:
    world, _, bob, call = dialling()
    bob.rings(183, body=bob.sdp())
    bob.rings(180)
    world.run()
    assert call.heard == [100, 183, 180]
    assert not call.responses[-1].body
    finish_unanswered(world)


def test_the_answer_in_the_200_is_that_of_the_early_media() -> None:
    world, alice, bob, call = dialling()
    bob.rings(183, body=bob.sdp())
    world.run()
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    assert call.is_up
    assert call.bodies[0] == call.bodies[1]
    assert len(alice.call.requests) == 0  # PCMU is in both: nothing to correct
    finish(world)


def test_an_answer_that_has_nothing_of_the_early_one_is_offered_again_after_the_ack() -> None:
    world, alice, bob, call = dialling()
    bob.rings(183, body=bob.sdp(payloads="8"))
    world.run()
    bob.answers(body=bob.sdp(payloads="0"))
    world.run()
    assert call.bodies[0] == call.bodies[1]
    assert b"RTP/AVP 0 " in call.bodies[2]
    assert [request.method for request in call.requests] == ["INVITE"]
    assert world.airs[0].remotes[-1].address == alice.host
    assert world.calls._board.calls[next(iter(world.calls._board.calls))].reoffer is None
    finish(world)


def test_a_fork_behind_the_device_switches_the_media_not_the_callers_answer() -> None:
    world, _, bob, call = dialling()
    bob.rings(183, body=bob.sdp(), tag="one")
    bob.rings(183, body=bob.sdp().replace(b"40000", b"41000"), tag="two")
    world.run()
    assert [remote.rtp_port for remote in world.airs[1].remotes] == [40000, 41000]
    assert call.heard == [100, 183]
    bob.answers(tag="two")
    world.run()
    assert call.is_up
    assert bob.call.acks == 1
    bob.call.local_tag = "two"
    finish(world)


def test_early_media_that_nobody_could_play_is_only_ringing() -> None:
    for body in (b"v=0\r\ngarbage", b"v=0"):
        world, _, bob, call = dialling()
        bob.rings(183, body=body)
        world.run()
        assert call.heard == [100, 183]
        assert call.bodies == []
        finish_unanswered(world)


def test_a_body_that_is_no_sdp_is_no_early_media() -> None:
    world, _, bob, call = dialling()
    bob.respond(bob.call.requests[0], 180, "Content-Type: text/plain", body=b"hello", tag="x")
    world.run()
    assert call.heard == [100, 180]
    assert call.bodies == []
    finish_unanswered(world)


def test_early_media_has_no_place_after_a_late_offer() -> None:
    world, alice, bob = office()
    call = alice.invites("101", offer=b"")
    world.run()
    bob.rings(183, body=bob.sdp())
    world.run()
    assert call.heard == [100, 183]
    assert call.bodies == []
    finish_unanswered(world)


def test_queued_and_forwarded_cross_but_what_phones_do_not_know_does_not() -> None:
    world, _, bob, call = dialling()
    for status in (182, 181, 199, 150, 182):
        bob.rings(status)
        world.run()
    assert call.heard == [100, 182, 181, 182]
    finish_unanswered(world)


def test_several_devices_make_one_180_without_sdp() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    phones[0].rings(183, body=phones[0].sdp())
    phones[1].rings(180)
    world.run()
    assert call.heard == [100, 180]
    assert call.bodies == []
    phones[0].answers()
    world.run()
    assert len(call.bodies) == 1
    finish(world)


def test_what_comes_from_a_device_after_the_answer_is_not_ringing() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    phones[0].answers()
    phones[1].rings()
    world.run()
    assert call.heard == [100, 200]
    finish(world)
