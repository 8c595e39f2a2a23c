"""Flows in which messages cross: RFC 5407 §3 and its appendices, RFC 3261's and those of a B2BUA.

Each script plays a call up to the moment of the race and lets things happen at once. Its name says
which section it is. The tests run every script with each delivery order of what crosses and with
the loss of each single message; whatever happens, nothing may be stuck.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

Script = Callable[[World, Phone, Phone], None]

SCRIPTS: list[Script] = []


def script(play: Script) -> Script:
    SCRIPTS.append(play)
    return play


def ring(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101")
    world.run(1.6)  # time for two repetitions, should something be lost
    if bob.calls:
        bob.rings()
    world.run(1.6)


def talk(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    if bob.calls and bob.call.state == "calling":
        bob.answers()
    world.run(1.6)


def both_up(alice: Phone, bob: Phone) -> bool:
    return bool(bob.calls) and alice.call.is_up and bob.call.is_up


@script
def basic_call(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.hangs_up()


@script
def callee_hangs_up(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        bob.hangs_up()


@script
def busy(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101")
    world.run(1.6)
    if bob.calls:
        bob.rejects(486)


@script
def rfc5407_3_1_1_invite_copy_crosses_200(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101")
    world.run(0.49)
    if bob.calls:
        bob.answers()


@script
def rfc5407_3_1_2_cancel_crosses_200(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    if bob.calls:
        bob.answers()
    if alice.call.state == "early":
        alice.cancels()


@script
def rfc5407_3_1_3_early_bye_crosses_200(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    if bob.calls:
        bob.answers()
    if alice.call.state == "early":
        alice.hangs_up()


@script
def rfc5407_3_1_4_reinvite_overtakes_ack(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    alice.reflexes.discard("ack")
    if bob.calls:
        bob.answers()
    world.run(0.2)
    if alice.call.is_up:
        alice.reflexes.add("ack")
        alice.changes()
        alice.acknowledges(alice.call)


@script
def rfc5407_3_1_5_reinvite_overtakes_late_answer(world: World, alice: Phone, bob: Phone) -> None:
    alice.reflexes.discard("ack")
    alice.invites("101", offer=b"")
    world.run(1.6)
    if bob.calls:
        bob.answers(body=bob.sdp())
    world.run(0.2)
    if alice.call.is_up:
        alice.changes()
        alice.acknowledges(alice.call, 1, alice.sdp())
    alice.reflexes.add("ack")
    alice.call.late = False


@script
def rfc5407_3_1_6_bye_overtakes_ack(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    alice.reflexes.discard("ack")
    if bob.calls:
        bob.answers()
    world.run(0.2)
    alice.reflexes.add("ack")
    if alice.call.is_up:
        alice.hangs_up()
        alice.acknowledges(alice.call)


@script
def rfc5407_3_2_1_bye_crosses_bye(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.hangs_up()
        bob.hangs_up()


@script
def rfc5407_3_2_2_bye_crosses_reinvite(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.hangs_up()
        bob.changes()


@script
def rfc5407_3_2_3_bye_crosses_200_of_reinvite(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        bob.changes()
        world.run(0.012)
        bob.hangs_up()


@script
def rfc5407_3_2_4_callee_hangs_up_before_the_ack(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    if bob.calls:
        bob.answers()
        bob.hangs_up()
        world.run(3)
        if bob.call.answers == [481]:  # it came before the 200, and so in an early dialog
            bob.hangs_up()


@script
def rfc5407_3_3_1_reinvites_cross(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.changes()
        bob.changes("8 101")


@script
def rfc5407_3_3_2_update_crosses_reinvite(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.asks("UPDATE", body=alice.sdp(payloads="8 101"))
        bob.changes()


@script
def rfc5407_appendix_b_bye_over_own_reinvite(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.changes()
        alice.hangs_up()


@script
def rfc5407_appendix_c_cancel_crosses_486(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    if bob.calls:
        bob.rejects(486)
    alice.cancels()


@script
def rfc5407_appendix_e_new_tags(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101")
    world.run(1.6)
    if bob.calls:
        bob.rings(tag="one")
        bob.rings(tag="two")
        bob.call.local_tag = "two"
        bob.answers(tag="two")


@script
def cancel_at_once(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101")
    world.run(0.011)
    alice.cancels()


@script
def late_offer(world: World, alice: Phone, bob: Phone) -> None:
    alice.invites("101", offer=b"")
    world.run(1.6)
    if bob.calls:
        bob.answers(body=bob.sdp())
    world.run(1.6)
    if both_up(alice, bob):
        bob.hangs_up()


@script
def late_offer_in_reinvite(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        bob.reinvites(b"")
    world.run(1.6)
    alice.hangs_up()


@script
def hold_and_info_at_once(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    if both_up(alice, bob):
        alice.holds()
        bob.asks("INFO", "Content-Type: application/dtmf", body=b"1")


@script
def reinvite_is_cancelled(world: World, alice: Phone, bob: Phone) -> None:
    talk(world, alice, bob)
    bob.reflexes.discard("reinvite")
    if both_up(alice, bob):
        alice.changes()
        world.run(0.05)
        alice.cancels_reinvite()
        if bob.call.pending is not None:
            bob.decides(200)
    bob.reflexes.add("reinvite")


@script
def ring_time_ends_as_the_phone_answers(world: World, alice: Phone, bob: Phone) -> None:
    ring(world, alice, bob)
    world.run(30 - 3.2)
    if bob.calls and bob.call.state == "calling":
        bob.answers()
