"""Whose calls are recorded, and when (REC-1, REC-2)."""

from dataclasses import replace
from typing import Any, cast

import pytest

from softswitch.b2bua import taping
from softswitch.b2bua.taping import BEGINS, ENDS, Take
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import DigitHeard, Recorded
from tests.softswitch.b2bua.applications import ends, performed
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import EPOCH, World
from tests.softswitch.b2bua.phones import Phone


class Shelf:
    """Keeps what was recorded."""

    def __init__(self) -> None:
        self.kept: list[tuple[Take, Recorded]] = []

    def path(self, take: Take) -> str:
        return f"/recordings/{take.id}.wav"

    def recorded(self, take: Take, what: Recorded) -> None:
        self.kept.append((take, what))


def talking(**record: str) -> tuple[World, Phone, Phone, Shelf]:
    """100 talks with 101."""
    world = World("100", "101")
    for user, when in record.items():
        name = user.removeprefix("u")
        world.users[name] = replace(world.users[name], record=when)
    shelf = world.calls._board.recorder = Shelf()
    anna, jan = Phone(world, "100"), Phone(world, "101")
    anna.invites("101")
    world.run()
    jan.answers()
    world.run()
    return world, anna, jan, shelf


def recorded(world: World) -> list[Any]:
    return performed(world, stage_messages.RecordCall)


def press(world: World, keys: str, side: str = "caller") -> None:
    (call,) = world.calls._board.calls.values()
    leg = call.caller if side == "caller" else call.answerer
    assert leg is not None
    assert leg.port is not None
    for key in keys:
        world.calls.media_event(DigitHeard(leg.port, key, 0.1, "event"))


@pytest.mark.parametrize(
    ("caller", "callee", "expected"),
    [
        ("off", "off", 0),
        ("always", "off", 1),
        ("off", "always", 1),
        ("outbound", "off", 1),
        ("inbound", "off", 0),
        ("off", "inbound", 1),
        ("off", "outbound", 0),
        ("on_demand", "on_demand", 0),
        ("on_demand", "inbound", 1),
    ],
)
def test_calls_are_recorded_as_their_users_want(caller: str, callee: str, expected: int) -> None:
    """REC-1: per user and direction."""
    world, _, _, shelf = talking(u100=caller, u101=callee)
    assert len(recorded(world)) == expected
    listened = "on_demand" in (caller, callee) and not expected
    assert bool(performed(world, stage_messages.Listen)) is listened
    if expected:
        (call,) = world.calls._board.calls.values()
        assert call.answerer is not None
        assert call.caller.port is not None
        assert call.answerer.port is not None
        one = recorded(world)[0]
        assert (one.one, one.other) == (call.caller.port.id, call.answerer.port.id)
        assert one.path == f"/recordings/{call.id}.wav"
        ends(world, (12.0, "closed"), stage_messages.RecordCall)
        ((take, what),) = shelf.kept
        assert take[1:4] == (call.id, "100", "101")
        assert take.began_at > EPOCH
        assert what.seconds == 12.0
    finish(world)


def test_calls_of_a_switch_that_records_nothing_are_not_looked_at() -> None:
    world = World("100", "101")
    world.users["100"] = replace(world.users["100"], record="always")
    anna, jan = Phone(world, "100"), Phone(world, "101")
    anna.invites("101")
    world.run()
    jan.answers()
    world.run()
    assert recorded(world) == []
    finish(world)


def test_star_one_begins_and_ends_a_recording_with_a_tone() -> None:
    """REC-1: on_demand, each time a file of its own; keys of the other one mean nothing."""
    world, _, _, shelf = talking(u101="on_demand")
    assert len(performed(world, stage_messages.Listen)) == 1
    press(world, "*1", "caller")
    press(world, "1", "callee")
    press(world, "*51", "callee")
    assert recorded(world) == []
    press(world, "*1", "callee")
    (call,) = world.calls._board.calls.values()
    tones = [one.sounds for one in performed(world, stage_messages.Play)]
    assert (len(recorded(world)), tones) == (1, [(BEGINS,)] * 2)
    press(world, "*1", "callee")
    assert len(performed(world, stage_messages.FinishCall)) == 1
    tones = [one.sounds for one in performed(world, stage_messages.Play)]
    assert tones[2:] == [(ENDS,)] * 2
    ends(world, (3.0, "finished"), stage_messages.RecordCall)
    press(world, "*1", "callee")
    assert [one.path for one in recorded(world)] == [
        f"/recordings/{call.id}.wav",
        f"/recordings/{call.id}-2.wav",
    ]
    finish(world)
    assert [take.id for take, _ in shelf.kept] == [call.id]


def test_keys_that_are_far_apart_are_two() -> None:
    world, _, _, _ = talking(u100="on_demand")
    press(world, "*")
    world.run(4.0)
    press(world, "1")
    assert recorded(world) == []
    finish(world)


def test_keys_may_come_in_an_info() -> None:
    world, anna, _, _ = talking(u100="on_demand")
    for key in "*1":
        body = f"Signal={key}\r\nDuration=160\r\n".encode()
        anna.asks("INFO", "Content-Type: application/dtmf-relay", body=body)
        world.run()
    assert len(recorded(world)) == 1
    finish(world)


def test_who_hears_music_is_told_nothing() -> None:
    world, anna, _, _ = talking(u100="on_demand")
    anna.holds()
    world.run()
    before = len(performed(world, stage_messages.Play))
    press(world, "*1")
    assert len(performed(world, stage_messages.Play)) == before + 1
    finish(world)


def test_a_recording_that_fails_does_not_touch_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """REC-3."""
    world, _, _, shelf = talking(u100="always")
    ends(world, (1.0, "failed", "No space left on device"), stage_messages.RecordCall)
    assert "the recording has failed: No space left on device" in caplog.text
    assert [what.ended for _, what in shelf.kept] == ["failed"]
    assert world.calls.snapshot()[0].state == "talking"
    finish(world)
    assert world.record.outcome == "answered"


def test_who_talks_to_somebody_else_in_the_same_call_is_recorded_anew() -> None:
    world, _, _, _ = talking(u100="always")
    (call,) = world.calls._board.calls.values()
    taping.begin(call, cast("Any", call.board.recorder))
    assert len(performed(world, stage_messages.FinishCall)) == 1
    assert len(recorded(world)) == 2
    world.users["100"] = replace(world.users["100"], record="on_demand")
    finish(world)


def test_nothing_is_ended_that_never_began() -> None:
    world, _, _, _ = talking(u101="on_demand")
    (call,) = world.calls._board.calls.values()
    taping.begin(call, cast("Any", call.board.recorder))
    assert performed(world, stage_messages.FinishCall) == []
    finish(world)


def test_calls_to_numbers_outside_are_those_of_who_calls() -> None:
    """REC-1: nobody outside has a say, whatever number he has."""
    world, _, _, _ = talking(u101="always")
    (call,) = world.calls._board.calls.values()
    assert call.answerer is not None
    call.taping = None
    call.answerer.trunk = cast("Any", object())
    taping.begin(call, cast("Any", call.board.recorder))
    assert len(recorded(world)) == 1
    assert call.taping is None
    call.answerer.trunk = None
    finish(world)
