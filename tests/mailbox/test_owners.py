"""Mailboxes whose PIN and greetings are not left to their owners (features 4.4: `editable`)."""

from pathlib import Path

import pytest

from softswitch.mailbox import pins
from softswitch.mailbox.messages import BUSY, NAME, Box, Recording
from tests.mailbox.owner import Owner
from tests.mailbox.world import NOON, Settings, World, write_sound

CHOSEN = "2580"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The owner of 101 has chosen a PIN and recorded a greeting."""
    world = World(tmp_path)
    chosen = pins.chosen(Box("101"), CHOSEN, "", (b"a", b"b"))
    world.boxes.owners.put_box(chosen._replace(greetings={BUSY: Recording("r1", "")}))
    world.clock.advance(0.1)
    return world


def frozen(world: World, pin: str = "") -> Settings:
    settings = world.settings["101"] = Settings(pin=pin, editable=False)
    return settings


def test_it_is_known_when_a_pin_was_chosen(tmp_path: Path) -> None:
    world = World(tmp_path)
    owner = Owner(world, settings=Settings())
    owner.press("0101")
    owner.press(f"{CHOSEN}#")
    owner.press(CHOSEN)
    owner.line.wait(0.1)
    assert NOON <= world.boxes.owners.box("101").pin_at <= NOON + 60.0


def test_what_is_not_left_to_the_owner_does_not_count(world: World) -> None:
    owners = world.boxes.owners
    assert owners.greeting("101", BUSY).endswith("r1.wav")
    frozen(world)
    assert owners.greeting("101", BUSY) == ""
    assert owners.box("101") == Box("101")
    world.settings.clear()
    assert owners.greeting("101", BUSY).endswith("r1.wav")  # kept all the while


def test_the_pin_is_that_of_the_configuration_then(world: World) -> None:
    owner = Owner(world, settings=frozen(world, pin="4711"))
    assert owner.press(CHOSEN) == ["vm.login_failed", "vm.password"]
    assert owner.press("4711")[0] == "vm.you_have"


def test_the_menu_of_settings_says_so(world: World) -> None:
    owner = Owner(world, settings=frozen(world))
    # Nobody is led through choosing a PIN, either.
    assert owner.press("0101") == ["vm.you_have", "0 new 0 old", "vm.main_menu"]
    assert owner.press("0") == ["code.not_changeable", "vm.main_menu"]


def test_who_guesses_is_remembered_and_nothing_lost(world: World) -> None:
    settings = frozen(world, pin="4711")
    owner = Owner(world, own=False, settings=settings)
    owner.press("9999#")
    assert len(world.boxes.owners.box("101").failures) == 1
    kept = world.keeper.boxes["101"]
    assert (kept.pin_length, list(kept.greetings), len(kept.failures)) == (4, [BUSY], 1)


def test_a_greeting_takes_the_place_of_the_one_before_it(world: World) -> None:
    owners = world.boxes.owners
    first, second = owners.new_greeting("101"), owners.new_greeting("101")
    for recording in (first, second):
        write_sound(owners.greeting_path("101", recording), 1.0)
    owners.set_greeting("101", NAME, Recording(first, ""))
    owners.set_greeting("101", NAME, Recording(second, ""))
    world.clock.advance(0.1)
    assert owners.greeting("101", NAME) == owners.greeting_path("101", second)
    assert world.files() == [f"{second}.wav"]
    owners.set_greeting("101", NAME, None)
    world.clock.advance(0.1)
    assert (owners.greeting("101", NAME), world.files()) == ("", [])


def test_a_greeting_is_not_removed_before_the_other_one_is_written_down(world: World) -> None:
    owners = world.boxes.owners
    recording = owners.new_greeting("101")
    write_sound(owners.greeting_path("101", recording), 1.0)
    owners.set_greeting("101", NAME, Recording(recording, ""))
    world.clock.advance(0.1)
    world.keeper.is_full = True
    owners.set_greeting("101", NAME, None)
    world.clock.advance(0.1)
    assert world.files() == [f"{recording}.wav"]


def test_a_recording_that_is_not_taken_is_gone(world: World) -> None:
    owners = world.boxes.owners
    recording = owners.new_greeting("101")
    write_sound(owners.greeting_path("101", recording), 1.0)
    owners.drop_greeting("101", recording)
    world.clock.advance(0.1)
    assert world.files() == []


def test_a_lock_is_told_once(world: World) -> None:  # VM-15
    owners = world.boxes.owners
    owners.log_in_failed(Box("101", locked_until=NOON + 60.0))
    owners.log_in_failed(Box("101", locked_until=NOON + 60.0))
    assert world.locks == [("101", NOON + 60.0)]


def test_what_was_kept_is_taken_in_at_the_start(world: World) -> None:
    owners = world.new_boxes().owners
    owners.load([Box("102", pin_length=4)])
    assert owners.box("102").pin_length == 4


def test_the_recordings_of_an_owner_who_is_gone_go(world: World) -> None:
    owners = world.boxes.owners
    write_sound(owners.greeting_path("101", "r1"), 1.0)
    owners.forget("101")
    owners.forget("102")
    world.clock.advance(0.1)
    assert owners.box("101") == Box("101")
    assert world.files() == []
