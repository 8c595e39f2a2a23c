"""Sounds as payloads: decoded, resampled and encoded once per codec, then kept (RTP-13).

    fetch(sound, format) ──► kept and unchanged? ──► done(Track)
                                   │ no
                                   ▼ reading lane
              file ─► mono ─► level, of music ─► rate of the codec ─► payloads

Files may have any rate, width, number of channels, and be WAV, FLAC, OGG or MP3. Work goes on in
pieces of a second of sound, with a breath between.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from softswitch.media.codecs import codec, encode_clip
from softswitch.media.codecs.interface import Codec
from softswitch.media.engine.files import Lane, breathe
from softswitch.media.engine.interface import Clip, Pause, Sound, Tones
from softswitch.media.formats import Format
from softswitch.media.player import Track
from softswitch.media.samples import Floats, Samples
from softswitch.media.tones import render

CAPACITY = 64 << 20
"""Octets of tracks that a worker keeps: two hours of G.711. Any one that is played stays usable."""
LONGEST = 3600.0
"""Seconds of one sound: more is a mistake, or a recording that nobody wants on the telephone."""
LOOK_AGAIN = 1.0
"""Seconds for which a file that was found unchanged is believed to be so."""
PIECE = 1.0
"""Seconds of sound worked on at a time."""
ENCODED = 800
"""Samples encoded at a time."""

MUSIC_LEVEL = -16.0
"""dB relative to full scale: as loud as music on hold is to be (HO-4)."""
LOUDEST_PEAK = 0.89
"""-1 dB: where a codec of the telephone has still room."""
MOST_GAIN = 10.0
"""20 dB: what is quieter is so on purpose."""
GATE = 0.1
"""Pieces below this share of the mean power do not count: pauses are not quiet music."""

OCTET_CODECS = frozenset({"PCMU", "PCMA", "G722", "L16"})
"""Whose payloads can be cut anywhere on the grid and put together again."""


class _Key(NamedTuple):
    sound: Sound
    format: Format
    music: bool


class _Kept(NamedTuple):
    track: Track
    changed: int
    """The file's modification time, in nanoseconds; 0 of what is not a file."""
    looked: float
    """When it was last found to be so."""


class CannotPlay(Exception):
    """A sound that is not to be had. The text is for the log and for the operator."""


Fetched = Callable[[Track | CannotPlay], None]


