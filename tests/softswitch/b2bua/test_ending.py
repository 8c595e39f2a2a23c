"""How calls end, and that nothing is left of them."""

import pytest

from softswitch.media.engine.interface import PortsLost, RtpTimeout
from tests.softswitch.b2bua.flows import finish, heard, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def test_the_caller_hangs_up() -> None:
    world, alice, bob = talking()
    alice.hangs_up()
    world.run()
    assert alice.call.answers == [200]
    assert heard(bob.call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    assert (world.record.ended_by, world.record.reason) == ("caller", "caller hung up")
    finish(world)


def test_the_callee_hangs_up() -> None:
    world, alice, bob = talking()
    bob.hangs_up()
    world.run()
    assert bob.call.answers == [200]
    assert alice.call.byes_heard == 1
    assert (world.record.ended_by, world.record.reason) == ("callee", "callee hung up")
    finish(world)


def test_both_hang_up_at_once() -> None:
    world, alice, bob = talking()
    alice.hangs_up()
    bob.hangs_up()
    world.run()
    assert alice.call.answers == [200]
    assert bob.call.answers == [200]
    finish(world)
    assert len(world.records) == 1


def test_the_caller_cancels_and_says_why() -> None:
    world, alice, bob = ringing()
    alice.cancels('Reason: SIP;cause=487;text="never mind"')
    world.run()
    assert alice.call.answers == [200]
    assert alice.call.heard == [100, 180, 487]
    assert heard(bob.call, "CANCEL") == ['SIP;cause=487;text="never mind"']
    assert (world.record.outcome, world.record.status) == ("cancelled", 487)
    assert world.record.ended_by == "caller"
    assert world.record.legs[1].result == "cancelled"
    finish(world)


def test_cancel_and_its_200_have_the_tag_of_the_ringing() -> None:
    world, alice, _ = ringing()
    alice.cancels()
    world.run()
    tags = {
        packet.message.to_tag
        for packet in world.network.log
        if packet.phone == "100" and packet.kind in ("180 INVITE", "200 CANCEL", "487 INVITE")
    }
    assert len(tags) == 1
    finish(world)


def test_a_cancel_after_the_answer_changes_nothing() -> None:
    world, alice, bob = talking()
    alice.cancels()
    world.run()
    assert alice.call.answers == [200]
    assert alice.call.is_up
    assert bob.call.is_up
    finish(world)


def test_a_cancel_of_nothing_is_481() -> None:
    world, alice, _ = ringing()
    alice.call.branch = "z9hG4bKother"
    alice.cancels()
    world.run()
    assert alice.call.answers == [481]
    alice.call.branch = "z9hG4bK100n1h10"
    alice.cancels()
    finish(world)


def test_silence_of_the_callee_ends_the_call_and_the_record_says_so() -> None:
    world, alice, bob = talking()
    device = next(port for port in list(world.media.open_ports)[1:])
    world.run(60)
    world.calls.media_event(RtpTimeout(device))
    world.run()
    for phone in (alice, bob):
        assert heard(phone.call, "BYE") == ['Q.850;cause=102;text="Recovery on timer expiry"']
    assert world.record.reason == "no media from callee for 60 s"
    assert world.record.ended_by == "switch"
    world.calls.media_event(RtpTimeout(device))
    finish(world)


def test_silence_while_it_rings_is_nothing() -> None:
    world, alice, bob = ringing()
    world.calls.media_event(RtpTimeout(next(iter(world.media.open_ports))))
    world.run()
    bob.answers()
    world.run()
    assert alice.call.is_up
    finish(world)


def test_a_held_call_may_be_silent_for_longer() -> None:
    world, alice, _ = talking()
    alice.holds()
    world.run()
    assert [air.held for air in world.airs] == [True, True]
    world.calls.media_event(RtpTimeout(next(iter(world.media.open_ports))))
    world.run()
    assert world.record.reason == "no media from caller for 300 s"
    finish(world)


def test_a_dead_media_worker_ends_its_calls() -> None:
    world, alice, bob = talking()
    world.media.worker_is_dead = True
    world.calls.media_event(PortsLost(tuple(world.media.open_ports), "killed by signal 9"))
    world.run()
    for phone in (alice, bob):
        assert heard(phone.call, "BYE") == ['Q.850;cause=41;text="Temporary failure"']
    assert world.record.reason == "media worker died: killed by signal 9"
    assert world.record.legs[0].packets_received == 0
    finish(world)


def test_ports_of_calls_that_are_over_may_be_lost() -> None:
    world, alice, _ = talking()
    ports = tuple(world.media.open_ports)
    alice.hangs_up()
    world.run()
    world.calls.media_event(PortsLost(ports, "killed"))
    finish(world)
    assert world.record.reason == "caller hung up"


def test_a_dead_media_worker_refuses_what_rings() -> None:
    world, alice, bob = ringing()
    world.calls.media_event(PortsLost(tuple(world.media.open_ports), "killed"))
    world.run()
    assert alice.call.heard == [100, 180, 503]
    assert len(heard(bob.call, "CANCEL")) == 1
    assert (world.record.outcome, world.record.status) == ("failed", 503)
    finish(world)


def test_no_password_is_shown_to_a_phone_that_asks_for_one_at_bye() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("bye")
    alice.hangs_up()
    world.run()
    bob.respond(bob.call.requests[-1], 401, 'WWW-Authenticate: Digest realm="x", nonce="y"')
    world.run()
    assert len(world.network.seen("101 < BYE")) == 1
    finish(world)


def test_draining_ends_calls_politely() -> None:
    world, alice, bob = talking()
    carol, dave = Phone(world, "102"), Phone(world, "102")
    alice.invites("102")
    world.run()
    carol.rings()
    world.run()
    coroutine = world.calls.drain(5)
    started = world.now
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert world.now - started < 1
    assert bob.call.byes_heard == 1
    assert alice.calls[0].byes_heard == 1
    assert alice.calls[1].heard == [100, 180, 503]
    assert heard(dave.call, "CANCEL") == ['Q.850;cause=41;text="Temporary failure"']
    assert {record.reason for record in world.records} == {"the switch was stopped"}
    finish(world)


def test_draining_does_not_wait_for_a_device_that_never_said_a_word() -> None:
    world, alice, bob = office()
    bob.reflexes.clear()
    alice.invites("101")
    world.run(0.5)
    coroutine = world.calls.drain(5)
    started = world.now
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert world.now - started < 1
    assert alice.calls[0].heard == [100, 503]
    finish(world)


def test_draining_does_not_wait_for_ever() -> None:
    world, _, bob = talking()
    bob.reflexes.discard("bye")
    coroutine = world.calls.drain(5)
    started = world.now
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert 5 <= world.now - started < 5.1
    finish(world)


def test_ending_twice_is_ending_once() -> None:
    world, alice, bob = office()
    alice.invites("101")
    world.run()
    bob.rejects()
    alice.cancels()
    world.run()
    assert len(world.records) == 1
    finish(world)


def test_a_connection_that_breaks_while_our_bye_waits_for_the_ack_is_no_matter() -> None:
    world = World()
    alice, bob = Phone(world, "100", protocol="TCP"), Phone(world, "101")
    alice.reflexes.discard("ack")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    bob.hangs_up()
    world.run()
    alice.disconnects()
    alice.call.over()
    finish(world)
    assert world.record.reason == "callee hung up"
