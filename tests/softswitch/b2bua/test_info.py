"""INFO crosses, and its answer comes back."""

import logging

import pytest

from softswitch.media.engine.interface import DigitHeard
from softswitch.media.engine.stage_messages import Listen, SendDigits
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

DIGIT = b"Signal=5\r\nDuration=160\r\n"
RELAY = "Content-Type: application/dtmf-relay"


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (RELAY, DIGIT),
        ("Content-Type: application/dtmf", b"5"),
        ("Content-Type: application/media_control+xml", b"<x/>"),
    ],
)
def test_info_crosses_with_type_and_body(line: str, body: bytes) -> None:
    world, alice, bob = talking()
    alice.asks("INFO", line, "X-Secret: 1", body=body)
    world.run()
    info = bob.call.requests[-1]
    assert (info.method, info.body) == ("INFO", body)
    assert info.headers.get("Content-Type") == line.partition(": ")[2]
    assert alice.call.answers == [200]
    bob.asks("INFO", line, body=body)
    world.run()
    assert alice.call.requests[-1].body == body
    finish(world)


def test_an_empty_info_crosses_empty() -> None:
    world, alice, bob = talking()
    alice.asks("INFO")
    world.run()
    assert bob.call.requests[-1].body == b""
    assert "Content-Type" not in bob.call.requests[-1].headers
    assert alice.call.answers == [200]
    finish(world)


def test_digits_are_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for world, alice, _ in (talking(), without_info()):
        alice.asks("INFO", RELAY, body=b"Signal=7654321\r\n")
        alice.asks("INFO", RELAY, body=b"Signal=9\r\nDuration=7654\r\n")
        world.run()
        assert "7654" not in caplog.text
        finish(world)


def pressed(world: World) -> list[SendDigits]:
    """What the media engine was asked to press."""
    return [message for message in world.media.performed if isinstance(message, SendDigits)]


def without_info() -> tuple[World, Phone, Phone]:
    """Bob's phone does not say that it takes INFO."""
    world, alice, bob = office()
    bob.allow = "INVITE, ACK, CANCEL, BYE"
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    return world, alice, bob


def port_of(world: World, side: str) -> int:
    (call,) = world.calls._board.calls.values()
    leg = call.caller if side == "caller" else call.answerer
    assert leg is not None
    assert leg.port is not None
    return leg.port.id


@pytest.mark.parametrize(
    ("line", "body", "digit", "duration"),
    [
        (RELAY, DIGIT, "5", 0.16),
        (RELAY, b"Signal=11\r\nDuration=250\r\n", "#", 0.25),
        ("Content-Type: application/dtmf", b"7", "7", 0.1),
    ],
)
def test_a_digit_becomes_a_telephone_event_for_a_phone_without_info(
    line: str, body: bytes, digit: str, duration: float
) -> None:
    world, alice, bob = without_info()
    alice.asks("INFO", line, body=body)
    world.run()
    assert pressed(world) == [SendDigits(port_of(world, "answerer"), digit, duration, 0.1)]
    assert alice.call.answers == [200]
    assert "INFO" not in [request.method for request in bob.call.requests]
    finish(world)


def test_the_caller_gets_telephone_events_too() -> None:
    world, alice, bob = office()
    alice.allow = "INVITE, ACK, CANCEL, BYE"
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    bob.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert pressed(world) == [SendDigits(port_of(world, "caller"), "5", 0.16, 0.1)]
    assert bob.call.answers == [200]
    finish(world)


