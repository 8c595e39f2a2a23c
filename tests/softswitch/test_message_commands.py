"""Messages are listed, deleted and brought back from the command line (VM-14, VM-21)."""

from pathlib import Path

import pytest

from softswitch.config import User
from softswitch.control import CannotAnswer
from softswitch.mailbox.messages import Message
from softswitch.message_commands import MessageCommands
from softswitch.tenants import Tenants
from tests.mailbox.world import NOON, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def commands(world: World) -> MessageCommands:
    return MessageCommands(world.boxes, Tenants({"101": User("101")}, {}))


def states(commands: MessageCommands) -> list[tuple[str, str]]:
    return [(row["id"], row["state"]) for row in commands.messages({"mailbox": "101"})]


def test_a_deleted_message_is_brought_back(
    world: World, commands: MessageCommands
) -> None:  # VM-14, VM-21: the lamp follows
    world.leave()
    world.leave()
    assert commands.delete({"id": "m1"}) == "message m1 of mailbox 101 is deleted"
    world.clock.advance(0.1)
    assert world.changes[-1] == ("101", 1, 0)
    assert states(commands) == [("m1", "deleted"), ("m2", "new")]
    assert commands.restore({"id": "m1"}) == "message m1 is in mailbox 101 again"
    world.clock.advance(0.1)
    assert world.changes[-1] == ("101", 1, 1)
    (row, _) = commands.messages({"mailbox": "101"})
    assert row == {
        "id": "m1",
        "state": "old",
        "caller": "102",
        "name": "",
        "at": NOON,
        "seconds": 8.0,
        "file": f"{world.folder}/voicemail/101/m1.wav",
    }


def test_what_cannot_be_done_is_said(world: World, commands: MessageCommands) -> None:
    assert commands.messages({"mailbox": "101"}) == []
    with pytest.raises(CannotAnswer, match="there is no mailbox 555"):
        commands.messages({"mailbox": "555"})
    with pytest.raises(CannotAnswer, match="there is no message m9"):
        commands.restore({"id": "m9"})
    world.leave()
    with pytest.raises(CannotAnswer, match="m1 is not deleted"):
        commands.restore({"id": "m1"})
    commands.delete({"id": "m1"})
    with pytest.raises(CannotAnswer, match="m1 is deleted already"):
        commands.delete({"id": "m1"})
    world.boxes.begin(Message("", "101", "102", "", "101", "busy", NOON, NOON, 0.0))
    with pytest.raises(CannotAnswer, match="there is no message m2"):
        commands.delete({"id": "m2"})
    assert set(commands.handlers()) == {"messages", "restore message", "delete message"}
