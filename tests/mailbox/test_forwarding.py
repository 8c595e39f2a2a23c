"""A message is sent on to another mailbox, with an introduction or without (features §2.4)."""

from pathlib import Path

import pytest

from softswitch.mailbox import pins
from tests.mailbox.owner import Owner, after
from tests.mailbox.world import Settings, World


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_message_is_sent_on_to_another_mailbox(world: World) -> None:  # VM-17, §2.4 8-2
    owner = after(world)
    assert owner.press("82")[-1] == "vm.forward_to"
    assert owner.press("102#") == ["vm.introduction"]
    assert owner.press("#") == ["vm.forwarded", "vm.after_message"]
    assert world.boxes.summary("102") == (1, 0)
    assert world.changes[-1] == ("102", 1, 0)  # so the lamp lights
    (copy,) = world.boxes.messages("102")
    (original,) = world.boxes.messages("101")
    assert Path(world.boxes.path(copy)).samefile(world.boxes.path(original))
    assert (copy.caller, copy.forwarded_by, copy.introduction) == ("102", "101", False)
    world.boxes.discard(original)
    world.clock.advance(0.1)
    assert Path(world.boxes.path(copy)).is_file()


def test_an_introduction_is_heard_before_the_message(world: World) -> None:
    owner = after(world)
    owner.press("82102#")
    assert owner.press("1") == ["vm.record_introduction"]
    assert owner.wait(5.0) == ["beep"]
    owner.line.end_recording("finished", 3.0)
    assert owner.heard()[-1] == "vm.keep_or_again"
    assert owner.press("2")[0].endswith(".wav")
    assert owner.press("3") == ["vm.record_introduction"]
    owner.wait(5.0)
    owner.press("#")
    assert owner.press("*") == ["vm.introduction"]
    owner.press("1")
    owner.line.wait(5.0)
    owner.press("#")
    assert owner.press("1") == ["vm.forwarded", "vm.after_message"]
    (copy,) = world.boxes.messages("102")
    assert copy.introduction
    assert len(world.files()) == 3  # two names of one sound, and the introduction
    world.settings["102"] = Settings(pin="4711")
    listener = Owner(world, mailbox="102")
    said = [*listener.press("4711"), *listener.wait(5.0)]
    assert said[-5:] == ["vm.forwarded_by", "1", "0", "1", f"{copy.id}.intro.wav"]
    listener.line.drop()
    world.boxes.delete(copy.id)
    world.clock.advance(8 * 86400.0)
    world.boxes.purge()
    world.clock.advance(0.1)
    assert len(world.files()) == 1


def test_sending_on_can_be_given_up(world: World) -> None:
    owner = after(world)
    owner.press("82")
    assert owner.press("#") == ["vm.after_message"]
    owner.press("82102#")
    assert owner.press("*") == ["vm.after_message"]
    owner.press("82102#1")
    owner.line.wait(5.0)
    owner.line.end_recording("silence", 3.0, 0.0)
    assert owner.heard()[-1] == "vm.no_recording"
    owner.line.wait(2.0)
    assert owner.heard() == ["vm.introduction"]
    owner.press("1")
    owner.line.wait(5.0)
    owner.line.drop(3.0)
    assert world.boxes.summary("102") == (0, 0)
    assert len(world.files()) == 1


def test_hanging_up_at_the_wrong_moment_harms_nothing(world: World) -> None:
    owner = after(world)
    world.a_job_takes = 2.0
    owner.press("82102#1")
    owner.line.wait(5.0)
    owner.line.end_recording("finished", 3.0)
    owner.line.drop()  # while the silence at its end is cut off
    world.clock.advance(5.0)
    assert len(world.files()) == 1
    world.a_job_takes = 0.01
    other = after(world)
    world.a_job_takes = 2.0
    other.press("82102##")
    other.line.drop()  # while it is copied: that was asked for
    world.clock.advance(5.0)
    assert world.boxes.summary("102") == (1, 0)


def test_an_introduction_that_was_kept_is_sent_though_the_owner_hangs_up(world: World) -> None:
    owner = after(world)
    owner.press("82102#1")
    owner.line.wait(5.0)
    owner.press("#")
    world.a_job_takes = 2.0
    owner.press("1")
    world.a_job_takes = 0.01  # whatever is begun now is done before the copy
    owner.line.drop()
    world.clock.advance(5.0)
    (copy,) = world.boxes.messages("102")
    assert copy.introduction
    assert len(world.files()) == 3


def test_hanging_up_while_an_introduction_is_reviewed_sends_nothing(world: World) -> None:
    owner = after(world)
    owner.press("82102#1")
    owner.line.wait(5.0)
    owner.press("#")
    owner.line.drop()
    assert world.boxes.summary("102") == (0, 0)
    assert len(world.files()) == 1


@pytest.mark.parametrize("number", ["999", "101"])
def test_a_message_is_not_sent_nowhere(world: World, number: str) -> None:
    owner = after(world)
    owner.press("82")
    assert owner.press(f"{number}#") == ["vm.no_such_mailbox"]
    assert owner.wait(2.0) == ["vm.forward_to"]


def test_a_full_mailbox_gets_no_message_from_another_one(world: World) -> None:  # VM-8
    world.settings["103"] = Settings(max_messages=1)
    world.leave("103")
    owner = after(world)
    owner.press("82")
    assert owner.press("103#") == ["vm.other_mailbox_full", "vm.after_message"]


def test_a_message_whose_file_is_gone_is_not_sent_on(world: World) -> None:
    owner = after(world)
    Path(world.boxes.path(world.boxes.messages("101")[0])).unlink()
    owner.press("82102#")
    assert owner.press("#") == ["vm.not_possible", "vm.after_message"]
    assert world.boxes.summary("102") == (0, 0)


def test_a_message_sent_on_from_elsewhere_is_sent_on(world: World) -> None:
    world.leave()
    owner = Owner(world, own=False, asks_number=True)
    owner.press("#4711#")
    owner.line.wait(20.0)
    owner.press("82102#")
    owner.line.drop()  # before the question is over
    assert world.boxes.summary("102") == (0, 0)
