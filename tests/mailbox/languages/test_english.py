import pytest

from softswitch.mailbox.languages.english import English
from softswitch.mailbox.phrases import LocalTime
from tests.mailbox.spoken import say

ENGLISH = English()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "no new messages"),
        (1, "one new message"),
        (2, "two new messages"),
        (20, "twenty new messages"),
        (21, "twenty one new messages"),
        (100, "one hundred new messages"),
        (342, "three hundred forty two new messages"),
        (999, "nine hundred ninety nine new messages"),
    ],
)
def test_messages_are_counted(count: int, said: str) -> None:
    assert say("en", ENGLISH.messages(count, "new")) == said


def test_old_messages_are_said_to_be_old() -> None:
    assert say("en", ENGLISH.messages(1, "old")) == "one old message"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (15, 19, "at three nineteen P M."),
        (15, 5, "at three oh five P M."),
        (0, 0, "at twelve A M."),
        (12, 45, "at twelve forty five P M."),
    ],
)
def test_the_clock_has_twelve_hours(hour: int, minute: int, said: str) -> None:
    assert say("en", ENGLISH.time(LocalTime(2026, 8, 6, 3, hour, minute))) == said


def test_the_month_comes_before_the_day() -> None:
    day = LocalTime(2012, 8, 6, 0, 15, 19)
    assert say("en", ENGLISH.day(day)) == "on Monday August sixth"
