"""re-INVITE and UPDATE across the call: hold and resume, and who has to wait for whom."""

import pytest

from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def sides(world: World, alice: Phone, bob: Phone, who: str) -> tuple[Phone, Phone]:
    return (alice, bob) if who == "caller" else (bob, alice)


@pytest.mark.parametrize("who", ["caller", "callee"])
@pytest.mark.parametrize(
    ("direction", "answer"), [("sendonly", "recvonly"), ("inactive", "inactive")]
)
def test_hold_and_resume_cross_from_both_sides(who: str, direction: str, answer: str) -> None:
    world, alice, bob = talking()
    holder, held = sides(world, alice, bob, who)
    holder.holds(direction)
    world.run()
    assert direction_of(held.call.bodies[-1]) == direction
    assert b"IN IP4 192.0.2.1" in held.call.bodies[-1]
    assert holder.call.answers == [200]
    assert direction_of(holder.call.bodies[-1]) == answer
    assert [air.held for air in world.airs] == [True, True]
    assert world.calls.snapshot()[0].state == "held"
    holder.resumes()
    world.run()
    assert direction_of(held.call.bodies[-1]) == "sendrecv"
    assert [air.held for air in world.airs] == [False, False]
    assert world.calls.snapshot()[0].state == "talking"
    assert [request.cseq.number for request in held.call.requests] in ([1, 2, 3], [1, 2])
    finish(world)


def test_hold_by_an_address_of_zeros_is_understood() -> None:
    world, alice, bob = talking()
    alice.holds("sendrecv", connection="0.0.0.0")
    world.run()
    assert direction_of(bob.call.bodies[-1]) == "sendonly"
    assert world.airs[0].remotes[-1].address == "0.0.0.0"
    assert world.calls.snapshot()[0].state == "held"
    finish(world)


def test_both_may_hold_and_resume_in_any_order() -> None:
    world, alice, bob = talking()
    alice.holds()
    world.run()
    bob.holds("inactive")
    world.run()
    alice.resumes()
    world.run()
    bob.resumes()
    world.run()
    assert alice.call.answers == bob.call.answers == [200, 200]
    assert world.calls.snapshot()[0].state == "talking"
    finish(world)


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_reinvite_without_sdp_asks_the_other_side_for_an_offer(who: str) -> None:
    world, alice, bob = talking()
    origin, target = sides(world, alice, bob, who)
    origin.reinvites(b"")
    world.run()
    assert target.call.requests[-1].body == b""
    assert origin.call.answers == [200]
    assert b"m=audio" in origin.call.bodies[-1]
    assert b"m=audio" in target.call.bodies[-1]
    assert target.call.bodies[-1] == target.call.ack_bodies[-1] or who == "callee"
    assert world.calls._board.calls[next(iter(world.calls._board.calls))].reoffer is None
    finish(world)


def test_a_late_answer_that_never_comes_ends_the_call_and_acknowledges_the_other_side() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run(36)
    assert b"m=audio 0 " in bob.call.ack_bodies[-1]
    assert bob.call.byes_heard == 1
    assert alice.call.byes_heard == 1
    assert world.record.reason == "no ACK from caller"
    bob.complaints.clear()  # its own 64*T1 ended a moment before ours
    finish(world)


def test_a_late_answer_that_is_garbage_ends_the_call() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    alice.acknowledges(alice.call, alice.call.cseq, b"v=0\r\ngarbage")
    world.run()
    assert bob.call.byes_heard == 1
    assert "caller's answer in the ACK cannot be used" in world.record.reason
    finish(world)


