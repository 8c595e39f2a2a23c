"""A caller judges what he has said (VM-3)."""

from pathlib import Path

import pytest

from softswitch.mailbox.review import Review
from tests.mailbox.world import FakeLine, World, prompts

QUESTION = ["vm.keep_or_again"]


class Judge:
    """A caller who is asked."""

    def __init__(self, folder: Path) -> None:
        self.line = FakeLine(World(folder))
        self.decided: list[str] = []
        self.review = Review(
            self.line,
            prompts,
            "said.wav",
            keep=lambda: self.decided.append("keep"),
            again=lambda: self.decided.append("again"),
            throw_away=lambda: self.decided.append("throw away"),
        )
        self.review.begin()


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


@pytest.mark.parametrize(("key", "decided"), [("1", "keep"), ("3", "again"), ("*", "throw away")])
def test_a_key_decides_once(judge: Judge, key: str, decided: str) -> None:
    judge.review.digit(key)
    for late in "123*":
        judge.review.digit(late)
    judge.line.wait(60.0)
    assert judge.decided == [decided]
    assert judge.line.said == QUESTION


def test_he_can_hear_himself_before(judge: Judge) -> None:
    judge.review.digit("2")
    assert judge.line.said == [*QUESTION, "said.wav", *QUESTION]
    assert judge.decided == []


def test_who_says_nothing_keeps_it(judge: Judge) -> None:
    judge.line.wait(60.0)
    assert judge.decided == ["keep"]
