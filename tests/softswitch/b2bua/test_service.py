"""Calls that the switch answers itself: from the INVITE to the record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softswitch.bus import CallAnswered
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import (
    DigitHeard,
    PortsLost,
    Recorded,
    RtpTimeout,
    SecurityFailed,
)
from softswitch.routing.decision import Retrieve
from softswitch.routing.decision import Voicemail as Mailbox
from tests.softswitch.b2bua.applications import (
    CODES,
    GREETING,
    Script,
    asked,
    ends,
    performed,
)
from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def greets(script: Script) -> None:
    script.greets()


def waits(script: Script) -> None:
    """It neither answers nor says anything."""


def test_an_application_gets_the_call_and_answers_it() -> None:
    world, alice, script = asked()
    assert alice.call.heard == [100, 200]
    assert script.told == ["begin"]
    assert script.visit is not None
    assert script.visit[1:4] == (world.calls.snapshot()[0].call_id, "100", "*98")
    assert script.visit.decision == Retrieve(
        None, "*98 is the own mailbox (feature_codes.voicemail)"
    )
    assert (script.line.caller, script.line.caller_name) == ("100", "User 100")
    assert not script.line.remote
    assert script.line.wall() == world.wall()
    assert script.line.codec == "PCMA"
    assert world.calls.snapshot()[0].devices == ("voicemail",)
    (answered,) = [one for one in world.news if isinstance(one, CallAnswered)]
    assert answered.answered_by == "voicemail"
    finish(world)
    assert script.told == ["begin", "hung up"]
    record = world.record
    assert (record.outcome, record.status, record.reason) == ("answered", 200, "caller hung up")
    assert record.answered_by == "voicemail"
    assert [leg.codec for leg in record.legs] == ["PCMA"]


def test_the_caller_gets_its_best_codec_that_can_be_spoken_here() -> None:
    world, alice, _ = asked(payloads="18 0 8 101")
    assert b"RTP/AVP 0 101\r\n" in alice.call.bodies[0]
    (remote,) = world.airs[0].remotes
    assert [one.encoding for one in remote.formats] == ["PCMU", "TELEPHONE-EVENT"]
    assert performed(world, stage_messages.Listen)[-1].in_band is False
    finish(world)


def test_a_phone_without_key_events_is_listened_to() -> None:
    world, _, _ = asked(payloads="8")
    assert performed(world, stage_messages.Listen)[-1].in_band is True
    finish(world)


def test_a_caller_whose_codecs_cannot_be_spoken_is_refused() -> None:
    world, alice, script = asked(payloads="18")
    assert alice.call.heard == [100, 488]
    assert script.told == []
    finish(world)
    assert world.record.outcome == "failed"


def test_what_is_played_before_the_answer_is_early_media() -> None:
    world, alice, script = asked(greets)
    assert alice.call.heard == [100, 183]
    assert performed(world, stage_messages.Play)[0].sounds == (GREETING,)
    ends(world, ("played",))
    assert script.told == ["begin", "played"]
    script.line.answer()
    script.line.answer()
    world.run()
    assert alice.call.heard == [100, 183, 200]
    assert alice.call.bodies[0] == alice.call.bodies[1]
    finish(world)


def test_a_caller_who_gives_up_before_the_answer_has_cancelled() -> None:
    world, alice, script = asked(greets)
    alice.cancels()
    world.run()
    assert alice.call.heard == [100, 183, 487]
    assert script.told == ["begin", "hung up"]
    finish(world)
    assert world.record.outcome == "cancelled"


def test_early_media_is_said_again_every_minute() -> None:
    world, alice, _ = asked(greets)
    world.run(61.0)
    assert len(world.network.seen("100 < 183 INVITE")) == 2
    alice.cancels()
    finish(world)


def test_without_an_offer_the_application_begins_when_the_answer_is_there() -> None:
    world, alice, script = asked(offer=b"")
    assert alice.call.heard == [100, 200]
    assert b" 8 0 9 107 117 118 101\r\n" in alice.call.bodies[0]
    assert script.told == ["begin"]
    assert len(world.airs[0].remotes) == 1
    finish(world)
    assert world.record.outcome == "answered"


def test_an_answer_in_the_ack_that_cannot_be_used_ends_the_call() -> None:
    world, _, script = asked(offer=b"", payloads="18")
    assert script.told == []
    finish(world)
    assert world.record.reason.startswith("caller's answer in the ACK cannot be used")


def test_an_application_that_gives_up_at_once_leaves_nothing() -> None:
    world, alice, script = asked(lambda script: script.line.hang_up(), offer=b"")
    assert alice.call.byes_heard == 1
    assert script.told == ["begin"]
    finish(world)


def test_an_answer_that_comes_after_the_end_begins_nothing() -> None:
    world = World("100", "101")
    script = Script(waits)
    world.calls._board.codes, world.calls._board.applications = CODES, script
    alice = Phone(world, "100")
    alice.reflexes.discard("ack")
    alice.invites("*98", offer=b"")
    world.run()
    world.calls.media_event(PortsLost(tuple(world.media.open_ports), "killed"))
    alice.acknowledges(alice.call, 1, alice.sdp())
    finish(world)
    assert alice.call.heard == [100, 200]
    assert script.told == []


# What an application does


def test_sounds_and_recordings_tell_how_they_ended() -> None:
    world, _, script = asked()
    script.greets()
    script.takes_down()
    recording = performed(world, stage_messages.Record)[-1]
    assert (recording.path, recording.limit, recording.silence) == ("/a.wav", 60.0, 10.0)
    ends(world, ("stopped",))
    script.line.hush()
    script.line.finish()
    assert performed(world, stage_messages.Hush)
    assert performed(world, stage_messages.Finish)
    ends(world, (3.0, "finished"), stage_messages.Record)
    assert script.recorded == [Recorded(3.0, "finished")]
    assert script.told == ["begin", "stopped"]
    finish(world)


def test_a_sound_that_cannot_be_played_is_told_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, _, script = asked()
    ends(world, ("failed", "no such file"))
    assert script.told == ["begin", "stopped"]
    assert "voicemail cannot play: no such file" in caplog.text
    finish(world)


def test_a_recording_ends_after_the_call_and_is_told_then() -> None:
    world, alice, script = asked()
    script.takes_down()
    alice.hangs_up()
    world.run()
    assert script.told == ["begin", "hung up"]
    ends(world, (2.0, "closed"), stage_messages.Record)
    ends(world, ("closed",))
    world.run()
    assert script.recorded == [Recorded(2.0, "closed")]
    assert script.told == ["begin", "hung up"]
    finish(world)


def test_what_is_said_to_something_is_recorded_behind_it() -> None:
    world, alice, script = asked()
    script.asks()
    asked_for = performed(world, stage_messages.Play)[-1]
    assert asked_for.sounds == (GREETING,)
    assert asked_for.then is not None
    assert (asked_for.then.path, asked_for.then.limit, asked_for.then.silence) == ("/a.wav", 60, 10)
    ends(world, ("played",))
    assert script.told == ["begin", "played"]
    alice.hangs_up()
    world.run()
    world.media.ended(stage_messages.Ended(asked_for.then.serial, (3.0, "closed")))
    assert script.recorded == [Recorded(3.0, "closed")]
    script.asks()
    assert performed(world, stage_messages.Play)[-1] is asked_for
    finish(world)


def test_a_worker_that_is_gone_tells_nobody_from_within(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, script = asked()
    monkeypatch.setattr(world.media, "_say", lambda port, message: False)
    for record in (script.takes_down, script.asks):
        record()
        assert script.recorded == []
        world.run()
        assert script.recorded == [Recorded(0.0, "closed")]
        script.recorded.clear()
    assert script.told == ["begin"]
    monkeypatch.undo()
    finish(world)


def test_an_application_is_called_back_unless_it_thinks_better_of_it() -> None:
    world, alice, script = asked()
    script.line.later(1.0, lambda: script.told.append("later"))
    script.line.later(1.0, lambda: script.told.append("never"))()
    world.run(2.0)
    assert script.told == ["begin", "later"]
    script.line.later(1.0, lambda: script.told.append("never"))
    alice.hangs_up()
    world.run(2.0)
    assert script.told == ["begin", "later", "hung up"]
    finish(world)


def test_an_application_hangs_up_and_is_told_nothing_more() -> None:
    world, alice, script = asked()
    script.line.hang_up()
    script.line.hang_up()
    world.run()
    assert alice.call.byes_heard == 1
    assert script.told == ["begin"]
    finish(world)
    assert (world.record.reason, world.record.ended_by) == ("voicemail hung up", "switch")


def test_an_application_that_never_answers_refuses() -> None:
    world, alice, script = asked(greets)
    script.line.hang_up()
    world.run()
    assert alice.call.heard == [100, 183, 480]
    finish(world)
    assert world.record.outcome == "unavailable"


# What happens to it


def test_keys_reach_the_application() -> None:
    world, _, script = asked()
    (port,) = world.media.open_ports
    world.calls.media_event(DigitHeard(port, "5", 0.1, "event"))
    assert script.told == ["begin", "5"]
    script.line.hang_up()
    world.calls.media_event(DigitHeard(port, "6", 0.1, "event"))
    script.line.digit("7")  # on its way when the application hung up
    assert script.told == ["begin", "5"]
    finish(world)


def test_keys_of_calls_between_phones_are_nobodys_here() -> None:
    world = World("100", "101")
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    world.calls.media_event(DigitHeard(next(iter(world.media.open_ports)), "5", 0.1, "event"))
    finish(world)


def test_silence_a_dead_worker_and_broken_keys_end_the_call() -> None:
    events = [
        (RtpTimeout, (), "no media from caller for 60 s"),
        (PortsLost, ("killed",), "media worker died: killed"),
        (SecurityFailed, ("wrong certificate",), "media of caller could not be secured"),
    ]
    for kind, more, why in events:
        world, alice, script = asked()
        (port,) = world.media.open_ports
        world.calls.media_event(kind((port,) if kind is PortsLost else port, *more))
        world.run()
        assert alice.call.byes_heard == 1
        assert script.told == ["begin", "hung up"]
        finish(world)
        assert world.record.reason.startswith(why)


def test_a_held_call_may_be_silent_for_longer() -> None:
    world, alice, _ = asked()
    alice.holds()
    world.run()
    assert direction_of(alice.call.bodies[-1]) == "recvonly"
    assert world.airs[0].held
    assert world.calls.snapshot()[0].state == "held"
    alice.resumes()
    world.run()
    assert not world.airs[0].held
    finish(world)


# Whom nobody answers


def mailbox_of(world: World, user: str, **forward: str) -> Script:
    """Give a user a mailbox, and an application to the world."""
    rules = {situation: Forward(to) for situation, to in forward.items()}
    world.users[user] = replace(
        world.users[user], voicemail=Voicemail(enabled=True), forward=Forwarding(rules)
    )
    script = Script(lambda script: script.line.answer())
    world.calls._board.applications = script
    return script


def test_a_call_that_is_not_answered_comes_to_the_mailbox() -> None:  # S0-2
    world = World("100", "101")
    script = mailbox_of(world, "101")
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rings()
    world.run(31.0)
    assert bob.call.state == "over"
    assert alice.call.heard == [100, 180, 200]
    assert script.visit is not None
    assert isinstance(script.visit.decision, Mailbox)
    assert script.visit.decision[:2] == ("101", "no_answer")
    finish(world)
    record = world.record
    assert (record.outcome, record.status, record.answered_by) == (
        "voicemail",
        200,
        "voicemail 101",
    )
    assert [leg.result for leg in record.legs] == ["voicemail", "no_answer"]
    assert record.because.endswith("; voicemail.answers of 101 (default), 101: no_answer")


def test_a_call_to_an_unregistered_phone_comes_to_the_mailbox_at_once() -> None:
    world = World("100", "101")
    mailbox_of(world, "101")
    alice = Phone(world, "100")
    alice.invites("101")
    world.run()
    assert alice.call.heard == [100, 200]
    assert world.calls._board.engaged == {"100": 1}
    finish(world)


def test_a_user_may_be_called_while_the_mailbox_takes_another_call() -> None:
    world = World("100", "101", "102")
    mailbox_of(world, "101")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    assert alice.call.is_up
    carla.invites("101")
    world.run()
    bob.answers()
    world.run()
    assert carla.call.is_up
    finish(world)


def test_a_device_was_heard_in_a_codec_that_cannot_be_spoken_here() -> None:
    world = World("100", "101")
    mailbox_of(world, "101")
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.payloads = "18 8 101"
    alice.invites("101")
    world.run()
    bob.rings(183, body=bob.sdp(payloads="18"))
    world.run(31.0)
    assert alice.call.is_up
    assert [one.method for one in alice.call.requests] == ["INVITE"]
    assert b"RTP/AVP 8 " in alice.call.requests[0].body
    finish(world)


def test_a_device_was_heard_in_a_codec_that_can_be_spoken_here() -> None:
    world = World("100", "101")
    mailbox_of(world, "101")
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rings(183, body=bob.sdp(payloads="8 101"))
    world.run(31.0)
    assert alice.call.heard == [100, 183, 200]
    assert alice.call.bodies[0] == alice.call.bodies[1]
    assert alice.call.requests == []
    finish(world)


def test_without_a_port_for_a_device_the_mailbox_takes_the_call() -> None:
    world = World("100", "101", ports=1)
    mailbox_of(world, "101")
    alice, _ = Phone(world, "100"), Phone(world, "101")
    alice.invites("101")
    world.run()
    assert alice.call.is_up
    finish(world)
    assert world.record.outcome == "voicemail"


def test_a_mailbox_of_another_user_takes_the_call() -> None:  # FWD-14
    world = World("100", "101", "102")
    mailbox_of(world, "101", busy="voicemail:102")
    world.users["102"] = replace(world.users["102"], voicemail=Voicemail(enabled=True))
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    finish(world)
    assert world.record.answered_by == "voicemail 102"


@pytest.mark.parametrize(("encryption", "line"), [("sdes", b"a=crypto:"), ("dtls", b"a=setup:")])
def test_our_own_offer_is_encrypted_where_the_user_wants_it_so(
    encryption: Any, line: bytes
) -> None:
    world = World("100", encryption=encryption)
    board = world.calls._board
    board.codes, board.applications = CODES, Script(waits)
    alice = Phone(world, "100")
    alice.invites("*98", offer=b"")
    world.run()
    assert line in alice.call.bodies[0]
    assert b" RTP/SAVP " in alice.call.bodies[0] or b" UDP/TLS/RTP/SAVP " in alice.call.bodies[0]
    finish(world)  # the phone knows no keys
    assert "unencrypted" in world.record.reason or "in the ACK" in world.record.reason