@pytest.mark.parametrize(("status", "carried"), [(488, 488), (500, 500), (401, 488), (302, 488)])
def test_a_refusal_goes_back_and_the_session_stays(status: int, carried: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(status)
    world.run()
    assert alice.call.answers == [carried]
    assert world.calls.snapshot()[0].state == "talking"
    assert len(world.airs[0].remotes) == 1
    bob.reflexes.add("reinvite")
    alice.holds()
    world.run()
    assert alice.call.answers == [carried, 200]
    finish(world)


@pytest.mark.parametrize("status", [408, 481])
def test_a_dialog_that_is_gone_ends_the_call(status: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(status)
    world.run()
    assert alice.call.answers == [status]
    assert alice.call.byes_heard == 1
    assert world.record.reason == f"callee answered a re-INVITE with {status}"
    finish(world)


@pytest.mark.parametrize("trying", [True, False])
def test_a_phone_that_says_no_more_ends_the_call(trying: bool) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    bob.deaf = not trying
    alice.holds()
    world.run()
    if trying:
        assert bob.call.pending is not None
        bob.respond(bob.call.pending[0], 100)
    world.run(33)
    assert alice.call.answers == [408]
    assert alice.call.byes_heard == 1
    finish(world)


def test_an_offer_that_cannot_be_carried_is_refused_on_its_own_leg() -> None:
    world, alice, bob = talking()
    for body, status in ((b"garbage", 400), (alice.sdp().replace(b"AVP", b"SAVP"), 488)):
        alice.reinvites(body)
        world.run()
        assert alice.call.answers[-1] == status
    assert len(bob.call.requests) == 1
    finish(world)


@pytest.mark.parametrize("body", [b"", b"v=0\r\ngarbage"])
def test_an_answer_that_cannot_be_used_is_acknowledged_and_refused(body: bytes) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(200, body)
    world.run()
    assert alice.call.answers == [488]
    assert bob.call.acks == 2
    finish(world)


def test_update_crosses_as_update_to_a_phone_that_knows_it() -> None:
    world, alice, bob = talking()
    alice.asks("UPDATE", body=alice.sdp(direction="sendonly"))
    world.run()
    assert bob.call.requests[-1].method == "UPDATE"
    assert alice.call.answers == [200]
    assert direction_of(alice.call.bodies[-1]) == "recvonly"
    assert world.calls.snapshot()[0].state == "held"
    finish(world)


def test_update_crosses_as_reinvite_to_a_phone_that_does_not() -> None:
    world, alice, bob = office()
    bob.allow = "INVITE, ACK, BYE, CANCEL"
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    alice.asks("UPDATE", body=alice.sdp(direction="sendonly"))
    world.run()
    assert bob.call.requests[-1].method == "INVITE"
    assert bob.call.acks == 2
    assert alice.call.answers == [200]
    finish(world)


def test_update_without_sdp_moves_the_target_and_stays_on_its_leg() -> None:
    world, alice, bob = talking()
    bob.contact = "sip:101@10.0.0.11:5070"
    bob.asks("UPDATE")
    world.run()
    assert bob.call.answers == [200]
    assert len(alice.call.requests) == 0
    alice.asks("INFO")
    world.run()
    assert bob.call.requests[-1].uri == "sip:101@10.0.0.11:5070"
    finish(world)


def test_update_before_the_answer_has_to_wait() -> None:
    """The first offer is open on both legs (RFC 3311 §5.2)."""
    world, alice, bob = ringing()
    alice.asks("UPDATE", body=alice.sdp())
    bob.asks("UPDATE", body=bob.sdp())
    bob.asks("UPDATE")
    world.run()
    assert alice.call.answers == [500]
    assert alice.call.responses[-1].headers.get("Retry-After")
    assert bob.call.answers == [491, 200]
    bob.answers()
    world.run()
    assert alice.call.is_up
    finish(world)


def test_a_second_reinvite_before_the_first_is_answered_is_500_with_retry_after() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    alice.asks("UPDATE", body=alice.sdp())
    world.run()
    assert alice.call.answers == [500]
    assert 0 <= int(alice.call.responses[-1].headers.get("Retry-After") or "-1") <= 10
    bob.decides(200)
    world.run()
    assert alice.call.answers == [500, 200]
    finish(world)


def test_an_update_that_crosses_our_offer_is_491() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.asks("UPDATE", body=bob.sdp())
    world.run()
    assert bob.call.answers == [491]
    bob.decides(200)
    world.run()
    assert alice.call.answers == [200]
    finish(world)


def test_491_is_not_carried_across_but_tried_again() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(491)
    world.run(2)
    assert alice.call.answers == []
    bob.reflexes.add("reinvite")
    world.run(3)  # the Call-ID of this leg is ours: 2.1 to 4 s
    assert alice.call.answers == [200]
    assert bob.call.requests[1].body == bob.call.requests[2].body
    finish(world)


def test_towards_the_owner_of_the_call_id_the_wait_is_shorter() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("reinvite")
    bob.holds()
    world.run()
    alice.decides(491)
    alice.reflexes.add("reinvite")
    world.run(2.1)
    assert bob.call.answers == [200]
    finish(world)


def test_a_phone_that_is_always_busy_with_an_offer_is_told_to_the_other() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    for _ in range(4):
        world.run(4.5)
        assert alice.call.answers == []
        bob.decides(491)
    world.run()
    assert alice.call.answers == [491]
    assert alice.call.is_up
    finish(world)


def test_two_holds_that_meet_both_succeed_in_the_end() -> None:
    world, alice, bob = talking()
    alice.holds()
    bob.holds("inactive")
    world.run()
    assert 491 in alice.call.answers + bob.call.answers
    world.run(5)
    for phone in (alice, bob):
        if phone.call.answers[-1] == 491:
            phone.holds()
            world.run(5)
    assert alice.call.answers[-1] == 200
    finish(world)


def test_whoever_comes_first_while_the_other_waits_goes_first() -> None:
    """After a 491 of Bob, Alice's hold waits in the switch; Bob's own comes before its time."""
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(491)
    world.run()
    bob.holds("inactive")
    world.run()
    assert alice.call.answers == [491]
    assert bob.call.answers == [200]
    assert direction_of(alice.call.bodies[-1]) == "inactive"
    finish(world)


def test_a_reinvite_before_the_ack_is_answered_when_the_first_answer_was_complete() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    alice.reflexes.add("ack")
    alice.holds()
    world.run(3)
    assert alice.call.answers == [200]
    assert len(world.network.seen("100 < 200 INVITE")) <= 3
    finish(world)


def test_a_reinvite_before_the_late_answer_is_491() -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    alice.invites("101", offer=b"")
    world.run()
    bob.answers(body=bob.sdp())
    world.run()
    alice.holds()
    bob.holds()
    world.run()
    assert alice.call.answers == [491]
    assert bob.call.answers == [491]
    alice.acknowledges(alice.call, 1, alice.sdp())
    world.run()
    assert bob.call.acks == 1
    finish(world)


def test_a_reinvite_of_the_callee_waits_for_the_callers_ack() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    bob.holds()
    world.run()
    assert alice.call.requests == []
    alice.acknowledges(alice.call)
    alice.reflexes.add("ack")
    world.run()
    assert bob.call.answers == [200]
    assert alice.call.requests[-1].method == "INVITE"
    finish(world)


def test_a_phone_that_offers_while_we_owe_it_an_answer_is_told_to_wait() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    bob.holds()
    world.run()
    assert bob.call.answers == [491]
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    finish(world)
