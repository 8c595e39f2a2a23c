"""Ways into conference rooms (CF-1)."""

from typing import Any

import pytest

from softswitch.routing.calendar import NO_CALENDARS
from softswitch.routing.decision import Conference, Reject, Ring
from softswitch.routing.destination import CONFERENCE, NOWHERE, Goal, World, aim, problem
from softswitch.routing.explanation import explain
from softswitch.routing.numbering import Numbering
from softswitch.routing.outcomes import Outcome
from softswitch.routing.outside import Entrance, Outside
from softswitch.routing.plan import Facts
from softswitch.routing.route import Route
from tests.routing.users import User, forwards

ROOMS = {"800": "board", "801": "open"}
USERS = {"100": User(), "101": User()}
BEYOND = Outside(Numbering("PL"), ("carrier",), (), {}, {"carrier": Entrance("800", "a.yaml:7")})


def route(
    dialled: str,
    users: dict[str, User] | None = None,
    *,
    caller: str = "100",
    trunk: str | None = None,
    **more: Any,
) -> Route:
    world = World({**USERS, **(users or {})}, rooms=ROOMS, **more)
    return Route(dialled, caller, world, lambda name: Facts(1, 0), trunk=trunk)


def test_the_number_of_a_room_leads_there() -> None:
    """CF-1."""
    assert route("800").begin(0.0) == Conference("board", "800 is a conference room")


def test_a_phone_that_may_only_call_for_help_may_not_go_there() -> None:
    decision = route("800", {"100": User(calls="none")}).begin(0.0)
    assert isinstance(decision, Reject)


@pytest.mark.parametrize("target", ["conference:open", "801"])
def test_a_forward_leads_there_for_good(target: str) -> None:
    """Also after ringing: who is in a room has arrived, and nobody wants the call back."""
    way = route("101", {"101": forwards(no_answer=target, busy=target)})
    assert isinstance(way.begin(0.0), Ring)
    decision = way.after(Outcome.NO_ANSWER, 30.0)
    assert isinstance(decision, Conference)
    assert decision.room == "open"
    assert [hop.to for hop in decision.hops] == ["conference:open"]
    assert not way.comes_back


def test_callers_from_outside_come_by_the_number_of_a_trunk() -> None:
    way = route("+48221112233", caller="+48600100100", trunk="carrier", outside=BEYOND)
    decision = way.begin(0.0)
    assert isinstance(decision, Conference)
    assert decision.room == "board"
    closed = route("800", caller="+48600100100", trunk="other", outside=BEYOND).begin(0.0)
    assert isinstance(closed, Reject)


def test_a_service_and_a_phone_may_send_there() -> None:
    decision = route("101").transfer("conference:board", "101", 0.0)
    assert isinstance(decision, Conference)
    way = route("101")
    way.begin(0.0)
    redirected = way.redirected(["800"], 1.0)
    assert isinstance(redirected, Conference)


def test_rooms_that_are_not_there() -> None:
    world = World(USERS, None, NO_CALENDARS, ROOMS)
    assert aim("conference:x", "100", world, 0.0, mailboxes=()) == Goal(
        NOWHERE, "no room is called x"
    )
    assert aim("conference:open", "", world, 0.0, mailboxes=()) == Goal(CONFERENCE, "open")
    assert problem("800", "100", USERS, None) == "no user has the number 800"
    assert problem("800", "100", USERS, None, ROOMS) is None


def test_a_room_is_the_end_of_an_explanation() -> None:
    (step,) = explain("100", "800", World(USERS, rooms=ROOMS), {})
    assert step.decision == Conference("board", "800 is a conference room")
    assert step.outcome is None
