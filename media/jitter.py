"""A jitter buffer: packets in as they come, in order and in time out.

A packet's *position* is when it would have come had the network been perfect, in ticks of its
clock on our own time line. Its *transit* is how much later it came. The buffer plays a position
when the least transit seen lately plus a delay have passed; the delay follows the spread of the
transits, between `minimum` and `maximum`:

      least          most
        |-- spread ----|                  arrivals of one position, seen over some seconds
    ────┼──────────────┼───────┼────────► time
        position       played here

The remote's clock is not ours: 500 ppm are 30 ms a minute. The least transit follows it. When what
is played comes later than it need by more than `slack`, a packet is left out, at a quiet place when
there is one soon; when it comes so early that packets miss their time, a gap is put in.

Time comes in as an argument. `take` is to be asked for the next payload whenever the audio given
out has run out on the grid of the caller; the time it is given may be the grid's own, so whoever
writes to a file can take many at once and late.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from softswitch.media.arrivals import Arrivals
from softswitch.media.rtp import sequence_distance, timestamp_distance
from softswitch.media.shelf import Shelf
from softswitch.media.transits import NEVER, Transits

MINIMUM, MAXIMUM = 0.02, 0.2
FRAME = 0.02
"""Seconds: what a packet lasts as long as nothing else is known."""
SLACK = 0.03
"""More than a frame, else a packet left out would be missed at once."""
MARGIN = 0.004
"""Seconds that a packet is to come before its time."""
LOOK_EVERY = 25
"""Frames between two looks at the delay: half a second."""
MAX_CONCEALED = 3
"""Packets missing in a row that are called lost; then the remote is called silent."""
MAX_LATE = 4
"""Packets in a row that come after their time: then the time is wrong, not the packets."""
MAX_STRANGE = 3
"""Packets in a row that are far from where they are expected, before they are believed."""
MAX_SHIFT = 1.0
"""Seconds that a packet may be from where it is expected and still belong to this stream."""
MAX_PACKETS = 512
"""Kept at once: two seconds of 4 ms packets, whatever a peer calls their timestamps."""
PATIENCE = 100
"""Payloads looked at for a quiet one to leave out, two seconds; then any will do."""

_ROUNDING = 0.5
"""Ticks: positions are whole, times are not."""
_NO_OFFSET = 1 << 40
"""Makes a position of no timestamp that fits."""


class Missing(enum.Enum):
    """Why there is no payload."""

    LOST = enum.auto()
    """`duration` ticks are missing in running speech: conceal them."""
    SILENT = enum.auto()
    """Nothing is due: the remote does not send, or its first packet is still to wait."""


LOST, SILENT = Missing.LOST, Missing.SILENT


class JitterBuffer:
    """One stream's packets between the network and a decoder.

    One source at a time: say `restart` when the SSRC changes.
    """

    __slots__ = (
        "_begun",
        "_concealed",
        "_delay",
        "_end",
        "_frame",
        "_late_ends",
        "_late_in_a_row",
        "_look_at",
        "_margin",
        "_maximum",
        "_minimum",
        "_offset",
        "_packets",
        "_patience",
        "_playing",
        "_position",
        "_quiet",
        "_rate",
        "_run_ends",
        "_sequence",
        "_shift",
        "_slack",
        "_spurts",
        "_strange",
        "_ticks",
        "_transits",
        "doubled",
        "dropped",
        "duration",
        "inserted",
        "late",
        "lost",
    )

    def __init__(
        self,
        clock_rate: int,
        minimum: float = MINIMUM,
        maximum: float = MAXIMUM,
        *,
        slack: float = SLACK,
        ticks: Callable[[bytes], int] = len,
        quiet: Callable[[bytes], bool] | None = None,
    ) -> None:
        """Times in seconds. `ticks` tells how many ticks a payload lasts (G.711 and G.722: its
        octets), at least 1; `quiet`, whether it can be left out unheard."""
        self._rate = clock_rate
        self._frame = round(FRAME * clock_rate)
        self._minimum = round(minimum * clock_rate)
        self._maximum = round(maximum * clock_rate)
        self._slack = round(slack * clock_rate)
        self._margin = round(MARGIN * clock_rate)
        self._shift = MAX_SHIFT * clock_rate
        self._ticks = ticks
        self._quiet = quiet
        self._packets = Shelf()
        self._spurts: set[int] = set()
        """Positions of packets that begin something new: what is missing before was never sent."""
        self._begun = False
        self._sequence = -1
        """Of the newest packet; -1 before the first of a source."""
        self._offset = _NO_OFFSET
        """From timestamps to positions; another after each wrap."""
        self._end = -1
        """Position after the newest packet."""
        self._position = 0
        """What is to be given out next. A packet for an earlier position is late."""
        self._playing = False
        self._concealed = 0
        """Packets in a row that were called lost, up to this position:"""
        self._run_ends = 0
        self._late_in_a_row = 0
        """New packets that were too late, up to this position:"""
        self._late_ends = 0
        self._strange = 0
        """Packets in a row that are too far from where they are expected."""
        self._transits = Transits(clock_rate)
        self._delay = self._minimum
        self._look_at = 0
        """Position from which on the delay is to be looked at again."""
        self._patience = PATIENCE
        self.duration = self._frame
        """Ticks of what was given out last."""
        self.lost = self.late = self.doubled = self.dropped = self.inserted = 0

    def put(self, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """A packet has come, not an empty one. What comes too late or twice is forgotten."""
        position = timestamp + self._offset
        if position != self._end or position < self._position:
            self._put_unusual(sequence, timestamp, payload, now)
            return
        transit = now * self._rate - position
        transits = self._transits
        if transit < transits.least or transit > transits.most:
            transits.add(transit)
            if len(self._packets) >= MAX_PACKETS:
                self.dropped += 1
                return
        self._packets[position] = payload
        self._end = position + self._ticks(payload)
        self._sequence = sequence

    def put_run(self, sequence: int, timestamp: int, sound: bytes, times: Arrivals) -> bool:
        """Packets have come that follow each other, the first with these numbers, all as long, in
        one piece: an octet is a tick. False: each is to be put by itself."""
        position = timestamp + self._offset
        count = times.count
        full = len(self._packets) + count > MAX_PACKETS
        if position != self._end or position < self._position or full:
            return False
        ticks = len(sound) // count
        self._packets.put_run(position, sound, ticks)
        self._end = position + len(sound)
        least, most = times.spread(self._rate, ticks)
        self._transits.add(least - position)
        self._transits.add(most - position)
        self._sequence = (sequence + count - 1) & 0xFFFF
        return True

    def take(self, now: float) -> bytes | Missing:
        """What is to be played at this time of the caller's grid.

        A payload; LOST: conceal `duration` ticks; SILENT: play silence, and ask again 20 ms later.
        """
        if self._playing:
            if self._position >= self._look_at and self._look(now):
                return LOST
            packets, position = self._packets, self._position
            payload = packets.pop(position, None) or packets.take_run(position, position + 1)
            if payload:
                self.duration = duration = self._ticks(payload)
                self._position = position + duration
                return payload
        return self._take_unusual(now)

    @property
    def came(self) -> float:
        """When the payload given out last would have come, had the network been at its best."""
        return (self._position - self.duration + self._transits.base) / self._rate

    @property
    def next_came(self) -> float:
        """When the first that waits came, had the network been at its best; infinity for none."""
        first = self._packets.first()
        return NEVER if first is None else (first + self._transits.base) / self._rate

    def take_run(self, ticks: int) -> list[bytes]:
        """Payloads that follow each other without a gap, up to so many ticks or somewhat more;
        several in one piece, where they came so.

        For whoever takes much at a time: where there is a gap, nothing yet, or something to be
        thought about, the run ends, and `take` goes on. To think once in a run is enough.
        """
        run: list[bytes] = []
        position = self._position
        if not self._playing or position >= self._look_at:
            return run
        pop, length = self._packets.pop, self._ticks
        end = position + ticks
        while position < end and (payload := pop(position, None)) is not None:
            run.append(payload)
            position += length(payload)
        if run:
            self.duration = length(run[-1])
        if position < end and (octets := self._packets.take_run(position, end)):
            run.append(octets)
            position += len(octets)
            self.duration = self._packets.step
        self._position = position
        return run

    def restart(self) -> None:
        """Another source follows, whose numbers have nothing to do with those before."""
        self._sequence = -1
        self._offset = _NO_OFFSET

    def __len__(self) -> int:
        """Packets that wait."""
        return len(self._packets)

    # a packet that does not follow the one before it, or comes when its time has passed

    def _put_unusual(self, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        self._packets.unfold()
        if len(self._packets) >= MAX_PACKETS:
            self.dropped += 1
            return
        if self._sequence < 0:
            self._begin(sequence, timestamp, payload, now)
            return
        steps = sequence_distance(sequence, self._sequence)
        position = self._end + timestamp_distance(timestamp + self._offset, self._end)
        transit = now * self._rate - position
        if abs(transit - self._transits.base) > self._shift:
            self._strange += 1
            if steps == 1 or self._strange > MAX_STRANGE:
                # a jump in a sequence without one: the same phone, but another clock of it
                self._begin(sequence, timestamp, payload, now)
            return
        self._strange = 0
        self._transits.add(transit)
        if position in self._packets:
            self.doubled += 1
        elif position < self._position:
            self._too_late(sequence, timestamp, payload, now, position)
        else:
            if steps == 1 and position > self._end:
                self._spurts.add(position)
            self._packets[position] = payload
            if steps > 0:
                self._follow(sequence, timestamp, payload, position)

    def _follow(self, sequence: int, timestamp: int, payload: bytes, position: int) -> None:
        self._end = position + self._ticks(payload)
        self._offset = position - timestamp
        self._sequence = sequence

    def _too_late(
        self, sequence: int, timestamp: int, payload: bytes, now: float, position: int
    ) -> None:
        """Several new packets in a row that are too late, and it is our time that is wrong."""
        self.late += 1
        self._look_at = self._position
        if sequence_distance(sequence, self._sequence) <= 0:
            return  # a double of what has been played, or one that was overtaken
        self._late_in_a_row = self._late_in_a_row + 1 if position == self._late_ends else 1
        if self._late_in_a_row >= MAX_LATE:
            self._transits.forget()
            self._begin(sequence, timestamp, payload, now)
        else:
            self._follow(sequence, timestamp, payload, position)
            self._late_ends = self._end

    def _begin(self, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """The time line goes on with this packet, as if it had come as fast as any."""
        position = int(now * self._rate - self._transits.base)
        if self._begun:
            position = max(position, self._end if self._packets else self._position)
        else:
            # One that was overtaken by this packet is still to come, and is not late
            self._begun = True
            self._position = self._look_at = position - self._maximum
        self._strange = self._late_in_a_row = 0
        self._spurts.add(position)
        self._packets[position] = payload
        self._transits.add(now * self._rate - position)
        self._follow(sequence, timestamp, payload, position)

    # when the next payload is not there, or not to be played yet

    def _take_unusual(self, now: float) -> bytes | Missing:
        packets, first = self._packets, self._packets.first()
        if self._playing:
            if self._run_ends != self._position:
                self._concealed = 0
            if self._concealed < MAX_CONCEALED and first not in self._spurts:
                return self._lose(first)
            self._playing = False
        waited = 0.0 if first is None else now * self._rate - first - self._transits.base
        if first is None or waited < self._delay - _ROUNDING:
            return SILENT
        self._playing = True
        if waited > self._maximum + self._slack:
            # Another way through the network, most likely: what was seen on the old one misleads
            self._transits.forget()
            self._look_at = first + LOOK_EVERY * self._frame
        self._spurts = {position for position in self._spurts if position > first}
        payload = packets.pop(first)
        self.duration = self._ticks(payload)
        self._position = first + self.duration
        return payload

    def _lose(self, first: int | None) -> Missing:
        """A packet is missing that others came after, or that nobody knows of yet."""
        self._concealed += 1
        self.lost += 1
        self._position += self.duration
        if first is not None and first < self._position:
            self._position = first
        self._run_ends = self._position
        return LOST

    # how much later than it came a packet is played

    def _look(self, now: float) -> bool:
        """Follow the transits; True when a gap is to be put in."""
        self._look_at = self._position + LOOK_EVERY * self._frame
        ticks = now * self._rate
        needed = self._needed(ticks)
        actual = ticks - self._position - self._transits.base
        if actual < needed:
            self.inserted += 1
            self._look_at = self._position
            return True
        if actual > self._delay + self._slack:
            self._leave_out(actual)
        return False

    def _needed(self, ticks: float) -> float:
        """Ticks of delay that all packets seen lately would have been in time with."""
        spread = self._transits.spread(ticks)
        if spread is None:
            return 0.0
        needed = min(spread + self._margin, self._maximum)
        self._delay = max(self._minimum, round(needed))
        return needed

    def _leave_out(self, actual: float) -> None:
        """Skip one packet, a quiet one unless that takes long or much more is to go."""
        self._packets.unfold()
        if not self._packets:
            return
        payload = self._packets.get(self._position)
        far = actual > self._maximum + 2 * self._slack or not self._patience
        if not (far or payload is None or self._quiet is None or self._quiet(payload)):
            self._patience -= 1
        else:
            self._packets.pop(self._position, None)
            self._position += self.duration if payload is None else self._ticks(payload)
            self._patience = PATIENCE
            self.dropped += 1
        self._look_at = self._position
