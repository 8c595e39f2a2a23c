"""A playlist, frame by frame: sounds that are payloads already, one after the other without a gap.

    library ──► Track, Track, …  ──► Player.frame() ──► 20 ms payloads, on the grid

A track of an octet codec (G.711, G.722, L16) is one string of octets, cut where the grid wants it:
a frame may hold the end of one track and the beginning of the next, so that music which is repeated
has no seam. Of other codecs (Opus) it is a list of packets.

Tracks may come while the list is played; until they are there, it is silent. A track that cannot be
played is left out.
"""

from typing import NamedTuple

FRAMES_PER_SECOND = 50


class Track(NamedTuple):
    """A sound in one format."""

    octets: bytes = b""
    """Of an octet codec; else there are packets."""
    packets: tuple[bytes, ...] = ()
    """20 ms each."""

    @property
    def size(self) -> int:
        """Octets that it takes in memory, about."""
        return len(self.octets) + sum(map(len, self.packets)) + 60 * len(self.packets)


class Player:
    """One leg's playlist in one format."""

    __slots__ = ("_at", "_octets", "_repeat", "_track", "_tracks", "_turn", "_waiting", "silence")

    def __init__(self, tracks: int, silence: bytes, *, octets: bool, repeat: bool) -> None:
        """So many tracks will be supplied. `silence` is one frame; `octets` tells the kind of
        tracks."""
        self.silence = silence
        self._octets = len(silence) if octets else 0
        """Per frame, of an octet codec."""
        self._repeat = repeat
        self._tracks: list[Track | None] = [None] * tracks
        self._waiting = set(range(tracks))
        """Those that are still to come."""
        self._turn = 0
        """Which track is played."""
        self._track = Track()
        self._at = 0
        """The octet or packet of it that is next."""

    def supply(self, turn: int, track: Track | None) -> None:
        """A track has come; None: it cannot be played."""
        self._tracks[turn] = track
        self._waiting.discard(turn)
        if turn == self._turn and track is not None:
            self._track = track

    def frame(self) -> bytes | None:
        """What the next 20 ms sound like; None at the end, and from then on."""
        count = self._octets
        if not count:
            return self._packet()
        end = self._at + count
        piece = self._track.octets[self._at : end]
        if len(piece) < count:
            return self._cross(piece)
        self._at = end
        return piece

    @property
    def position(self) -> tuple[int, int]:
        """The track that is played, and how many frames of it have been."""
        return self._turn, self._at // (self._octets or 1)

    def go_to(self, position: tuple[int, int]) -> None:
        """Go on where the player of another format stood, as soon as that track is there."""
        self._turn, frames = position
        self._at = frames * (self._octets or 1)
        playing = self._turn < len(self._tracks) and self._tracks[self._turn]
        self._track = playing or Track()

    def _packet(self) -> bytes | None:
        while self._at >= len(self._track.packets):
            if not self._next():
                return self.silence if self._turn in self._waiting else None
        self._at += 1
        return self._track.packets[self._at - 1]

    def _cross(self, frame: bytes) -> bytes | None:
        """Fill a frame whose track has ended with what follows."""
        count = self._octets
        while len(frame) < count:
            if not self._next():
                waiting = self._turn in self._waiting
                return frame + self.silence[len(frame) :] if frame or waiting else None
            self._at = count - len(frame)
            frame += self._track.octets[: self._at]
        return frame

    def _next(self) -> bool:
        """Go on to the next track with something in it; False when there is none now."""
        if self._turn in self._waiting:
            return False
        for _ in range(len(self._tracks) + 1):
            self._turn += 1
            if self._turn >= len(self._tracks):
                if not self._repeat:
                    break
                self._turn = 0
            self._at = 0
            self._track = self._tracks[self._turn] or Track()
            if self._turn in self._waiting:
                return False
            if self._track.octets or self._track.packets:
                return True
        self._repeat = False
        self._turn, self._track = len(self._tracks), Track()
        return False
