"""Forwards whose target has to press 1: FWD-7."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softswitch.b2bua.confirming import BETWEEN
from softswitch.config.configuration import Forward, Forwarding
from softswitch.media.engine.interface import Clip, DigitHeard, RtpTimeout, SecurityFailed
from softswitch.media.engine.stage_messages import Deafen, Hush, Listen, Play
from softswitch.media.indications import COUNTRIES, DEFAULT
from tests.softswitch.b2bua.applications import ends, performed
from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

RETURN_AFTER = 20.0


def asked(
    *, payloads: str = "8 0 101", answer: str = "", **invite: Any
) -> tuple[World, Phone, Phone]:
    """Alice calls 101, who sends calls on to 102 for a time; there somebody answers."""
    world = World("100", "101", "102", "103")
    forward = Forwarding({"always": Forward("102", confirm=True)}, RETURN_AFTER, "103")
    world.users["101"] = replace(world.users["101"], forward=forward)
    alice, mobile = Phone(world, "100"), Phone(world, "102")
    alice.payloads = payloads
    alice.invites("101", **invite)
    world.run()
    mobile.rings()
    world.run()
    mobile.answers(body=mobile.sdp(payloads=answer) if answer else None)
    world.run()
    return world, alice, mobile


def presses(world: World, digit: str, which: int = 1) -> None:
    """A key of the phone that has the second port, or another."""
    world.calls.media_event(DigitHeard(list(world.media.open_ports)[which], digit, 0.1, "event"))
    world.run()


def test_who_answers_is_asked_while_the_caller_hears_it_ring() -> None:  # FWD-7, FWD-11
    world, alice, mobile = asked()
    assert mobile.call.acks == 1
    assert alice.call.heard == [100, 180]
    (prompt,) = performed(world, Play)
    assert (prompt.port, prompt.repeat) == (2, True)
    assert prompt.sounds == (COUNTRIES[DEFAULT].beep, BETWEEN)  # nothing was recorded here
    assert performed(world, Listen)[-1].in_band is False
    assert not any(air.joined for air in world.airs)
    assert world.airs[0].remotes == []
    assert world.calls.snapshot()[0].state == "ringing"
    presses(world, "1")
    ends(world, ("stopped",))
    assert alice.call.heard == [100, 180, 200]
    assert world.airs[0].joined
    assert performed(world, Hush)[-1].port == performed(world, Deafen)[-1].port == 2
    alice.holds()
    world.run()
    assert direction_of(alice.call.bodies[-1]) == "recvonly"
    alice.resumes()
    world.run()
    finish(world)
    assert world.record.answered_by == "102"
    assert [leg.result for leg in world.record.legs] == ["answered", "answered"]


def test_the_question_is_in_the_language_of_whoever_is_asked() -> None:
    world = World("100", "101", "102")
    board = world.calls._board
    board.speech = board.speech._replace(say=lambda user, names: (Clip(f"{user} {names}"),))
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"always": Forward("102", confirm=True)})
    )
    alice, mobile = Phone(world, "100"), Phone(world, "102")
    alice.invites("101")
    world.run()
    mobile.answers()
    world.run()
    assert performed(world, Play)[-1].sounds[0] == Clip("102 ('call.press_one',)")
    finish(world)


@pytest.mark.parametrize("how", ["another key", "hangs up", "silence", "cannot be secured"])
def test_who_does_not_press_one_has_not_answered(how: str) -> None:
    world, alice, mobile = asked()
    back = Phone(world, "103")
    if how == "another key":
        presses(world, "2")
    elif how == "hangs up":
        mobile.hangs_up()
        world.run()
        assert mobile.call.answers == [200]
    elif how == "cannot be secured":
        world.calls.media_event(SecurityFailed(list(world.media.open_ports)[1], "no"))
        world.run()
    else:
        world.run(RETURN_AFTER)
    assert mobile.call.byes_heard == (how != "hangs up")
    assert back.call.state == "calling"
    back.answers()
    world.run()
    assert alice.call.is_up
    finish(world)
    assert [leg.result for leg in world.record.legs] == ["answered", "no_answer", "answered"]


def test_a_mailbox_that_answers_and_talks_takes_no_call() -> None:
    world, alice, mobile = asked()
    world.calls.media_event(RtpTimeout(list(world.media.open_ports)[1]))
    world.run(RETURN_AFTER)
    assert mobile.call.byes_heard == 1
    assert alice.call.heard == [100, 180, 480]
    finish(world)


def test_the_first_of_several_to_press_one_takes_the_call() -> None:
    world = World("100", "101", "102")
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"always": Forward("102", confirm=True)})
    )
    alice = Phone(world, "100")
    desk, mobile, dect = (Phone(world, "102", f"10.0.1.{last}") for last in (1, 2, 3))
    alice.invites("101")
    world.run()
    for phone in (desk, mobile, dect):
        phone.rings()
    for phone in (desk, mobile):
        phone.answers()
    world.run()
    presses(world, "1", which=2)
    assert alice.call.is_up
    assert desk.call.byes_heard == 1
    assert mobile.call.byes_heard == 0
    assert dect.call.state == "over"
    finish(world)
    assert [leg.result for leg in world.record.legs] == [
        "answered", "cancelled", "answered", "cancelled",
    ]  # fmt: skip


def test_who_presses_another_key_leaves_it_to_the_others() -> None:
    world = World("100", "101", "102")
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"always": Forward("102", confirm=True)})
    )
    alice = Phone(world, "100")
    desk, mobile = (Phone(world, "102", f"10.0.1.{last}") for last in (1, 2))
    alice.invites("101")
    world.run()
    desk.answers()
    world.run()
    presses(world, "5")
    assert desk.call.byes_heard == 1
    mobile.answers()
    world.run()
    presses(world, "1")
    assert alice.call.is_up
    finish(world)


def test_a_caller_who_hangs_up_takes_the_question_back() -> None:
    world, alice, mobile = asked()
    alice.cancels()
    world.run()
    assert alice.call.heard[-1] == 487
    assert mobile.call.byes_heard == 1
    finish(world)
    assert [leg.result for leg in world.record.legs] == ["cancelled", "cancelled"]


def test_an_answer_is_acknowledged_again_when_it_comes_again() -> None:
    world, _, mobile = asked()
    mobile.answers()
    world.run()
    assert mobile.call.acks == 2
    assert len(performed(world, Play)) == 1
    finish(world)


def test_without_an_offer_of_the_caller_we_make_one() -> None:
    world, alice, mobile = asked(offer=b"")
    assert mobile.call.invite is not None
    assert b" 8 0 9 107 117 118 101\r\n" in mobile.call.invite.body
    presses(world, "1")
    assert alice.call.is_up
    assert b"m=audio" in alice.call.bodies[-1]
    assert world.airs[0].joined
    assert len(world.airs[0].remotes) == 1
    finish(world)


def test_without_an_offer_of_the_caller_an_answer_in_the_ack_may_be_unusable() -> None:
    world, alice, mobile = asked(offer=b"", payloads="18")
    presses(world, "1")
    assert mobile.call.byes_heard == alice.call.byes_heard == 1
    finish(world)
    assert "in the ACK cannot be used" in world.record.reason


def test_who_is_asked_may_press_the_key_by_info() -> None:
    world, alice, mobile = asked()
    mobile.asks("INFO", "Content-Type: application/dtmf", body=b"1")
    world.run()
    assert mobile.call.answers == [200]
    assert alice.call.is_up
    finish(world)


def test_who_is_asked_may_hold_and_change_codecs() -> None:
    world, alice, mobile = asked()
    mobile.holds()
    world.run()
    mobile.reinvites(b"")
    world.run()
    mobile.asks("UPDATE", body=mobile.sdp(payloads="0 101"))
    world.run()
    assert mobile.call.answers == [200, 200, 200]
    presses(world, "1")
    assert alice.call.is_up
    finish(world)


def test_who_has_changed_to_codecs_that_the_caller_lacks_cannot_take_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, alice, mobile = asked(payloads="18 101", answer="18 101")
    mobile.reinvites(mobile.sdp(payloads="0 101"))
    world.run()
    presses(world, "1")
    assert mobile.call.byes_heard == 1
    assert alice.call.heard == [100, 180, 480]
    assert "answered with an SDP that cannot be used" in caplog.text
    finish(world)


def test_whose_codecs_cannot_be_spoken_here_is_asked_in_vain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, alice, _ = asked(payloads="18 101", answer="18 101")
    ends(world, ("failed", "no codec for G729"))
    assert "nobody can be asked: no codec for G729" in caplog.text
    presses(world, "1")
    assert alice.call.is_up
    finish(world)


def test_who_is_forwarded_to_after_early_media_is_asked_all_the_same() -> None:
    world = World("100", "101", "102")
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"no_answer": Forward("102", confirm=True)})
    )
    alice, bob, mobile = Phone(world, "100"), Phone(world, "101"), Phone(world, "102")
    alice.invites("101")
    world.run()
    bob.rings(183, body=bob.sdp(payloads="8 101"))
    world.run(31.0)
    mobile.answers(body=mobile.sdp(payloads="0 101"))
    world.run()
    assert alice.call.heard == [100, 183, 180]
    ringback, _ = performed(world, Play)  # FWD-11
    assert (ringback.port, ringback.sounds) == (1, (COUNTRIES[DEFAULT].ringback,))
    alice.asks("INFO", "Content-Type: application/dtmf", body=b"1")
    world.run()
    assert alice.call.answers == [480]
    presses(world, "1")
    assert [one.port for one in performed(world, Hush)] == [3, 1]
    assert alice.call.is_up
    assert [request.method for request in alice.call.requests] == ["INVITE"]
    finish(world)
