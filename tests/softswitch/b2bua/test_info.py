"""INFO crosses, and its answer comes back."""

import logging

import pytest

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
    world, alice, _ = talking()
    alice.asks("INFO", RELAY, body=b"Signal=7654321\r\n")
    world.run()
    assert "7654321" not in caplog.text
    finish(world)


@pytest.mark.parametrize(("status", "carried"), [(415, 415), (500, 500), (401, 403), (407, 403)])
def test_a_refusal_comes_back_and_the_call_goes_on(status: int, carried: int) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("info")
    alice.asks("INFO", RELAY, body=DIGIT)
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
    assert bob.call.requests[-1].body == DIGIT
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
