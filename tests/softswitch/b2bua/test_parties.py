"""What users do in calls, as lamps will show it."""

import pytest

from softswitch.b2bua.parties import CONFIRMED, EARLY, INITIATOR, RECIPIENT, Party
from softswitch.bus import PartyMoved
from tests.softswitch.b2bua.carriers import MAIN, MOBILE, Office
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

BOTH = frozenset({"100", "101"})


def seen(world: World) -> dict[str, list[tuple[str, str]]]:
    found = world.calls.parties(BOTH)
    return {user: [(one.direction, one.state) for one in some] for user, some in found.items()}


def only(world: World, user: str) -> Party:
    (party,) = world.calls.parties(BOTH)[user]
    return party


def test_blf_1_a_call_from_dialling_to_its_end() -> None:
    world, alice, bob = office()
    moved: list[PartyMoved] = []
    world.bus.subscribe(PartyMoved, moved.append)
    assert seen(world) == {}
    alice.invites("101")
    world.run()
    assert seen(world) == {"100": [(INITIATOR, EARLY)]}  # his phone may not be there
    bob.rings()
    world.run()
    assert seen(world) == {"100": [(INITIATOR, EARLY)], "101": [(RECIPIENT, EARLY)]}
    assert {event.user for event in moved} == BOTH
    ids = only(world, "100").id, only(world, "101").id
    bob.answers()
    world.run()
    assert seen(world) == {"100": [(INITIATOR, CONFIRMED)], "101": [(RECIPIENT, CONFIRMED)]}
    assert (only(world, "100").id, only(world, "101").id) == ids
    moved.clear()
    finish(world)
    assert seen(world) == {}
    assert {event.user for event in moved} == BOTH


def test_pu_5_the_ids_are_those_of_our_leg_to_the_phone_that_rings() -> None:
    world, _, bob = ringing()
    party = only(world, "101")
    invite = bob.call.requests[0]
    assert party.call_id == invite.call_id
    assert party.remote_tag == invite.from_tag  # ours, of which Replaces says to-tag
    assert party.local_tag == bob.call.local_tag
    assert (party.call_id, party.remote_tag, party.local_tag) in world.calls._board.legs
    assert (party.number, party.name, party.rings) == ("100", "User 100", True)
    caller = only(world, "100")
    assert (caller.number, caller.name, caller.rings) == ("101", "User 101", False)
    finish_unanswered(world)


def finish_unanswered(world: World) -> None:
    world.network.phones["10.0.0.10", 5060].cancels()
    finish(world)


def test_what_rings_comes_before_what_is_talked() -> None:
    world, _, bob = talking()
    carol = Phone(world, "102")
    carol.invites("101")
    world.run()
    bob.rings()
    world.run()
    assert seen(world)["101"] == [(RECIPIENT, EARLY), (RECIPIENT, CONFIRMED)]
    carol.cancels()
    world.run()
    assert seen(world)["101"] == [(RECIPIENT, CONFIRMED)]
    finish(world)


def test_several_phones_of_a_user_are_one_call() -> None:
    world, alice, desk = office()
    mobile = Phone(world, "101", "10.0.0.99")
    alice.invites("101")
    world.run()
    desk.rings()
    mobile.rings()
    world.run()
    assert seen(world)["101"] == [(RECIPIENT, EARLY)]
    moved: list[PartyMoved] = []
    world.bus.subscribe(PartyMoved, moved.append)
    call_id = only(world, "101").call_id
    first, other = (desk, mobile) if desk.call.call_id == call_id else (mobile, desk)
    first.rejects()
    world.run()
    assert moved == [PartyMoved("101")]
    assert only(world, "101").call_id == other.call.call_id  # that can still be taken
    other.answers()
    world.run()
    assert seen(world)["101"] == [(RECIPIENT, CONFIRMED)]
    finish(world)


def test_a_phone_that_rings_without_a_dialog_has_no_tag() -> None:
    world, alice, bob = office()
    alice.invites("101")
    world.run()
    plain = bob.call.requests[0]
    lines = [f"{name}: {value}" for name, value in plain.headers if name in ("Via", "From", "To")]
    lines += [f"Call-ID: {plain.call_id}", "CSeq: 1 INVITE", "Content-Length: 0"]
    bob.send("\r\n".join(["SIP/2.0 180 Ringing", *lines, "", ""]).encode())
    world.run()
    assert only(world, "101").local_tag == ""
    finish_unanswered(world)


def test_a_call_that_goes_on_moves_the_lamp() -> None:
    world, alice, bob = office()
    moved: list[PartyMoved] = []
    world.bus.subscribe(PartyMoved, moved.append)
    alice.invites("101")
    world.run()
    bob.rings()
    world.run()
    moved.clear()
    bob.rejects(480)
    world.run()
    assert PartyMoved("101") in moved
    assert "101" not in seen(world)
    finish(world)


@pytest.mark.parametrize("withheld", [False, True])
def test_a_caller_from_outside_is_shown_as_far_as_may_be(withheld: bool) -> None:
    place = Office()
    privacy = ["Privacy: id"] if withheld else []
    place.carrier.extension = MOBILE
    place.carrier.invites(MAIN, *privacy)
    place.world.run()
    place.alice.rings()
    place.world.run()
    party = only(place.world, "100")
    assert party.rings
    assert party.number == ("" if withheld else MOBILE.removeprefix("+48"))
    assert list(place.world.calls.parties(frozenset({MOBILE, "carrier"}))) == []
    place.carrier.cancels()
    finish(place.world)


def test_a_user_who_calls_outside_is_talking_to_the_number() -> None:
    place = Office()
    place.alice.invites("600100100")
    place.world.run()
    place.carrier.rings()
    place.carrier.answers()
    place.world.run()
    party = only(place.world, "100")
    assert (party.state, party.direction, party.number) == (CONFIRMED, INITIATOR, MOBILE)
    finish(place.world)
