"""Who hears whom in a room: CF-1, CF-3."""

from typing import Any

from softswitch.config.conference import Room
from softswitch.rooms.meeting import ALONE, FIRST, FULL, LOCKED, NO_MODERATOR, Meeting, Meetings


class Guest:
    """A member that remembers what it was told."""

    def __init__(self, caller: str, *, is_moderator: bool = False) -> None:
        self.caller = caller
        self.is_moderator = is_moderator
        self.is_muted = False
        self.told: list[str] = []

    def talks(self) -> None:
        self.told.append("talks")

    def waits(self, why: str) -> None:
        self.told.append(f"waits {why}".strip())

    def comes(self) -> None:
        self.told.append("comes")

    def goes(self) -> None:
        self.told.append("goes")

    def removed(self) -> None:
        self.told.append("removed")

    def heard(self) -> list[str]:
        told, self.told = self.told, []
        return told


def meeting(**settings: Any) -> Meeting:
    return Meeting(Room("board", **settings), 0.0)


def test_the_first_waits_until_the_second_comes() -> None:
    """CF-3: the first member alone hears that he is the first, and music."""
    room, anna, jan, ewa = meeting(), Guest("100"), Guest("101"), Guest("102")
    room.enter(anna)
    assert anna.heard() == [f"waits {FIRST}"]
    room.enter(jan)
    assert anna.heard() == jan.heard() == ["talks", "comes"]
    room.enter(ewa)
    assert anna.heard() == jan.heard() == ["comes"]
    assert ewa.heard() == ["talks", "comes"]


def test_who_is_left_alone_hears_music_again() -> None:
    room, anna, jan, ewa = meeting(), Guest("100"), Guest("101"), Guest("102")
    for guest in (anna, jan, ewa):
        room.enter(guest)
        guest.heard()
    room.leave(ewa)
    assert jan.heard()[-1] == "goes"
    room.leave(anna)
    assert jan.heard() == [f"waits {ALONE}".strip()]
    assert ewa.heard() == []


def test_comings_and_goings_can_be_silent() -> None:
    room, anna, jan, ewa = meeting(announce="off"), Guest("100"), Guest("101"), Guest("102")
    for guest in (anna, jan, ewa):
        room.enter(guest)
    room.leave(ewa)
    assert jan.heard() == ["talks"]


def test_nobody_is_heard_before_a_moderator_comes_and_when_none_is_left() -> None:
    """CF-1: wait_for_moderator."""
    room = meeting(wait_for_moderator=True)
    anna, jan, chair = Guest("100"), Guest("101"), Guest("102", is_moderator=True)
    room.enter(anna)
    room.enter(jan)
    assert anna.heard() == jan.heard() == [f"waits {NO_MODERATOR}"]
    room.enter(chair)
    assert anna.heard() == jan.heard() == chair.heard() == ["talks", "comes"]
    room.leave(chair)
    assert anna.heard() == [f"waits {NO_MODERATOR}"]


def test_a_moderator_alone_is_the_first() -> None:
    room, chair = meeting(wait_for_moderator=True), Guest("102", is_moderator=True)
    room.enter(chair)
    assert chair.heard() == [f"waits {FIRST}"]


def test_a_room_that_is_full_or_locked_takes_nobody() -> None:
    """CF-1: max members; a locked room takes moderators."""
    room = meeting(max_members=2)
    assert room.refusal(False) == ""
    room.enter(Guest("100"))
    room.is_locked = True
    assert room.refusal(False) == LOCKED
    assert room.refusal(True) == ""
    room.enter(Guest("101"))
    assert room.refusal(True) == FULL


def test_who_came_last_and_is_no_moderator_can_be_sent_away() -> None:
    room = meeting()
    chair, deputy = Guest("100", is_moderator=True), Guest("103", is_moderator=True)
    anna, jan = Guest("101"), Guest("102")
    for guest in (chair, anna, jan, deputy):
        room.enter(guest)
    room.remove_last(chair)
    assert jan.heard()[-1] == "removed"
    assert room.members == [chair, anna, deputy]
    room.remove_last(chair)
    room.remove_last(chair)
    assert room.members == [chair, deputy]


def test_meetings_are_forgotten_with_their_last_member() -> None:
    meetings = Meetings({"board": Room("board", "300"), "open": Room("open")})
    anna = Guest("100", is_moderator=True)
    meetings.meeting("board", 1.0).is_locked = True
    assert not meetings.meeting("board", 1.0).is_locked
    meetings.enter("board", anna, 5.0)
    meetings.meeting("board", 6.0).is_locked = True
    nobody = {"room": "open", "number": "", "max": 20, "since": None, "locked": False}
    assert meetings.rows({}) == [
        {
            "room": "board",
            "number": "300",
            "max": 20,
            "since": 5.0,
            "locked": True,
            "members": [{"caller": "100", "moderator": True, "muted": False}],
        },
        {**nobody, "members": []},
    ]
    meetings.leave("board", anna)
    assert not meetings.meeting("board", 7.0).is_locked
    assert meetings.room("board").number == "300"
