"""Noise for phones whose partner describes his silence in a way that they do not know (RFC 3389).

    CN packet of the remote ──► Leg ──► hush ──► a frame of noise every 20 ms ──► the peer's remote
    next sound of the remote ─────────► relayed as before, where the noise left off

Where both know comfort noise its packets cross, and nothing of this happens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from softswitch.media.codecs import codec
from softswitch.media.codecs.comfort import ComfortNoise
from softswitch.media.codecs.interface import Encoder
from softswitch.media.engine.department import Say
from softswitch.media.engine.grid import Grid
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import Format

PERIOD = 20
"""Milliseconds of a frame."""
FRAMES_PER_SECOND = 50


class _Noise:
    """What one remote has described, for one peer."""

    __slots__ = ("begun", "encoder", "format", "heard", "noise", "peer", "remote")

    def __init__(self, peer: Leg, format_: Format, encoder: Encoder) -> None:
        self.peer = peer
        self.remote: Remote | None = peer.remote
        self.format = format_
        self.encoder = encoder
        self.noise = ComfortNoise()
        self.heard = 0
        """Packets of the remote, the last description included: with the next one sound is back."""
        self.begun = False


class Noises:
    """A department of the worker."""

    def __init__(self, legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> None:
        self._noises: dict[Leg, _Noise] = {}
        """By leg that is silent."""
        self._grid: Grid[Leg] = Grid(PERIOD, self._run)
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {}

    @property
    def next_deadline(self) -> float:
        """The next frame; infinity while nobody is silent in this way."""
        return self._grid.next_deadline

    def hush(self, leg: Leg, description: bytes, now: float) -> None:
        """The leg's remote has described its silence; its packet has been counted."""
        found = self._noises.get(leg)
        if found is None or not self._goes_on(leg, found):
            self.ended(leg)
            found = _made(leg)
            if found is None:
                return
            self._noises[leg] = found
            self._grid.add(leg, now)
        found.noise.describe(description)
        found.heard = leg.reception.packets

    def tick(self, now: float) -> None:
        """Make what is due."""
        self._grid.tick(now)

    def renewed(self, leg: Leg) -> None:
        """Seen with the next frame."""

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        if self._noises.pop(leg, None) is not None:
            self._grid.remove(leg)

    def close(self) -> None:
        """The worker ends."""

    def _run(self, legs: Sequence[Leg], deadline: float) -> None:
        for leg in legs:
            found = self._noises[leg]
            leg.settle()
            if not self._goes_on(leg, found) or leg.reception.packets != found.heard:
                self.ended(leg)
                continue
            rate = found.encoder.rate
            payload = found.encoder.encode(found.noise.noise(rate // FRAMES_PER_SECOND))
            ticks = found.format.clock_rate // FRAMES_PER_SECOND
            kind, marker = found.format.payload_type, not found.begun
            found.begun |= found.peer.emit(kind, payload, ticks, deadline, marker=marker)

    def _goes_on(self, leg: Leg, found: _Noise) -> bool:
        """Is it still the same peer that would hear it, and from nobody else?"""
        peer = found.peer
        return leg.peer is peer and peer.remote is found.remote and not peer.fed


def _made(leg: Leg) -> _Noise | None:
    """In the codec that the peer likes best; None when we have none of its codecs."""
    peer = leg.peer
    if peer is None or peer.fed or peer.fax:
        return None
    for known in peer.formats:
        found = codec(known) if known.is_audio else None
        if found is not None:
            return _Noise(peer, known, found.encoder())
    return None
