"""PINs: how they are kept, and who gets in."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.mailbox import pins
from softswitch.mailbox.messages import Box

SALTS = b"one salt", b"another"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@dataclass
class Owner:
    box: Box
    written: str = ""

    def finds(self, typed: str) -> str:
        return pins.check(typed, self.box, self.written, "0101")


@given(st.text("0123456789", max_size=12), st.text("0123456789", max_size=12))
def test_a_hash_tells_right_from_wrong(pin: str, other: str) -> None:
    kept = pins.hashed(pin, b"salt")
    assert pins.matches(pin, kept)
    assert pins.matches(other, kept) is (pin == other)


def test_a_hash_does_not_show_the_pin() -> None:
    assert "4711" not in pins.hashed("4711", b"salt")
    assert pins.hashed("4711", b"salt") != pins.hashed("4711", b"other")


def test_the_first_pin_counts_until_another_is_chosen() -> None:  # VM-20
    owner = Owner(Box("101"))
    assert owner.finds("0101") == pins.FIRST
    owner.box = pins.chosen(owner.box, "8462", "", SALTS)
    assert owner.finds("0101") == pins.WRONG
    assert owner.finds("8462") == pins.RIGHT


def test_the_configuration_counts_when_it_was_written_later() -> None:
    owner = Owner(Box("101"), "1111")
    assert owner.finds("1111") == pins.RIGHT
    owner.box = pins.chosen(owner.box, "8462", "1111", SALTS)
    assert owner.finds("1111") == pins.WRONG
    assert owner.finds("8462") == pins.RIGHT
    owner.written = "2222"
    assert owner.finds("8462") == pins.WRONG
    assert owner.finds("2222") == pins.RIGHT
    owner.written = ""
    assert owner.finds("8462") == pins.WRONG
    assert owner.finds("0101") == pins.FIRST


def test_nobody_gets_into_what_is_not_there() -> None:  # VM-15
    assert pins.check("0101", Box(""), None, "0101") == pins.WRONG
    assert pins.check("", Box(""), None, "") == pins.WRONG


def test_ten_wrong_ones_in_an_hour_lock_and_old_ones_do_not_count() -> None:  # VM-15
    box = Box("101")
    for minute in range(0, 9 * 6, 6):
        box = pins.failed(box, minute * 60.0)
    assert box.locked_until == 0.0
    late = pins.failed(box, 3601.0 + 6 * 60)
    assert late.locked_until == 0.0
    assert len(late.failures) == 8
    locked = pins.failed(box, 3300.0)
    assert locked.locked_until == 3300.0 + 3600.0
    assert locked.failures == ()


def test_a_part_of_the_number_is_no_pin() -> None:  # VM-16
    assert not pins.is_good("1112", "+48221112235")
    assert pins.is_good("8462", "+48221112235")
    assert not pins.is_good("٨٤٦٢", "101")


@pytest.mark.parametrize(
    ("number", "pin"), [("+541153525352", "5352"), ("7", "0007"), ("a", "0000")]
)
def test_the_first_pin_is_the_end_of_the_number(number: str, pin: str) -> None:  # VM-20
    assert pins.first_pin(number) == pin
