"""What was read before: who comes first stays, and nobody pushes anybody out."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.familiar import ROOM, STRANGERS, familiar


class Reader:
    """Remembers what it had to read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, text: str) -> str:
        self.read.append(text)
        if text == "unsound":
            raise ParseError("unsound")
        return text.upper()


def filled() -> tuple[Reader, list[str]]:
    """A reader, and so many texts that one more has no room."""
    return Reader(), [f"text {number}" for number in range(ROOM)]


def test_a_text_is_read_once() -> None:
    reader = Reader()
    known = familiar(reader)
    assert [known("one"), known("two"), known("one")] == ["ONE", "TWO", "ONE"]
    assert reader.read == ["one", "two"]


def test_what_cannot_be_read_is_not_remembered() -> None:
    reader = Reader()
    known = familiar(reader)
    for _ in range(2):
        with pytest.raises(ParseError):
            known("unsound")
    assert reader.read == ["unsound", "unsound"]


def test_who_comes_when_there_is_no_room_pushes_nobody_out() -> None:
    reader, texts = filled()
    known = familiar(reader)
    for text in [*texts, "late", "late", *texts]:
        assert known(text) == text.upper()
    assert reader.read == [*texts, "late", "late"]


def test_after_many_strangers_others_may_be_the_first() -> None:
    reader, texts = filled()
    known = familiar(reader)
    for text in texts:
        known(text)
    for _ in range(STRANGERS):
        known("late")
    reader.read.clear()
    assert known("late") == "LATE"
    assert known(texts[0]) == texts[0].upper()
    assert reader.read == [texts[0]]
