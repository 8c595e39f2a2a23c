"""Ringing all devices of a user: who wins, who is dropped, and what the caller hears."""

import pytest

from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish, heard, office, ringing
from tests.softswitch.b2bua.network import SETTLE, World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure, keyed


def three_devices() -> tuple[World, Phone, list[Phone], PhoneCall]:
    """Alice calls 101, who has three phones; none has said more than 100."""
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101") for _ in range(3)]
    call = alice.invites("101")
    world.run()
    return world, alice, phones, call


def test_all_devices_ring_and_the_first_to_answer_wins() -> None:
    world, _, phones, call = three_devices()
    assert [len(phone.calls) for phone in phones] == [1, 1, 1]
    assert len({phone.call.call_id for phone in phones}) == 3
    assert len({phone.call.requests[0].body for phone in phones}) == 3
    for phone in phones:
        phone.rings()
    world.run()
    phones[1].answers()
    world.run()
    assert call.heard == [100, 180, 200]
    for loser in (phones[0], phones[2]):
        assert heard(loser.call, "CANCEL") == ['SIP;cause=200;text="Call completed elsewhere"']
        assert loser.call.state == "over"
        assert heard(loser.call, "BYE") == []
    finish(world)
    assert world.record.answered_by == "101"
    results = [leg.result for leg in world.record.legs]
    assert results == ["answered", "cancelled", "answered", "cancelled"]


def test_at_most_ten_devices_ring() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101") for _ in range(12)]
    alice.invites("101")
    world.run()
    assert sum(bool(phone.calls) for phone in phones) == 10
    alice.cancels()
    finish(world)


@pytest.mark.parametrize(
    ("status", "after_ringing", "expected", "cause", "outcome"),
    [
        (486, False, 486, 17, "busy"),
        (486, True, 603, 21, "rejected"),
        (480, False, 486, 17, "busy"),
        (480, True, 603, 21, "rejected"),
        (600, False, 486, 17, "busy"),
        (603, False, 603, 21, "rejected"),
        (603, True, 603, 21, "rejected"),
        (404, False, 480, 20, "unavailable"),
        (408, True, 480, 20, "unavailable"),
        (503, False, 480, 20, "unavailable"),
        (302, False, 603, 21, "rejected"),
    ],
)
def test_a_lone_device_decides_what_the_caller_hears(
    status: int, after_ringing: bool, expected: int, cause: int, outcome: str
) -> None:
    world, alice, bob = office()
    call = alice.invites("101")
    world.run()
    if after_ringing:
        bob.rings()
        world.run()
    bob.rejects(status)
    world.run()
    assert call.heard[-1] == expected
    assert f"cause={cause};" in (call.responses[-1].headers.get("Reason") or "")
    assert world.record.outcome == outcome
    assert world.record.legs[1].result == outcome
    finish(world)


def test_a_480_with_the_cause_of_an_absent_subscriber_is_unavailable() -> None:
    world, alice, bob = office()
    call = alice.invites("101")
    world.run()
    bob.rejects(480, "Reason: Q.850;cause=20")
    world.run()
    assert call.heard == [100, 480]
    assert call.responses[-1].headers.get("Reason") == "Q.850;cause=20"
    finish(world)


