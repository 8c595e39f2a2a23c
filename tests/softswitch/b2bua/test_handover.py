"""Callers whom a service has answered are sent on to people: VM-2, VM-17, IVR-5."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softswitch.b2bua.handover import MOST
from softswitch.bus import CallAnswered
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.mailbox.line import Connect
from softswitch.media.engine.interface import DigitHeard, RtpTimeout
from softswitch.media.engine.stage_messages import Deafen, Hush, Listen, Play
from softswitch.media.indications import COUNTRIES, DEFAULT
from tests.softswitch.b2bua.applications import Script, answers, asked, ends, performed
from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

RINGBACK = COUNTRIES[DEFAULT].ringback


def greets(script: Script) -> None:
    script.greets()


def wants(script: Script, target: str = "101") -> None:
    """The application lets somebody be rung for the caller."""
    script.line.connect(Connect(target, "100"), lambda: script.told.append("back"))


def handed_over(
    at_once: Any = answers, payloads: str = "8 0 101", **invite: Any
) -> tuple[World, Phone, Phone, Script]:
    """Alice was answered by an application, and Bob's phone is called for her."""
    world, alice, script = asked(at_once, payloads=payloads, **invite)
    bob = Phone(world, "101")
    wants(script)
    world.run()
    return world, alice, bob, script


def joined(world: World) -> bool:
    """Whether the two ports that are open hear each other."""
    one, other = world.media.open_ports
    return world.airs[0].joined is other and world.airs[1].joined is one


def test_the_caller_hears_it_ring_and_is_joined_with_whoever_answers() -> None:  # VM-2
    world, alice, bob, script = handed_over()
    assert bob.call.state == "calling"
    (ringback,) = [one for one in performed(world, Play) if one.repeat]
    assert (ringback.sounds, ringback.port) == ((RINGBACK,), 1)
    (now,) = world.calls.snapshot()
    assert (now.state, now.devices) == ("ringing", (bob.contact,))
    bob.rings()
    world.run()
    assert alice.call.heard == [100, 200]
    bob.answers()
    world.run()
    assert alice.call.heard == [100, 200]
    assert len(alice.call.requests) == 0
    assert joined(world)
    assert performed(world, Hush)[-1].port == performed(world, Deafen)[-1].port == 1
    assert script.told == ["begin", "hung up"]
    (now,) = world.calls.snapshot()
    assert (now.state, now.devices) == ("talking", (bob.contact,))
    finish(world)
    record = world.record
    assert (record.outcome, record.answered_by, record.reason) == (
        "answered",
        "101",
        "caller hung up",
    )
    assert record.because.startswith("*98 is the own mailbox")
    assert [leg.result for leg in record.legs] == ["answered", "answered"]
    assert [one.answered_by for one in world.news if isinstance(one, CallAnswered)] == [
        "voicemail",
        "101",
    ]
    assert record.answered_at == record.arrived_at
    assert record.path == "User 100 -> *98 -> voicemail -> 101"


def test_whoever_answered_may_hang_up() -> None:
    world, alice, bob, script = handed_over()
    bob.answers()
    world.run()
    bob.hangs_up()
    world.run()
    assert alice.call.byes_heard == 1
    assert script.told == ["begin", "hung up"]
    finish(world)
    assert world.record.ended_by == "callee"


def test_the_application_goes_on_when_nobody_answers() -> None:
    world, alice, bob, script = handed_over()
    bob.rings()
    world.run(31.0)
    assert bob.call.state == "over"
    assert script.told == ["begin", "back"]
    assert performed(world, Hush)[-1].port == 1
    assert world.calls._board.engaged == {"100": 1}
    script.greets()
    ends(world, ("played",))
    types(world, "5")
    assert script.told == ["begin", "back", "played", "5"]
    assert alice.call.is_up
    wants(script)
    world.run()
    bob.answers()
    world.run()
    assert joined(world)
    finish(world)


def types(world: World, digit: str) -> None:
    """The caller presses a key."""
    world.calls.media_event(DigitHeard(next(iter(world.media.open_ports)), digit, 0.1, "event"))


@pytest.mark.parametrize(("status", "target"), [(486, "101"), (603, "101"), (0, "102"), (0, "9")])
def test_nobody_is_there_for_the_caller(status: int, target: str) -> None:
    world, alice, script = asked()
    bob = Phone(world, "101")
    wants(script, target)
    assert "back" not in script.told  # never from within
    world.run()
    if status:
        bob.rejects(status)
        world.run()
    assert script.told == ["begin", "back"]
    assert alice.call.is_up
    script.line.hang_up()
    world.run()
    assert alice.call.byes_heard == 1
    finish(world)
    assert world.record.reason == "voicemail hung up"


