"""Our 2xx is repeated until its ACK comes, and the call ends when none comes."""

from itertools import pairwise

import pytest

from tests.softswitch.b2bua.flows import finish, heard, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_the_200_is_repeated_at_doubling_intervals_up_to_four_seconds(protocol: str) -> None:
    world = World()
    alice, bob = Phone(world, "100", protocol=protocol), Phone(world, "101")
    alice.reflexes.discard("ack")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run(33)
    times = [packet.at for packet in world.network.seen("100 < 200 INVITE")]
    gaps = [round(after - before, 1) for before, after in pairwise(times)]
    assert gaps == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    finish(world)


def test_without_an_ack_for_32_s_both_sides_are_hung_up_and_the_operator_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run(31.9)
    assert bob.call.byes_heard == 0
    world.run(4)
    assert alice.call.byes_heard == 1
    assert heard(bob.call, "BYE") == ['Q.850;cause=102;text="Recovery on timer expiry"']
    assert world.record.reason == "no ACK from caller"
    assert world.record.ended_by == "switch"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "192.0.2.1:5060" in warnings[0]
    assert "network.external" in warnings[0]
    finish(world)


def test_a_lost_ack_costs_one_repetition() -> None:
    world, alice, bob = ringing()
    world.network.lose("100 > ACK")
    bob.answers()
    world.run(2)
    assert len(world.network.seen("100 < 200 INVITE")) == 2
    assert alice.call.heard == [100, 180, 200]
    finish(world)


def test_an_ack_with_another_number_acknowledges_nothing() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    alice.acknowledges(alice.call, 7)
    world.run(1)
    assert len(world.network.seen("100 < 200 INVITE")) == 2
    alice.acknowledges(alice.call, 1)
    alice.acknowledges(alice.call, 1)
    world.run(5)
    assert len(world.network.seen("100 < 200 INVITE")) == 2
    finish(world)


def test_an_ack_from_elsewhere_is_not_the_callers() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    mallory = Phone(world, "102", registered=False)
    ack = alice.call.request("ACK", 1, "z9hG4bKx")
    world.network.to_switch(mallory, ack, mallory.flow)
    world.run(1)
    assert len(world.network.seen("100 < 200 INVITE")) == 2
    alice.acknowledges(alice.call)
    finish(world)


def test_an_ack_of_nothing_is_dropped() -> None:
    world, alice, _ = talking()
    stray = alice.call.request("ACK", 1, "z9hG4bKx").replace(b"Call-ID: ", b"Call-ID: not")
    alice.send(stray)
    world.run()
    finish(world)


def test_bye_waits_for_the_ack_of_whoever_called() -> None:
    """Whoever answered may not hang up before the ACK has come (RFC 3261 §15)."""
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    bob.hangs_up()
    world.run()
    assert alice.call.byes_heard == 0
    assert world.record.reason == "callee hung up"
    alice.acknowledges(alice.call)
    world.run()
    assert alice.call.byes_heard == 1
    finish(world)


def test_bye_is_said_in_the_end_when_the_ack_never_comes() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    bob.hangs_up()
    world.run(31)
    assert alice.call.byes_heard == 0
    world.run(5)
    assert alice.call.byes_heard == 1
    finish(world)


def test_a_caller_that_hangs_up_while_our_bye_waits_is_answered() -> None:
    world, alice, bob = ringing()
    alice.reflexes.discard("ack")
    bob.answers()
    world.run()
    bob.hangs_up()
    world.run()
    alice.hangs_up()
    world.run()
    assert alice.call.answers == [200]
    assert alice.call.byes_heard == 0
    finish(world)
    assert len(world.records) == 1
