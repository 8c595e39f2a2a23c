"""Calls that come to an application, in a world of air."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softswitch.config.configuration import Voicemail
from softswitch.mailbox.boxes import Boxes, Told
from softswitch.mailbox.messages import Message
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import Clip, Sound
from softswitch.voicemail import SHORTEST, SILENT, Services, Voice, least
from tests.softswitch.b2bua.applications import CODES, ends, performed
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


class Kept:
    """A store that has done everything at once."""

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Kept:
        return self

    def put_box(self, box: object) -> Kept:
        return self

    def add_done_callback(self, fn: Any) -> None:
        fn(self)

    def exception(self) -> None:
        return None


@pytest.fixture
def world(tmp_path: Path) -> World:
    """101 has a mailbox and no phone."""
    world = World("100", "101")
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(enabled=True))
    boxes = Boxes(
        Kept(),
        str(tmp_path),
        aside=lambda job, done: done(job()),
        new_id=world.token,
        wall=world.wall,
        told=Told(lambda *change: world.news.append(change), lambda *change: None),
    )
    voice = Voice(spoken, SILENT.phrases)
    board = world.calls._board
    board.codes, board.applications = CODES, Services(world.users, boxes, lambda user: voice)
    return world


def spoken(names: Sequence[str]) -> Sequence[Sound]:
    return [Clip(f"/{name}") for name in names]


def test_a_message_is_left_for_whoever_cannot_be_reached(world: World) -> None:
    alice = Phone(world, "100")
    alice.invites("101")
    world.run()
    assert alice.call.is_up
    (greeting,) = performed(world, stage_messages.Play)
    assert greeting.sounds == (Clip("/vm.cannot_take_your_call"), Clip("/vm.leave_a_message"))
    ends(world, ("played",))
    ends(world, ("played",))
    (recording,) = performed(world, stage_messages.Record)
    assert (recording.limit, recording.silence) == (180.0, 10.0)
    alice.hangs_up()
    world.run()
    ends(world, (8.0, "closed", "", 0.1, 7.9), stage_messages.Record)
    world.run()
    assert ("101", 1, 0) in world.news
    finish(world)
    assert world.record.outcome == "voicemail"


def test_the_echo_test_needs_no_mailbox(world: World) -> None:
    alice = Phone(world, "100")
    alice.invites("*600")
    world.run()
    assert alice.call.is_up
    finish(world)


def test_without_prompts_only_tones_are_heard() -> None:
    phrases = SILENT.phrases
    assert SILENT.prompts(["vm.goodbye"]) == ()
    assert (phrases.count(1, 2), phrases.digits("1"), phrases.moment(0.0, 1.0)) == ((), (), ())


def test_a_mailbox_whose_user_is_gone_keeps_messages_of_some_length(world: World) -> None:
    world.users["101"] = replace(world.users["101"], voicemail=Voicemail(min_message=5.0))
    assert (least(world.users)("101"), least(world.users)("555")) == (5.0, SHORTEST)
