"""Calls that go on to somebody else: who rings, for how long, and what the caller hears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softswitch.bus import CallRinging
from softswitch.config import User
from softswitch.config.configuration import Forward, Forwarding
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

EVERYBODY = ("100", "101", "102", "103")


def forwarding(world: World, user: str, **settings: Any) -> None:
    """Set a user's forwards; the rest are settings of `forward`."""
    rules = {name: Forward(settings.pop(name)) for name in tuple(settings) if name in SITUATIONS}
    plain: User = world.users[user]
    world.users[user] = replace(plain, forward=Forwarding(rules, **settings))


SITUATIONS = ("always", "busy", "no_answer", "unavailable", "rejected")


def office(**settings: Any) -> tuple[World, Phone, Phone, Phone, Phone]:
    """Four users with a phone each; the settings are of 101's forwards."""
    world = World(*EVERYBODY)
    forwarding(world, "101", **settings)
    alice, bob, carla, dave = (Phone(world, name) for name in EVERYBODY)
    return world, alice, bob, carla, dave


def test_a_call_that_is_not_answered_rings_the_target() -> None:  # FWD-3
    world, alice, bob, carla, _ = office(no_answer="102")
    call = alice.invites("101")
    world.run()
    bob.rings()
    world.run(31.0)
    assert heard(bob.call, "CANCEL") == ['Q.850;cause=19;text="No answer from user"']
    carla.rings()
    world.run()
    carla.answers()
    world.run()
    assert call.heard == [100, 180, 200]
    assert carla.call.is_up
    finish(world)
    record = world.record
    assert (record.callee, record.answered_by, record.outcome) == ("101", "102", "answered")
    assert [leg.result for leg in record.legs] == ["answered", "no_answer", "answered"]
    assert record.because.endswith("; forward.no_answer of 101 (default) to 102")


@pytest.mark.parametrize(
    ("situation", "status", "first_rings"),
    [
        ("busy", 486, False),
        ("rejected", 486, True),
        ("busy", 603, True),
        ("unavailable", 503, False),
    ],
)
def test_each_outcome_has_its_target(situation: str, status: int, first_rings: bool) -> None:
    world, alice, bob, carla, _ = office(**{situation: "102"})
    call = alice.invites("101")
    world.run()
    if first_rings:
        bob.rings()
        world.run()
    bob.rejects(status)
    world.run()
    carla.answers()
    world.run()
    assert call.is_up
    assert carla.call.is_up
    finish(world)
    assert world.record.answered_by == "102"


def test_a_user_without_a_phone_is_forwarded_at_once() -> None:  # FWD-6
    world = World(*EVERYBODY)
    forwarding(world, "101", unavailable="102")
    alice, carla = Phone(world, "100"), Phone(world, "102")
    call = alice.invites("101")
    world.run()
    assert len(carla.calls) == 1
    carla.rings()
    world.run()
    carla.answers()
    finish(world)
    assert call.heard == [100, 180, 200]
    assert CallRinging(world.record.call_id, "100", "102", 1_000_000.105) in world.news


def test_always_rings_the_target_only() -> None:  # FWD-1
    world, alice, bob, carla, _ = office(always="102")
    alice.invites("101")
    world.run()
    assert not bob.calls
    invite = carla.call.requests[0]
    assert invite.headers.get("To") == "<sip:102@192.0.2.1>"
    assert (invite.headers.get("From") or "").startswith('"User 100" <sip:100@')
    assert invite.headers.all("Diversion") == ["<sip:101@192.0.2.1>;reason=unconditional;counter=1"]
    assert invite.headers.all("History-Info") == [
        "<sip:101@192.0.2.1>;index=1",
        "<sip:102@192.0.2.1;cause=302>;index=1.1;mp=1",
    ]
    carla.answers()
    finish(world)


