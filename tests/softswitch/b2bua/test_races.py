"""Every script of scripts.py, in every delivery order, and with the loss of each single message."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.softswitch.b2bua import scripts_handover
from tests.softswitch.b2bua.flows import finish, office
from tests.softswitch.b2bua.network import DELAY, Packet, Rule, World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.scripts import SCRIPTS, Script, both_up

assert scripts_handover.handover in SCRIPTS
NAMES = [play.__name__ for play in SCRIPTS]
FAST, SLOW = 0.001, 0.03


def settle(world: World, alice: Phone, bob: Phone) -> None:
    """After the race: a call that is up on one side is up on both, one that is over on both."""
    world.run(40)
    assert alice.call.is_up == any(call.is_up for call in bob.calls)
    snapshot = world.calls.snapshot()
    assert len(snapshot) == alice.call.is_up
    if both_up(alice, bob):
        _can_still_hold(world, alice)
    for phone in (alice, bob):
        for call in phone.calls:
            if call.is_up:
                phone.hangs_up(call=call)
                world.run(2)
                break
    finish(world)
    assert len(world.records) == 1


def _can_still_hold(world: World, alice: Phone) -> None:
    """The legs are not blocked by what happened."""
    alice.changes()
    world.run(10)
    assert alice.call.answers[-1] == 200


def orders() -> Iterator[dict[tuple[str, bool], float]]:
    """Which of the four ways is fast and which is slow."""
    ways = [("100", True), ("100", False), ("101", True), ("101", False)]
    for delays in product((FAST, SLOW), repeat=4):
        yield dict(zip(ways, delays, strict=True))


def _in_order(order: dict[tuple[str, bool], float]) -> Rule:
    return lambda packet: order[packet.phone, packet.up]


@pytest.mark.parametrize("play", SCRIPTS, ids=NAMES)
def test_in_every_delivery_order_both_sides_agree(play: Script) -> None:
    for order in orders():
        world, alice, bob = office()
        world.network.rules.append(_in_order(order))
        play(world, alice, bob)
        settle(world, alice, bob)
        ends = [call.ended_at for phone in (alice, bob) for call in phone.calls]
        assert max(ends) - min(ends) <= 1  # type: ignore[operator, type-var]


@pytest.mark.parametrize("play", SCRIPTS, ids=NAMES)
def test_the_loss_of_any_one_message_leaves_nothing_stuck(play: Script) -> None:
    world, alice, bob = office()
    play(world, alice, bob)
    settle(world, alice, bob)
    for lost in range(len(world.network.log)):
        world, alice, bob = office()
        world.network.rules.append(_loser(lost))
        play(world, alice, bob)
        settle(world, alice, bob)


def _loser(lost: int) -> Rule:
    seen = [0]

    def rule(packet: Packet) -> float | None:
        seen[0] += 1
        return None if seen[0] == lost + 1 else DELAY

    return rule


@pytest.mark.parametrize("play", SCRIPTS, ids=NAMES)
def test_doubled_messages_do_nothing_twice(play: Script) -> None:
    world, alice, bob = office()
    world.network.doubles = True
    play(world, alice, bob)
    settle(world, alice, bob)
