"""What phones of a user and numbers outside have in common while it is their turn."""

from softswitch.b2bua import turn
from softswitch.b2bua.call import Stage
from softswitch.routing.outcomes import Outcome
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def test_a_phone_that_is_out_after_another_has_answered_changes_nothing() -> None:
    world = World()
    alice, bob, other = Phone(world, "100"), Phone(world, "101"), Phone(world, "101")
    call = alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    assert not other.call.is_up
    [ours] = world.calls._board.calls.values()
    loser = next(leg for leg in ours.devices if leg is not ours.answerer)
    turn.drop(loser, Outcome.BUSY)
    assert (ours.stage, loser.result) == (Stage.ANSWERED, "cancelled")
    assert call.is_up
    finish(world)


def test_the_time_of_a_turn_begins_with_it() -> None:  # FWD-3
    world = World(ring_time=10.0)
    alice, bob = Phone(world, "100"), Phone(world, "101")
    call = alice.invites("101")
    world.run()
    [ours] = world.calls._board.calls.values()
    assert (ours.turn, ours.hunted) == ("101", ours.devices)
    bob.rings()
    world.run(9.5)
    assert call.heard == [100, 180]
    world.run(1.0)
    assert call.heard == [100, 180, 480]
    finish(world)
