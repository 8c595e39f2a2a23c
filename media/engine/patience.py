"""Legs that nobody waits for: who only listens to a recording's remote can do so now and then.

    remote ─► socket ─► ten times a second: all that has come, at once
                          ├─ a run of sound, nothing unusual: counted, and to the taps
                          └─ anything else: packet by packet, as at any leg

A packet that is relayed has to leave at once, and its wake-up costs more than all that is done with
it. But nobody hears a message while it is recorded; keys alone have a claim to be heard soon. So a
leg without a peer, whose taps are all patient, has its packets lie in a socket of its own, which is
connected to the proven remote and which no backend looks at. The kernel stamps each packet when it
comes, so jitter, time lines and statistics know nothing of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from softswitch.media import rtp
from softswitch.media.engine.grid import NEVER, Grid
from softswitch.media.engine.runs import HEADER, LARGEST, MOST, PAYLOAD, WHOLE, Reader
from softswitch.media.engine.sockets import MAX_STALE, SocketPair, deepen

if TYPE_CHECKING:
    import socket

    from softswitch.media.engine.leg import Leg
    from softswitch.media.latch import Address

TICK, PERIOD = 0.01, 10
"""Seconds, and of those ticks, in which each leg has a turn: a key is known after a tenth of a
second at the most."""
RECORDED = 2
"""Of so many turns, a leg that is recorded has one: ten packets at a time. Few keys are pressed
while one speaks."""
CROWD = 50
"""Legs that are read in one go: some half a millisecond."""
PRESSED = 0.02
"""Seconds in which a leg has a turn while a key is down: that it is released is told by packets
that do not come, and in time."""
KEY_LASTS = 0.3
"""Seconds after the last packet of a key that this goes on for."""
CALLS = 4
"""Of the kernel, in one turn of a leg: 128 packets. More is a flood, and waits."""

_RUNS = [struct.Struct("!" + "HHII" * count) for count in range(MOST + 1)]
"""Headers side by side: first two octets, sequence number, timestamp, SSRC; of each."""


class Lender(Protocol):
    """What a backend does for us."""

    def lend(self, leg: Leg) -> SocketPair:
        """Read the leg's proven remote no more at a socket of its own; strangers still."""
        ...

    def take_back(self, leg: Leg) -> None:
        """Read it again."""
        ...

    def hear(self, leg: Leg) -> None:
        """Serve what has come for it up to now."""
        ...


class _Patient:
    """A leg, and the socket where its packets lie."""

    __slots__ = ("kind", "leg", "line", "may_connect", "pair", "remote")

    def __init__(self, leg: Leg, pair: SocketPair) -> None:
        self.leg = leg
        self.pair = pair
        self.line: socket.socket | None = None
        self.remote: Address | None = None
        """Whom the line is connected to."""
        self.may_connect = True
        self.kind = -1
        """The first two octets of the last packet that had nothing unusual."""


