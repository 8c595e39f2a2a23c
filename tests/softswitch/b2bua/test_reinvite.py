"""re-INVITE and UPDATE across the call: hold and resume, and who has to wait for whom."""

import pytest

from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure, fax, keyed


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


# Encryption and faxes


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_an_encrypted_leg_never_becomes_plain(who: str) -> None:
    world, alice, bob = office()
    configure(world, "101", encryption="required")
    alice.invites("101", offer=keyed(alice))
    world.run()
    bob.answers(body=keyed(bob, tag=2))
    world.run()
    phone, other = sides(world, alice, bob, who)
    before = len(other.call.requests)
    phone.reinvites(phone.sdp())
    world.run()
    assert phone.call.answers == [488]
    assert len(other.call.requests) == before
    assert alice.call.is_up
    assert world.airs[0].remotes[-1].security is not None
    finish(world)


def test_a_fax_crosses_at_our_address_and_back() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.reinvites(fax(alice))
    world.run()
    assert b"m=image 20004 udptl t38\r\na=T38FaxVersion:0\r\n" in bob.call.bodies[-1]
    bob.decides(200, fax(bob))
    world.run()
    assert b"m=image 20002 udptl t38\r\n" in alice.call.bodies[-1]
    assert [air.remotes[-1].kind for air in world.airs] == ["udptl", "udptl"]
    assert [air.remotes[-1].rtp_port for air in world.airs] == [40010, 40010]
    bob.reinvites(bob.sdp())
    world.run()
    assert b"m=audio 20002 RTP/AVP 8 0 " in alice.call.bodies[-1]
    assert [air.remotes[-1].kind for air in world.airs] == ["rtp", "rtp"]
    finish(world)


@pytest.mark.parametrize("status", [488, 606, 415])
def test_a_fax_that_is_refused_goes_on_as_sound(status: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.reinvites(fax(alice))
    world.run()
    bob.decides(status)
    world.run()
    assert alice.call.answers == [488]
    assert [air.remotes[-1].kind for air in world.airs] == ["rtp", "rtp"]
    bob.reflexes.add("reinvite")
    alice.reinvites(alice.sdp())
    world.run()
    assert alice.call.answers == [488, 200]
    assert b"m=audio 20002 RTP/AVP 8 0 101\r\n" in alice.call.bodies[-1]
    finish(world)


@pytest.mark.parametrize("unwilling", ["100", "101"])
def test_a_fax_needs_both_users_to_allow_it(unwilling: str) -> None:
    world, alice, bob = office()
    configure(world, unwilling, fax="off")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    alice.reinvites(fax(alice))
    world.run()
    assert alice.call.answers == [488]
    assert len(bob.call.requests) == 1
    assert alice.call.is_up
    finish(world)


def test_a_refresh_during_a_fax_repeats_what_was_said() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    for _ in range(2):
        alice.reinvites(fax(alice))
        world.run()
        if bob.call.pending is not None:
            bob.decides(200, fax(bob))
        world.run()
    assert alice.call.answers == [200, 200]
    assert alice.call.bodies[-1] == alice.call.bodies[-2]
    assert [air.remotes[-1].kind for air in world.airs] == ["udptl", "udptl"]
    finish(world)


def test_two_faxes_that_meet_settle_who_goes_first() -> None:
    world, alice, bob = talking()
    alice.reinvites(fax(alice))
    bob.reinvites(fax(bob))
    world.run()
    assert 491 in alice.call.answers + bob.call.answers
    finish(world)


def test_a_call_that_is_answered_with_a_fax_is_refused() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(200, fax(bob))
    world.run()
    assert alice.call.answers == [488]
    assert bob.call.acks == 2
    finish(world)


# What stays on its leg


@pytest.mark.parametrize("who", ["caller", "callee"])
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_refresh_is_answered_here_with_what_was_said_before(who: str, method: str) -> None:
    world, alice, bob = talking()
    phone, other = sides(world, alice, bob, who)
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


def test_a_phone_that_moves_is_heard_from_its_new_place_and_the_other_does_not_notice() -> None:
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
