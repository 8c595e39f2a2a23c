"""Which greeting is heard for which reason."""

import pytest

from softswitch.mailbox.messages import BUSY, NO_ANSWER, greeting_for, written_greeting
from tests.mailbox.world import Greeting, Settings


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("busy", BUSY), ("rejected", BUSY), ("no_answer", NO_ANSWER), ("unavailable", NO_ANSWER)],
)
def test_an_owner_has_two_greetings_for_four_reasons(reason: str, kind: str) -> None:  # VM-1
    assert greeting_for(reason) == kind


def test_a_greeting_of_the_configuration_is_for_the_reasons_it_names() -> None:  # VM-1
    settings = Settings(greeting=Greeting("hello.wav", ("busy",)))
    assert written_greeting(settings, "busy") == "hello.wav"
    assert written_greeting(settings, "no_answer") == ""
    assert written_greeting(Settings(), "busy") == ""
