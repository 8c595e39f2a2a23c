"""What is said of settings: the names of prompts, in their order."""

from dataclasses import replace
from typing import Any

import pytest

from softswitch.config import User
from softswitch.config.configuration import Forward, Forwarding
from softswitch.settings import keys, speech
from softswitch.settings.features import ASK, Feature

ANNA = User("101", ring_time=24.6)


class Spelt:
    """Numbers digit by digit."""

    def digits(self, number: str) -> list[str]:
        return list(number)

    def seconds(self, count: int) -> list[str]:
        return [f"{count} seconds"]


def said(subject: str, user: User = ANNA, **rules: Forward) -> list[str]:
    user = replace(user, forward=Forwarding(rules)) if rules else user
    return speech.state(Feature(subject, ASK), user, Spelt())


def test_the_time_of_ringing_is_said_in_whole_seconds() -> None:
    assert said("ring_time") == ["code.ring_time", "25 seconds"]


@pytest.mark.parametrize("subject", [keys.DND, keys.CALL_WAITING])
@pytest.mark.parametrize(("is_on", "word"), [(True, "on"), (False, "off")])
def test_what_is_on_or_off_has_a_sentence_for_each(subject: str, is_on: bool, word: str) -> None:
    settings: dict[str, Any] = {subject: is_on}
    assert said(subject, replace(ANNA, **settings)) == [f"code.{subject}_{word}"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("forward", ["code.no_forwards"]),
        ("forward_always", ["code.always_off"]),
        ("forward_busy", ["code.forward_busy", "code.not_forwarded"]),
    ],
)
def test_calls_that_go_nowhere_else(subject: str, expected: list[str]) -> None:
    assert said(subject) == expected


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("102", ["code.to_number", "1", "0", "2"]),
        ("voicemail", ["code.to_your_mailbox"]),
        ("voicemail:101", ["code.to_your_mailbox"]),
        ("voicemail:102", ["code.to_mailbox_of", "1", "0", "2"]),
        ("hangup", ["code.refused"]),
    ],
)
def test_where_calls_go_when_she_is_busy(to: str, expected: list[str]) -> None:
    assert said("forward_busy", busy=Forward(to)) == ["code.forward_busy", *expected]


@pytest.mark.parametrize("rule", [Forward("102", callers="external"), Forward("102", when="night")])
def test_what_is_not_so_for_every_call_is_said_to_be_so_sometimes(rule: Forward) -> None:
    expected = ["code.forward_busy", "code.to_number", "1", "0", "2", "code.sometimes"]
    assert said("forward_busy", busy=rule) == expected


@pytest.mark.parametrize(
    ("caller", "expected"), [("101", ["code.my_number", "1", "0", "1"]), ("", ["vm.not_possible"])]
)
def test_the_own_number_is_told_where_it_is_known(caller: str, expected: list[str]) -> None:
    assert speech.number(caller, Spelt().digits) == expected
