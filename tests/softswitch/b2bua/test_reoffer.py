"""A re-INVITE on its way across when something else happens."""

from tests.softswitch.b2bua.flows import finish, heard, office, talking


def test_a_reinvite_may_be_cancelled() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
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
    alice.changes()
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
    alice.changes()
    world.run()
    alice.hangs_up()
    world.run()
    assert sorted(alice.call.answers) == [200, 487]
    assert heard(bob.call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    bob.decides(487)
    finish(world)


def test_a_repeated_200_is_acknowledged_again() -> None:
    world, alice, _ = talking()
    world.network.lose("101 < ACK", 2)
    alice.changes()
    world.run(3)
    assert len(world.network.seen("101 < ACK")) == 4  # one for the call, three for the hold
    finish(world)


def test_silence_after_the_end_is_no_news() -> None:
    world, alice, bob = talking()
    bob.deaf = True
    alice.changes()
    alice.hangs_up()
    world.run(40)
    assert len(world.records) == 1
    finish(world)


def test_another_refusal_after_the_end_is_no_news() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    alice.hangs_up()
    world.run()
    bob.decides(488)
    finish(world)
    assert len(world.records) == 1


def test_a_200_after_the_call_is_over_is_acknowledged() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    alice.changes()
    world.run()
    alice.hangs_up()
    world.run()
    bob.decides(200)
    world.run()
    assert bob.call.acks == 2
    finish(world)


def test_a_call_may_end_before_the_switchs_own_offer_was_made() -> None:
    world, alice, bob = office()
    alice.reflexes.discard("ack")
    alice.invites("101")
    world.run()
    bob.rings(183, body=bob.sdp(payloads="8"))
    world.run()
    bob.answers(body=bob.sdp(payloads="0"))
    world.run()
    bob.hangs_up()
    world.run()
    alice.acknowledges(alice.call)
    world.run()
    assert [request.method for request in alice.call.requests] == ["BYE"]
    alice.reflexes.add("ack")
    finish(world)


def test_who_hangs_up_in_answer_to_our_bye_is_over_once() -> None:
    world, alice, bob = talking()
    alice.hangs_up()
    bob.hangs_up()
    world.run()
    assert (alice.call.byes_heard, bob.call.byes_heard) == (0, 1)
    finish(world)
    assert len(world.records) == 1
