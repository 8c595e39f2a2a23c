import pytest

from softswitch.mailbox.languages.spanish import Spanish
from softswitch.mailbox.phrases import LocalTime
from tests.mailbox.spoken import say

SPANISH = Spanish()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "ningún mensaje nuevo"),
        (1, "un mensaje nuevo"),
        (2, "dos mensajes nuevos"),
        (21, "veintiún mensajes nuevos"),
        (29, "veintinueve mensajes nuevos"),
        (31, "treinta y un mensajes nuevos"),
        (35, "treinta y cinco mensajes nuevos"),
        (100, "cien mensajes nuevos"),
        (101, "ciento un mensajes nuevos"),
        (500, "quinientos mensajes nuevos"),
        (742, "setecientos cuarenta y dos mensajes nuevos"),
    ],
)
def test_messages_are_counted(count: int, said: str) -> None:
    assert say("es", SPANISH.messages(count, "new")) == said


def test_old_messages_are_said_to_be_old() -> None:
    assert say("es", SPANISH.messages(1, "old")) == "un mensaje anterior"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (15, 19, "a las quince y diecinueve"),
        (1, 5, "a la una y cinco"),
        (21, 0, "a las veintiuna"),
        (0, 45, "a las cero y cuarenta y cinco"),
    ],
)
def test_the_hour_has_an_article(hour: int, minute: int, said: str) -> None:
    assert say("es", SPANISH.time(LocalTime(2012, 8, 6, 0, hour, minute))) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (6, "el lunes seis de agosto"),
        (1, "el lunes primero de agosto"),
        (31, "el lunes treinta y uno de agosto"),
    ],
)
def test_the_day_comes_before_the_month(day: int, said: str) -> None:
    assert say("es", SPANISH.day(LocalTime(2012, 8, day, 0, 15, 19))) == said
