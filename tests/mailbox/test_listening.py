"""Hearing messages, key by key, with a clock that the test moves (features §2.4)."""

from pathlib import Path

import pytest

from softswitch.mailbox import pins
from softswitch.mailbox.line import Connect
from softswitch.mailbox.messages import NAME, Recording
from tests.mailbox.owner import Owner, after, logged_in, playing
from tests.mailbox.world import World, write_sound

MORE = ["vm.more_call_back", "vm.more_forward", "vm.more_menu", "vm.more_back"]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_announcement_can_be_skipped(world: World) -> None:  # VM-12
    owner = logged_in(world, 1)
    owner.line.wait(4.0)
    assert owner.press("#") == ["m1.wav"]


def test_a_colleague_is_named_in_his_own_voice(world: World) -> None:  # VM-18
    world.boxes.owners.set_greeting("102", NAME, Recording("g1", ""))
    owner = logged_in(world, 1)
    assert owner.wait(4.1)[:3] == ["vm.new_message", "vm.from", "g1.wav"]


def test_a_withheld_number_is_said_so(world: World) -> None:  # VM-18
    world.leave(caller="")
    owner = logged_in(world)
    assert owner.wait(4.1)[:2] == ["vm.new_message", "vm.unknown_caller"]


def test_a_message_is_old_when_most_of_it_was_heard(world: World) -> None:  # VM-13
    owner = playing(world)
    owner.line.wait(8.2)
    owner.line.drop()
    assert world.states() == {"m1": "old"}
    assert world.changes[-1] == ("101", 0, 1)


def test_a_message_stays_new_when_somebody_hangs_up_in_the_middle(world: World) -> None:  # VM-13
    owner = playing(world)
    owner.line.wait(5.0)
    owner.line.drop()
    assert world.states() == {"m1": "new"}


def test_what_is_heard_twice_counts_once(world: World) -> None:  # VM-13
    owner = playing(world)
    for _ in range(3):
        owner.line.wait(4.0)
        owner.press("2")
    owner.press("#")
    owner.line.wait(2.0)
    owner.line.drop()
    assert world.states() == {"m1": "new"}


def test_keys_during_a_message(world: World) -> None:  # S0-13
    owner = playing(world)
    owner.line.wait(7.0)
    owner.line.press("*")
    assert owner.line.is_over is False
    owner.line.wait(2.0)
    assert owner.press("5") == ["vm.paused"]
    assert owner.press("5") == ["m1.wav"]
    assert owner.press("#") == ["m1.wav"]
    assert owner.wait(1.5) == ["vm.after_message"]
    assert owner.press("2") == ["m1.wav"]
    assert owner.press("#") == ["m1.wav"]


def test_keys_after_a_message(world: World) -> None:  # S0-13
    owner = after(world, 2)
    assert owner.press("1") == ["m1.wav"]
    assert owner.press("6")[0] == "vm.new_message"
    assert owner.press("4")[0] == "vm.old_message"
    assert owner.press("4")[0] == "vm.old_message"
    assert owner.press("9") == ["vm.saved"]
    assert owner.wait(2.1)[0] == "vm.new_message"
    assert owner.press("6") == ["vm.no_more_messages", "vm.main_menu"]
    assert owner.press("2")[0] == "vm.old_message"


def test_somebody_without_a_free_hand_hears_all(world: World) -> None:
    owner = logged_in(world, 2)
    said = owner.wait(120.0)
    assert [name for name in said if name.endswith(".wav")] == ["m1.wav", "m2.wav"]
    assert "vm.no_more_messages" in said
    assert said[-1] == "vm.goodbye"
    assert world.states() == {"m1": "old", "m2": "old"}


def test_discarding_happens_at_the_end_and_can_be_undone(world: World) -> None:  # VM-14
    owner = after(world, 2)
    assert owner.press("7") == ["vm.discarded", "vm.after_message"]
    assert owner.press("7") == ["vm.restored", "vm.after_message"]
    assert owner.press("7")[0] == "vm.discarded"
    assert world.states()["m1"] == "old"
    owner.press("*#")
    assert world.boxes.summary("101") == (1, 0)
    owner.line.wait(5.0)
    assert owner.line.is_over
    assert world.states() == {"m1": "deleted", "m2": "new"}
    assert [message.id for message in world.boxes.deleted("101")] == ["m1"]
    world.boxes.undo("m1")
    assert world.boxes.summary("101") == (1, 1)


def test_discarding_holds_when_somebody_hangs_up(world: World) -> None:  # VM-14
    owner = playing(world)
    owner.press("7")
    owner.line.drop()
    assert world.states() == {"m1": "deleted"}


def test_what_is_saved_is_not_discarded(world: World) -> None:  # VM-14
    owner = playing(world)
    owner.press("7")
    owner.press("9")
    owner.line.drop()
    assert world.states() == {"m1": "old"}


def test_the_menu_of_more_tells_time_and_number(world: World) -> None:  # VM-18
    owner = after(world)
    assert owner.press("8") == [
        "vm.more_call_back",
        "vm.more_forward",
        "vm.more_menu",
        "vm.more_back",
    ]
    assert owner.press("*") == ["vm.after_message"]
    owner.press("8")
    assert owner.press("3")[0] == "vm.from"