class Library:
    """One worker's sounds."""

    def __init__(self, lane: Lane, capacity: int = CAPACITY) -> None:
        self._lane = lane
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        """The one used longest ago first."""
        self._coming: dict[_Key, list[Fetched]] = {}

    def fetch(
        self, sound: Sound, format_: Format, now: float, done: Fetched, *, music: bool = False
    ) -> None:
        """Call `done` with the sound in this format: at once when it is kept, else later."""
        key = _Key(sound, format_._replace(payload_type=0), music)
        kept = self._kept.get(key)
        if kept is not None and now - kept.looked < LOOK_AGAIN:
            self._kept.move_to_end(key)
            done(kept.track)
            return
        waiting = self._coming.setdefault(key, [])
        waiting.append(done)
        if len(waiting) == 1:
            self._lane.submit(
                lambda: _load(key, kept), lambda result: self._loaded(key, result, now)
            )

    def _loaded(self, key: _Key, result: tuple[Track, int] | Exception, now: float) -> None:
        if isinstance(result, Exception):
            self._forget(key)
            problem = result if isinstance(result, CannotPlay) else CannotPlay(repr(result))
            self._tell(key, problem)
            return
        track, changed = result
        self._forget(key)
        self._kept[key] = _Kept(track, changed, now)
        self._size += track.size
        while self._size > self._capacity and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))
        self._tell(key, track)

    def _tell(self, key: _Key, result: Track | CannotPlay) -> None:
        for done in self._coming.pop(key):
            done(result)

    def _forget(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= kept.track.size


# in the reading lane


def _load(key: _Key, kept: _Kept | None) -> tuple[Track, int]:
    """The track, and when its file was changed. Raises CannotPlay."""
    found = codec(key.format)
    if found is None:
        raise CannotPlay(f"{key.format.encoding} cannot be encoded")
    if not isinstance(key.sound, Clip):
        return (kept.track if kept else _encode(_made(key.sound, found), key.format, found)), 0
    path = key.sound.path
    try:
        changed = os.stat(path).st_mtime_ns
        if kept is not None and kept.changed == changed:
            return kept.track, changed
        sound, rate = _read(path, key.sound.begins)
    except OSError as error:
        raise CannotPlay(f"{path}: {error.strerror}") from error
    except soundfile.LibsndfileError as error:
        raise CannotPlay(f"{path}: {error.error_string}") from error
    if key.music:
        _level(sound, rate)
    return _encode(_resampled(sound, rate, found.frame_rate), key.format, found), changed


def _made(sound: Tones | Pause, found: Codec) -> Samples:
    """What is not in a file."""
    seconds = sound.seconds if isinstance(sound, Pause) else sum(step[1] for step in sound.steps)
    if not 0 <= seconds <= LONGEST:
        raise CannotPlay(f"{seconds:g} s is no length for a sound")
    if isinstance(sound, Tones):
        return render(sound, found.frame_rate)
    return np.zeros(round(seconds * found.frame_rate), np.int16)


def _read(path: str, begins: float = 0.0) -> tuple[list[Floats], int]:
    """Mono, in pieces, and the rate; without its beginning.

    Raises OSError, LibsndfileError, CannotPlay.
    """
    pieces: list[Floats] = []
    with open(path, "rb") as raw, soundfile.SoundFile(raw) as file:
        rate = file.samplerate
        if file.frames > LONGEST * rate:
            raise CannotPlay(f"{path}: longer than {LONGEST / 60:g} minutes")
        if begins > 0:
            file.seek(min(file.frames, int(begins * rate)))
        while True:
            piece = file.read(int(PIECE * rate), dtype="float32", always_2d=True)
            if not len(piece):
                return pieces, rate
            pieces.append(piece.mean(axis=1))
            breathe()


def _level(pieces: list[Floats], rate: int) -> None:
    """Bring music to MUSIC_LEVEL, in place."""
    powers = np.array([float(np.dot(piece, piece)) / len(piece) for piece in pieces])
    if not len(powers) or not powers.max():
        return
    loud = powers[powers >= GATE * powers.mean()]
    peak = max(float(np.abs(piece).max()) for piece in pieces)
    gain = min(10 ** (MUSIC_LEVEL / 20) / loud.mean() ** 0.5, LOUDEST_PEAK / peak, MOST_GAIN)
    for piece in pieces:
        piece *= np.float32(gain)


def _resampled(pieces: list[Floats], rate: int, wanted: int) -> Samples:
    stream = soxr.ResampleStream(rate, wanted, 1, np.float32) if rate != wanted else None
    result: list[Samples] = []
    for number, piece in enumerate(pieces, 1):
        if stream is not None:
            piece = stream.resample_chunk(piece, last=number == len(pieces))
        result.append(np.clip(np.rint(piece * 32768), -32768, 32767).astype(np.int16))
        breathe()
    return np.concatenate(result) if result else np.zeros(0, np.int16)


def _encode(samples: Samples, format_: Format, found: Codec) -> Track:
    if format_.encoding not in OCTET_CODECS:
        return Track(packets=tuple(_breathing(encode_clip(samples, found.frame_rate, format_))))
    encode = found.encoder().encode
    pieces = (encode(samples[at : at + ENCODED]) for at in range(0, len(samples), ENCODED))
    return Track(octets=b"".join(_breathing(pieces)))


def _breathing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces, 1):
        yield piece
        if not number % 10:
            breathe()
