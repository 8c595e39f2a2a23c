"""What the caller may say within a call that the switch answers itself."""

from __future__ import annotations

import pytest

from softswitch.media.engine import stage_messages
from tests.softswitch.b2bua.applications import Script, asked, performed
from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish


def test_a_key_in_an_info_reaches_the_application() -> None:
    world, alice, script = asked()
    for kind, body in (
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n"),
        ("application/dtmf", b"#"),
        ("application/dtmf-relay", b"Signal=16\r\n"),  # flash: no key of a mailbox
        ("application/dtmf", b""),
    ):
        alice.asks("INFO", f"Content-Type: {kind}", body=body)
        world.run()
    assert alice.call.answers == [200, 200, 200, 200]
    assert script.told == ["begin", "5", "#"]
    finish(world)


def test_an_info_about_something_else_is_not_understood() -> None:
    world, alice, script = asked()
    alice.asks("INFO", "Content-Type: application/media_control+xml", body=b"<x/>")
    world.run()
    assert alice.call.answers == [415]
    assert alice.call.responses[-1].headers.get("Accept") == (
        "application/dtmf, application/dtmf-relay"
    )
    assert script.told == ["begin"]
    finish(world)


def test_other_codecs_are_agreed_on_here() -> None:
    world, alice, _ = asked()
    alice.changes("0 101")
    world.run()
    assert alice.call.answers == [200]
    assert b"RTP/AVP 0 101\r\n" in alice.call.bodies[-1]
    assert world.airs[0].remotes[-1].formats[0].encoding == "PCMU"
    alice.changes("0")
    world.run()
    assert performed(world, stage_messages.Listen)[-1].in_band is True
    finish(world)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_hold_is_answered_here(method: str) -> None:
    world, alice, _ = asked()
    body = alice.sdp(direction="inactive")
    alice.reinvites(body) if method == "INVITE" else alice.asks("UPDATE", body=body)
    world.run()
    assert direction_of(alice.call.bodies[-1]) == "inactive"
    assert world.airs[0].held
    finish(world)


def test_what_cannot_be_spoken_is_refused_and_the_call_goes_on() -> None:
    world, alice, _ = asked()
    alice.changes("18")
    world.run()
    alice.reinvites(alice.sdp().replace(b"m=audio 40000 RTP/AVP 8 0 101", b"m=image 4 udptl t38"))
    world.run()
    assert alice.call.answers == [488, 488]
    assert alice.call.is_up
    finish(world)


def test_an_update_without_a_description_moves_the_caller() -> None:
    world, alice, _ = asked()
    alice.asks("UPDATE")
    world.run()
    assert alice.call.answers == [200]
    finish(world)


def test_a_reinvite_without_a_description_gets_an_offer() -> None:
    world, alice, _ = asked()
    alice.reinvites(b"")
    world.run()
    assert alice.call.answers == [200]
    assert b"RTP/AVP 8 0 9 107 117 118 101\r\n" in alice.call.bodies[-1]
    assert len(world.airs[0].remotes) == 2
    finish(world)


def test_an_answer_to_that_offer_that_cannot_be_used_ends_the_call() -> None:
    world, alice, script = asked()
    alice.payloads = "18"
    alice.reinvites(b"")
    world.run()
    assert script.told == ["begin", "hung up"]
    finish(world)
    assert world.record.reason.startswith("caller's answer in the ACK cannot be used")


def test_an_answer_to_that_offer_after_the_end_is_no_news() -> None:
    world, alice, script = asked()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    script.line.hang_up()
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    world.run()
    finish(world)


def test_an_offer_while_the_first_one_is_open_has_to_wait() -> None:
    def greets(script: Script) -> None:
        script.greets()

    world, alice, script = asked(greets)
    alice.asks("UPDATE", body=alice.sdp())
    world.run()
    assert alice.call.answers == [500]
    assert alice.call.responses[-1].headers.get("Retry-After") is not None
    script.line.answer()
    world.run()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    alice.asks("UPDATE", body=alice.sdp())
    world.run()
    assert alice.call.answers == [500, 200, 491]
    alice.acknowledges(alice.call, alice.call.cseq - 1, alice.sdp())
    world.run()
    finish(world)
