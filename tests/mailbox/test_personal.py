"""Greetings, the name and the PIN, changed by phone; and the first set-up (VM-20)."""

from pathlib import Path

import pytest

from softswitch.mailbox import pins
from softswitch.mailbox.messages import BUSY, NAME, NO_ANSWER, TEMPORARY, Recording
from tests.mailbox.owner import Owner, logged_in
from tests.mailbox.world import Greeting, Settings, World


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


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
