"""Forwards: short and long forms, and what a user takes over from `defaults`."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.schema.forward import ForwardSection, forwarding

FORWARD: TypeAdapter[ForwardSection] = TypeAdapter(ForwardSection)


def read(**written: object) -> ForwardSection:
    return FORWARD.validate_python(written)


def test_the_short_form_is_the_target() -> None:
    assert read(busy="1-02") == {"busy": {"to": "102"}}


def test_the_long_form_says_for_whom_it_is() -> None:
    section = read(always={"to": "102", "callers": "external"})
    assert forwarding({}, section).rules == {"always": Forward("102", "external")}


def test_a_forward_may_wait_and_have_somebody_press_a_key() -> None:  # FWD-7, FWD-15
    section = read(dnd={"to": "+48 600", "when": ["closed", "office.lunch"], "confirm": "yes"})
    rules = forwarding({}, section).rules
    assert rules == {"dnd": Forward("+48600", "any", "closed, office.lunch", True)}


def test_nothing_written_is_no_forward() -> None:
    assert forwarding({}, {}) == Forwarding()
    assert Forwarding() == Forwarding({}, 30.0, "voicemail", False)


def test_the_users_keys_replace_those_of_defaults_one_by_one() -> None:
    below = read(busy="102", no_answer="103", return_after="20s", return_to="104")
    own = read(busy="off", return_to="hangup", follow_target="yes")
    assert forwarding(below, own) == Forwarding({"no_answer": Forward("103")}, 20.0, None, True)


def test_return_after_can_be_off() -> None:
    assert forwarding(read(return_after="20s"), read(return_after="off")).return_after is None


@pytest.mark.parametrize(
    "written",
    [
        {"busy": {"callers": "any"}},
        {"busy": {"to": "102", "callers": "nobody"}},
        {"busy": {"to": "102", "when": "a b"}},
        {"busy": {"to": "102", "when": []}},
        {"busy": ["102"]},
        {"busy": "a b"},
        {"return_after": "0s"},
        {"return_after": "30"},
        {"return_to": "off a"},
        {"follow_target": "maybe"},
        {"sometimes": "102"},
    ],
)
def test_what_is_not_understood_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(**written)


@pytest.mark.parametrize(
    ("written", "meant"), [("voicemail", "voicemail"), ("voicemail:1-05", "voicemail:105")]
)
def test_a_mailbox_is_a_target_like_any_other(written: str, meant: str) -> None:  # FWD-14
    section = read(busy=written, no_answer={"to": written}, return_to=written)
    forward = forwarding({}, section)
    assert [rule.to for rule in forward.rules.values()] == [meant, meant]
    assert forward.return_to == meant


def test_a_mailbox_needs_an_owner_behind_the_colon() -> None:
    with pytest.raises(ValidationError, match="is not a number"):
        read(busy="voicemail:")
