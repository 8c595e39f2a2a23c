"""re-INVITEs and UPDATEs that the other side never hears of."""

import pytest

from softswitch.media.engine.interface import RtpTimeout
from tests.softswitch.b2bua.flows import finish, ringing, talking
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import fax


def sides(alice: Phone, bob: Phone, who: str) -> tuple[Phone, Phone]:
    return (alice, bob) if who == "caller" else (bob, alice)


@pytest.mark.parametrize("who", ["caller", "callee"])
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_refresh_is_answered_with_what_was_said_before(who: str, method: str) -> None:
    world, alice, bob = talking()
    phone, other = sides(alice, bob, who)
    said = len(other.call.requests)
    bodies = []
    for _ in range(2):
        if method == "INVITE":
            phone.reinvites(phone.sdp())
        else:
            phone.asks("UPDATE", body=phone.sdp())
        world.run()
        bodies.append(phone.call.bodies[-1])
    assert phone.call.answers == [200, 200]
    assert bodies[0] == bodies[1]
    assert len(other.call.requests) == said
    finish(world)


def test_a_phone_that_moves_is_heard_from_its_new_place() -> None:
    world, alice, bob = talking()
    alice.reinvites(alice.sdp().replace(b"40000", b"47000"))
    world.run()
    assert alice.call.answers == [200]
    assert len(bob.call.requests) == 1
    assert world.airs[0].remotes[-1].rtp_port == 47000
    finish(world)


def test_a_phone_may_settle_on_the_codec_that_was_agreed_on() -> None:
    world, alice, bob = ringing()
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    alice.reinvites(alice.sdp(payloads="0 101"))
    world.run()
    assert alice.call.answers == [200]
    assert len(bob.call.requests) == 1
    finish(world)


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_reinvite_without_sdp_gets_an_offer_of_ours(who: str) -> None:
    world, alice, bob = talking()
    phone, other = sides(alice, bob, who)
    said = len(other.call.requests)
    phone.reinvites(b"")
    world.run()
    assert phone.call.answers == [200]
    assert b" RTP/AVP 8 0 9 " in phone.call.bodies[-1]
    assert len(other.call.requests) == said
    assert len(world.airs[0].remotes) + len(world.airs[1].remotes) == 3
    finish(world)


def test_a_late_answer_may_be_a_hold() -> None:
    world, alice, _ = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp(direction="sendonly"))
    world.run()
    assert world.calls.snapshot()[0].state == "held"
    alice.reflexes.add("ack")
    finish(world)


def test_an_offer_during_a_fax_is_one_of_a_fax() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.reinvites(fax(alice))
    world.run()
    bob.decides(200, fax(bob))
    world.run()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    assert b"m=image 20002 udptl t38\r\n" in alice.call.bodies[-1]
    alice.acknowledges(alice.call, alice.call.cseq, fax(alice))
    alice.reflexes.add("ack")
    finish(world)


@pytest.mark.parametrize("answer", [b"", b"v=0\r\ngarbage"])
def test_a_late_answer_that_is_garbage_ends_the_call(answer: bytes) -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    alice.acknowledges(alice.call, alice.call.cseq, answer)
    world.run()
    assert bob.call.byes_heard == 1
    assert "caller's answer in the ACK cannot be used" in world.record.reason
    finish(world)


def test_a_late_answer_that_never_comes_ends_the_call() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run(36)
    assert (alice.call.byes_heard, bob.call.byes_heard) == (1, 1)
    assert world.record.reason == "no ACK from caller"
    finish(world)


def test_a_late_answer_after_the_end_changes_nothing() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    bob.reflexes.discard("bye")
    alice.reflexes.discard("bye")
    world.calls.media_event(RtpTimeout(next(iter(world.media.open_ports))))
    world.run()
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    world.run()
    assert bob.call.byes_heard == 1
    finish(world)


def test_who_still_owes_an_answer_may_not_offer() -> None:
    world, alice, _ = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    alice.asks("UPDATE", body=alice.sdp(direction="sendonly"))
    world.run()
    assert alice.call.answers == [200, 491]
    alice.acknowledges(alice.call, alice.call.cseq - 1, alice.sdp())
    alice.reflexes.add("ack")
    finish(world)


def test_an_offer_of_ours_that_is_out_goes_first() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    bob.holds()
    alice.asks("UPDATE", body=alice.sdp(direction="sendonly"))
    world.run()
    assert (bob.call.answers, alice.call.answers) == ([491], [500])
    bob.decides(200)
    finish(world)


def test_a_phone_may_hold_while_the_offer_of_the_other_waits_for_its_turn() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    bob.decides(491)
    world.run()
    bob.holds()
    world.run()
    assert bob.call.answers == [200]
    bob.reflexes.add("reinvite")
    world.run(5)
    assert alice.call.answers == [200]
    finish(world)
