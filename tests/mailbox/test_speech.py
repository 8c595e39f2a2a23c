"""One thing is said at a time, and its end is told once."""

from pathlib import Path

import pytest

from softswitch.mailbox.speech import Speaker, digits_of
from tests.mailbox.world import CLIP_SECONDS, FakeLine, World, prompts


class Talk:
    """What is said on a line, and what has ended."""

    def __init__(self, folder: Path) -> None:
        self.line = FakeLine(World(folder))
        self.speaker = Speaker(self.line)
        self.over: list[str] = []

    def say(self, *words: str) -> None:
        self.speaker.say(prompts(words), lambda: self.over.append(" ".join(words)))


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


def test_the_end_is_told_when_all_was_said(talk: Talk) -> None:
    talk.say("one", "two")
    talk.line.wait(2 * CLIP_SECONDS - 0.1)
    assert talk.over == []
    talk.line.wait(0.2)
    assert talk.over == ["one two"]


def test_what_is_said_instead_takes_the_end_of_the_other_with_it(talk: Talk) -> None:
    talk.say("one")
    talk.say("two")
    talk.line.wait(10.0)
    assert talk.over == ["two"]


def test_what_is_stopped_never_ends(talk: Talk) -> None:
    talk.say("one")
    talk.speaker.stop()
    talk.line.wait(10.0)
    assert talk.over == []


def test_an_answer_is_recorded_behind_what_is_said_unless_something_else_is(talk: Talk) -> None:
    ended: list[str] = []

    def ask(words: str) -> None:
        talk.speaker.say_and_record(
            prompts([words]),
            "answer.wav",
            limit=60.0,
            silence=5.0,
            begun=lambda: talk.over.append(words),
            done=lambda recorded: ended.append(recorded.ended),
        )

    ask("one")
    talk.say("two")
    talk.line.wait(10.0)
    assert (talk.over, ended, talk.line.recording) == (["two"], ["stopped"], None)
    ask("three")
    talk.line.wait(10.0)
    assert talk.over == ["two", "three"]
    assert talk.line.recording == ("answer.wav", 60.0, 5.0)


def test_nothing_to_say_is_said_at_once_but_not_before_the_caller_is_ready(talk: Talk) -> None:
    talk.say()
    assert talk.over == []
    talk.line.wait(0.0)
    assert talk.over == [""]


@pytest.mark.parametrize(
    ("number", "digits"), [("+48 22 111", "4822111"), ("anna.k", ""), ("٣", "")]
)
def test_of_a_number_its_digits_are_said(number: str, digits: str) -> None:
    assert digits_of(number) == digits
