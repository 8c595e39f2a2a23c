"""Where a message goes: into its mailbox, or to every member of a group (VM-9)."""

from pathlib import Path

import pytest

from softswitch.mailbox import delivery
from softswitch.mailbox.messages import Message
from tests.mailbox.world import NOON, Settings, World, write_sound

GROUP = Settings(deliver_to=("102", "103"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """In which mailbox 103 is full."""
    world = World(tmp_path)
    world.settings["103"] = Settings(max_messages=1)
    world.leave("103")
    return world


def recorded(world: World) -> Message:
    """A message of eight seconds that is being recorded for 101."""
    draft = Message("", "101", "102", "", "101", "busy", NOON, NOON + 8.0, 8.0)
    message = world.boxes.begin(draft)
    write_sound(world.boxes.path(message), 8.0)
    return message


def delivered(world: World, message: Message, settings: Settings) -> list[bool]:
    told: list[bool] = []
    delivery.deliver(world.boxes, message, settings, told.append)
    world.clock.advance(0.2)
    return told


def test_a_message_goes_into_its_own_mailbox(world: World) -> None:
    assert delivered(world, recorded(world), Settings()) == [True]
    assert world.boxes.summary("101") == (1, 0)


def test_a_message_for_a_group_is_kept_by_members_with_room_alone(world: World) -> None:  # VM-9
    assert delivered(world, recorded(world), GROUP) == [True]
    assert [world.boxes.summary(one) for one in ("101", "102", "103")] == [(0, 0), (1, 0), (1, 0)]


def test_a_message_that_no_member_can_have_stays_with_the_group(world: World) -> None:  # VM-9
    message = recorded(world)
    Path(world.boxes.path(message)).unlink()
    assert delivered(world, message, GROUP) == [True]
    assert world.boxes.summary("101") == (1, 0)
    assert delivered(world, recorded(world), Settings(deliver_to=("103",))) == [True]
    assert world.boxes.summary("101") == (2, 0)


def test_a_group_has_room_while_one_member_has(world: World) -> None:
    assert delivery.has_room(world.boxes, "101", GROUP)
    assert not delivery.has_room(world.boxes, "101", Settings(deliver_to=("103",)))
    assert not delivery.has_room(world.boxes, "103", Settings())


def test_one_copy_is_enough_to_be_delivered(world: World) -> None:
    message = recorded(world)
    told: list[bool] = []
    in_the_way = Path(world.boxes.blobs.path("voicemail", "104"))
    in_the_way.write_bytes(b"")  # where the folder of that mailbox would be
    delivery.spread(world.boxes, message, ["104", "102"], told.append, by="101")
    world.clock.advance(0.2)
    assert told == [True]
    (copy,) = world.boxes.messages("102")
    assert copy.forwarded_by == "101"
