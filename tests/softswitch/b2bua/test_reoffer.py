"""A re-INVITE on its way across when something else happens."""

from softswitch.media.engine.interface import RtpTimeout
from tests.softswitch.b2bua.flows import finish, heard, talking


def test_a_call_that_ends_before_the_late_answer_is_still_acknowledged() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    bob.hangs_up()
    world.run()
    assert len(bob.call.ack_bodies) == 2
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    finish(world)


def test_a_reinvite_may_be_cancelled() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    assert bob.call.pending is not None
    bob.respond(bob.call.pending[0], 100)
    world.run()
    alice.cancels_reinvite()
    world.run()
    assert world.network.seen("101 < CANCEL")
    bob.decides(487)
    world.run()
    assert alice.call.answers == [487]
    assert alice.call.is_up
    finish(world)


def test_a_reinvite_that_waits_may_be_cancelled_too() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    bob.decides(491)
    world.run()
    alice.cancels_reinvite()
    world.run(5)
    assert alice.call.answers == [487]
    assert len(world.network.seen("101 < INVITE")) == 2
    finish(world)


def test_hanging_up_while_a_hold_is_open_answers_it_with_487() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    alice.hangs_up()
    world.run()
    assert sorted(alice.call.answers) == [200, 487]
    assert heard(bob.call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    bob.decides(487)
    finish(world)


def test_a_200_for_a_hold_after_the_call_is_over_is_acknowledged() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.reinvites(b"")
    world.run()
    alice.hangs_up()
    world.run()
    bob.decides(200)
    world.run()
    assert bob.call.acks == 2
    assert b"m=audio 0 " in bob.call.ack_bodies[-1]
    finish(world)


def test_a_repeated_200_is_acknowledged_again() -> None:
    world, alice, _ = talking()
    world.network.lose("101 < ACK", 2)
    alice.holds()
    world.run(3)
    assert len(world.network.seen("101 < ACK")) == 4  # one for the call, three for the hold
    finish(world)


def test_a_repeated_200_with_an_offer_waits_for_the_answer() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run(1)
    assert bob.call.acks == 1
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    world.run()
    assert bob.call.acks == 2
    finish(world)


def test_a_late_answer_after_the_end_changes_nothing() -> None:
    world, alice, bob = talking()
    alice.reflexes.discard("ack")
    alice.reinvites(b"")
    world.run()
    bob.reflexes.discard("bye")
    alice.reflexes.discard("bye")
    world.calls.media_event(RtpTimeout(next(iter(world.media.open_ports))))
    world.run()
    alice.acknowledges(alice.call, alice.call.cseq, alice.sdp())
    world.run()
    assert bob.call.acks == 2
    assert bob.call.byes_heard == 1
    finish(world)


def test_silence_after_the_end_is_no_news() -> None:
    world, alice, bob = talking()
    bob.deaf = True
    alice.holds()
    alice.hangs_up()
    world.run(40)
    assert len(world.records) == 1
    finish(world)


def test_another_refusal_after_the_end_is_no_news() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.holds()
    world.run()
    alice.hangs_up()
    world.run()
    bob.decides(488)
    finish(world)
    assert len(world.records) == 1
