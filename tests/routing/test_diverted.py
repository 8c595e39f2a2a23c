"""Whose message a call is that another switch has forwarded to mailboxes (FWD-4, FWD-10)."""

import pytest

from softswitch.config.places import Zone
from softswitch.routing.calendar import Calendar, Calendars
from softswitch.routing.decision import Hop, Voicemail
from softswitch.routing.destination import World
from softswitch.routing.diverted import Forwarded, message
from softswitch.routing.hours import DAY, EVERY_DAY, Hours, Span
from softswitch.routing.numbering import Numbering
from softswitch.routing.outside import Entrance, Outside
from tests.routing.users import Mailbox, User

MAIN, ANNA, OWN_BOX, LINE = "+48221112233", "+48221112235", "+48221112236", "+48221112237"
OUTSIDE = Outside(
    Numbering("PL"),
    entrances={
        MAIN: Entrance("voicemail", "a.yaml:1"),
        ANNA: Entrance("101", "a.yaml:2"),
        OWN_BOX: Entrance("voicemail:101", "a.yaml:3"),
        LINE: Entrance("hangup", "a.yaml:4", "office", {"open": "101"}),
    },
)
USERS = {"100": User(), "101": User(voicemail=Mailbox(True)), "102": User(voicemail=Mailbox(True))}
WORLD = World(USERS, OUTSIDE)


def forwarded(*numbers: str, situation: str = "busy") -> Forwarded:
    return Forwarded(numbers, situation)


def owner(*forwards: Forwarded, world: World = WORLD) -> str | None:
    found = message(forwards, world, 0.0)
    return None if found is None else found.user


def test_it_is_for_whoever_has_forwarded_the_call() -> None:  # FWD-10
    because = "101 has forwarded the call to here (busy)"
    hop = Hop("101", "busy", "voicemail:101", because)
    assert message([forwarded("101")], WORLD, 0.0) == Voicemail("101", "busy", because, (hop,))


@pytest.mark.parametrize("number", ["101", ANNA, OWN_BOX])
def test_a_user_is_known_by_extension_and_by_each_number_that_leads_there(number: str) -> None:
    assert owner(forwarded("0", number)) == "101"


def test_a_number_leads_where_its_calendar_says() -> None:  # CAL-6
    assert owner(forwarded(LINE)) is None
    hours = (Hours("open", (Span(EVERY_DAY, 0, DAY),)),)
    always = Calendars({"office": Calendar("office", Zone("Europe/Warsaw"), hours)})
    assert owner(forwarded(LINE), world=WORLD._replace(calendars=always)) == "101"


@pytest.mark.parametrize("number", ["", "555", "100", MAIN, "+48600100100", "voicemail:101", "*98"])
def test_who_has_no_mailbox_here_is_passed_over(number: str) -> None:
    assert owner(forwarded(number)) is None
    assert owner(forwarded(number), forwarded("102"), forwarded("101")) == "102"


def test_without_an_outside_only_extensions_are_known() -> None:
    world = World(USERS)
    assert (owner(forwarded("101"), world=world), owner(forwarded(ANNA), world=world)) == (
        "101",
        None,
    )


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        ("busy", "busy"),
        ("dnd", "busy"),
        ("no_answer", "no_answer"),
        ("unavailable", "unavailable"),
        ("rejected", "rejected"),
        ("always", "unavailable"),
        ("moon", "unavailable"),
    ],
)
def test_the_greeting_is_that_of_the_first_situation(situation: str, reason: str) -> None:  # FWD-4
    found = message([forwarded("101", situation=situation), forwarded("102")], WORLD, 0.0)
    assert found is not None
    assert (found.user, found.reason, found.hops[0].situation) == ("101", reason, situation)
