"""Rooms and their members, and one tick of all of them."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from softswitch.media.mix.limiter import Limiter
from softswitch.media.mix.rates import FRAME, NARROW, WIDE, WIDE_FRAME, Rates
from softswitch.media.mix.sums import Places, Sums, sums_of
from softswitch.media.mix.talkers import Flags, Talkers
from softswitch.media.samples import Floats, Samples

PLACES = 64
"""Memory grows by so many members at a time, 1.5 kB each."""
_RISING: Floats = (np.arange(40, dtype=np.float32) + 1) / np.float32(40)
"""A talker is let in within 5 ms (at 8 kHz)."""
_FALLING: Floats = 1 - (np.arange(FRAME, dtype=np.float32) + 1) / np.float32(FRAME)
"""And out over a whole frame, in which it hardly says anything."""


class Mix(NamedTuple):
    """The frames of one tick. Members with the same row hear the same; row 0 is silence."""

    narrow: Samples
    """Rows of 20 ms at 8 kHz."""
    wide: Samples
    """Rows of 20 ms at 16 kHz."""
    rows: Places
    """By place: the row, in the array of that member's rate."""
    began: list[int]
    """Places whose members have begun to talk with this frame."""
    ceased: list[int]


class Mixer:
    """All rooms of one worker. Members have numbered places, at 8000 or 16000 samples a second."""

    def __init__(self) -> None:
        self._room_numbers: dict[Hashable, int] = {}
        self._free_rooms: list[int] = []
        self._free_places: list[int] = []

        # by place
        self._room: Places = np.zeros(0, np.intp)
        self._is_wide: Flags = np.zeros(0, np.bool_)
        self._muted: Flags = np.zeros(0, np.bool_)
        self._talking: Flags = np.zeros(0, np.bool_)
        self._narrow: Samples = np.zeros((0, FRAME), np.int16)
        self._wide: Samples = np.zeros((0, WIDE_FRAME), np.int16)
        self._talkers = Talkers()

        # by room
        self._names: list[Hashable] = []
        self._members: Places = np.zeros(0, np.intp)
        self._wide_members: Places = np.zeros(0, np.intp)
        self._limiter = Limiter()

        self._rates = Rates()
        self._sort()

    def join(self, room: Hashable, rate: int) -> int:
        """A place in a room, which exists as long as somebody is in it. Raises ValueError."""
        if rate not in (NARROW, WIDE):
            raise ValueError(f"cannot mix at {rate} Hz")
        if not self._free_places:
            self._grow()
        place, number = self._free_places.pop(), self._room_numbers.get(room)
        if number is None:
            number = self._room_numbers[room] = self._free_rooms.pop()
            self._names[number] = room
            self._limiter.forget(number)
        self._room[place] = number
        self._is_wide[place] = rate == WIDE
        self._muted[place] = self._talking[place] = False
        self._talkers.forget(place)
        self._rates.forget(place)
        self._members[number] += 1
        self._wide_members[number] += rate == WIDE
        self._sort()
        return place

    def leave(self, place: int) -> None:
        """The place is for somebody else, and so is the room of the last who leaves."""
        number = int(self._room[place])
        self._members[number] -= 1
        self._wide_members[number] -= self._is_wide[place]
        if not self._members[number]:
            del self._room_numbers[self._names[number]]
            self._free_rooms.append(number)
        self._room[place] = -1
        self._is_wide[place] = False
        self._narrow[place] = 0
        self._wide[place] = 0
        self._free_places.append(place)
        self._sort()

    def mute(self, place: int, muted: bool) -> None:
        """A muted member hears, but is not heard."""
        self._muted[place] = muted

    def put(self, place: int, samples: Samples) -> None:
        """A member's next frame; what is longer is cut off. Who puts none is silent."""
        row = (self._wide if self._is_wide[place] else self._narrow)[place]
        row[: len(samples)] = samples[: len(row)]

    def put_all(self, places: Places, frames: Samples) -> None:
        """The next frames of many members of one rate, a row each."""
        (self._wide if frames.shape[1] == WIDE_FRAME else self._narrow)[places] = frames

    def mix(self) -> Mix:
        """What everybody hears, of the frames put in since the tick before."""
        narrow = self._narrow.astype(np.float32)
        wide = self._wide[: len(self._wide) if len(self._wide_places) else 0].astype(np.float32)
        talking = self._talkers.hear(self._powers(narrow, wide)) & ~self._muted
        talking &= self._room >= 0
        began = np.flatnonzero(talking & ~self._talking)
        ceased = np.flatnonzero(self._talking & ~talking)
        heard = talking | self._talking
        self._talking = talking
        _fade(narrow, began, ceased, 1)
        _fade(wide, began, ceased, 2)
        table = _Table(self._room, len(self._members))
        talkers = self._order[heard[self._order]]
        at_16_khz = self._wide_members[self._room[talkers]] > 0
        self._mix_narrow(table, talkers[~at_16_khz], narrow)
        if len(self._wide_places):
            self._mix_wide(table, talkers[at_16_khz], narrow, wide)
        self._narrow[:] = 0
        self._wide[: len(wide)] = 0
        return Mix(*table.frames(), table.rows, began.tolist(), ceased.tolist())

    def _powers(self, narrow: Floats, wide: Floats) -> Floats:
        """Of each member's frame."""
        powers: Floats = np.einsum("ij,ij->i", narrow, narrow) / np.float32(FRAME)
        if len(self._wide_places):
            sound = wide[self._wide_places]
            powers[self._wide_places] = np.einsum("ij,ij->i", sound, sound) / WIDE_FRAME
        return powers

    def _mix_narrow(self, table: "_Table", talkers: Places, narrow: Floats) -> None:
        sums = sums_of(talkers, self._room[talkers], narrow[talkers], self._limiter)
        table.enter(table.narrow, sums, talkers, self._narrow_places)

    def _mix_wide(self, table: "_Table", talkers: Places, narrow: Floats, wide: Floats) -> None:
        rooms, is_wide = self._room[talkers], self._is_wide[talkers]
        sound = np.empty((len(talkers), WIDE_FRAME), np.float32)
        sound[is_wide] = wide[talkers[is_wide]]
        sound[~is_wide] = self._rates.raised(talkers[~is_wide], narrow)
        self._rates.said(self._guests, narrow)
        sums = sums_of(talkers, rooms, sound, self._limiter)
        own = self._is_wide[sums.talkers]
        high = Sums(sums.rooms, sums.common, sums.talkers[own], sums.own[own])
        table.enter(table.wide, high, talkers[is_wide], self._wide_places)
        table.enter(table.narrow, self._lowered(sums), talkers[~is_wide], self._guests)
        self._rates.heard(*sums)

    def _lowered(self, sums: Sums) -> Sums:
        """What narrowband members of these rooms hear."""
        listened = self._members[sums.rooms] > self._wide_members[sums.rooms]
        rooms = sums.rooms[listened]
        own = ~self._is_wide[sums.talkers]
        talkers = sums.talkers[own]
        return Sums(
            rooms,
            self._rates.common(rooms, sums.common[listened]),
            talkers,
            self._rates.own(talkers, self._room[talkers], sums.own[own]),
        )

    def _sort(self) -> None:
        """Somebody came or went."""
        taken = np.flatnonzero(self._room >= 0)
        self._order: Places = taken[np.argsort(self._room[taken], kind="stable")]
        """Places that are taken, by room."""
        at_16_khz = self._wide_members[self._room[self._order]] > 0
        is_wide = self._is_wide[self._order]
        self._narrow_places = self._order[~at_16_khz]
        self._wide_places = self._order[is_wide]
        self._guests = self._order[at_16_khz & ~is_wide]
        """Narrowband members of wideband rooms."""

    def _grow(self) -> None:
        """Places for more members, and as many rooms."""
        before = len(self._room)
        added = range(before + PLACES - 1, before - 1, -1)
        self._free_places.extend(added)
        self._free_rooms.extend(added)
        self._names.extend([None] * PLACES)
        self._room = np.pad(self._room, (0, PLACES), constant_values=-1)
        self._is_wide = np.pad(self._is_wide, (0, PLACES))
        self._muted = np.pad(self._muted, (0, PLACES))
        self._talking = np.pad(self._talking, (0, PLACES))
        self._narrow = np.pad(self._narrow, ((0, PLACES), (0, 0)))
        self._wide = np.pad(self._wide, ((0, PLACES), (0, 0)))
        self._members = np.pad(self._members, (0, PLACES))
        self._wide_members = np.pad(self._wide_members, (0, PLACES))
        self._talkers.grow(PLACES)
        self._limiter.grow(PLACES)
        self._rates.grow(PLACES)


