"""Rooms, and callers who come into them, with a stopwatch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from softswitch.config.conference import Room
from softswitch.media.engine.interface import Clip, Sound, Tones
from softswitch.rooms.meeting import Meetings
from softswitch.rooms.service import COMES, GOES, RoomCall
from tests.mailbox.world import Clock, FakeLine

MUSIC = "music"
SECONDS = 2.0
"""Of a clip."""


def prompts(names: Sequence[str]) -> Sequence[Sound]:
    return [Clip(f"/prompts/{name}.ogg") for name in names]


class Office:
    """All calls for its rooms."""

    def __init__(self, **rooms: Room) -> None:
        self.clock = Clock()
        self.meetings = Meetings(rooms)

    def call(self, room: str, caller: str = "100") -> Caller:
        """Somebody dials a room, and hears what is said first."""
        line = Caller(self, caller)
        call: Any = RoomCall(self.meetings, room, prompts)
        line.call(call)
        return line

    def who(self, room: str) -> list[str]:
        """Those inside."""
        (row,) = [row for row in self.meetings.rows({}) if row["room"] == room]
        return [member["caller"] for member in row["members"]]


class Caller(FakeLine):
    """A line that can be in a room."""

    def __init__(self, office: Office, caller: str) -> None:
        world: Any = office
        super().__init__(world, caller=caller)
        self.room: tuple[str, bool] | None = None
        """Which one, and whether this one is muted there."""
        self.can_meet = True

    def meet(self, room: str, *, muted: bool) -> bool:
        assert not self.is_over
        if self.can_meet:
            self.room = (room, muted)
        return self.can_meet

    def part(self) -> None:
        assert not self.is_over
        self.room = None

    def entertain(self) -> None:
        assert not self.is_over
        self.said.append(MUSIC)

    def play(self, sounds: Sequence[Sound], done: Any) -> None:
        super().play(sounds, done)
        tones = {COMES: "comes", GOES: "goes"}
        self.said[-len(sounds) :] = [
            tones.get(sound, name) if isinstance(sound, Tones) else name
            for sound, name in zip(sounds, self.said[-len(sounds) :], strict=True)
        ]

    def heard(self) -> list[str]:
        """What was said since the last look."""
        said, self.said = self.said, []
        return said
