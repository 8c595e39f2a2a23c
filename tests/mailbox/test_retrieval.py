"""The menu of a mailbox, key by key, with a clock that the test moves (features §2.4)."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.mailbox import pins
from softswitch.mailbox.line import Connect
from softswitch.mailbox.messages import BUSY, NAME, NO_ANSWER, TEMPORARY, Box, Recording
from tests.mailbox.owner import Owner, after, logged_in, playing
from tests.mailbox.world import Greeting, Settings, World

MORE = ["vm.more_call_back", "vm.more_forward", "vm.more_menu", "vm.more_back"]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# log-in


def test_the_own_phone_is_asked_for_the_pin_alone(world: World) -> None:
    owner = Owner(world)
    assert owner.line.answered_after == []
    assert owner.heard() == ["vm.password"]
    assert owner.press("4711") == ["vm.you_have", "0 new 0 old", "vm.main_menu"]


def test_digits_typed_ahead_are_kept(world: World) -> None:  # VM-12
    owner = Owner(world)
    for digit in "47110":
        owner.retrieval.digit(digit)
    owner.line.wait(0.1)
    assert owner.heard()[-1] == "vm.settings_menu"
    far = Owner(world, own=False, asks_number=True)
    for digit in "0101#4711#0":
        far.retrieval.digit(digit)
    far.line.wait(0.1)
    assert far.heard()[-1] == "vm.settings_menu"


def test_a_flood_of_digits_is_bounded(world: World) -> None:  # VM-12
    owner = Owner(world)
    for digit in "4711" + "9" * 1000 + "0":
        owner.retrieval.digit(digit)
    owner.line.wait(0.1)
    assert owner.heard()[-1] == "vm.settings_menu"


@pytest.mark.parametrize("typed", ["101#", "0101#", "48221112235#", "#"])
def test_from_elsewhere_the_mailbox_is_asked_for(world: World, typed: str) -> None:
    owner = Owner(world, own=False, asks_number=True)
    assert owner.heard() == ["vm.mailbox_number"]
    assert owner.press(typed) == ["vm.password"]
    assert owner.press("4711#")[0] == "vm.you_have"


def test_a_pause_ends_a_number_and_a_star_begins_it_anew(world: World) -> None:
    owner = Owner(world, own=False, asks_number=True, mailbox=None)
    assert owner.press("99*1A01") == ["vm.mailbox_number"]
    assert owner.wait(3.1) == ["vm.password"]
    assert owner.press("4711") == []
    assert owner.wait(3.1)[0] == "vm.you_have"


@pytest.mark.parametrize(
    ("number", "pin"), [("101#", "0000#"), ("999#", "4711#"), ("#", "4711#"), ("102#", "0102#")]
)
def test_whatever_is_wrong_sounds_the_same_after_the_same_time(
    world: World, number: str, pin: str
) -> None:  # VM-15
    owner = Owner(world, own=False, asks_number=True, mailbox=None)
    for _ in range(2):
        assert owner.press(number) == ["vm.password"]
        assert owner.press(pin) == ["vm.login_failed", "vm.mailbox_number"]
    owner.press(number)
    assert owner.press(pin) == ["vm.login_failed"]
    assert owner.wait(3.0) == ["vm.goodbye"]
    owner.line.wait(3.0)
    assert owner.line.is_over


def test_the_same_work_is_done_for_every_wrong_pin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # VM-15
    hashes: list[str] = []
    digest = pins._digest

    def counted(pin: str, salt: bytes) -> bytes:
        hashes.append(pin)
        return digest(pin, salt)

    monkeypatch.setattr(pins, "_digest", counted)
    mine = pins.chosen(Box("101"), "4711", "1111", (b"a", b"b"))
    for box, written in ((mine, "1111"), (Box("101"), "4711"), (Box("101"), ""), (Box(""), None)):
        hashes.clear()
        assert pins.check("9999", box, written, "0101") == pins.WRONG
        assert len(hashes) == 2


def test_too_many_wrong_pins_lock_the_mailbox_across_calls(world: World) -> None:  # VM-15
    for _ in range(3):
        owner = Owner(world, own=False)
        owner.press("0000#1111#2222#")
    assert world.locks == []
    last = Owner(world, own=False)
    last.press("3333#")
    ((mailbox, until),) = world.locks
    assert mailbox == "101"
    assert abs(until - world.clock.now - 3600) < 1
    assert world.keeper.boxes["101"].locked_until > world.clock.now
    # The right one sounds wrong now, but not on the owner's own phone.
    assert last.press("4711#") == ["vm.login_failed", "vm.password"]
    assert Owner(world).press("4711")[0] == "vm.you_have"
    world.clock.advance(3601)
    assert Owner(world, own=False).press("4711#")[0] == "vm.you_have"


def test_a_line_from_elsewhere_is_nobodys_own_whatever_its_number(world: World) -> None:  # VM-15
    owner = Owner(world)
    owner.line.remote = True
    owner.retrieval.begin(owner.line)
    owner.press("0000#")
    assert len(world.boxes.owners.box("101").failures) == 1


def test_the_own_phone_locks_nobody_out(world: World) -> None:  # VM-15
    for _ in range(10):
        Owner(world).press("000011112222")
    assert world.locks == []
    assert Owner(world, own=False).press("4711#")[0] == "vm.you_have"


def test_who_hangs_up_while_the_pin_is_checked_was_wrong_all_the_same(
    world: World,
) -> None:  # VM-15
    owner = Owner(world, own=False)
    for digit in "0000#":
        owner.retrieval.digit(digit)
    owner.line.drop()
    assert len(world.boxes.owners.box("101").failures) == 1
    right = Owner(world, own=False)
    for digit in "4711#":
        right.retrieval.digit(digit)
    right.line.drop()
    right.retrieval.digit("1")
    assert right.heard() == ["vm.password"]


def test_nobody_there_is_asked_three_times(world: World) -> None:
    owner = Owner(world)
    assert owner.wait(40.0) == ["vm.password", "vm.password", "vm.goodbye"]
    assert owner.line.is_over


# hearing messages


def test_new_messages_play_by_themselves(world: World) -> None:
    owner = Owner(world)
    world.leave()
    assert owner.press("4711#") == ["vm.you_have", "1 new 0 old"]
    assert owner.wait(4.1) == ["vm.new_message", "vm.from", "1", "0", "2", "4 s ago"]
    assert owner.wait(12.1) == ["m1.wav"]
    assert owner.wait(2.0) == ["vm.after_message"]


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


def test_a_phone_that_is_trusted_needs_no_pin(world: World) -> None:  # features §2.4
    world.leave()
    trusting = Settings(pin="4711", trust_device=True)
    assert Owner(world, settings=trusting).heard()[0] == "vm.you_have"
    far = Owner(world, own=False, asks_number=True, settings=trusting)
    assert far.press("#")[-1] == "vm.password"
    assert Owner(world, settings=trusting, asks_number=True).heard() == ["vm.mailbox_number"]


def test_a_mailbox_without_a_first_pin_is_set_up_from_the_own_phone(world: World) -> None:  # VM-20
    without = Settings(first_pin="none")
    far = Owner(world, own=False, asks_number=True, settings=without, first=None)
    far.press("#")
    assert far.press("0101#")[0] == "vm.login_failed"
    own = Owner(world, settings=without, first=None)
    assert own.heard() == ["vm.welcome", "vm.new_password"]
    own.press("2580#2580#")
    own.line.drop()
    again = Owner(world, settings=without, first=None)
    assert again.heard() == ["vm.password"]
    assert "vm.you_have" in again.press("2580#")


def test_a_first_pin_that_was_made_counts_until_another_is_chosen(world: World) -> None:  # VM-20
    made = Settings(first_pin="random")
    own = Owner(world, settings=made, first="835172")
    assert own.press("835172") == ["vm.welcome", "vm.new_password"]
    own.press("2580#2580#")
    own.line.drop()
    again = Owner(world, settings=made, first="835172")
    assert "vm.login_failed" in again.press("8351")


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


# greetings and settings


def test_a_zero_leads_to_the_settings_from_everywhere(world: World) -> None:  # VM-12
    assert logged_in(world).press("0") == ["vm.settings_menu"]
    assert logged_in(world, 1).press("0") == ["vm.settings_menu"]
    announced = logged_in(world)
    announced.line.wait(4.0)
    assert announced.press("0") == ["vm.settings_menu"]
    assert playing(world).press("0") == ["vm.settings_menu"]
    assert after(world).press("0") == ["vm.settings_menu"]


def test_recording_a_greeting_starts_by_itself(world: World) -> None:
    owner = logged_in(world)
    owner.press("0")
    assert owner.wait(6.6) == ["vm.record_greeting", "beep"]
    assert owner.line.recording is not None
    assert owner.press("#") == ["vm.keep_or_again"]
    assert owner.press("1") == ["vm.kept"]
    assert world.boxes.owners.greeting("101", NO_ANSWER).endswith(".wav")
    assert owner.wait(2.1) == ["vm.settings_menu"]
    assert owner.press("*") == ["vm.main_menu"]


@pytest.mark.parametrize(
    ("key", "kind"), [("1", NO_ANSWER), ("2", BUSY), ("3", NAME), ("4", TEMPORARY)]
)
def test_each_greeting_can_be_recorded_heard_and_deleted(world: World, key: str, kind: str) -> None:
    owner = logged_in(world)
    owner.press("0" + key)
    owner.line.wait(3.0)
    owner.press("#")
    file = owner.press("2")[0]
    assert file.endswith(".wav")
    owner.press("1")
    owner.line.wait(2.1)
    assert world.boxes.owners.greeting("101", kind).endswith(file)
    assert owner.press("6") == ["vm.which_greeting"]
    assert owner.press(key) == [file, "vm.settings_menu"]
    owner.press("7")
    assert owner.press(key) == ["vm.deleted", "vm.settings_menu"]
    owner.press("7")
    assert owner.press(key) == ["vm.no_recording", "vm.settings_menu"]
    owner.press("6")
    assert owner.press(key) == ["vm.no_recording", "vm.settings_menu"]
    assert world.boxes.owners.greeting("101", kind) == ""
    assert world.files() == []


def test_the_temporary_greeting_is_remembered(world: World) -> None:
    world.boxes.owners.set_greeting("101", TEMPORARY, Recording("g1", ""))
    owner = Owner(world)
    assert "vm.temporary_greeting_on" in owner.press("4711#")


def test_a_new_greeting_replaces_the_file_of_the_old_one(world: World) -> None:
    owner = logged_in(world)
    for _ in range(2):
        owner.press("0")
        owner.press("1")
        owner.line.wait(3.0)
        owner.press("#1")
        owner.line.wait(2.1)
        owner.press("*")
    assert len(world.files()) == 1


def test_a_greeting_of_the_configuration_is_heard_and_cannot_be_deleted(world: World) -> None:
    owner = Owner(world, settings=Settings(pin="4711", greeting=Greeting("/hello.wav", (BUSY,))))
    owner.press("47110")
    owner.press("6")
    assert owner.press("2")[0] == "hello.wav"
    owner.press("7")
    assert owner.press("2")[0] == "vm.no_recording"


@pytest.mark.parametrize("end", ["hang up", "*", "nothing", "again"])
def test_a_greeting_that_is_not_kept_leaves_the_one_before(world: World, end: str) -> None:
    owner = logged_in(world)
    owner.press("02")
    owner.line.wait(3.0)
    owner.press("#")
    if end == "hang up":
        owner.line.drop()
    elif end == "nothing":
        owner.line.wait(40.0)
        assert owner.line.is_over
    elif end == "again":
        assert owner.press("3") == ["beep"]
        owner.line.drop()
    else:
        assert owner.press("*") == ["vm.settings_menu"]
    owner.line.wait(0.1)
    assert world.boxes.owners.greeting("101", BUSY) == ""
    assert world.files() == []


def test_who_hangs_up_before_he_is_asked_has_recorded_nothing(world: World) -> None:
    owner = logged_in(world)
    owner.press("02")
    owner.line.wait(3.0)
    world.a_job_takes = 0.5
    owner.press("#")
    owner.line.drop()
    assert owner.heard() == []
    other = logged_in(world)
    other.line.wait(1.0)
    other.press("02")
    other.line.wait(3.0)
    other.line.drop()
    world.clock.advance(1.0)
    assert world.files() == []


@pytest.mark.parametrize("ended", ["failed", "silence"])
def test_a_greeting_without_a_word_is_none(world: World, ended: str) -> None:
    owner = logged_in(world)
    owner.press("02")
    owner.line.wait(3.0)
    owner.line.end_recording(ended, 10.0 if ended == "silence" else 0.0, sound=0.2)
    assert owner.heard()[-1] == "vm.no_recording"
    assert owner.wait(2.1) == ["vm.main_menu"]
    assert world.files() == []


def test_a_recording_does_not_go_on_for_ever(world: World) -> None:
    owner = logged_in(world)
    owner.press("02")
    owner.line.wait(125.0)
    assert "vm.keep_or_again" in owner.heard()


def test_a_pin_is_changed_when_it_was_typed_twice(world: World) -> None:  # VM-16
    owner = logged_in(world)
    assert owner.press("05") == ["vm.settings_menu", "vm.new_password"]
    assert owner.press("8462#") == ["vm.password_again"]
    assert owner.press("8463") == ["vm.passwords_differ", "vm.new_password"]
    owner.press("8462#")
    assert owner.press("8462") == ["vm.password_changed"]
    assert "8462" not in str(world.keeper.boxes["101"])
    assert Owner(world).press("4711#") == ["vm.login_failed", "vm.password"]
    assert Owner(world, own=False).press("8462#")[0] == "vm.you_have"


def test_whoever_writes_another_pin_later_has_the_last_word(world: World) -> None:
    owner = logged_in(world)
    owner.press("058462#8462")
    assert Owner(world, pin="2580").press("8462#")[0] == "vm.login_failed"
    assert Owner(world, pin="2580").press("2580#")[0] == "vm.you_have"
    assert Owner(world, pin="").press("8462#")[0] == "vm.login_failed"


@pytest.mark.parametrize("pin", ["123", "1234", "9876", "7777", "0101", "101", "", "12345678901"])
def test_bad_pins_are_refused(world: World, pin: str) -> None:  # VM-16
    assert not pins.is_good(pin, "101")
    owner = logged_in(world)
    owner.press("05")
    said = owner.press(pin + "#")
    assert said == (["vm.password_refused", "vm.new_password"] if pin else ["vm.settings_menu"])


def test_a_part_of_the_number_is_no_pin() -> None:  # VM-16
    assert not pins.is_good("1112", "+48221112235")
    assert pins.is_good("8462", "+48221112235")
    assert not pins.is_good("٨٤٦٢", "101")


def test_a_pin_that_cannot_be_hashed_is_not_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = logged_in(world)
    owner.press("05")

    def fail(*_: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(pins, "chosen", fail)
    assert owner.press("8462#8462")[-1] == "vm.not_possible"
    assert world.boxes.owners.box("101").pin == ""


def test_a_pin_that_was_typed_twice_is_changed_though_the_caller_is_gone(world: World) -> None:
    owner = logged_in(world)
    owner.press("058462#")
    for digit in "8462":
        owner.retrieval.digit(digit)
    owner.line.drop()
    assert world.boxes.owners.box("101").pin_length == 4


# the first time


def test_the_first_time_the_owner_sets_up_his_mailbox(world: World) -> None:  # VM-20
    owner = Owner(world, pin="")
    assert owner.press("0101") == ["vm.welcome", "vm.new_password"]
    assert owner.press("##") == ["vm.password_refused", "vm.new_password"]
    owner.press("8462#")
    assert owner.press("8462") == ["vm.password_changed"]
    assert owner.wait(2.1) == ["vm.record_name", "vm.skip_with_hash"]
    assert owner.wait(4.5) == ["beep"]
    assert owner.press("#") == ["vm.keep_or_again"]
    assert owner.press("1") == ["vm.kept"]
    assert owner.wait(2.1) == ["vm.record_greeting", "vm.skip_with_hash"]
    assert owner.press("#")[0] == "vm.you_have"
    assert world.boxes.owners.greeting("101", NAME)
    # The PIN that everybody knows is refused from now on.
    assert Owner(world, pin="").press("0101") == ["vm.login_failed", "vm.password"]
    assert Owner(world, pin="").press("8462") == ["vm.you_have", "0 new 0 old", "vm.main_menu"]


def test_what_was_recorded_in_the_set_up_can_be_thrown_away(world: World) -> None:  # VM-20
    owner = Owner(world, pin="")
    owner.press("01018462#8462")
    owner.line.wait(6.6)
    owner.press("#")
    assert owner.press("*") == ["vm.record_greeting", "vm.skip_with_hash"]


def test_from_elsewhere_the_first_pin_only_listens(world: World) -> None:  # VM-20
    world.leave()
    owner = Owner(world, own=False, pin="")
    assert owner.press("0101#")[0] == "vm.you_have"
    owner.line.wait(4.1)
    assert owner.press("#") == ["m1.wav"]
    assert owner.press("7") == ["vm.not_possible", "vm.after_message"]
    assert owner.press("9") == ["vm.not_possible", "vm.after_message"]
    assert owner.press("0") == ["vm.not_possible", "vm.main_menu"]
    owner.line.drop()
    assert world.states() == {"m1": "new"}


@pytest.mark.parametrize(
    ("number", "pin"), [("+541153525352", "5352"), ("7", "0007"), ("a", "0000")]
)
def test_the_first_pin_is_the_end_of_the_number(number: str, pin: str) -> None:  # VM-20
    assert pins.first_pin(number) == pin


# all of it


def test_an_office_without_prompts_hears_its_messages(world: World) -> None:
    world.leave()
    owner = Owner(world, mute=True)
    assert owner.press("4711#") == ["m1.wav"]


keys = st.lists(
    st.one_of(
        st.sampled_from("0123456789*#A"),
        st.sampled_from(["4711", "0101#", "wait 1", "wait 7", "wait 60", "end", "new", "gone"]),
    ),
    max_size=30,
)


def live(owner: Owner, step: str) -> None:
    messages = owner.world.boxes.messages("101")
    if owner.line.wanted is not None:
        owner.line.nobody_answers()
    if step.startswith("wait"):
        owner.line.wait(float(step[5:]))
    elif step == "end":
        owner.line.end_recording("silence", 6.0, sound=3.0)
    elif step == "new":
        owner.world.leave()
    elif step != "gone":
        owner.line.press(step)
    elif messages:
        owner.world.boxes.delete(messages[0].id)


@settings(max_examples=50, deadline=None)
@given(keys, st.booleans(), st.sampled_from(["", "4711"]), st.booleans())
def test_whatever_owners_press_nothing_breaks_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], own: bool, pin: str, known: bool
) -> None:
    world = World(tmp_path_factory.mktemp("boxes"))
    for _ in range(3):
        world.leave()
    owner = Owner(world, own=own, pin=pin, asks_number=not own)
    if known:
        owner.line.press(("" if own else "#") + (pin or "0101") + "#")
    for step in steps:
        if not owner.line.is_over:
            live(owner, step)
    if len(steps) % 2 and not owner.line.is_over:
        owner.line.drop()
    for _ in range(60):  # without a key or a word, every call comes to its end
        if owner.line.wanted is not None and not owner.line.is_over:
            owner.line.nobody_answers()
        if not owner.line.is_over:
            owner.line.wait(10.0)
            owner.line.end_recording("silence", 10.0, sound=0.0)
    assert owner.line.is_over
    world.clock.advance(1.0)
    for message_id, state in world.states().items():
        assert state in ("new", "old", "deleted")
        assert f"{message_id}.wav" in world.files()
    recorded = {recording.id for recording in world.boxes.owners.box("101").greetings.values()}
    files = {name.removesuffix(".wav") for name in world.files()}
    assert files == recorded | set(world.states())
