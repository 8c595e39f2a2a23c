"""The door of a room and the keys inside: CF-1, CF-3, CF-5."""

import logging

import pytest

from softswitch.config.conference import Room
from tests.softswitch.rooms.office import MUSIC, SECONDS, Office

PIN, MODERATOR = "4711", "9922"
ASK = "/prompts/room.pin.ogg"


def said(*names: str) -> list[str]:
    return [f"/prompts/{name}.ogg" for name in names]


def test_the_first_hears_so_and_music_then_all_hear_each_other() -> None:
    """CF-3."""
    office = Office(open=Room("open"))
    anna = office.call("open", "100")
    assert (anna.answered_after, anna.heard()) == ([], said("room.first"))
    anna.wait(SECONDS)
    assert anna.heard() == [MUSIC]
    assert anna.room is None
    jan = office.call("open", "101")
    assert anna.heard() == jan.heard() == ["comes"]
    assert anna.room == jan.room == ("open", False)
    jan.drop()
    assert anna.heard() == ["goes", MUSIC]
    assert office.meetings.meeting("open", 0.0).members == [anna.application]
    assert office.who("open") == ["100"]


def test_without_tones_who_is_left_hears_only_music() -> None:
    office = Office(open=Room("open", announce="off"))
    anna, jan = office.call("open"), office.call("open", "101")
    anna.heard()
    jan.drop()
    assert anna.heard() == [MUSIC]


def test_the_right_pin_opens_the_door() -> None:
    """CF-1: as soon as it has all its digits; what follows is no key yet."""
    office = Office(board=Room("board", pin=PIN))
    anna = office.call("board")
    assert anna.heard() == [ASK]
    anna.press(f"{PIN}#")
    assert anna.heard() == said("room.first")
    assert office.who("board") == ["100"]


def test_digits_are_never_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """CF-1, OUT-5: wrong three times is enough."""
    caplog.set_level(logging.DEBUG)
    office = Office(board=Room("board", pin=PIN))
    anna = office.call("board")
    for wrong in ("8642", "9753"):
        anna.press(f"{wrong}#")
        assert anna.heard()[-1:] == said("room.wrong_pin")
        anna.wait(SECONDS)
        assert anna.heard() == [ASK]
    anna.press("8642")
    assert anna.heard() == said("room.wrong_pin", "vm.goodbye")
    anna.wait(2 * SECONDS)
    assert anna.is_over
    assert office.who("board") == []
    assert "wrong PIN for conference board" in caplog.text
    assert not any(digits in caplog.text for digits in ("8642", "9753", PIN))


def test_who_types_nothing_is_said_goodbye() -> None:
    office = Office(board=Room("board", pin=PIN))
    anna = office.call("board")
    anna.wait(60.0)
    assert anna.heard() == [*3 * [ASK], *said("vm.goodbye")]
    assert anna.is_over


def test_moderators_have_a_pin_of_their_own() -> None:
    """CF-1: where there is no other, all others press # alone."""
    office = Office(board=Room("board", moderator_pin=MODERATOR, wait_for_moderator=True))
    anna = office.call("board", "100")
    anna.press("#")
    assert anna.heard()[-1:] == said("room.wait_for_moderator")
    chair = office.call("board", "101")
    chair.press(MODERATOR)
    assert anna.room == chair.room == ("board", False)
    (row,) = office.meetings.rows({})
    assert [member["moderator"] for member in row["members"]] == [False, True]


def test_pins_of_different_lengths_end_with_hash() -> None:
    office = Office(board=Room("board", pin="471", moderator_pin=MODERATOR))
    anna, chair = office.call("board"), office.call("board", "101")
    anna.press("471#")
    chair.press(f"{MODERATOR}#")
    assert office.who("board") == ["100", "101"]


@pytest.mark.parametrize(("key", "why"), [("", "room.full"), ("2", "room.is_locked")])
def test_who_may_not_come_in_hears_why(key: str, why: str) -> None:
    """CF-1: max members; locked by a moderator."""
    room = Room("board", moderator_pin=MODERATOR, max_members=1)
    office = Office(board=room)
    chair = office.call("board")
    chair.press(f"{MODERATOR}{key}")
    jan = office.call("board", "101")
    jan.heard()
    jan.press("#")
    assert jan.heard() == said(why, "vm.goodbye")
    jan.wait(2 * SECONDS)
    assert jan.is_over


def test_one_mutes_and_unmutes_oneself() -> None:
    """CF-1: key 1."""
    office = Office(open=Room("open"))
    anna, jan = office.call("open"), office.call("open", "101")
    jan.heard()
    jan.press("1")
    assert (jan.room, jan.heard()) == (("open", True), said("room.muted"))
    (row,) = office.meetings.rows({})
    assert [member["muted"] for member in row["members"]] == [False, True]
    jan.press("1")
    assert (jan.room, jan.heard()) == (("open", False), said("room.unmuted"))
    jan.press("5*")
    jan.wait(SECONDS)
    assert (jan.heard(), anna.is_over) == ([], False)


def test_who_is_muted_before_anybody_comes_stays_so() -> None:
    office = Office(open=Room("open"))
    anna = office.call("open")
    anna.wait(SECONDS)
    anna.heard()
    anna.press("1")
    assert (anna.room, anna.heard()) == (None, said("room.muted"))
    anna.wait(SECONDS)
    assert anna.heard() == [MUSIC]
    office.call("open", "101")
    assert anna.room == ("open", True)


def test_one_leaves_by_a_key() -> None:
    """CF-1: key 8; what is pressed then is nobody's."""
    office = Office(open=Room("open"))
    anna, jan = office.call("open"), office.call("open", "101")
    jan.heard()
    jan.press("81")
    assert (jan.room, jan.heard()) == (None, said("vm.goodbye"))
    assert office.who("open") == ["100"]
    jan.wait(SECONDS)
    assert jan.is_over
    assert anna.room is None


def test_a_moderator_locks_opens_and_sends_away() -> None:
    """CF-1: keys 2 and 3, as in ConfBridge."""
    office = Office(board=Room("board", moderator_pin=MODERATOR))
    chair, anna = office.call("board"), office.call("board", "101")
    chair.press(MODERATOR)
    anna.press("#")
    chair.heard()
    anna.heard()
    anna.press("23")
    assert anna.heard() == []
    chair.press("2")
    assert chair.heard() == said("room.is_locked")
    chair.press("2")
    assert chair.heard() == said("room.unlocked")
    chair.press("3")
    assert anna.heard() == said("room.removed", "vm.goodbye")
    anna.wait(2 * SECONDS)
    assert anna.is_over
    assert office.who("board") == ["100"]


def test_who_hangs_up_at_the_door_was_never_inside() -> None:
    """CF-5: gone is gone, by BYE or by silence."""
    office = Office(board=Room("board", pin=PIN))
    anna = office.call("board")
    anna.drop()
    assert office.who("board") == []


def test_who_cannot_be_joined_hears_so() -> None:
    """The others go on: on another machine's worker there is no way to them."""
    office = Office(open=Room("open"))
    anna = office.call("open")
    jan = office.call("open", "")
    chris = office.call("open", "102")
    jan.heard()
    jan.can_meet = False
    office.meetings.leave("open", jan.application)  # type: ignore[arg-type]
    office.meetings.enter("open", jan.application, 0.0)  # type: ignore[arg-type]
    jan.wait(0.0)
    assert jan.heard()[-2:] == said("vm.not_possible", "vm.goodbye")
    jan.wait(2 * SECONDS)
    assert jan.is_over
    assert office.who("open") == ["100", "102"]
    assert anna.room == chris.room == ("open", False)
