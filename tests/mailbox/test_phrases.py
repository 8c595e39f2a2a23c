import time

import pytest

from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.phrases import LocalTime, Phrases
from tests.mailbox.spoken import say, texts

NOON = 1_344_254_400.0
"""6 August 2012, a Monday, 12:00 UTC."""


def utc(at: float) -> LocalTime:
    moment = time.gmtime(at)
    return LocalTime(*moment[:3], moment.tm_wday, moment.tm_hour, moment.tm_min)


def phrases(language: str) -> Phrases:
    return Phrases(LANGUAGES[language], utc)


def test_old_messages_are_counted_only_when_there_are_some() -> None:
    english = phrases("en")
    assert say("en", english.count(2, 5)) == "two new messages and five old messages"
    assert say("en", english.count(0, 1)) == "no new messages and one old message"
    assert say("en", english.count(1, 0)) == "one new message"
    assert say("es", phrases("es").count(1, 2)) == "un mensaje nuevo y dos mensajes anteriores"
    assert say("pl", phrases("pl").count(1, 5)) == "jedna nowa wiadomość i pięć starych wiadomości"


def test_more_than_can_be_said_is_said_as_much() -> None:
    english = phrases("en")
    assert english.count(5000, 0) == english.count(999, 0)


def test_a_number_is_said_sign_by_sign_and_the_rest_left_out() -> None:
    assert say("en", phrases("en").digits("+48 60-1")) == "plus four eight six zero one"
    assert say("en", phrases("en").digits("*9#")) == "star nine hash"
    assert phrases("en").digits("anna") == []


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (0.0, "today at twelve P M."),
        (13 * 3600.0, "yesterday at eleven P M."),
        (36.5 * 3600.0, "on Saturday August fourth at eleven thirty P M."),
    ],
)
def test_recent_days_have_names(ago: float, said: str) -> None:
    assert say("en", phrases("en").moment(NOON - ago, NOON)) == said


@pytest.mark.parametrize("language", ["en", "es", "pl"])
def test_there_are_words_for_every_phrase(language: str) -> None:
    spoken, known = phrases(language), texts(language)
    names = {name for count in range(1000) for name in spoken.count(count, count)}
    names |= {name for minute in range(0, 86_400, 60) for name in spoken.moment(NOON + minute, 0.0)}
    names |= {name for day in range(366) for name in spoken.moment(NOON + day * 86_400, 0.0)}
    names |= set(spoken.digits("0123456789+*#"))
    assert names - set(known) == set()


def test_seconds_are_said_as_the_language_counts_them() -> None:
    assert say("en", phrases("en").seconds(25)) == "twenty five seconds."
