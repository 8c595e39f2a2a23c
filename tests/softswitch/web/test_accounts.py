"""Passwords, and links that work once (S0-20)."""

import asyncio
from typing import Any, cast

import pytest

from softswitch.mailbox.pins import NOBODY
from softswitch.store.store import Committed, PortalRow
from softswitch.web import accounts
from softswitch.web.accounts import LINK_WORKS, LONGEST, Accounts, plain, wrong_with


class Office:
    """Accounts over a list."""

    def __init__(self, *rows: PortalRow) -> None:
        self.now = 1e9
        self.kept = {row.user: row for row in rows}
        words = iter(f"word{number}" for number in range(99))
        self.accounts = Accounts(
            rows,
            self._put,
            users=("101", "102"),
            wall=lambda: self.now,
            token=lambda: next(words),
        )

    def _put(self, row: PortalRow) -> Committed:
        self.kept[row.user] = row
        return cast(Committed, cast(Any, asyncio.Future))


def test_who_never_chose_a_password_has_none_that_could_be_typed() -> None:
    office = Office()
    assert office.accounts.kept("101") == office.accounts.kept("nobody") == NOBODY
    assert "101" in office.accounts
    assert "nobody" not in office.accounts


def test_a_link_works_until_it_is_used() -> None:
    office = Office()
    word = office.accounts.new_link("101")
    assert word not in repr(office.kept)  # only its digest
    assert office.accounts.whose(word) == "101"
    assert office.accounts.whose(word) == "101"  # looking uses nothing up
    assert office.accounts.use(word) == "101"
    assert office.accounts.use(word) is None
    assert office.accounts.whose(word) is None
    assert office.accounts.whose("") is None


def test_a_link_works_for_half_an_hour() -> None:
    office = Office()
    word = office.accounts.new_link("101")
    office.now += LINK_WORKS - 1
    assert office.accounts.whose(word) == "101"
    office.now += 1
    assert office.accounts.whose(word) is None


def test_a_clock_that_is_set_back_makes_no_link_work_for_longer() -> None:
    office = Office()
    word = office.accounts.new_link("101")
    office.now -= 1
    assert office.accounts.whose(word) is None


def test_the_latest_link_is_the_one_that_works() -> None:
    office = Office()
    first = office.accounts.new_link("101")
    second = office.accounts.new_link("101")
    assert office.accounts.whose(first) is None
    assert office.accounts.whose(second) == "101"


def test_a_password_is_kept_over_a_restart_and_ends_links() -> None:
    office = Office()
    word = office.accounts.new_link("101")
    office.accounts.set_password("101", "scrypt$00$01")
    assert office.accounts.whose(word) is None
    again = Office(*office.kept.values(), PortalRow("gone", "scrypt$1$1", "", 0.0, 0.0))
    assert again.accounts.kept("101") == "scrypt$00$01"
    assert again.kept["101"].changed_at == 1e9
    assert "gone" not in again.accounts


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("horse staple", ""),
        ("zażółć gęślą", ""),
        ("x" * 9, accounts.TOO_SHORT),
        ("short", accounts.TOO_SHORT),
        ("ab " * 50, accounts.TOO_LONG),
        ("aaaaaaaaaaaa", accounts.TOO_EASY),
        ("1234567890", accounts.TOO_EASY),
        ("abcdefghijkl", accounts.TOO_EASY),
        ("anna.kanna.k1", accounts.TOO_EASY),
    ],
)
def test_which_passwords_can_be_chosen(password: str, wrong: str) -> None:
    assert wrong_with(password, password, "anna.k") == wrong


def test_a_password_is_typed_twice() -> None:
    assert wrong_with("horse staple", "horse stable", "101") == accounts.NOT_TWICE
    assert wrong_with("horse staple", "horse staple", "") == ""
    assert len("ab " * 50) > LONGEST


def test_letters_are_the_same_however_they_were_typed() -> None:
    assert plain("e\u0301") == plain("\u00e9")
