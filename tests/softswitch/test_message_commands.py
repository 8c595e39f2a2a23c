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
    with pytest.raises(CannotAnswer, match="there is no message m2"):
        commands.message({"id": "m2"})
    handlers = {"messages", "message", "restore message", "delete message"}
    assert set(commands.handlers()) == handlers


def test_all_that_is_known_of_a_message_is_told(
    world: World, commands: MessageCommands
) -> None:  # VM-7
    draft = Message("", "101", "102", "Anna", "+48221112235", "busy", NOON, NOON + 9, 8.0)
    message = world.boxes.begin(draft._replace(diverted_by="103", codec="PCMA", loss=0.4))
    world.boxes.keep(message)
    world.clock.advance(0.1)
    assert commands.message({"id": "m1"}) == {
        "id": "m1",
        "mailbox": "101",
        "state": "new",
        "caller": "102",
        "name": "Anna",
        "called": "+48221112235",
        "reason": "busy",
        "diverted_by": "103",
        "forwarded_by": "",
        "began_at": NOON,
        "at": NOON + 9,
        "seconds": 8.0,
        "codec": "PCMA",
        "loss": 0.4,
        "file": f"{world.folder}/voicemail/101/m1.wav",
    }