@pytest.mark.parametrize("status", [488, 606, 415, 401, 407])
def test_a_phone_that_does_not_suit_the_call_raises_an_alarm(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    world, alice, bob = office()
    call = alice.invites("101")
    world.run()
    bob.rejects(status)
    world.run()
    assert call.heard == [100, 480]
    assert [record.levelname for record in caplog.records if record.levelno >= 30] == ["WARNING"]
    assert "101's phone at sip:101@" in caplog.text
    assert world.record.outcome == "unavailable"
    assert not world.network.seen("101 < INVITE")[1:]  # no second try with a password
    finish(world)


def test_busy_drops_one_device_and_the_others_ring_on() -> None:
    world, _, phones, call = three_devices()
    phones[0].rejects(486)
    phones[1].rings()
    world.run()
    assert call.heard == [100, 180]
    assert phones[2].call.state == "calling"
    phones[1].rejects(486)
    phones[2].rejects(404)
    world.run()
    assert call.heard[-1] == 603  # rejected is more than busy, and busy more than unavailable
    finish(world)


def test_decline_stops_all_devices_at_once() -> None:
    world, _, phones, call = three_devices()
    phones[0].rings()
    phones[1].rings()
    world.run()
    phones[0].rejects(603)
    world.run()
    assert call.heard[-1] == 603
    assert heard(phones[1].call, "CANCEL") == ['SIP;cause=603;text="Decline"']
    assert heard(phones[2].call, "CANCEL") == ['SIP;cause=603;text="Decline"']
    finish(world)


def test_a_silent_device_is_given_up_after_four_seconds() -> None:
    world, alice, bob = office(unreachable_after=4)
    bob.deaf = True
    call = alice.invites("101")
    world.run(3.9)
    assert call.heard == [100]
    world.run(0.2)
    assert call.heard == [100, 480]
    assert "cause=20;" in (call.responses[-1].headers.get("Reason") or "")
    assert not world.network.seen("101 < CANCEL")  # nothing came, so nothing may be cancelled yet
    finish(world)


def test_a_dead_device_does_not_hurt_a_living_one() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101") for _ in range(3)]
    phones[0].deaf = phones[2].deaf = True
    call = alice.invites("101")
    world.run()
    phones[1].rings()
    world.run(29)
    phones[1].answers()
    world.run()
    assert call.is_up
    finish(world)


def test_a_device_that_wakes_up_too_late_is_cancelled_then() -> None:
    world, alice, bob = office()
    bob.deaf = True
    alice.invites("101")
    world.run(4.2)
    assert alice.call.heard == [100, 480]
    bob.deaf = False
    world.run(5)
    assert [request.method for request in bob.call.requests] == ["INVITE", "CANCEL"]
    assert world.network.seen("101 > 487 INVITE")
    finish(world)


def test_a_device_that_answers_too_late_is_acknowledged_and_hung_up() -> None:
    world, alice, bob = office()
    bob.deaf = True
    bob.reflexes.discard("trying")
    alice.invites("101")
    world.run(4.2)
    bob.deaf = False
    world.run(4)
    bob.answers()
    world.run()
    assert bob.call.acks == 1
    assert bob.call.byes_heard == 1
    finish(world)
    assert world.record.outcome == "unavailable"


def test_ringing_ends_after_the_ring_time() -> None:
    world, alice, bob = ringing(ring_time=30)
    world.run(29.5 - 2 * SETTLE)
    assert alice.call.heard == [100, 180]
    world.run(1)
    assert alice.call.heard == [100, 180, 480]
    assert "cause=19;" in (alice.call.responses[-1].headers.get("Reason") or "")
    assert "cause=19;" in heard(bob.call, "CANCEL")[0]
    assert world.record.outcome == "no_answer"
    assert world.record.legs[1].result == "no_answer"
    finish(world)


def test_a_device_that_rang_to_the_end_outweighs_the_busy_one() -> None:
    world, _, phones, call = three_devices()
    phones[0].rejects(486)
    phones[1].rings()
    phones[2].rejects(504)
    world.run(31)
    assert call.heard == [100, 180, 480]
    assert world.record.outcome == "no_answer"
    finish(world)


def test_a_caller_that_waits_long_hears_each_minute_that_it_still_rings() -> None:
    world, alice, bob = ringing(ring_time=150)
    world.run(149)
    assert [round(packet.at) for packet in world.network.seen("100 < 180 INVITE")] == [0, 60, 120]
    bob.answers()
    world.run()
    finish(world)
    assert len(alice.calls) == 1


def test_nothing_is_repeated_to_a_caller_that_never_heard_it_ring() -> None:
    world, alice, _ = office(ring_time=70)
    alice.invites("101")
    world.run(69)
    assert alice.call.heard == [100]
    world.run(2)
    assert alice.call.heard == [100, 480]
    finish(world)


def test_a_tcp_device_whose_connection_is_gone_is_unavailable_at_once() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", protocol="TCP")
    world.network.closed.add(bob.connection)
    call = alice.invites("101")
    world.run()
    assert call.heard == [100, 480]
    assert world.record.legs[1].result == "unavailable"
    finish(world)


def test_all_devices_may_fail_at_once() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101", protocol="TCP") for _ in range(3)]
    for phone in phones:
        world.network.closed.add(phone.connection)
    call = alice.invites("101")
    world.run()
    assert call.heard == [100, 480]
    finish(world)


def test_a_path_becomes_the_route_of_the_invite_and_of_its_cancel() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", path=("<sip:10.0.0.11;lr>",))
    call = alice.invites("101")
    world.run()
    assert bob.call.requests[0].headers.get("Route") == "<sip:10.0.0.11;lr>"
    bob.rejects(480)  # from behind a proxy: nobody is there, which is not "do not disturb"
    world.run()
    assert call.heard == [100, 480]
    finish(world)


def test_a_user_who_may_not_use_what_the_caller_offers_is_not_called() -> None:
    world, alice, bob = office()
    configure(world, "101", codecs=("OPUS",))
    alice.invites("101", offer=alice.sdp(payloads="18 101"))
    world.run()
    assert alice.call.heard[-1] == 488
    assert not bob.calls
    assert world.record.outcome == "failed"
    assert "may not use what the caller" in world.record.reason
    finish(world)


@pytest.mark.parametrize(
    ("encryption", "profile", "keys"),
    [("off", b" RTP/AVP ", 0), ("optional", b" RTP/AVP ", 0), ("required", b" RTP/SAVP ", 3),
     ("sdes", b" RTP/SAVP ", 3), ("dtls", b" UDP/TLS/RTP/SAVP ", 0)],
)  # fmt: skip
def test_a_phone_is_called_as_its_user_wants_it(encryption: str, profile: bytes, keys: int) -> None:
    world, alice, bob = office()
    configure(world, "101", encryption=encryption)
    alice.invites("101")
    world.run()
    offer = bob.call.bodies[0]
    assert profile in offer
    assert offer.count(b"a=crypto:") == keys
    assert (b"a=fingerprint:sha-256 AB:AB" in offer) is (encryption == "dtls")
    alice.cancels()
    finish(world)


def test_a_phone_is_called_as_it_called_itself() -> None:
    world, alice, bob = office()
    bob.invites("100", offer=keyed(bob))
    world.run()
    bob.cancels()
    world.run()
    alice.invites("101")
    world.run()
    assert b" RTP/SAVP " in bob.call.bodies[0]
    alice.cancels()
    world.run()
    bob.invites("100")
    world.run()
    bob.cancels()
    world.run()
    alice.invites("101")
    world.run()
    assert b" RTP/AVP " in bob.call.bodies[0]
    alice.cancels()
    finish(world)


def test_both_phones_are_told_that_the_user_is_in_another_call() -> None:  # CW-1, CW-2
    world, alice, bob = ringing()
    first = bob.call
    assert "Alert-Info" not in first.requests[0].headers
    assert "Alert-Info" not in alice.call.responses[-1].headers
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    waits = "<urn:alert:service:call-waiting>"
    assert bob.call.requests[0].headers.get("Alert-Info") == waits
    bob.rings()
    world.run()
    assert carol.call.responses[-1].status == 180
    assert carol.call.responses[-1].headers.get("Alert-Info") == waits
    bob.rejects(486)
    bob.rejects(486, call=first)
    finish(world)


def test_what_the_phone_says_of_the_call_that_waits_is_not_said_twice() -> None:  # CW-1
    world, _, bob = ringing()
    first = bob.call
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    bob.rings(180, "Alert-Info: <urn:a>")
    world.run()
    assert carol.call.responses[-1].headers.all("Alert-Info") == ["<urn:a>"]
    bob.rejects(486)
    bob.rejects(486, call=first)
    finish(world)


def test_whoever_calls_somebody_is_in_a_call_too() -> None:  # CW-2
    world, _, bob = office()
    bob.invites("100")
    world.run()
    Phone(world, "102").invites("101")
    world.run()
    assert bob.calls[-1].requests[0].headers.get("Alert-Info")
    world.run_out()