def test_a_caller_who_hangs_up_while_it_rings_stops_that() -> None:
    world, alice, bob, script = handed_over()
    bob.rings()
    world.run()
    alice.hangs_up()
    world.run()
    assert bob.call.state == "over"
    assert script.told == ["begin", "hung up"]
    finish(world)
    assert [leg.result for leg in world.record.legs] == ["answered", "cancelled"]


def test_an_answer_that_crosses_the_callers_bye_is_hung_up() -> None:
    world, alice, bob, _ = handed_over()
    alice.hangs_up()
    bob.answers()
    world.run()
    assert bob.call.byes_heard == 1
    finish(world)


def test_keys_and_ends_of_sounds_are_nobodys_while_it_rings() -> None:
    world, _, bob, script = handed_over()
    ends(world, ("stopped",))
    types(world, "5")
    world.run()
    assert script.told == ["begin"]
    wants(script)  # it has said so already
    world.run()
    assert len(bob.calls) == 1
    finish(world)


def test_a_caller_in_early_media_is_answered_when_somebody_answers() -> None:  # VM-5
    world, alice, bob, _ = handed_over(greets)
    assert alice.call.heard == [100, 183]
    bob.rings(183, body=bob.sdp())
    world.run(61.0 - 31.0)
    assert alice.call.heard == [100, 183]
    bob.answers()
    world.run()
    assert alice.call.heard == [100, 183, 200]
    assert alice.call.bodies[0] == alice.call.bodies[1]
    assert joined(world)
    finish(world)
    assert (world.record.answered_by, world.record.outcome) == ("101", "answered")


def test_a_caller_in_early_media_who_heard_nothing_yet_hears_it_ring() -> None:
    world, alice, bob, _ = handed_over(lambda script: None)
    assert alice.call.heard == [100, 183]
    alice.cancels()
    world.run()
    assert alice.call.heard == [100, 183, 487]
    assert bob.call.state == "over"
    finish(world)
    assert world.record.outcome == "cancelled"


def test_nobody_answers_a_caller_in_early_media() -> None:
    world, alice, bob, script = handed_over(greets)
    bob.rejects()
    world.run()
    assert script.told == ["begin", "back"]
    script.line.answer()
    world.run()
    assert alice.call.heard == [100, 183, 200]
    finish(world)


def test_a_caller_without_an_offer_is_handed_over_as_others_are() -> None:
    world, _, bob, _ = handed_over(offer=b"")
    assert bob.call.invite is not None
    assert b"m=audio" in bob.call.invite.body
    bob.answers()
    world.run()
    assert bob.call.ack_bodies == [b""]
    assert joined(world)
    bob.changes("8 101")
    world.run()
    assert bob.call.answers == [200]
    finish(world)


def test_both_may_hold_after_the_handover() -> None:
    world, alice, bob, _ = handed_over()
    bob.answers()
    world.run()
    for phone in (alice, bob):
        phone.holds()
        world.run()
        assert direction_of(phone.call.bodies[-1]) == "recvonly"
        assert [air.held for air in world.airs] == [True, True]
        phone.resumes()
        world.run()
        assert [air.held for air in world.airs] == [False, False]
        assert joined(world)
    finish(world)


def test_a_caller_who_holds_while_it_rings_holds_whoever_answers() -> None:
    world, alice, bob, _ = handed_over()
    alice.holds()
    world.run()
    assert alice.call.answers == [200]
    bob.answers()
    world.run()
    assert [air.held for air in world.airs] == [True, True]
    assert not world.airs[0].joined
    assert performed(world, Play)[-1].port == 2  # music
    alice.resumes()
    world.run()
    assert joined(world)
    finish(world)


def test_codecs_that_are_not_shared_are_translated() -> None:
    world, alice, bob, _ = handed_over(payloads="8 101")
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    assert [air.remotes[-1].formats[0].encoding for air in world.airs] == ["PCMA", "PCMU"]
    assert joined(world)
    assert alice.call.requests == []
    finish(world)


def test_a_codec_that_the_caller_offered_saves_the_translation() -> None:
    world, alice, bob, _ = handed_over(payloads="8 0 101")
    alice.payloads = "0 101"
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    assert [request.method for request in alice.call.requests] == ["INVITE"]
    assert b"RTP/AVP 0 " in alice.call.requests[0].body
    assert [air.remotes[-1].formats[0].encoding for air in world.airs] == ["PCMU", "PCMU"]
    finish(world)


def test_a_caller_who_has_not_acknowledged_yet_is_told_of_the_codec_later() -> None:
    world, alice, script = asked(answers, payloads="8 0 101")
    alice.reflexes.discard("ack")
    bob = Phone(world, "101")
    wants(script)
    world.run()
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    assert joined(world)
    alice.acknowledges(alice.call)
    alice.reflexes.add("ack")
    world.run()
    finish(world)


