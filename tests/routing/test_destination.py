"""What targets lead to (features 4.3)."""

import pytest

from softswitch.routing.calendar import NO_CALENDARS
from softswitch.routing.destination import (
    HANG_UP,
    NOWHERE,
    NUMBER,
    OUTSIDE,
    USER,
    VOICEMAIL,
    Destination,
    Goal,
    World,
    aim,
    parse,
    problem,
)
from softswitch.routing.numbering import Numbering
from softswitch.routing.outside import Entrance, Outside, Way
from tests.routing.users import Mailbox, User

USERS = {
    "100": User(),
    "101": User(voicemail=Mailbox(True), calls="mobile"),
    "600100101": User(),
}
BEYOND = Outside(
    Numbering("PL", "22"),
    ("carrier",),
    ways=(Way(("+4858",), ()), Way((), ("carrier",))),
    entrances={
        "+48221112233": Entrance("100", "a.yaml:9"),
        "+48221112234": Entrance("+48221112233", "a.yaml:10"),
        "+48221112235": Entrance("+48600100100", "a.yaml:11"),
    },
)
WORLD = World(USERS, BEYOND, NO_CALENDARS)


def goal(text: str, owner: str = "101", world: World = WORLD) -> Goal:
    return aim(text, owner, world, 0.0, mailboxes=(owner,))


def test_a_target_is_taken_apart() -> None:
    assert parse("voicemail:105") == Destination(VOICEMAIL, "105")
    assert parse("voicemail") == Destination(VOICEMAIL, "")
    assert parse("hangup:busy") == Destination(HANG_UP, "busy")
    assert parse("+48600100100") == Destination(NUMBER, "+48600100100")


def test_an_extension_comes_before_a_number_outside() -> None:
    assert goal("600100101") == Goal(USER, "600100101")
    assert goal("600100102")[:3] == (OUTSIDE, "+48600100102", ("carrier",))
    assert goal("555") == Goal(USER, "555")
    assert goal("+48600100100", world=WORLD._replace(outside=None)) == Goal(USER, "+48600100100")


def test_the_permission_is_that_of_the_owner() -> None:  # OUT-1, FWD-8
    assert goal("+48600100100").because == ("calls: mobile (default) permits +48600100100 (mobile)")
    refused = goal("+48600100100", "100")
    assert refused.kind == NOWHERE
    assert "does not include" in refused.value
    assert goal("+48600100100", "").kind == NOWHERE


def test_our_own_numbers_stay_inside() -> None:
    assert goal("22 111 22 33", "100") == Goal(USER, "100")
    assert goal("+48221112234").kind == NOWHERE
    assert goal("+48221112235").kind == NOWHERE


def test_no_forward_calls_for_help() -> None:  # EM-1
    assert goal("112").kind == NOWHERE


def test_a_number_needs_a_trunk() -> None:
    assert goal("+48585551122") == Goal(NOWHERE, "no trunk leads to +48585551122")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("voicemail", "voicemail:101"),
        ("hangup", "hangup"),
        ("hangup:busy", "hangup:busy"),
        ("100", "100"),
    ],
)
def test_a_goal_can_be_written_down(text: str, written: str) -> None:
    assert goal(text).written == written


@pytest.mark.parametrize(
    ("text", "owner", "why"),
    [
        ("100", "101", None),
        ("voicemail", "101", None),
        ("hangup:busy", "101", None),
        ("+48600100100", "101", None),
        ("hangup:now", "101", "hangup:now is no way to hang up"),
        ("voicemail", "100", "100 has no voicemail"),
        ("voicemail:555", "100", "no user has the number 555"),
        ("555", "101", "no user has the number 555"),
        ("+48585551122", "101", "no trunk leads to +48585551122"),
    ],
)
def test_who_sets_a_forward_is_told_what_is_wrong(text: str, owner: str, why: str | None) -> None:
    assert problem(text, owner, USERS, BEYOND) == why  # FC-1


def test_a_mailbox_of_nobody_in_particular_is_none() -> None:
    assert aim("voicemail", "", WORLD, 0.0, mailboxes=()).value == "no user has the number nobody"
