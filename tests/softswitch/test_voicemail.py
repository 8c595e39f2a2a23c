"""Calls that come to an application, in a world of air."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softswitch.config.conference import Room
from softswitch.config.messaging import Voicemail
from softswitch.mailbox import pins
from softswitch.mailbox.messages import Message
from softswitch.mailbox.speech import BEEP
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import Clip
from softswitch.rooms.meeting import Meetings
from softswitch.voicemail import NOBODYS, Services, rules
from tests.softswitch.b2bua.applications import ends, performed
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.mailboxes import take_messages
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


@pytest.fixture(autouse=True)
def _hashing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """101 has a mailbox and no phone."""
    world = World("100", "101")
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True))
    take_messages(world, tmp_path, NAMES, world.news.append)
    return world


NAMES = (
    "vm.cannot_take_your_call",
    "vm.leave_a_message",
    "vm.mailbox_number",
    "vm.password",
    "vm.login_failed",
    "vm.main_menu",
    "code.no_such_number",
)


def says(world: World) -> list[str]:
    """The last of what was played."""
    sounds = performed(world, stage_messages.Play)[-1].sounds
    return [sound.path[1:] for sound in sounds if isinstance(sound, Clip)]


def types(world: World, phone: Phone, keys: str) -> None:
    for key in keys:
        phone.asks("INFO", "Content-Type: application/dtmf", body=key.encode())
        world.run()


def test_a_message_is_left_for_whoever_cannot_be_reached(world: World) -> None:
    alice = Phone(world, "100")
    alice.invites("101")
    world.run()
    assert alice.call.is_up
    (greeting,) = performed(world, stage_messages.Play)
    said = (Clip("/vm.cannot_take_your_call"), Clip("/vm.leave_a_message"))
    assert greeting.sounds == (*said, BEEP)
    recording = greeting.then
    assert recording is not None
    assert (recording.limit, recording.silence) == (180.0, 10.0)
    ends(world, ("played",))
    alice.hangs_up()
    world.run()
    result = (8.0, "closed", "", 0.1, 7.9)
    world.media.ended(stage_messages.Ended(recording.serial, result))
    world.run()
    assert ("101", 1, 0) in world.news
    finish(world)
    assert world.record.outcome == "voicemail"


def test_the_owner_logs_in_while_the_greeting_is_heard(world: World) -> None:  # S0-9, S0-10
    alice = Phone(world, "100")
    alice.invites("101")
    world.run()
    types(world, alice, "*")
    assert says(world) == ["vm.mailbox_number"]
    types(world, alice, "#")
    assert says(world) == ["vm.password"]
    types(world, alice, "0101#")
    assert says(world) == ["vm.main_menu"]
    assert alice.call.is_up
    finish(world)
    assert world.record.outcome == "voicemail"


@pytest.mark.parametrize(
    ("caller", "dialled", "asked"),
    [
        ("101", "*98", "vm.password"),  # S4-13: the PIN only
        ("100", "*98", "vm.mailbox_number"),
        ("100", "*98101", "vm.password"),
    ],
)
def test_messages_are_heard_by_dialling_a_code(
    world: World, caller: str, dialled: str, asked: str
) -> None:
    phone = Phone(world, caller)
    phone.invites(dialled)
    world.run()
    assert says(world) == [asked]
    finish(world)
    assert (world.record.outcome, world.record.answered_by) == ("answered", "voicemail")


@pytest.mark.parametrize("number", ["101", "100", "555"])
def test_a_mailbox_that_is_not_there_sounds_as_one_with_a_pin(
    world: World, number: str
) -> None:  # VM-15
    alice = Phone(world, "100")
    alice.invites("*98")
    world.run()
    types(world, alice, f"{number}#")
    assert says(world) == ["vm.password"]
    types(world, alice, "9999#")
    assert says(world)[0] == "vm.login_failed"
    finish(world)


def test_zero_in_the_greeting_rings_the_operator(world: World) -> None:  # VM-2
    world.users["102"] = replace(world.users["100"], extension="102")
    world.users["101"] = replace(
        world.users["101"], voicemail=Voicemail(enabled=True, operator="102")
    )
    alice, operator = Phone(world, "100"), Phone(world, "102")
    alice.invites("101")
    world.run()
    types(world, alice, "0")
    operator.rejects()
    world.run()
    assert says(world) == ["vm.leave_a_message"]
    types(world, alice, "0")
    operator.answers()
    world.run()
    assert all(air.joined for air in world.airs)
    finish(world)
    record = world.record
    assert (record.outcome, record.answered_by) == ("answered", "102")
    assert record.path == ("User 100 -> 101 (unavailable) -> voicemail 101 -> 102 (busy) -> 102")


def test_the_owner_calls_back_whoever_left_a_message(world: World) -> None:  # VM-17
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True, pin="2580"))
    services: Any = world.calls._board.applications
    message = services._boxes.begin(
        Message("", "101", "100", "", "101", "no_answer", world.wall(), world.wall(), 8.0)
    )
    services._boxes.keep(message)
    alice, bob = Phone(world, "100"), Phone(world, "101")
    bob.invites("*98")
    world.run()
    types(world, bob, "2580181")
    alice.answers()
    world.run()
    assert "101" in (alice.call.requests[0].headers.get("From") or "")
    assert all(air.joined for air in world.airs)
    finish(world)
    assert world.record.path == "User 101 -> *98 -> voicemail -> 100"


def test_the_echo_test_needs_no_mailbox(world: World) -> None:
    alice = Phone(world, "100")
    alice.invites("*600")
    world.run()
    assert alice.call.is_up
    finish(world)


def test_the_code_of_calendars_is_answered(world: World) -> None:  # CAL-6, FC-3
    alice = Phone(world, "100")
    alice.invites("*281*2")
    world.run()
    assert alice.call.is_up
    assert says(world) == ["code.no_such_number"]
    finish(world)


def test_a_mailbox_whose_user_is_gone_keeps_messages_of_some_length(world: World) -> None:
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(min_message=5.0))
    assert rules(world.users)("101").min_message == 5.0
    assert rules(world.users)("555") is NOBODYS


def test_a_room_is_entered(world: World) -> None:
    """CF-1."""
    services = world.calls._board.applications
    assert isinstance(services, Services)
    services._meetings = Meetings({"board": Room("board", "800")})
    world.calls._board.rooms = {"800": "board"}
    alice = Phone(world, "100")
    alice.invites("800")
    world.run()
    (row,) = services._meetings.rows({})
    assert [member["caller"] for member in row["members"]] == ["100"]
    finish(world)
    assert world.record.answered_by == "conference board"
