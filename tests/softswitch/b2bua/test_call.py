"""What a call remembers: who is in it, when it is over, and when it may be forgotten."""

import gc

import pytest

from softswitch.b2bua.call import Call
from softswitch.b2bua.leg import Leg
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.phones import Phone


def test_a_user_with_all_calls_in_use_is_busy_whether_talking_held_or_ringing() -> None:
    world, alice, bob = ringing(max_calls=2)
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    bob.rings()
    bob.answers()
    world.run()
    other = Phone(world, "100", "10.0.9.9", registered=False)
    third = other.invites("101")
    world.run()
    assert third.heard == [100, 486]
    carol.hangs_up()
    world.run()
    again = other.invites("101")
    world.run()
    assert again.heard == [100]
    other.cancels()
    alice.cancels()
    finish(world)


def test_calling_counts_as_a_call_too() -> None:
    world, alice, bob = ringing(max_calls=1)
    carol = Phone(world, "102")
    call = carol.invites("100")
    world.run()
    assert call.heard == [100, 486]
    alice.cancels()
    finish(world)
    assert not bob.calls[0].is_up


def test_many_failed_calls_leave_every_port_free() -> None:
    world, alice, _ = office(ports=10)
    world.network.keep_log = False
    for number in ("999", "100", "102", "101") * 25:
        alice.invites(number)
        world.run()
        if number == "101":
            alice.cancels()
            world.run()
    world.run_out()
    assert world.media.free == 10
    assert len(world.records) == 100


@pytest.mark.parametrize("slow", [0.0, 0.002, 3.0])
def test_the_record_waits_for_the_counters_of_every_port(slow: float) -> None:
    world, alice, _ = talking()
    world.media.slow = slow
    alice.hangs_up()
    world.run(0.02)
    assert len(world.records) == (slow < 0.02)
    world.run(4)
    assert [leg.packets_sent for leg in world.record.legs] == [49, 49]
    finish(world)


def test_a_phone_that_never_answers_our_bye_is_forgotten_after_timer_f() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("bye")
    alice.hangs_up()
    world.run(31)
    assert len(world.records) == 1
    assert world.calls.lingering == 1
    world.run(2)
    assert world.calls.lingering == 0
    finish(world)


def test_a_cancelled_device_that_says_nothing_more_is_forgotten() -> None:
    world, alice, bob = ringing()
    bob.reflexes.discard("cancel")
    alice.cancels()
    world.run(31)
    assert world.calls.lingering == 1
    finish(world)


def test_a_call_that_is_over_leaves_no_cycle_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        world, alice, bob = talking()
        alice.holds()
        world.run()
        bob.hangs_up()
        finish(world)
        alice.invites("101")
        world.run()
        alice.cancels()
        finish(world)
        assert not [one for one in gc.get_objects() if isinstance(one, Call | Leg)]
    finally:
        gc.enable()
