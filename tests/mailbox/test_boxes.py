"""Mailboxes in memory, and what is written of them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.mailbox.messages import DELETED, NEW, OLD, RECORDING, Box, Message, Recording
from tests.mailbox.world import NOON, Settings, World, write_sound

DELETED_KEPT = Settings().deleted_kept


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def restarted(world: World) -> World:
    """The same store and files after a crash."""
    world.boxes = world.new_boxes()
    world.boxes.load(list(world.keeper.messages.values()), list(world.keeper.boxes.values()))
    return world


def draft(mailbox: str = "101") -> Message:
    return Message("", mailbox, "102", "Jan", mailbox, "busy", NOON, NOON, 0.0)


def test_messages_are_the_same_after_a_restart(world: World) -> None:
    world.leave()
    world.leave("102")
    world.leave()
    world.boxes.mark("m1", OLD)
    world.boxes.owners.put_box(Box("101", pin="x", greetings={"busy": Recording("g", "")}))
    world.clock.advance(0.1)
    before = world.boxes.messages("101")
    restarted(world)
    assert world.boxes.messages("101") == before
    assert [message.id for message in before] == ["m1", "m3"]
    assert world.boxes.summary("101") == (1, 1)
    assert world.boxes.summary("103") == (0, 0)
    assert world.boxes.owners.box("101").pin == "x"
    assert world.boxes.owners.box("102") == Box("102")


def test_an_unknown_id_is_nothing(world: World) -> None:
    assert world.boxes.find("m9") is None
    world.boxes.delete("m9")
    world.boxes.undo("m9")
    world.clock.advance(0.1)
    assert world.keeper.messages == {}


def test_what_is_being_recorded_is_nobodys_business(world: World) -> None:  # VM-6
    message = world.boxes.begin(draft())
    world.boxes.mark(message.id, OLD)
    world.boxes.delete(message.id)
    world.clock.advance(0.1)
    assert world.boxes.messages("101") == []
    assert world.states() == {"m1": RECORDING}
    assert world.changes == []


def test_a_mark_that_changes_nothing_is_not_written(world: World) -> None:
    world.leave()
    told = len(world.changes)
    world.boxes.mark("m1", NEW)
    world.boxes.undo("m1")
    world.clock.advance(0.1)
    assert len(world.changes) == told


def test_deleted_messages_come_back_until_they_are_purged(world: World) -> None:  # VM-14
    world.leave()
    world.boxes.delete("m1")
    world.clock.advance(0.1)
    assert world.changes[-1] == ("101", 0, 0)
    assert world.boxes.purge() == 0
    world.boxes.undo("m1")
    world.clock.advance(0.1)
    assert world.changes[-1] == ("101", 0, 1)
    world.boxes.delete("m1")
    world.leave()
    world.clock.advance(DELETED_KEPT)
    world.boxes.delete("m2")
    world.clock.advance(0.1)
    assert world.states() == {"m2": DELETED}
    world.clock.advance(DELETED_KEPT)
    assert world.boxes.purge() == 1
    world.clock.advance(0.1)
    assert world.keeper.messages == {}
    assert world.files() == []
    assert world.boxes.find("m1") is None


@pytest.mark.parametrize(("seconds", "kept"), [(0.0, False), (1.5, False), (2.0, True)])
def test_an_interrupted_recording_is_a_message_if_it_is_long_enough(
    world: World, seconds: float, kept: bool
) -> None:  # VM-6
    message = world.boxes.begin(draft())
    write_sound(world.boxes.path(message), seconds)
    world.clock.advance(0.1)
    restarted(world)
    (unfinished,) = world.boxes.unfinished()
    assert world.boxes.adopt(unfinished, seconds) is kept
    world.clock.advance(0.1)
    assert world.boxes.unfinished() == []
    assert world.states() == ({"m1": NEW} if kept else {})
    assert world.files() == (["m1.wav"] if kept else [])
    if kept:
        assert world.boxes.messages("101")[0].ended_at == NOON + 2.0


def test_what_could_not_be_written_is_written_with_what_comes_next(world: World) -> None:
    world.leave()
    world.leave()
    world.keeper.is_full = True
    world.boxes.delete("m1")
    world.boxes.mark("m2", OLD)
    world.clock.advance(0.1)
    assert world.states() == {"m1": NEW, "m2": NEW}
    world.boxes.mark("m2", NEW)  # fails as well
    world.clock.advance(0.1)
    world.keeper.is_full = False
    world.leave("102")
    assert world.states() == {"m1": DELETED, "m2": NEW}
    world.keeper.is_full = True
    world.boxes.mark("m1", OLD)
    world.clock.advance(0.1)
    world.keeper.is_full = False
    world.boxes.discard(world.boxes.messages("101")[0])
    world.clock.advance(0.1)
    assert world.states() == {"m2": NEW}


def test_a_folder_that_cannot_be_made_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "voicemail").write_text("")
    world = World(tmp_path)
    assert world.boxes.begin(draft()).id == "m1"


def test_the_file_of_a_greeting_goes_when_the_row_is_safe(world: World) -> None:
    first = world.boxes.owners.new_greeting("101")
    write_sound(world.boxes.owners.greeting_path("101", first), 1.0)
    world.boxes.owners.set_greeting("101", "busy", Recording(first, ""))
    world.clock.advance(0.1)
    world.keeper.is_full = True
    world.boxes.owners.set_greeting("101", "busy", None)
    world.clock.advance(0.1)
    assert world.files() == [f"{first}.wav"]
    assert world.boxes.owners.greeting("101", "busy") == ""


steps = st.lists(
    st.sampled_from(["leave", "delete", "undo", "old", "full", "fine", "crash", "later"]),
    max_size=25,
)


@settings(max_examples=50, deadline=None)
@given(steps)
def test_what_was_told_is_never_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    world = World(tmp_path_factory.mktemp("boxes"))
    for step in steps:
        messages = world.boxes.messages("101")
        deleted = world.boxes.deleted("101")
        if step == "leave":
            world.leave()
        elif step == "delete" and messages:
            world.boxes.delete(messages[0].id)
        elif step == "old" and messages:
            world.boxes.mark(messages[-1].id, OLD)
        elif step == "undo" and deleted:
            world.boxes.undo(deleted[0].id)
        elif step in ("full", "fine"):
            world.keeper.is_full = step == "full"
        elif step == "later":
            world.clock.advance(1.0)
        elif step == "crash" and not world.keeper.is_full:
            world.clock.advance(1.0)
            world.leave()  # takes along what was owed
            told = world.changes[-1]
            restarted(world)
            assert ("101", *world.boxes.summary("101")) == told
    assert all(f"{message.id}.wav" in world.files() for message in world.boxes.messages("101"))


def test_a_copy_is_the_same_sound_in_another_mailbox(world: World) -> None:  # VM-9
    message = world.leave()
    told: list[bool] = []
    world.boxes.copy(message, "102", "", told.append)
    world.clock.advance(0.1)
    (copy,) = world.boxes.messages("102")
    assert told == [True]
    assert Path(world.boxes.path(copy)).samefile(world.boxes.path(message))


def test_a_copy_of_nothing_is_none(world: World) -> None:
    message = world.leave()
    Path(world.boxes.path(message)).unlink()
    told: list[bool] = []
    world.boxes.copy(message, "102", "101", told.append, intro="nowhere.wav")
    world.clock.advance(0.1)
    assert told == [False]
    assert world.boxes.summary("102") == (0, 0)


def test_a_deleted_message_can_be_brought_back(world: World) -> None:  # VM-14
    world.leave()
    world.boxes.delete("m1")
    world.boxes.undo("m1")
    world.boxes.undo("m1")
    assert world.boxes.summary("101") == (0, 1)


def test_an_owner_is_warned_when_the_mailbox_fills(world: World) -> None:  # VM-8
    world.settings["101"] = Settings(max_messages=2)
    world.leave()
    assert world.boxes.has_room("101")
    world.leave()
    assert not world.boxes.has_room("101")
    assert world.warnings == [("101", 100)]


def test_nothing_is_left_of_a_mailbox_that_is_forgotten(world: World) -> None:
    world.leave()
    world.leave("102")
    world.boxes.delete("m1")
    greeting = world.boxes.owners.new_greeting("101")
    write_sound(world.boxes.owners.greeting_path("101", greeting), 1.0)
    world.boxes.owners.set_greeting("101", "name", Recording(greeting, ""))
    world.boxes.forget("101")
    world.boxes.forget("103")
    world.clock.advance(0.1)
    assert world.boxes.find("m1") is None
    assert world.boxes.owners.box("101") == Box("101")
    assert world.files() == ["m2.wav"]
