"""A short ring for whoever has all calls forwarded (FWD-1, ring_splash)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softswitch.b2bua.splash import declined
from softswitch.b2bua.strays import MAX_STRAYS
from softswitch.config.configuration import Forward, Forwarding
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


def office(*, splash: bool = True, **settings: Any) -> tuple[World, Phone, Phone, Phone]:
    """Bob, 101, has all calls forwarded to Carla, 102."""
    world = World("100", "101", "102")
    forward = Forwarding({"always": Forward("102")})
    world.users["101"] = replace(
        world.users["101"], forward=forward, ring_splash=splash, **settings
    )
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    return world, alice, bob, carla


def dials(world: World, alice: Phone) -> PhoneCall:
    call = alice.invites("101")
    world.run()
    return call


def test_fwd_1_the_phone_rings_for_half_a_second_and_the_call_goes_on_at_once() -> None:
    world, alice, bob, carla = office()
    call = dials(world, alice)
    assert carla.call.invite is not None  # nobody waits for the other
    invite = bob.call.invite
    assert invite is not None
    assert invite.headers.get("Alert-Info") == "<urn:alert:duration:short>"
    assert invite.body == b""
    assert '"User 100" <sip:100@' in (invite.headers.get("From") or "")
    bob.rings()
    carla.rings()
    world.run(0.4)
    assert heard(bob.call, "CANCEL") == []
    world.run(0.2)
    assert heard(bob.call, "CANCEL") == [ELSEWHERE]
    carla.answers()
    world.run()
    assert call.heard == [100, 180, 200]
    finish(world)
    assert [leg.result for leg in world.record.legs] == ["answered", "answered"]


@pytest.mark.parametrize(
    "settings", [{"splash": False}, {"dnd": True}], ids=["not wanted", "do not disturb"]
)
def test_fwd_1_who_does_not_want_it_hears_nothing(settings: dict[str, bool]) -> None:
    world, alice, bob, _ = office(**settings)
    dials(world, alice)
    assert bob.calls == []
    alice.cancels()
    finish(world)


def test_fwd_1_who_is_talking_is_not_disturbed() -> None:
    world, alice, bob, carla = office()
    talk = bob.invites("102")
    world.run()
    carla.answers()
    world.run()
    dials(world, alice)
    assert bob.calls == [talk]
    alice.cancels()
    finish(world)


def test_fwd_1_a_phone_that_says_nothing_is_left_in_peace() -> None:
    world, alice, bob, carla = office()
    dials(world, alice)
    bob.reflexes -= {"cancel"}
    world.run(5)
    carla.rejects()
    world.run()
    finish(world)


def test_fwd_1_a_phone_that_refuses_is_no_concern_of_the_call() -> None:
    world, alice, bob, carla = office()
    call = dials(world, alice)
    bob.rejects(486)
    carla.rings()
    world.run(5)
    assert heard(bob.call, "CANCEL") == []
    assert call.heard == [100, 180]
    carla.answers()
    world.run()
    assert call.is_up
    finish(world)


def test_fwd_1_who_is_quicker_than_our_cancel_is_hung_up() -> None:
    world, alice, bob, carla = office()
    call = dials(world, alice)
    bob.rings()
    bob.answers()
    carla.answers()
    world.run(2)
    assert heard(bob.call, "BYE") == [ELSEWHERE]
    assert call.is_up
    assert carla.call.is_up
    finish(world)


def test_fwd_1_answers_without_end_are_hung_up_to_a_limit() -> None:
    world, alice, bob, carla = office()
    dials(world, alice)
    bob.rings()
    for number in range(30):
        bob.answers(tag=f"t{number}")
    bob.answers(tag="t0")  # and one again: it has its ACK, and no second BYE
    carla.answers()
    world.run(0.4)
    assert len(world.network.seen("101 < BYE")) == MAX_STRAYS
    assert len(world.network.seen("101 < ACK")) == MAX_STRAYS + 1
    bob._unacknowledged.clear()
    finish(world)


def test_fwd_1_whose_forward_comes_later_has_it_too() -> None:
    world = World("100", "101", "102", "103")
    later = Forwarding({"busy": Forward("101")}, follow_target=True)
    always = Forwarding({"always": Forward("102")})
    world.users["100"] = replace(world.users["100"], forward=later)
    world.users["101"] = replace(world.users["101"], forward=always, ring_splash=True)
    alice, bob, carla, dave = (Phone(world, name) for name in ("100", "101", "102", "103"))
    dave.invites("100")
    world.run()
    alice.rejects(486)
    world.run()
    assert bob.call.invite is not None
    assert bob.call.invite.headers.get("Alert-Info") == "<urn:alert:duration:short>"
    assert carla.call.invite is not None
    dave.cancels()
    world.run()
    finish(world)


def test_streams_are_declined_one_by_one() -> None:
    offer = b"v=0\r\nm=audio 4000 RTP/AVP 8 0\r\na=x\r\nm=video 5000 RTP/AVP 96\r\n"
    assert declined(offer).splitlines()[5:] == [b"m=audio 0 RTP/AVP 8 0", b"m=video 0 RTP/AVP 96"]
    assert declined(b"") == declined(b"nonsense") == b""
