"""What users choose in a form (features 4.4, S0-4, S0-21)."""

import asyncio
from typing import Any

import pytest

from softswitch.bus import SettingChanged
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.routing.codes import NO_CODES
from softswitch.settings.choosing import MOST_ADDRESSES, CannotChoose, Chooser
from softswitch.settings.targets import Targets
from tests.softswitch.settings.office import NOON, Office, user

BY = "portal by 101"


def office(**other: Any) -> tuple[Office, Chooser]:
    users = {"101": user(**other), "102": user("102")}
    made = Office(users)
    return made, Chooser(made.settings, Targets(made.settings.users, NO_CODES, None))


def choose(chooser: Chooser, key: str, value: object) -> str:
    asyncio.run(chooser.set("101", {key: value}, BY))
    return chooser.value("101", key)


@pytest.mark.parametrize(
    ("key", "typed", "holds"),
    [
        ("email", "Anna@EXAMPLE.com", "Anna@example.com"),
        ("email", "a@example.com; b@example.com,a@example.com", "a@example.com, b@example.com"),
        ("email", " ", "off"),
        ("email", "off", "off"),
        ("voicemail.on_message", "email", "email"),
        ("dnd", "yes", "on"),
        ("call_waiting", "off", "off"),
        ("hide_number", "true", "on"),
        ("ring_time", "25s", "25s"),
        ("forward.busy", "102", "102"),
        ("forward.busy", "1 02", "102"),
        ("forward.busy", "voicemail", "voicemail"),
        ("forward.busy", "", "off"),
        ("forward.busy", "off", "off"),
    ],
)
def test_what_is_typed_holds(key: str, typed: str, holds: str) -> None:
    _, chooser = office()
    assert choose(chooser, key, typed) == holds


@pytest.mark.parametrize(
    ("key", "typed", "why"),
    [
        ("email", "anna", "'anna' is no mail address: write it like anna@example.com"),
        ("email", "a@b\r\nBcc: c@d", "holds a control character or a line break"),
        ("email", " ".join(f"a{n}@example.com" for n in range(11)), "are 11 addresses: 10 at most"),
        ("email", ["a@example.com"], "must be one value, not a list"),
        ("voicemail.on_message", "never", "'never' is not known here: one of store, email, both"),
        ("dnd", "perhaps", "'perhaps' is neither on nor off: write true or false"),
        ("ring_time", "25", "'25' has no unit: write 25s for seconds"),
        ("ring_time", "1s", "'1s' is out of range: from 5s to 600s"),
        ("ring_time", "20.5s", "'20.5s' is out of range: from 5s to 600s"),
        ("forward.busy", "101", "101 is the own number"),
        ("forward.busy", "x", "'x' is not a number: digits, *, #, and + in front"),
        ("voicemail.pin", "1234", "this is not yours to change"),
        ("name", "Anna", "this is not yours to change"),
    ],
)
def test_what_is_no_such_value_is_refused_in_words(key: str, typed: object, why: str) -> None:
    made, chooser = office()
    with pytest.raises(CannotChoose) as refused:
        choose(chooser, key, typed)
    assert (refused.value.key, str(refused.value)) == (key, why)
    assert made.events == []
    assert MOST_ADDRESSES == 10


def test_a_mailbox_that_is_not_there_takes_no_calls() -> None:
    _, chooser = office(voicemail=Voicemail(enabled=False))
    with pytest.raises(CannotChoose, match="101 has no voicemail"):
        choose(chooser, "forward.busy", "voicemail")


def test_a_form_holds_as_a_whole_or_not_at_all() -> None:
    made, chooser = office()
    with pytest.raises(CannotChoose):
        asyncio.run(chooser.set("101", {"dnd": "on", "email": "?"}, BY))
    assert made.in_force == {}


def test_a_choice_is_an_override_that_names_where_it_came_from() -> None:  # NEW-9, S0-4
    made, chooser = office(email=("old@example.com",))
    choose(chooser, "email", "new@example.com")
    assert made.in_force == {"101 email": "new@example.com"}
    now = made.settings.users["101"]
    assert now.email == ("new@example.com",)
    assert now.origin["email"] == (
        "portal by 101, 2026-08-03 09:12 (YAML: old@example.com, line 10)"
    )
    assert made.events == [SettingChanged("101", "email", "new@example.com", BY, NOON)]


def test_what_is_as_it_was_is_no_change() -> None:
    made, chooser = office(email=("a@example.com",), forward=Forwarding({"busy": Forward("102")}))
    asyncio.run(chooser.set("101", {"email": "a@example.com", "forward.busy": "102"}, BY))
    assert made.in_force == {}
    assert made.events == []


def test_an_address_that_stays_keeps_its_times() -> None:  # ML-7
    conditions = {"b@example.com": "office.open"}
    made, chooser = office(email=("a@example.com", "b@example.com"), mail_when=conditions)
    assert chooser.value("101", "email") == "a@example.com, b@example.com"
    choose(chooser, "email", "b@example.com, c@example.com")
    assert made.settings.users["101"].mail_when == conditions


def test_what_the_configuration_keeps_for_itself_is_not_offered() -> None:  # S0-21, FC-4
    _, chooser = office(editable=("voicemail",), fixed=frozenset())
    assert chooser.may("101", "voicemail.on_message")
    assert not chooser.may("101", "email")
    assert not chooser.may("101", "voicemail.pin")
    assert not chooser.may("999", "email")
    with pytest.raises(CannotChoose, match="not yours"):
        choose(chooser, "email", "a@example.com")


def test_what_cannot_be_kept_is_not_so() -> None:
    made, chooser = office()
    made.is_full = True
    with pytest.raises(CannotChoose, match="cannot be kept"):
        choose(chooser, "email", "a@example.com")
    assert made.settings.users["101"].email == ()