def test_what_the_target_does_not_answer_comes_back() -> None:  # FWD-3, FWD-4, FWD-5
    world, alice, bob, carla, dave = office(busy="102", return_after=10.0, return_to="103")
    forwarding(world, "102", no_answer="100")
    call = alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    carla.rings()
    world.run(9.0)
    assert not dave.calls
    world.run(2.0)
    assert heard(carla.call, "CANCEL") == ['Q.850;cause=19;text="No answer from user"']
    dave.rings()
    world.run()
    dave.answers()
    world.run()
    assert call.heard == [100, 181, 180, 200]
    finish(world)
    assert world.record.answered_by == "103"


def test_nobody_left_gives_the_code_of_the_first_outcome() -> None:  # FWD-3
    world, alice, bob, carla, _ = office(busy="102")
    call = alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    carla.rings()
    world.run(31.0)
    assert call.heard == [100, 181, 180, 486]
    finish(world)
    assert (world.record.outcome, world.record.status) == ("busy", 486)


def test_the_first_user_may_be_called_again_while_the_target_rings() -> None:
    world, alice, bob, carla, dave = office(busy="102")
    world.users["101"] = replace(world.users["101"], max_calls=1)
    alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    carla.rings()
    world.run()
    dave.invites("101")
    world.run()
    assert len(bob.calls) == 2
    bob.answers(call=bob.calls[1])
    world.run()
    carla.answers()
    finish(world)


def test_the_caller_gives_up_while_the_target_rings() -> None:
    world, alice, bob, carla, _ = office(busy="102", return_to="103")
    call = alice.invites("101")
    world.run()
    bob.rejects(486)
    world.run()
    carla.rings()
    world.run()
    alice.cancels()
    world.run()
    assert heard(carla.call, "CANCEL") == [""]
    assert call.heard[-1] == 487
    finish(world)


def test_a_600_of_one_phone_stops_the_others_and_goes_on() -> None:
    world, alice, bob, carla, _ = office(busy="102")
    other = Phone(world, "101")
    alice.invites("101")
    world.run()
    other.rings()
    world.run()
    bob.rejects(600)
    world.run()
    assert heard(other.call, "CANCEL") == ['SIP;cause=603;text="Decline"']
    carla.answers()
    world.run()
    assert carla.call.is_up
    finish(world)


def test_a_phone_that_answers_too_late_is_hung_up() -> None:
    world, alice, bob, carla, _ = office(no_answer="102")
    call = alice.invites("101")
    world.run()
    bob.rings()
    world.run()
    world.network.delay("101 > 200 INVITE", 0.5)
    world.run(29.6)
    bob.answers()
    world.run(1.0)
    assert heard(bob.call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    carla.answers()
    world.run()
    assert call.is_up
    finish(world)
    assert world.record.answered_by == "102"


def test_early_media_of_a_target_from_where_the_call_comes_back_is_not_heard() -> None:  # FWD-11
    def heard_from_target(**settings: Any) -> list[int]:
        world, alice, bob, carla, _ = office(busy="102", **settings)
        call: PhoneCall = alice.invites("101")
        world.run()
        bob.rejects(486)
        world.run()
        carla.rings(183, body=carla.answer_to(carla.call))
        world.run()
        carla.answers()
        finish(world)
        return call.heard

    assert heard_from_target(return_to="103") == [100, 181, 180, 200]
    assert heard_from_target() == [100, 181, 183, 200]


def test_a_call_that_was_forwarded_five_times_elsewhere_goes_no_further() -> None:  # FWD-12
    world, alice, bob, carla, _ = office(busy="102")
    lines = [f"Diversion: <sip:{number}@elsewhere>;reason=no-answer" for number in range(5)]
    call = alice.invites("101", *lines)
    world.run()
    bob.rejects(486)
    world.run()
    assert not carla.calls
    assert call.heard[-1] == 486
    finish(world)


def test_without_ports_for_the_target_the_caller_hears_so() -> None:
    world, alice, bob, carla, _ = office(busy="102")
    call = alice.invites("101")
    world.run()
    world.media.free = -1  # so that the port of Bob's phone is missing, too
    bob.rejects(486)
    world.run()
    assert not carla.calls
    assert call.heard[-1] == 503
    finish(world)
