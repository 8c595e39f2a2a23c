"""Getting into a mailbox: a number, a PIN, and those who guess (VM-15)."""

from pathlib import Path

import pytest

from softswitch.mailbox import pins
from softswitch.mailbox.messages import Box
from tests.mailbox.owner import Owner
from tests.mailbox.world import Settings, World


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_own_phone_is_asked_for_the_pin_alone(world: World) -> None:
    owner = Owner(world)
    assert owner.line.answered_after == []
    assert owner.heard() == ["vm.password"]
    assert owner.press("4711") == ["vm.you_have", "0 new 0 old", "vm.main_menu"]


@pytest.mark.parametrize("typed", ["101#", "0101#", "48221112235#", "#"])
def test_from_elsewhere_the_mailbox_is_asked_for(world: World, typed: str) -> None:
    owner = Owner(world, own=False, asks_number=True)
    assert owner.heard() == ["vm.mailbox_number"]
    assert owner.press(typed) == ["vm.password"]
    assert owner.press("4711#")[0] == "vm.you_have"


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