@pytest.mark.parametrize("status", [405, 415, 469, 501])
def test_a_digit_that_a_phone_will_not_take_becomes_a_telephone_event(status: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("info")
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    bob.respond(bob.call.requests[-1], status)
    world.run()
    assert pressed(world) == [SendDigits(port_of(world, "answerer"), "5", 0.16, 0.1)]
    assert alice.call.answers == [200]
    finish(world)


@pytest.mark.parametrize("body", [b"Signal=16\r\n", b"Signal=x\r\n", b"", b"\xff" * 300])
def test_what_is_no_key_crosses_even_to_a_phone_without_info(body: bytes) -> None:
    world, alice, bob = without_info()
    alice.asks("INFO", RELAY, body=body)
    world.run()
    assert pressed(world) == []
    assert bob.call.requests[-1].body == body
    finish(world)


def test_digits_cross_to_a_phone_that_has_agreed_on_no_telephone_events() -> None:
    world, alice, bob = office()
    bob.allow = "INVITE, ACK, CANCEL, BYE"
    alice.invites("101", offer=alice.sdp().replace(b" 101\r\n", b"\r\n"))
    world.run()
    bob.answers(body=bob.sdp().replace(b" 101\r\n", b"\r\n"))
    world.run()
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert pressed(world) == []
    assert bob.call.requests[-1].body == DIGIT
    finish(world)


@pytest.mark.parametrize(("status", "carried"), [(415, 415), (500, 500), (401, 403), (407, 403)])
def test_a_refusal_comes_back_and_the_call_goes_on(status: int, carried: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("info")
    alice.asks("INFO", "Content-Type: application/media_control+xml", body=b"<x/>")
    world.run()
    bob.respond(bob.call.requests[-1], 100)
    bob.respond(bob.call.requests[-1], status)
    world.run()
    assert alice.call.answers == [carried]
    assert alice.call.is_up
    finish(world)


def test_481_to_an_info_ends_the_call() -> None:
    world, alice, bob = talking()
    bob.call.over()
    bob.reflexes.discard("info")
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    bob.respond(bob.call.requests[-1], 481)
    world.run()
    assert alice.call.answers == [481]
    assert alice.call.byes_heard == 1
    assert world.record.reason == "callee answered an INFO with 481"
    finish(world)


def test_no_answer_to_an_info_ends_the_call() -> None:
    world, alice, bob = talking()
    bob.deaf = True
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run(33)
    assert alice.call.byes_heard == 1
    assert world.record.reason == "callee answered an INFO with 408"
    finish(world)


def test_the_callers_digits_reach_an_announcement_before_the_answer() -> None:
    world, alice, bob = ringing()
    bob.rings(183, body=bob.sdp())
    world.run()
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert [message.digits for message in pressed(world)] == ["5"]
    assert alice.call.answers == [200]
    bob.answers()
    world.run()
    finish(world)


def test_a_481_before_the_answer_ends_nothing() -> None:
    world, alice, bob = ringing()
    bob.reflexes.discard("info")
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    bob.respond(bob.call.requests[-1], 481)
    world.run()
    assert alice.call.answers == [480]
    bob.answers()
    world.run()
    assert alice.call.is_up
    finish(world)


def test_digits_for_nobody_are_refused() -> None:
    world, alice, bob = office()
    bob.reflexes.discard("trying")
    alice.invites("101")
    world.run()
    alice.call.remote_tag = world.calls._board.calls[
        next(iter(world.calls._board.calls))
    ].caller.local_tag
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert alice.call.answers == [480]
    alice.cancels()
    finish(world)


def test_digits_for_a_caller_who_has_not_acknowledged_are_refused() -> None:
    world, alice, bob = ringing()
    world.network.lose("100 < 200 INVITE")
    bob.answers()
    world.run()
    bob.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert bob.call.answers == [480]
    world.run(1)
    bob.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert bob.call.answers == [480, 200]
    assert alice.call.is_up
    finish(world)


def test_digits_with_several_phones_ringing_are_refused() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    alice.invites("101")
    world.run()
    phones[0].rings()
    world.run()
    alice.asks("INFO", RELAY, body=DIGIT)
    world.run()
    assert alice.call.answers == [480]
    alice.cancels()
    finish(world)


def without_events(phone: Phone) -> bytes:
    return phone.sdp().replace(b" 101\r\n", b"\r\n")


def press(world: World, side: str, digit: str = "5") -> None:
    """The engine hears a telephone event there."""
    (call,) = world.calls._board.calls.values()
    leg = call.caller if side == "caller" else call.answerer
    assert leg is not None
    assert leg.port is not None
    world.calls.media_event(DigitHeard(leg.port, digit, 0.16, "event"))
    world.run()


def listened(world: World) -> list[int]:
    return [message.port for message in world.media.performed if isinstance(message, Listen)]


@pytest.mark.parametrize("early", [False, True], ids=["at the answer", "before it"])
def test_a_telephone_event_becomes_info_for_a_phone_that_takes_nothing_else(early: bool) -> None:
    """RTP-6: relay 4733 to INFO. The caller may press events although the device knows of none."""
    world, alice, bob = office()
    bob.allow = "INVITE, ACK, CANCEL, BYE, INFO"
    alice.invites("101")
    world.run()
    if early:
        bob.rings(183, f"Allow: {bob.allow}", body=without_events(bob))
        world.run()
    bob.answers(body=without_events(bob))
    world.run()
    assert b" 101\r\n" in alice.call.bodies[-1]
    assert listened(world) == [port_of(world, "caller")]
    press(world, "caller")
    asked = bob.call.requests[-1]
    assert (asked.method, asked.headers.get("Content-Type")) == ("INFO", RELAY.partition(": ")[2])
    assert asked.body == b"Signal=5\r\nDuration=160\r\n"
    finish(world)


def test_keys_of_the_device_reach_a_caller_who_takes_info() -> None:
    world, alice, bob = office()
    alice.allow = "INVITE, ACK, CANCEL, BYE, INFO"
    alice.invites("101", offer=without_events(alice))
    world.run()
    bob.answers()
    world.run()
    assert b" 101" not in bob.call.bodies[0]  # nobody said that keys may be pressed so
    press(world, "answerer")
    assert alice.call.requests[-1].method == "INFO"
    finish(world)


def test_where_both_know_telephone_events_nobody_listens_and_nothing_is_sent_twice() -> None:
    world, _, bob = talking()
    assert listened(world) == []
    press(world, "caller")
    assert "INFO" not in [request.method for request in bob.call.requests]
    finish(world)
