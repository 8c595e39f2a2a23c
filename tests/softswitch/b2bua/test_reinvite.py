"""re-INVITE and UPDATE across the call: other codecs, faxes, and who has to wait for whom."""

import pytest

from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure, fax, keyed


def sides(world: World, alice: Phone, bob: Phone, who: str) -> tuple[Phone, Phone]:
    return (alice, bob) if who == "caller" else (bob, alice)


@pytest.mark.parametrize(("status", "carried"), [(488, 488), (500, 500), (401, 488), (302, 488)])
def test_a_refusal_goes_back_and_the_session_stays(status: int, carried: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    bob.decides(status)
    world.run()
    assert alice.call.answers == [carried]
    assert world.calls.snapshot()[0].state == "talking"
    assert len(world.airs[0].remotes) == 1
    bob.reflexes.add("reinvite")
    alice.changes()
    world.run()
    assert alice.call.answers == [carried, 200]
    finish(world)


@pytest.mark.parametrize("status", [408, 481])
def test_a_dialog_that_is_gone_ends_the_call(status: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
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
    alice.changes()
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
    alice.changes()
    world.run()
    bob.decides(200, body)
    world.run()
    assert alice.call.answers == [488]
    assert bob.call.acks == 2
    finish(world)


def test_update_crosses_as_update_to_a_phone_that_knows_it() -> None:
    world, alice, bob = talking()
    alice.asks("UPDATE", body=alice.sdp(payloads="0 101"))
    world.run()
    assert bob.call.requests[-1].method == "UPDATE"
    assert alice.call.answers == [200]
    assert b"RTP/AVP 0 101\r\n" in alice.call.bodies[-1]
    finish(world)


def test_update_crosses_as_reinvite_to_a_phone_that_does_not() -> None:
    world, alice, bob = office()
    bob.allow = "INVITE, ACK, BYE, CANCEL"
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    alice.asks("UPDATE", body=alice.sdp(payloads="0 101"))
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
    alice.changes()
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
    alice.changes()
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
    alice.changes()
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
    bob.changes()
    world.run()
    alice.decides(491)
    alice.reflexes.add("reinvite")
    world.run(2.1)
    assert bob.call.answers == [200]
    finish(world)


def test_a_phone_that_is_always_busy_with_an_offer_is_told_to_the_other() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    for _ in range(4):
        world.run(4.5)
        assert alice.call.answers == []
        bob.decides(491)
    world.run()
    assert alice.call.answers == [491]
    assert alice.call.is_up
    finish(world)


def test_two_offers_that_meet_both_succeed_in_the_end() -> None:
    world, alice, bob = talking()
    alice.changes()
    bob.changes("8 101")
    world.run()
    assert 491 in alice.call.answers + bob.call.answers
    world.run(5)
    for phone in (alice, bob):
        if phone.call.answers[-1] == 491:
            phone.changes()
            world.run(5)
    assert alice.call.answers[-1] == 200
    finish(world)


def test_whoever_comes_first_while_the_other_waits_goes_first() -> None:
    """After a 491 of Bob, Alice's offer waits in the switch; Bob's own comes before its time."""
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    bob.decides(491)
    world.run()
    bob.changes("8 101")
    world.run()
    assert alice.call.answers == [491]
    assert bob.call.answers == [200]
    assert b"RTP/AVP 8 " in alice.call.bodies[-1]
    finish(world)


def test_a_reinvite_before_the_ack_is_answered_when_the_first_answer_was_complete() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    alice.reflexes.add("ack")
    alice.changes()
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
    alice.changes()
    bob.changes()
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
    bob.changes()
    world.run()
    assert alice.call.requests == []
    alice.acknowledges(alice.call)
    alice.reflexes.add("ack")
    world.run()
    assert bob.call.answers == [200]
    assert alice.call.requests[-1].method == "INVITE"
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
    alice.changes()
    world.run()
    bob.decides(200, fax(bob))
    world.run()
    assert alice.call.answers == [488]
    assert bob.call.acks == 2
    finish(world)