class _Table:
    """The frames of a tick while they are collected, and who hears which."""

    __slots__ = ("_room", "_row_of_room", "narrow", "rows", "wide")

    def __init__(self, room: Places, rooms: int) -> None:
        self._room = room
        self._row_of_room: Places = np.zeros(rooms, np.intp)
        self.rows: Places = np.zeros(len(room), np.intp)
        self.narrow: list[Floats] = [np.zeros((1, FRAME), np.float32)]
        self.wide: list[Floats] = [np.zeros((1, WIDE_FRAME), np.float32)]

    def enter(self, frames: list[Floats], sums: Sums, talkers: Places, members: Places) -> None:
        """Members hear the common frame of their room, talkers their own one or silence."""
        first = sum(map(len, frames))
        self._row_of_room[:] = 0
        self._row_of_room[sums.rooms] = first + np.arange(len(sums.rooms))
        self.rows[members] = self._row_of_room[self._room[members]]
        self.rows[talkers] = 0
        self.rows[sums.talkers] = first + len(sums.rooms) + np.arange(len(sums.talkers))
        frames += (sums.common, sums.own)

    def frames(self) -> tuple[Samples, Samples]:
        """At 8 and at 16 kHz."""
        return _finished(self.narrow), _finished(self.wide)


def _finished(frames: list[Floats]) -> Samples:
    """Rounded; nothing is too loud any more."""
    sound = np.concatenate(frames)
    return np.rint(sound, out=sound).astype(np.int16)


def _fade(sound: Floats, began: Places, ceased: Places, times: int) -> None:
    """Let talkers in and out; `times` is how often 8 kHz the rate is."""
    if len(sound):
        if len(began):
            sound[began, : len(_RISING) * times] *= np.repeat(_RISING, times)
        if len(ceased):
            sound[ceased] *= np.repeat(_FALLING, times)