def test_whoever_left_a_message_can_be_called_back(world: World) -> None:  # VM-17
    owner = after(world)
    assert owner.press("81") == [*MORE, "vm.calling_back"]
    owner.wait(2.0)
    assert owner.line.wanted == Connect("102", "101")  # with the owner's rights
    owner.line.nobody_answers()
    assert owner.heard() == ["vm.nobody_answers", "vm.after_message"]
    assert owner.press("7")[0] == "vm.discarded"
    owner.press("81")
    owner.wait(2.0)
    owner.line.drop()  # the two talk: that is the end of the session
    assert world.states() == {"m1": "deleted"}


def test_nobody_makes_calls_who_has_logged_in_from_elsewhere(world: World) -> None:  # VM-17
    world.leave()
    owner = Owner(world, own=False, asks_number=True)
    owner.press("#4711#")
    owner.line.wait(20.0)
    assert owner.press("8") == ["vm.more_forward", "vm.more_menu", "vm.more_back"]
    owner.press("1")
    owner.line.wait(5.0)
    assert owner.line.wanted is None


def test_nobody_can_be_called_whose_number_did_not_come(world: World) -> None:  # VM-17
    world.leave(caller="")
    owner = logged_in(world)
    owner.line.wait(20.0)
    assert "vm.more_call_back" not in owner.press("8")


def test_a_message_that_is_gone_is_neither_sent_on_nor_called_back(world: World) -> None:
    owner = after(world)
    owner.press("8")
    world.boxes.delete("m1")
    assert owner.press("2") == ["vm.not_possible", "vm.after_message"]
    world.boxes.undo("m1")
    owner.press("81")
    world.boxes.delete("m1")
    assert owner.wait(2.0)[:1] == ["vm.not_possible"]
    assert owner.press("8") == ["vm.more_menu", "vm.more_back"]


def test_a_message_can_be_mailed_where_there_is_mail(world: World) -> None:
    world.leave()
    owner = Owner(world, mail=True)
    owner.press("4711#")
    owner.line.wait(20.0)
    assert owner.press("8")[-2:] == ["vm.more_mail", "vm.more_back"]
    assert owner.press("4") == ["vm.mailed", "vm.after_message"]
    owner.press("8")
    world.boxes.delete("m1")
    owner.press("4")
    assert [message.id for message in owner.mailed] == ["m1"]


def test_two_sessions_and_a_new_message_do_not_disturb_each_other(world: World) -> None:  # VM-19
    one = after(world, 3)
    two = Owner(world)
    two.press("4711#")
    world.boxes.delete("m2")  # VM-21: by somebody who looks at the list elsewhere
    world.clock.advance(0.1)
    assert world.changes[-1] == ("101", 1, 1)
    world.leave()
    assert one.press("6")[0] == "vm.new_message"
    assert one.press("#") == ["m3.wav"]
    assert one.press("6")[0] == "vm.new_message"
    assert one.press("#") == ["m4.wav"]
    world.boxes.delete("m4")
    for keys in ("5", "*", "7", "9", "83", "2", "4"):
        one.press(keys)
    assert two.wait(4.1)[0] == "vm.new_message"
    two.line.drop()
    one.line.drop()
    assert world.states() == {"m1": "old", "m2": "deleted", "m3": "new", "m4": "deleted"}


def test_messages_that_are_gone_are_passed_over(world: World) -> None:  # VM-19
    owner = after(world, 3)
    world.boxes.delete("m2")
    world.boxes.delete("m3")
    assert owner.press("6") == ["vm.no_more_messages", "vm.main_menu"]
    world.boxes.delete("m1")
    assert owner.press("1") == ["vm.no_messages", "vm.main_menu"]
    other = after(world, 2)
    other.press("6")
    world.boxes.delete("m4")
    assert other.press("4")[0] == "vm.new_message"
    world.boxes.delete("m5")
    assert "vm.no_more_messages" in other.press("#")


def test_the_list_is_the_same_for_everybody(world: World) -> None:  # VM-21
    owner = after(world)
    message = world.boxes.messages("101")[0]
    assert Path(world.boxes.path(message)).is_file()
    world.boxes.mark("m1", "new")
    assert world.boxes.summary("101") == (1, 0)
    assert owner.press("*1")[-6:-4] == ["vm.new_message", "vm.from"]


def test_a_message_that_was_sent_on_says_by_whom_and_what_he_said_to_it(world: World) -> None:
    original = world.leave("102", caller="103")
    intro = world.boxes.owners.greeting_path("102", "hello")
    write_sound(intro, 1.0)
    world.boxes.copy(original, "101", "102", lambda fine: None, intro)
    world.clock.advance(0.1)
    owner = logged_in(world)
    said = owner.wait(4.1)
    assert said[0] == "vm.new_message"
    assert said[-5:] == ["vm.forwarded_by", "1", "0", "2", "m2.intro.wav"]


def test_who_only_listens_changes_nothing(world: World) -> None:  # VM-20
    world.leave()
    owner = Owner(world, own=False, pin="")
    owner.press("0101#")
    owner.line.wait(4.1)
    for key in "79":
        assert owner.press(key) == ["vm.not_possible", "vm.after_message"]
    assert owner.press("8") == ["vm.more_menu", "vm.more_back"]
    owner.line.drop()
    assert world.states() == {"m1": "new"}


def test_a_message_is_sent_on_by_its_owner_and_forgotten_when_he_hangs_up(world: World) -> None:
    owner = after(world)
    assert owner.press("82")[-1] == "vm.forward_to"
    owner.line.drop()
    assert world.boxes.summary("102") == (0, 0)


def test_the_settings_are_a_key_away(world: World) -> None:  # VM-12
    assert playing(world).press("0") == ["vm.settings_menu"]
