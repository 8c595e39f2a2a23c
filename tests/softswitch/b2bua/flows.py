"""The beginnings that most flows share."""

from __future__ import annotations

from typing import Any

from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def office(ports: int = 10_000, **settings: Any) -> tuple[World, Phone, Phone]:
    """Alice is 100, Bob is 101, both are registered."""
    world = World(ports=ports, **settings)
    return world, Phone(world, "100"), Phone(world, "101")


def ringing(**settings: Any) -> tuple[World, Phone, Phone]:
    """Alice calls Bob, whose phone rings."""
    world, alice, bob = office(**settings)
    alice.invites("101")
    world.run()
    bob.rings()
    world.run()
    return world, alice, bob


def talking(**settings: Any) -> tuple[World, Phone, Phone]:
    """Bob has answered."""
    world, alice, bob = ringing(**settings)
    bob.answers()
    world.run()
    assert alice.call.is_up
    assert bob.call.is_up
    return world, alice, bob


def finish(world: World) -> None:
    """Whoever still talks hangs up; then nothing is left of any call, and nobody complains."""
    for phone in world.network.phones.values():
        for call in phone.calls:
            if call.is_up and call.byes_heard == 0:
                phone.hangs_up(call=call)
                world.run()
    world.run_out()
    assert not world.network.complaints, world.network.complaints
    for phone in world.network.phones.values():
        assert not phone.complaints, phone.complaints


def heard(call: PhoneCall, method: str) -> list[str]:
    """The Reason header fields of the requests of a method that came in a call."""
    return [
        request.headers.get("Reason") or "" for request in call.requests if request.method == method
    ]