def test_whoever_is_rung_sends_the_call_on() -> None:
    world, alice, script = asked()
    world.users["101"] = replace(world.users["101"], forward=Forwarding({"busy": Forward("102")}))
    world.users["102"] = replace(world.users["101"], extension="102", forward=Forwarding())
    bob, carla = Phone(world, "101"), Phone(world, "102")
    wants(script)
    world.run()
    bob.rejects()
    world.run()
    carla.answers()
    world.run()
    assert joined(world)
    assert alice.call.heard == [100, 200]
    finish(world)
    assert world.record.answered_by == "102"


def test_the_mailbox_of_whoever_is_rung_takes_the_call() -> None:
    world, alice, script = asked()
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True))
    bob = Phone(world, "101")
    wants(script)
    world.run()
    bob.rejects()
    world.run()
    assert script.told == ["begin", "hung up", "begin"]  # a script plays both
    assert performed(world, Listen)[-1].port == 1
    assert alice.call.is_up
    assert alice.call.heard == [100, 200]
    finish(world)
    record = world.record
    assert (record.outcome, record.answered_by) == ("voicemail", "voicemail 101")


def test_the_mailbox_of_whoever_is_rung_takes_a_call_in_early_media() -> None:
    world, alice, script = asked(greets)
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True))
    wants(script)  # 101 has no phone
    world.run()
    assert script.told == ["begin", "hung up", "begin"]
    script.line.answer()
    world.run()
    assert alice.call.heard == [100, 183, 200]
    finish(world)


def test_a_phone_that_rings_may_ask_for_nothing() -> None:
    world, _, bob, _ = handed_over()
    bob.rings()
    world.run()
    call = bob.call
    call.remote_tag = call.invite.headers.get("From").partition(";tag=")[2]  # type: ignore[union-attr]
    bob.asks("INFO", "Content-Type: application/dtmf", body=b"1")
    world.run()
    bob.asks("UPDATE", body=bob.sdp())
    world.run()
    bob.asks("BYE")
    world.run()
    assert call.answers == [480, 491, 481]
    bob.answers()
    world.run()
    assert joined(world)
    finish(world)


def test_a_phone_that_rings_need_not_speak() -> None:
    world, alice, bob, _ = handed_over()
    world.calls.media_event(RtpTimeout(list(world.media.open_ports)[1]))
    assert alice.call.is_up
    bob.answers()
    world.run()
    world.calls.media_event(RtpTimeout(list(world.media.open_ports)[1]))
    world.run()
    assert alice.call.byes_heard == bob.call.byes_heard == 1
    finish(world)


def test_an_answer_that_cannot_be_used_is_none() -> None:
    world, _, bob, script = handed_over()
    bob.answers(body=bob.sdp(payloads="18"))
    world.run()
    assert script.told == ["begin", "back"]
    assert bob.call.byes_heard == 1
    finish(world)


def test_the_mobile_of_whoever_is_rung_has_to_press_one() -> None:  # FWD-7
    world, _, script = asked()
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"always": Forward("102", confirm=True)})
    )
    world.users["102"] = replace(world.users["101"], extension="102", forward=Forwarding())
    mobile = Phone(world, "102")
    wants(script)
    world.run()
    mobile.answers()
    world.run()
    assert [one.port for one in performed(world, Play) if one.repeat] == [1, 2]
    mobile.asks("INFO", "Content-Type: application/dtmf", body=b"1")
    world.run()
    assert joined(world)
    mobile.holds()
    world.run()
    assert mobile.call.answers == [200, 200]
    finish(world)
    assert world.record.answered_by == "102"


def test_whoever_is_asked_and_hangs_up_gives_the_caller_back() -> None:  # FWD-7
    world, alice, script = asked()
    world.users["101"] = replace(
        world.users["101"], forward=Forwarding({"always": Forward("102", confirm=True)})
    )
    world.users["102"] = replace(world.users["101"], extension="102", forward=Forwarding())
    mobile = Phone(world, "102")
    wants(script)
    world.run()
    mobile.answers()
    world.run()
    world.calls.media_event(RtpTimeout(list(world.media.open_ports)[1]))
    mobile.hangs_up()
    world.run()
    assert script.told == ["begin", "back"]
    assert alice.call.is_up
    finish(world)


def test_a_mailbox_may_be_the_operator() -> None:
    world, _, script = asked()
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True))
    wants(script, "voicemail:101")
    world.run()
    assert script.told == ["begin", "hung up", "begin"]
    finish(world)
    assert world.record.answered_by == "voicemail 101"


def test_who_is_sent_on_for_ever_is_not() -> None:
    world, _, script = asked()
    for _ in range(MOST + 2):
        wants(script)  # 101 has no phone
        world.run()
    assert script.told == ["begin", *["back"] * (MOST + 2)]
    finish(world)
    assert world.record.because.count("sends the caller to 101") == MOST
