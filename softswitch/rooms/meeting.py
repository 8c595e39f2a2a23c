"""Who is in a room, and when they hear each other (CF-1, CF-3).

    enter ─► alone: «you are the first», music ─► the second comes: all hear each other
                                                   └─ the last but one goes: music again
    wait_for_moderator: music for everybody, until a moderator is there and when none is left

Meetings are there while somebody is in them; the next one begins anew, and is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from softswitch.config.conference import Room

FIRST = "room.first"
NO_MODERATOR = "room.wait_for_moderator"
FULL = "room.full"
LOCKED = "room.is_locked"
ALONE = ""
"""Others were there: who stays knows that they are gone."""


class Member(Protocol):
    """Somebody in a room."""

    caller: str
    is_moderator: bool
    is_muted: bool

    def talks(self) -> None:
        """All others are heard from now on."""

    def waits(self, why: str) -> None:
        """Nobody is heard from now on; `why` is a prompt, or ALONE."""

    def comes(self) -> None:
        """Somebody else has come in."""

    def goes(self) -> None:
        """Somebody else has left."""

    def removed(self) -> None:
        """A moderator has sent this one away."""


class Meeting:
    """What goes on in one room."""

    def __init__(self, room: Room, since: float) -> None:
        self.room = room
        self.since = since
        self.members: list[Member] = []
        self.is_locked = False
        self._are_talking = False

    def refusal(self, is_moderator: bool) -> str:
        """Why nobody else may come in, as a prompt; empty: he may."""
        if self.is_locked and not is_moderator:
            return LOCKED
        return FULL if len(self.members) >= self.room.max_members else ""

    def enter(self, member: Member) -> None:
        """Somebody comes in."""
        others = list(self.members)
        were_talking = self._are_talking
        self.members.append(member)
        self._settle()
        if not self._are_talking:
            member.waits(FIRST if self._has_begun else NO_MODERATOR)
            return
        if were_talking:
            member.talks()
        if self.room.announce == "tone":
            for one in [*others, member]:
                one.comes()

    def leave(self, member: Member) -> None:
        """Somebody goes, or is gone."""
        self.members.remove(member)
        self._settle()
        if self._are_talking and self.room.announce == "tone":
            for one in self.members:
                one.goes()

    def remove_last(self, by: Member) -> None:
        """Send away who came last and is no moderator."""
        for member in reversed(self.members):
            if not member.is_moderator and member is not by:
                self.leave(member)
                member.removed()
                return

    @property
    def _has_begun(self) -> bool:
        moderated = any(member.is_moderator for member in self.members)
        return moderated or not self.room.wait_for_moderator

    def _settle(self) -> None:
        """Let everybody talk, or nobody, as soon as that changes."""
        talking = len(self.members) > 1 and self._has_begun
        if talking == self._are_talking:
            return
        self._are_talking = talking
        for member in self.members:
            if talking:
                member.talks()
            else:
                member.waits(ALONE if self._has_begun else NO_MODERATOR)


class Meetings:
    """Those of all rooms."""

    def __init__(self, rooms: Mapping[str, Room]) -> None:
        self._rooms = rooms
        self._meetings: dict[str, Meeting] = {}

    def room(self, name: str) -> Room:
        """What is configured."""
        return self._rooms[name]

    def meeting(self, name: str, now: float) -> Meeting:
        """What goes on in a room; begins now if nothing does."""
        return self._meetings.get(name) or Meeting(self._rooms[name], now)

    def enter(self, name: str, member: Member, now: float) -> None:
        """Somebody comes in. There is no refusal."""
        meeting = self._meetings[name] = self.meeting(name, now)
        meeting.enter(member)

    def leave(self, name: str, member: Member) -> None:
        """Somebody goes."""
        meeting = self._meetings[name]
        meeting.leave(member)
        if not meeting.members:
            del self._meetings[name]

    def rows(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every room, and who is in it: for `softswitch show rooms`."""
        return [self._row(name) for name in self._rooms]

    def _row(self, name: str) -> dict[str, Any]:
        room, meeting = self._rooms[name], self._meetings.get(name)
        return {
            "room": name,
            "number": room.number,
            "max": room.max_members,
            "since": None if meeting is None else meeting.since,
            "locked": meeting is not None and meeting.is_locked,
            "members": []
            if meeting is None
            else [
                {"caller": one.caller, "moderator": one.is_moderator, "muted": one.is_muted}
                for one in meeting.members
            ],
        }
