"""2xx that nobody wanted are acknowledged and hung up."""

from tests.softswitch.b2bua.flows import finish, heard, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def test_of_two_devices_that_answer_at_once_one_talks() -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    for phone in phones:
        phone.rings()
    world.run()
    for phone in phones:
        phone.answers()
    world.run()
    assert call.is_up
    assert [phone.call.acks for phone in phones] == [1, 1]
    assert [phone.call.byes_heard for phone in phones] == [0, 1]
    assert heard(phones[1].call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    finish(world)
    assert len(world.records) == 1


def test_a_200_that_crosses_our_cancel_is_acknowledged_and_hung_up() -> None:
    world, alice, bob = ringing()
    alice.cancels()
    bob.answers()
    world.run()
    assert alice.call.heard == [100, 180, 487]
    assert bob.call.acks == 1
    assert bob.call.byes_heard == 1
    assert [request.method for request in bob.call.requests] == ["INVITE", "CANCEL", "BYE"]
    finish(world)
    assert world.record.outcome == "cancelled"


def test_forks_behind_a_device_are_hung_up_but_the_first() -> None:
    world, alice, bob = ringing()
    bob.reflexes.add("fork")
    bob.answers(tag="one")
    bob.answers(tag="two")
    bob.answers(tag="three")
    bob.call.local_tag = "one"
    world.run()
    byes = [packet.message.to_tag for packet in world.network.seen("101 < BYE")]
    assert sorted(byes) == ["three", "two"]
    acks = [packet.message.to_tag for packet in world.network.seen("101 < ACK")]
    assert sorted(acks) == ["one", "three", "two"]
    assert alice.call.is_up
    alice.hangs_up()
    finish(world)


def test_a_stray_200_that_comes_again_is_acknowledged_again_but_hung_up_once() -> None:
    world, alice, bob = ringing()
    world.network.lose("101 < ACK", 2)
    alice.cancels()
    bob.answers()
    world.run(5)
    assert len(world.network.seen("101 < ACK")) == 3
    assert len(world.network.seen("101 < BYE")) == 1
    finish(world)


def test_another_fork_may_answer_after_all_is_over() -> None:
    world, alice, bob = ringing()
    alice.cancels()
    bob.answers(tag="one")
    world.run(1)
    bob.answers(tag="two")
    world.run()
    byes = [packet.message.to_tag for packet in world.network.seen("101 < BYE")]
    assert byes == ["one", "two"]
    finish(world)


def test_answers_without_end_are_hung_up_to_a_limit() -> None:
    world, alice, bob = talking()
    for number in range(30):
        bob.answers(tag=f"t{number}")
    world.run()
    assert len(world.network.seen("101 < BYE")) == 10
    bob._unacknowledged.clear()
    bob.call.local_tag = bob.call.requests[0].headers.get("To") or ""
    alice.hangs_up()
    world.run_out()


def test_a_stray_in_an_early_dialog_goes_on_counting_its_numbers() -> None:
    world, alice, bob = office()
    alice.invites("101")
    world.run()
    bob.rings(183, body=bob.sdp())
    world.run()
    alice.asks("INFO", "Content-Type: application/media_control+xml", body=b"<x/>")
    world.run()
    alice.cancels()
    bob.answers()
    world.run()
    assert [request.cseq.number for request in bob.call.requests] == [1, 2, 1, 3]
    assert bob.call.byes_heard == 1
    finish(world)
