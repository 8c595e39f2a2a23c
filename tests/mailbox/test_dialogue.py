"""Menus and numbers for somebody who has only keys."""

from pathlib import Path

import pytest

from softswitch.mailbox.dialogue import NEXT_DIGIT, Dialogue, Menu
from tests.mailbox.world import FakeLine, World, prompts


class Asked:
    """Somebody is asked; what comes of it is in `done`."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.line = FakeLine(self.world)
        self.done: list[str] = []
        self.dialogue = Dialogue(self.line, prompts, lambda: self.done.append("gave up"))
        self.menu = Menu(("menu",), {"1": "one", "2": "two"})

    def one(self) -> None:
        self.done.append("one")
        self.dialogue.menu(self.menu, self)

    def two(self) -> None:
        self.done.append("two")

    def ask(self, exactly: int = 0) -> None:
        self.dialogue.number(prompts(["number"]), self.done.append, most=6, exactly=exactly)

    def press(self, digits: str) -> None:
        for digit in digits:
            self.dialogue.digit(digit)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_a_menu_is_interrupted_by_its_keys_alone(asked: Asked) -> None:  # VM-12
    asked.dialogue.menu(asked.menu, asked)
    asked.press("9")
    asked.line.wait(2.0)
    assert asked.done == []
    asked.press("1")
    assert asked.done == ["one"]
    assert asked.line.said == ["menu", "menu"]


def test_keys_typed_ahead_go_through_menus_without_a_word(asked: Asked) -> None:  # VM-12
    asked.press("1192")
    asked.dialogue.menu(asked.menu, asked)
    assert asked.done == ["one", "one", "two"]
    assert asked.line.said == []


def test_a_key_starts_the_rounds_anew(asked: Asked) -> None:
    asked.dialogue.menu(asked.menu, asked)
    asked.line.wait(10.0)
    asked.press("1")
    asked.line.wait(20.0)
    assert asked.done == ["one"]
    asked.line.wait(5.0)
    assert asked.done == ["one", "gave up"]


@pytest.mark.parametrize(
    ("typed", "number"), [("12#", "12"), ("#", ""), ("1*2#", "2"), ("123456", "123456")]
)
def test_a_number_ends_by_its_key_or_when_it_is_full(asked: Asked, typed: str, number: str) -> None:
    asked.ask()
    asked.press(typed)
    assert asked.done == [number]


def test_a_hash_behind_a_complete_number_is_a_habit(asked: Asked) -> None:
    asked.ask(exactly=2)
    asked.press("12#")
    asked.ask()
    asked.press("#")
    assert asked.done == ["12", ""]
    asked.press("34#5#")
    asked.ask(exactly=2)
    asked.ask()
    assert asked.done[2:] == ["34", "5"]
    asked.ask(exactly=2)
    asked.press("12")
    asked.line.wait(4.0)
    asked.ask()
    asked.press("#")
    assert asked.done[4:] == ["12", ""]
    asked.press("567#")
    asked.ask(exactly=2)
    asked.ask()
    assert asked.done[6:] == ["56", "7"]


def test_nothing_is_said_on_a_line_that_is_gone(asked: Asked) -> None:
    asked.ask()
    asked.line.said.clear()
    asked.line.is_over = True
    asked.dialogue.end()
    asked.ask()
    asked.dialogue.menu(asked.menu, asked)
    asked.dialogue.tell(prompts(["bye"]), asked.two)
    asked.dialogue.busy()
    asked.press("12#")
    asked.line.wait(100.0)
    assert asked.line.said == []
    assert asked.done == []


def test_the_end_of_a_number_is_a_hash_or_a_pause(asked: Asked) -> None:
    asked.ask()
    asked.press("12#")
    asked.ask()
    asked.press("3")
    asked.line.wait(NEXT_DIGIT + 0.1)
    asked.ask()
    asked.press("#")
    assert asked.done == ["12", "3", ""]


def test_a_letter_is_no_digit_and_does_not_end_what_is_said(asked: Asked) -> None:
    asked.ask()
    asked.press("A")
    asked.line.wait(1.0)
    asked.press("1#")
    assert asked.done == ["1"]


def test_something_happens_after_a_menu_to_which_nobody_says_anything(asked: Asked) -> None:
    asked.dialogue.menu(Menu(("menu",), {}, at_end="two", patience=1.0), asked)
    asked.line.wait(2.9)
    assert asked.done == []
    asked.line.wait(0.2)
    assert asked.done == ["two"]


def test_nothing_is_asked_of_a_line_that_may_be_gone(asked: Asked) -> None:
    asked.dialogue.menu(asked.menu, asked)
    asked.line.hang_up()
    asked.dialogue.end()
    asked.ask()
    asked.dialogue.tell(prompts(["goodbye"]), asked.two)
    asked.press("1#")
    asked.line.wait(60.0)
    assert asked.done == []
    assert asked.line.said == ["menu"]


def test_what_is_told_is_told_to_its_end(asked: Asked) -> None:
    asked.dialogue.tell(prompts(["kept"]), asked.two)
    asked.press("1")
    assert asked.done == []
    asked.line.wait(2.1)
    assert asked.done == ["two"]
    asked.dialogue.menu(asked.menu, asked)
    assert asked.done == ["two", "one"]  # the key was kept for what came next
