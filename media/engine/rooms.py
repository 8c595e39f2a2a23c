"""Conference rooms: a department of the worker that lets many remotes hear each other.

    ears ──► gather ──► Mixer ──► a frame for everybody ──► encoded ──► Leg.emit

All rooms of the worker are mixed in one turn, 20 ms apart: what costs is the number of arrays, not
their length. Who only listens to G.711 gets octets that were encoded once for all of them; a codec
with a memory (G.722, Opus) has an encoder for each member.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import LAWS, Law
from softswitch.media.engine.control import Trouble
from softswitch.media.engine.department import Say
from softswitch.media.engine.ears import FRAMES_PER_SECOND, PERIOD, Ear, gather
from softswitch.media.engine.grid import Grid
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.playing import no_codec, speakable
from softswitch.media.engine.stage_messages import Leave, Mix, Talks
from softswitch.media.formats import Format
from softswitch.media.mix import Mix as Mixed
from softswitch.media.mix import Mixer

NARROW, WIDE = 8000, 16000
NARROW_FRAME = NARROW // FRAMES_PER_SECOND
_ON_TIME = 0.0201
"""Seconds since the turn before; later, and turns were skipped."""


class _Member:
    """One leg in a room."""

    __slots__ = (
        "ear",
        "encoder",
        "format",
        "law",
        "leg",
        "marker",
        "muted",
        "place",
        "rate",
        "room",
        "samples",
    )

    def __init__(self, leg: Leg, room: str, muted: bool, place: int, rate: int) -> None:
        self.leg = leg
        self.room = room
        self.muted = muted
        self.place = place
        """In the mixer."""
        self.rate = rate
        self.ear = Ear(leg.expected, rate)
        self.marker = True
        """The next packet begins something."""

    def speak(self, format_: Format) -> None:
        """Send in this format from now on. It can be encoded at our rate."""
        found = codec(format_)
        assert found is not None, "chosen because we have it"
        self.format = format_
        self.samples = format_.clock_rate // FRAMES_PER_SECOND
        """RTP ticks of a frame."""
        self.law = LAWS.get(format_.encoding)
        """The octets are those of all who hear the same; …"""
        self.encoder = found.encoder(PERIOD, self.rate)
        """… else they are made for this one."""


class Rooms:
    """A department of the worker."""

    def __init__(self, legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> None:
        self._legs = legs
        self._say = say
        self._clock = clock
        self._mixer = Mixer()
        self._grid: Grid[Rooms] = Grid(PERIOD, self._run)
        """Of one member: all rooms."""
        self._members: dict[Leg, _Member] = {}
        self._at: dict[int, _Member] = {}
        """By place."""
        self._turn = 0.0
        """When all rooms were mixed last."""
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {
            Mix: self._mix,
            Leave: lambda message: self._leave(self._legs[message.port]),
        }

    @property
    def next_deadline(self) -> float:
        """The next frame, as long as anybody is in a room."""
        return self._grid.next_deadline

    def tick(self, now: float) -> None:
        """Mix what is due."""
        self._grid.tick(now)

    def renewed(self, leg: Leg) -> None:
        """Another codec may have been agreed on."""
        member = self._members.get(leg)
        if member is None:
            return
        format_ = speakable(leg.formats)
        if format_ is None or rate_of(format_) != member.rate:
            self._leave(leg)
            self._enter(leg, member.room, member.muted)
            return
        member.ear.expect(leg.expected)
        if format_.same_codec(member.format):
            member.format = format_
        else:
            member.speak(format_)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        self._leave(leg)

    def close(self) -> None:
        """The worker ends: rooms are nothing but memory."""

    # what signalling says

    def _mix(self, message: Mix) -> None:
        leg = self._legs[message.port]
        member = self._members.get(leg)
        if member is not None and member.room != message.room:
            self._leave(leg)
            member = None
        if member is None:
            self._enter(leg, message.room, message.muted)
        else:
            member.muted = message.muted
            self._mixer.mute(member.place, message.muted)

    def _enter(self, leg: Leg, room: str, muted: bool) -> None:
        format_ = speakable(leg.formats)
        rate = 0 if format_ is None else rate_of(format_)
        if format_ is None or not rate:
            self._say(Trouble(f"room {room}: {no_codec(leg.formats)}"))
            return
        place = self._mixer.join(room, rate)
        self._mixer.mute(place, muted)
        member = _Member(leg, room, muted, place, rate)
        member.speak(format_)
        self._members[leg] = self._at[place] = member
        leg.set_stage(member.ear)
        leg.feed(member)
        if self not in self._grid:
            self._grid.add(self, self._clock())

    def _leave(self, leg: Leg) -> None:
        member = self._members.pop(leg, None)
        if member is None:
            return
        del self._at[member.place]
        self._mixer.leave(member.place)
        leg.set_stage(None)
        leg.starve(member)
        if not self._members:
            self._grid.remove(self)

    # what is heard

    def _run(self, _rooms: Sequence["Rooms"], deadline: float) -> None:
        for rate in (NARROW, WIDE):
            members = [member for member in self._members.values() if member.rate == rate]
            if members:
                places = np.array([member.place for member in members])
                frames = gather([member.ear for member in members], deadline, rate)
                self._mixer.put_all(places, frames)
        mixed = self._mixer.mix()
        self._send(mixed, deadline)
        for places_changed, talking in ((mixed.began, True), (mixed.ceased, False)):
            for place in places_changed:
                if place in self._at:
                    self._say(Talks(self._at[place].leg.id, talking))

    def _send(self, mixed: Mixed, deadline: float) -> None:
        skipped = deadline - self._turn > _ON_TIME
        self._turn = deadline
        rows = mixed.rows.tolist()
        coded: dict[Law, bytes] = {}
        for member in self._members.values():
            row, law = rows[member.place], member.law
            if law is None:
                frames = mixed.narrow if member.rate == NARROW else mixed.wide
                payload = member.encoder.encode(frames[row])
            else:
                if law not in coded:
                    coded[law] = law.encode(mixed.narrow).tobytes()
                payload = coded[law][row * NARROW_FRAME : (row + 1) * NARROW_FRAME]
            leg = member.leg
            # whoever feeds the leg now, what follows him is something new
            member.marker = leg.feeder is not member or not leg.emit(
                member.format.payload_type,
                payload,
                member.samples,
                deadline,
                marker=member.marker or skipped,
            )


def rate_of(format_: Format) -> int:
    """The rate that a member with this format is mixed at; 0 when it cannot be."""
    found = codec(format_)
    rates = () if found is None else found.rates
    return next((rate for rate in (WIDE, NARROW) if rate in rates), 0)