class Patience:
    """Of one worker."""

    def __init__(
        self, lender: Lender, clock: Callable[[], float], ahead: Callable[[], float]
    ) -> None:
        """`ahead` tells how far the clock is before the one by which the kernel stamps packets."""
        self._lender = lender
        self._clock = clock
        self._reader = Reader(ahead)
        self._buffer = bytearray(LARGEST + 1)
        self._patients: dict[Leg, _Patient] = {}
        self._grid: Grid[_Patient] = Grid(PERIOD, self._run, burst=1, tick=TICK, crowd=CROWD)
        self._pressing: dict[_Patient, float] = {}
        """Whose keys are down, most likely, and until when."""
        self._press_at = NEVER

    @property
    def next_deadline(self) -> float:
        """When the next socket is to be read."""
        return min(self._grid.next_deadline, self._press_at)

    def __contains__(self, leg: Leg) -> bool:
        return leg in self._patients

    def tick(self, now: float) -> None:
        """Read what is due."""
        self._grid.tick(now)
        if now >= self._press_at:
            self._press(now)

    def consider(self, leg: Leg) -> None:
        """What depends on this leg may have changed."""
        patient = self._patients.get(leg)
        if patient is None:
            if leg.is_patient:
                patient = self._patients[leg] = _Patient(leg, self._lender.lend(leg))
                self._grid.add(patient, self._clock())
        elif not leg.is_patient:
            self.end(leg)
            self._lender.take_back(leg)
        else:
            patient.kind = -1

    def catch_up(self, leg: Leg) -> None:
        """Read all that has come for a leg, before anything changes about it."""
        patient = self._patients.get(leg)
        if patient is None:
            return
        if patient.line is None:
            self._lender.hear(leg)
        if patient.remote != leg.latch.locked:
            self._follow(patient)
        self._read(patient)

    def unlock(self, leg: Leg) -> None:
        """The remote may be another from now on."""
        patient = self._patients.get(leg)
        if patient is not None:
            self._hang_up(patient)
            patient.may_connect = True

    def end(self, leg: Leg) -> None:
        """Have no patience with it any more: it is closed, or somebody waits for what it says."""
        patient = self._patients.pop(leg, None)
        if patient is not None:
            self._hang_up(patient)
            self._grid.remove(patient)
            self._pressing.pop(patient, None)

    # sockets

    def _run(self, patients: Sequence[_Patient], deadline: float) -> None:
        everybody = round(deadline / (TICK * PERIOD)) % RECORDED == 0
        for patient in patients:
            if patient.remote != patient.leg.latch.locked:
                self._follow(patient)
            if everybody or not patient.leg.taps:
                self._read(patient)

    def _follow(self, patient: _Patient) -> None:
        """The remote has been proven, or is proven to be elsewhere now."""
        remote = patient.leg.latch.locked
        self._hang_up(patient)
        self._lender.hear(patient.leg)
        if remote is None or not patient.may_connect:
            return
        try:
            line = patient.pair.line(remote)
        except OSError:
            patient.may_connect = False
            return
        now = self._clock()
        with suppress(OSError):
            for _ in range(MAX_STALE):  # anybody's, until it was connected
                size, source = line.recvfrom_into(self._buffer)
                if size <= LARGEST:
                    patient.leg.arrive(self._buffer, size, source[:2], now)
        deepen(line)
        patient.line, patient.remote = line, remote

    def _hang_up(self, patient: _Patient) -> None:
        line = patient.line
        if line is not None:
            self._read(patient)
            patient.line = patient.remote = None
            patient.kind = -1
            line.close()

    # packets

    def _read(self, patient: _Patient) -> None:
        line, reader = patient.line, self._reader
        if line is None:
            return
        descriptor = line.fileno()
        for _ in range(CALLS):
            count = reader.take(descriptor)
            if count:
                now = self._clock()
                times = reader.times(count, now)
                if not self._is_run(patient, count, times):
                    self._serve(patient, count, times)
            if count < MOST:
                break

    def _is_run(self, patient: _Patient, count: int, times: list[float]) -> bool:
        """Sound, and all of it the very next: then it has been taken."""
        leg, reader = patient.leg, self._reader
        reception = leg.reception
        fields = _RUNS[count].unpack_from(reader.headers)
        sequence, timestamp = fields[1], fields[2]
        if not (
            sequence == reception.next_sequence
            and fields[0::4].count(patient.kind) == count
            and fields[3::4].count(reception.ssrc) == count
            and fields[1::4] == tuple(range(sequence, sequence + count))
            and fields[2::4] == tuple(range(timestamp, timestamp + PAYLOAD * count, PAYLOAD))
            and reader.sizes(count).count(WHOLE) == count
        ):
            return False
        octets = bytes(reader.sound[: PAYLOAD * count])
        payloads = [octets[at : at + PAYLOAD] for at in range(0, PAYLOAD * count, PAYLOAD)]
        leg.arrive_together(patient.kind & rtp.LARGEST_TYPE, sequence, timestamp, payloads, times)
        return True

    def _serve(self, patient: _Patient, count: int, times: list[float]) -> None:
        """One after the other."""
        leg, reader = patient.leg, self._reader
        fields = _RUNS[count].unpack_from(reader.headers)
        for at, size in enumerate(reader.sizes(count)):
            if HEADER <= size <= LARGEST:
                leg.arrive(reader.packet(at, size), size, None, times[at])
        first, sequence, _, ssrc = fields[-4:]
        reception = leg.reception
        follows = reception.next_sequence == (sequence + 1) & 0xFFFF and reception.ssrc == ssrc
        kind = first & ~rtp.MARKER
        patient.kind = kind if follows and leg.guard is None and self._is_plain(leg, kind) else -1
        if not leg.events.isdisjoint(header & rtp.LARGEST_TYPE for header in fields[0::4]):
            self._pressing[patient] = times[-1] + KEY_LASTS
            self._press_at = min(self._press_at, self._clock() + PRESSED)

    @staticmethod
    def _is_plain(leg: Leg, kind: int) -> bool:
        """Are packets that begin like this sound behind a header without extras?"""
        number = kind & rtp.LARGEST_TYPE
        right = kind - number == rtp.VERSION << 14
        return right and number in leg.latch.payload_types and number not in leg.events

    def _press(self, now: float) -> None:
        """Those whose keys are down have a turn more often."""
        self._press_at = NEVER
        for patient, until in list(self._pressing.items()):
            if until < now:
                del self._pressing[patient]
            else:
                self._press_at = now + PRESSED
                self._read(patient)
