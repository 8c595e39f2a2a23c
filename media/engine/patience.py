"""Legs that nobody waits for: who only listens to a recording's remote can do so now and then.

    remote ─► socket ─► several times a second: all that has come, at once
                          ├─ like what came before: kept, and after 3.2 seconds
                          │     ├─ a run of sound: counted, and to the taps, in one piece
                          │     └─ no run: packet by packet
                          └─ anything else: packet by packet, as at any leg

A packet that is relayed has to leave at once, and its wake-up costs more than all that is done with
it. But nobody hears a message while it is recorded; keys alone have a claim to be heard soon. So a
leg without a peer, whose taps are all patient, has its packets lie in a socket of its own, which is
connected to the remote and which no backend looks at. It is there before the first packet, to where
the remote is said to be, unless that has to prove itself by keys. The kernel stamps each packet
when it comes, so jitter, time lines and statistics know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from softswitch.media import rtp
from softswitch.media.engine.grid import NEVER, Grid
from softswitch.media.engine.runs import HEADER, LARGEST, MOST, Kept, Reader
from softswitch.media.engine.sockets import MAX_STALE, SocketPair, deepen

if TYPE_CHECKING:
    import socket

    from softswitch.media.engine.leg import Leg
    from softswitch.media.latch import Address

TICK, PERIOD = 0.01, 10
"""Seconds, and of those ticks, in which each leg has a turn: a key is known after a tenth of a
second at the most."""
RECORDED = 4
"""A leg that is recorded has a turn that much less often: twenty packets at a time. Few keys are
pressed while one speaks."""
CROWD = 25
"""Legs that are read in one go: less than a millisecond."""
PRESSED = 0.02
"""Seconds in which a leg has a turn while a key is down: that it is released is told by packets
that do not come, and in time."""
KEY_LASTS = 0.3
"""Seconds after the last packet of a key that this goes on for."""
CALLS = 4
"""Of the kernel, in one turn of a leg: 128 packets. More is a flood, and waits."""

MOST_KEPT = 192
"""Packets of a leg, about four seconds: it is not worth more to wait for whoever takes them."""


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

    __slots__ = (
        "grid", "kept", "kind", "leg", "line", "pair", "read_at", "refused", "remote", "waiting"
    )  # fmt: skip

    def __init__(self, leg: Leg, pair: SocketPair) -> None:
        self.leg = leg
        self.pair = pair
        self.line: socket.socket | None = None
        self.remote: Address | None = None
        """Whom the line is connected to."""
        self.refused: Address | None = None
        """To whom it could not be."""
        self.kind = -1
        """The first two octets of the last packet, if that had nothing unusual."""
        self.kept: list[Kept] = []
        self.waiting = 0
        """Packets of that."""
        self.read_at = -NEVER
        self.grid: Grid[_Patient] | None = None
        """Where it has its turns."""


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
        self._recorded: Grid[_Patient] = Grid(
            PERIOD * RECORDED,
            self._run,
            burst=1,
            tick=TICK,
            crowd=CROWD,
            meet=PERIOD * RECORDED,
        )
        """Of those that are; whoever writes recordings has his turns at the same times."""
        self._pressing: dict[_Patient, float] = {}
        """Whose keys are down, most likely, and until when."""
        self._press_at = NEVER

    @property
    def next_deadline(self) -> float:
        """When the next socket is to be read."""
        return min(self._grid.next_deadline, self._recorded.next_deadline, self._press_at)

    def __contains__(self, leg: Leg) -> bool:
        return leg in self._patients

    def tick(self, now: float) -> None:
        """Read what is due."""
        self._grid.tick(now)
        self._recorded.tick(now)
        if now >= self._press_at:
            self._press(now)

    def consider(self, leg: Leg) -> None:
        """What depends on this leg may have changed."""
        patient = self._patients.get(leg)
        if patient is None:
            if leg.is_patient:
                patient = self._patients[leg] = _Patient(leg, self._lender.lend(leg))
                self._place(patient)
                self._follow(patient, _whereabouts(leg))
        elif not leg.is_patient:
            self.end(leg)
            self._lender.take_back(leg)
        else:
            self._settle(patient)
            if leg.guard is not None or not leg.agreed:
                patient.kind = -1
            self._place(patient)

    def catch_up(self, leg: Leg) -> None:
        """Take all that has come for a leg by now, before anything changes about it."""
        patient = self._patients.get(leg)
        if patient is None:
            return
        if patient.line is None:
            self._lender.hear(leg)
        self._look_for(patient)
        if patient.read_at != self._clock():
            self._read(patient)
        self._settle(patient)

    def unlock(self, leg: Leg) -> None:
        """The remote may be another from now on."""
        patient = self._patients.get(leg)
        if patient is not None:
            self._hang_up(patient)
            patient.refused = None

    def end(self, leg: Leg) -> None:
        """Have no patience with it any more: it is closed, or somebody waits for what it says."""
        patient = self._patients.pop(leg, None)
        if patient is not None:
            self._hang_up(patient)
            if patient.grid is not None:
                patient.grid.remove(patient)
            self._pressing.pop(patient, None)

    def _place(self, patient: _Patient) -> None:
        """Among those that are recorded, or among the others."""
        grid = self._recorded if patient.leg.taps else self._grid
        if patient.grid is not grid:
            if patient.grid is not None:
                patient.grid.remove(patient)
            patient.grid = grid
            grid.add(patient, self._clock())

    # sockets

    def _run(self, patients: Sequence[_Patient], _deadline: float) -> None:
        for patient in patients:
            locked = patient.leg.latch.locked
            if locked is None or locked != patient.remote:
                self._look_for(patient)
            self._read(patient)
            if not patient.leg.taps and patient.grid is self._recorded:
                self._place(patient)

    def _look_for(self, patient: _Patient) -> None:
        """Follow the remote, if it is elsewhere."""
        remote = _whereabouts(patient.leg)
        if remote not in (patient.remote, patient.refused):
            self._follow(patient, remote)

    def _follow(self, patient: _Patient, remote: Address | None) -> None:
        """The remote is known, or is known to be elsewhere now."""
        self._hang_up(patient)
        self._lender.hear(patient.leg)
        if remote is None:
            return
        try:
            line = patient.pair.line(remote)
        except OSError:
            patient.refused = remote
            return
        now = self._clock()
        with suppress(OSError):
            for _ in range(MAX_STALE):  # anybody's, until it was connected
                size, source = line.recvfrom_into(self._buffer)
                if size <= LARGEST:
                    patient.leg.arrive(self._buffer, size, source[:2], now)
        deepen(line)
        patient.line, patient.remote, patient.read_at = line, remote, now

    def _hang_up(self, patient: _Patient) -> None:
        line = patient.line
        if line is not None:
            self._read(patient)
            self._settle(patient)
            patient.line = patient.remote = None
            patient.kind = -1
            line.close()

    # packets

    def _read(self, patient: _Patient) -> None:
        """Keep all that has come and is like what came before; look at the rest."""
        line, reader = patient.line, self._reader
        if line is None:
            return
        descriptor, now = line.fileno(), self._clock()
        patient.read_at = now
        for _ in range(CALLS):
            count = reader.take(descriptor)
            if count and patient.kind >= 0 and reader.are_usual(count):
                patient.kept.append(reader.kept(count))
                patient.waiting += count
                patient.leg.heard_at = now
                if patient.waiting >= MOST_KEPT:
                    self._settle(patient)
            elif count:
                self._settle(patient)
                self._serve(patient, reader.packets(count), reader.times(count, now))
            if count < MOST:
                break

    def _settle(self, patient: _Patient) -> None:
        """Take what was kept: in one go if it is a run of sound, all of it the very next."""
        kept = patient.kept
        if not kept:
            return
        patient.kept, patient.waiting = [], 0
        whole = kept[0] if len(kept) == 1 else Kept.joined(kept)
        if self._is_taken(patient, whole):
            return
        for part in kept:
            if len(kept) == 1 or not self._is_taken(patient, part):
                times = self._reader.times_of(part, self._clock())
                self._serve(patient, part.packets(), times)

    def _is_taken(self, patient: _Patient, kept: Kept) -> bool:
        leg = patient.leg
        reception, run = leg.reception, kept.run()
        if run is None or run[1] != reception.next_sequence or run[3] != reception.ssrc:
            return False
        if run[0] != patient.kind or leg.latch.locked != patient.remote:
            return False
        times = self._reader.times_of(kept, self._clock())
        leg.arrive_together(run[0] & rtp.LARGEST_TYPE, run[1], run[2], kept.sound, times)
        return True

    def _serve(
        self, patient: _Patient, packets: Sequence[bytearray], times: Iterable[float]
    ) -> None:
        """One after the other."""
        leg = patient.leg
        patient.kind = -1
        for packet, now in zip(packets, times, strict=True):
            size = len(packet)
            if not HEADER <= size <= LARGEST:
                continue
            first, sequence, _, ssrc = rtp.FIXED.unpack_from(packet)
            is_proven = leg.latch.locked == patient.remote
            leg.arrive(packet, size, None if is_proven else patient.remote, now)
            reception, kind = leg.reception, first & ~rtp.MARKER
            follows = reception.next_sequence == (sequence + 1) & 0xFFFF and reception.ssrc == ssrc
            plain = follows and leg.guard is None and self._is_plain(leg, kind)
            patient.kind = kind if plain else -1
            if first & rtp.LARGEST_TYPE in leg.events:
                self._pressing[patient] = now + KEY_LASTS
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


def _whereabouts(leg: Leg) -> Address | None:
    """Where packets of the remote come from, as far as it is known."""
    latch = leg.latch
    return latch.locked or (latch.destination if leg.guard is None else None)
