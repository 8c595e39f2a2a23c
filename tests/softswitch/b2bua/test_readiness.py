"""Is a user ready for a call: phones that are busy by themselves, and callers who insist."""

from softswitch.b2bua import readiness
from tests.softswitch.b2bua.flows import finish, office
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure


def two_phones(scope: str, **settings: int) -> tuple[World, Phone, list[Phone]]:
    """Alice has called 101, who has two phones and no call waiting; the first has answered."""
    world = World()
    configure(world, "101", call_waiting=False, busy_scope=scope, **settings)
    alice = Phone(world, "100")
    phones = [Phone(world, "101") for _ in range(2)]
    alice.invites("101")
    world.run()
    phones[0].answers()
    world.run()
    assert alice.call.is_up
    return world, alice, phones


def test_who_talks_on_one_phone_is_busy_on_all() -> None:  # CW-3
    world, _, phones = two_phones("user")
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    assert carol.call.heard == [100, 486]
    assert [len(phone.calls) for phone in phones] == [1, 1]
    finish(world)


def test_phones_may_be_busy_each_by_itself() -> None:  # CW-3
    world, _, phones = two_phones("device")
    carol, dora = Phone(world, "102"), Phone(world, "103")
    carol.invites("101")
    world.run()
    assert [len(phone.calls) for phone in phones] == [1, 2]
    phones[1].answers()
    world.run()
    assert carol.call.is_up
    dora.invites("101")
    world.run()
    assert dora.call.heard == [100, 486]
    finish(world)


def test_a_phone_that_is_free_takes_no_more_calls_than_its_user_may_have() -> None:  # CW-3
    world, _, phones = two_phones("device", max_calls=1)
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    assert carol.call.heard == [100, 486]
    assert [len(phone.calls) for phone in phones] == [1, 1]
    finish(world)


def test_a_phone_that_calls_somebody_is_busy_by_itself_too() -> None:  # CW-2, CW-3
    world, alice, bob = office()
    other = Phone(world, "100")
    configure(world, "100", call_waiting=False, busy_scope="device")
    alice.invites("101")
    world.run()
    carol = Phone(world, "102")
    carol.invites("100")
    world.run()
    assert [len(phone.calls) for phone in (alice, other)] == [1, 1]
    assert carol.call.heard == [100]
    alice.cancels()
    finish(world)
    assert len(bob.calls) == 1


def test_whoever_calls_again_at_once_is_heard() -> None:  # DND-2
    world, alice, bob = office()
    configure(world, "101", dnd=True, dnd_repeat=180.0)
    first = alice.invites("101")
    world.run()
    assert first.heard == [100, 486]
    carol = Phone(world, "102").invites("101")
    world.run()
    assert carol.heard == [100, 486]
    assert not bob.calls
    alice.invites("101")
    world.run()
    assert len(bob.calls) == 1
    bob.answers()
    world.run()
    finish(world)


def test_whoever_calls_again_much_later_is_not() -> None:  # DND-2
    world, alice, bob = office()
    configure(world, "101", dnd=True, dnd_repeat=180.0)
    alice.invites("101")
    world.run()
    world.run(200.0)
    second = alice.invites("101")
    world.run()
    assert second.heard == [100, 486]
    assert not bob.calls
    finish(world)


def test_without_the_option_nobody_insists_and_who_may_is_heard_at_once() -> None:  # DND-2
    world, alice, bob = office()
    configure(world, "101", dnd=True, dnd_allow=("102",))
    for _ in range(2):
        refused = alice.invites("101")
        world.run()
        assert refused.heard == [100, 486]
    Phone(world, "102").invites("101")
    world.run()
    assert len(bob.calls) == 1
    bob.rejects(486)
    finish(world)


def test_of_those_who_knock_only_so_many_are_remembered() -> None:
    world, alice, _ = office()
    configure(world, "101", dnd=True, dnd_repeat=180.0)
    knocks = world.calls._board.knocks
    many = range(1_000, 1_000 + readiness.MAX_KNOCKS)
    knocks.update({(str(number), "101"): ("call", 0.0) for number in many})
    alice.invites("101")
    world.run()
    assert len(knocks) == readiness.MAX_KNOCKS
    assert ("1000", "101") not in knocks
    assert ("100", "101") in knocks
    finish(world)


def test_a_call_that_comes_back_is_no_second_call() -> None:
    world, _, _ = office()
    configure(world, "101", dnd=True, dnd_repeat=180.0)
    board = world.calls._board
    asked = [("one", "100"), ("one", "100"), ("two", "100"), ("three", ""), ("four", "")]
    found = [readiness.facts(board, knock, "101").insists for knock in asked]
    assert found == [False, False, True, False, False]
    finish(world)
