import pytest

from softswitch.mailbox.languages.polish import Polish
from softswitch.mailbox.phrases import LocalTime
from tests.mailbox.spoken import say

POLISH = Polish()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "zero nowych wiadomości"),
        (1, "jedna nowa wiadomość"),
        (2, "dwie nowe wiadomości"),
        (4, "cztery nowe wiadomości"),
        (5, "pięć nowych wiadomości"),
        (12, "dwanaście nowych wiadomości"),
        (14, "czternaście nowych wiadomości"),
        (21, "dwadzieścia jeden nowych wiadomości"),
        (22, "dwadzieścia dwie nowe wiadomości"),
        (25, "dwadzieścia pięć nowych wiadomości"),
        (100, "sto nowych wiadomości"),
        (112, "sto dwanaście nowych wiadomości"),
        (342, "trzysta czterdzieści dwie nowe wiadomości"),
    ],
)
def test_messages_are_counted(count: int, said: str) -> None:
    assert say("pl", POLISH.messages(count, "new")) == said


def test_old_messages_are_said_to_be_old() -> None:
    assert say("pl", POLISH.messages(3, "old")) == "trzy stare wiadomości"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (15, 19, "o piętnastej dziewiętnaście"),
        (15, 5, "o piętnastej zero pięć"),
        (21, 0, "o dwudziestej pierwszej"),
        (0, 45, "o zerowej czterdzieści pięć"),
    ],
)
def test_hours_are_ordinals(hour: int, minute: int, said: str) -> None:
    assert say("pl", POLISH.time(LocalTime(2012, 8, 6, 0, hour, minute))) == said


def test_days_are_ordinals() -> None:
    day = LocalTime(2012, 8, 6, 0, 15, 19)
    assert say("pl", POLISH.day(day)) == "w poniedziałek szóstego sierpnia"
