"""The table of calls, and what people see of it."""

import pytest

from softswitch.media.engine.interface import SecurityFailed, Talking
from tests.softswitch.b2bua.flows import finish, office, ringing, talking


def test_the_snapshot_shows_every_call_and_its_state() -> None:
    world, alice, bob = ringing()
    (one,) = world.calls.snapshot()
    assert (one.caller, one.callee, one.state) == ("100", "101", "ringing")
    assert one.devices == (bob.contact,)
    assert one.answered_at is None
    assert len(world.calls) == 1
    bob.answers()
    world.run()
    (one,) = world.calls.snapshot()
    assert (one.state, one.devices) == ("talking", (bob.contact,))
    assert one.answered_at is not None
    assert alice.call.is_up
    finish(world)
    assert world.calls.snapshot() == []
    assert len(world.calls) == 0


def test_call_ids_are_short_and_in_no_order() -> None:
    world, alice, _ = office()
    for _ in range(20):
        alice.invites("999")
    world.run()
    ids = [record.call_id for record in world.records]
    assert len(set(ids)) == 20
    assert all(len(call_id) == 16 for call_id in ids)
    finish(world)


def test_a_connection_that_breaks_means_nothing_to_calls_over_udp() -> None:
    world, alice, bob = talking()
    world.agent.flow_closed(alice.flow._replace(protocol="TCP", connection=77))
    world.run()
    assert bob.call.is_up
    finish(world)


@pytest.mark.parametrize("answered", [False, True])
def test_media_that_cannot_be_secured_ends_the_call(answered: bool) -> None:
    world, alice, bob = talking() if answered else ringing()
    port = next(iter(world.media.open_ports))
    world.calls.media_event(SecurityFailed(port, "wrong certificate"))
    world.run()
    if answered:
        assert (alice.call.byes_heard, bob.call.byes_heard) == (1, 1)
    else:
        assert alice.call.heard[-1] == 488
    assert world.record.reason == "media of caller could not be secured: wrong certificate"
    world.calls.media_event(SecurityFailed(port, "wrong certificate"))
    finish(world)
    assert len(world.records) == 1


def test_what_else_the_engine_says_is_no_news_for_calls() -> None:
    world, _, _ = talking()
    port = next(iter(world.media.open_ports))
    world.calls.media_event(Talking(port, True))
    assert len(world.calls) == 1
    finish(world)
