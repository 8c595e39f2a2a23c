"""Hold: who hears what, and that the other side is not told."""

import pytest

from softswitch.media.engine.interface import Clip
from softswitch.media.engine.stage_messages import Ended, Hush, Play
from tests.softswitch.b2bua.dialogs import direction_of
from tests.softswitch.b2bua.flows import finish, talking
from tests.softswitch.b2bua.network import MUSIC, World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import fax


def music(world: World) -> list[tuple[str, int]]:
    """What was begun and ended, and at which port."""
    heard = [one for one in world.media.performed if isinstance(one, Play | Hush)]
    return [(type(one).__name__.lower(), one.port) for one in heard]


def sides(alice: Phone, bob: Phone, who: str) -> tuple[Phone, Phone, int]:
    """Who holds, who is held, and the port of who is held."""
    return (alice, bob, 2) if who == "caller" else (bob, alice, 1)


@pytest.mark.parametrize("who", ["caller", "callee"])
@pytest.mark.parametrize(
    ("direction", "answer"), [("sendonly", "recvonly"), ("inactive", "inactive")]
)
def test_who_is_held_hears_music_and_is_told_nothing(who: str, direction: str, answer: str) -> None:
    world, alice, bob = talking()
    holder, held, port = sides(alice, bob, who)
    told = len(held.call.requests)
    holder.holds(direction)
    world.run()
    assert holder.call.answers == [200]
    assert direction_of(holder.call.bodies[-1]) == answer
    assert len(held.call.requests) == told
    assert music(world) == [("play", port)]
    assert [air.held for air in world.airs] == [True, True]
    assert not any(air.joined for air in world.airs)
    assert world.calls.snapshot()[0].state == "held"
    holder.resumes()
    world.run()
    assert direction_of(holder.call.bodies[-1]) == "sendrecv"
    assert len(held.call.requests) == told
    assert music(world) == [("play", port), ("hush", port)]
    assert [air.held for air in world.airs] == [False, False]
    assert all(air.joined for air in world.airs)
    assert world.calls.snapshot()[0].state == "talking"
    finish(world)


def test_the_music_is_the_configured_file_again_and_again() -> None:
    world, alice, _ = talking()
    alice.holds()
    world.run()
    (play,) = [one for one in world.media.performed if isinstance(one, Play)]
    assert (play.sounds, play.repeat) == ((Clip(MUSIC),), True)
    finish(world)


def test_hold_by_an_address_of_zeros_is_understood() -> None:
    world, alice, bob = talking()
    alice.holds("sendrecv", connection="0.0.0.0")
    world.run()
    assert direction_of(alice.call.bodies[-1]) == "recvonly"
    assert music(world) == [("play", 2)]
    assert world.airs[0].remotes[-1].address == "0.0.0.0"
    assert len(bob.call.requests) == 1
    finish(world)


def test_when_both_hold_nobody_hears_music_and_any_order_of_resuming_will_do() -> None:
    world, alice, bob = talking()
    alice.holds()
    world.run()
    bob.holds("inactive")
    world.run()
    assert music(world) == [("play", 2), ("hush", 2)]
    alice.resumes()
    world.run()
    assert music(world)[2:] == [("play", 1)]
    bob.resumes()
    world.run()
    assert music(world)[3:] == [("hush", 1)]
    assert alice.call.answers == bob.call.answers == [200, 200]
    assert world.calls.snapshot()[0].state == "talking"
    assert all(air.joined for air in world.airs)
    finish(world)


def test_a_hold_may_come_with_codecs_in_another_order() -> None:
    world, alice, bob = talking()
    alice.holds("sendonly", payloads="0 8 101")
    world.run()
    alice.reinvites(alice.sdp(payloads="0 101"))
    world.run()
    assert alice.call.answers == [200, 200]
    assert len(bob.call.requests) == 1
    assert b"RTP/AVP 0 101\r\n" in alice.call.bodies[-1]
    finish(world)


def test_a_hold_with_codecs_that_nobody_can_translate_crosses_but_is_no_hold_there() -> None:
    world, alice, bob = talking()
    alice.holds("sendonly", payloads="18")
    world.run()
    assert direction_of(bob.call.bodies[-1]) == "sendrecv"
    assert alice.call.answers == [488]
    assert world.calls.snapshot()[0].state == "talking"
    finish(world)


def test_hold_by_update_is_understood() -> None:
    world, alice, bob = talking()
    alice.asks("UPDATE", body=alice.sdp(direction="sendonly"))
    world.run()
    assert alice.call.answers == [200]
    assert direction_of(alice.call.bodies[-1]) == "recvonly"
    assert music(world) == [("play", 2)]
    assert len(bob.call.requests) == 1
    finish(world)


def test_other_codecs_reach_a_phone_that_holds_and_it_goes_on_holding() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("reinvite")
    bob.holds()
    world.run()
    alice.changes()
    world.run()
    assert direction_of(bob.call.bodies[-1]) == "sendrecv"
    bob.decides(200, bob.sdp(direction="sendonly", payloads="0 101"))
    world.run()
    assert direction_of(alice.call.bodies[-1]) == "sendrecv"
    assert music(world) == [("play", 1)]
    alice.changes("8 101")
    world.run()
    bob.decides(200, bob.sdp(payloads="8 101"))
    world.run()
    assert music(world) == [("play", 1), ("hush", 1)]
    finish(world)


def test_a_fax_ends_a_hold() -> None:
    world, alice, bob = talking()
    alice.holds()
    world.run()
    bob.reflexes.discard("reinvite")
    alice.reinvites(fax(alice))
    world.run()
    bob.decides(200, fax(bob))
    world.run()
    assert music(world) == [("play", 2), ("hush", 2)]
    finish(world)


def test_without_music_who_is_held_hears_nothing() -> None:
    world, alice, _ = talking()
    world.calls._board.music = ""
    alice.holds()
    world.run()
    alice.resumes()
    world.run()
    assert music(world) == []
    assert all(air.joined for air in world.airs)
    finish(world)


def test_music_that_cannot_be_played_is_told(caplog: pytest.LogCaptureFixture) -> None:
    world, alice, _ = talking()
    alice.holds()
    world.run()
    (play,) = [one for one in world.media.performed if isinstance(one, Play)]
    world.media.ended(Ended(play.serial, ("stopped",)))
    assert "music on hold" not in caplog.text
    alice.resumes()
    world.run()
    alice.holds()
    world.run()
    world.media.ended(Ended(play.serial + 1, ("failed", "no such file")))
    assert "music on hold: no such file" in caplog.text
    finish(world)


def test_hanging_up_during_a_hold_leaves_nothing_behind() -> None:
    world, alice, bob = talking()
    alice.holds()
    world.run()
    bob.hangs_up()
    finish(world)
    assert world.record.outcome == "answered"
