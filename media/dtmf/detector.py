"""Keys in the sound of many calls at once (ITU-T Q.24), in frames of 20 ms at 8 kHz.

    frames ──► glance: are two tones of a key most of what sounds?     all calls, one matrix product
                 │ few: speech hardly ever
                 ▼
               measure: windows every 5 ms, from the frame before on   those calls, vectors
                 ▼
               track: edges, limits, interruptions                     a call with a key, one by one

So what costs is the glance, and silence, speech and music rarely get beyond it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from softswitch.media.dtmf.digits import COLUMNS, ROWS
from softswitch.media.dtmf.spectrum import HOP, RATE, WINDOW, Measures, measure
from softswitch.media.dtmf.track import DOUBTFUL, LOOK_BACK, QUIETEST, Became, Track, Window
from softswitch.media.levels import amplitude
from softswitch.media.samples import Samples

FRAME = 160
"""Samples of a call that are taken at a time."""

_KEPT = 3
"""Frames of a call that are kept: a key shows in the frame before the one it is seen in, and the
first window there needs the one before that."""
_HALF = 80
"""Samples of a glance: in 10 ms a tone that is 1.8 % off still shows three quarters of its
power."""
_DIAL = (350, 440)
"""Hz of dial tone: in 10 ms they do not mix, and between them they show others' 425 Hz too."""
_TOGETHER = 0.65
"""Part of the power that two tones and dial tone must have at first sight."""
_EACH = 0.03
"""… and each of the tones: with twist, and below dial tone."""
_OVER = (Became.RELEASED, Became.LOST)
_LEAST_PEAK = amplitude(QUIETEST) / 4
"""Of a tone that only fills a part of the window."""

_angles = 2 * np.pi / RATE * np.outer((*ROWS, *COLUMNS, *_DIAL), np.arange(_HALF))
_GLANCE = np.concatenate([np.cos(_angles), np.sin(_angles)]).astype(np.float32)
_TONES = len(_GLANCE) // 2
_SHARE = 2 / _HALF
"""What makes the power at a frequency a part of the sum of squares."""
_LEAST_POWER = 2 * (_LEAST_PEAK * _HALF / 2) ** 2

Slots = npt.NDArray[np.intp]


class Tone(NamedTuple):
    """A key in the sound of a call: said when it is sure, and again when it is over."""

    slot: int
    digit: str
    begin: int
    """Samples since the call was opened."""
    end: int | None
    """None while it sounds."""


class Detector:
    """Listens to calls; each has a slot, which is a row in the columns here."""

    def __init__(self, capacity: int = 64) -> None:
        self._free = list(range(capacity))[::-1]
        self._sound = np.zeros((capacity, _KEPT, FRAME), np.int16)
        """The last frames, round and round: frame n of a call is at n % _KEPT."""
        self._heard = np.zeros(capacity, np.int64)
        """Samples so far."""
        self._measured = np.zeros(capacity, np.int64)
        """Up to where windows were measured, in samples."""
        self._busy = np.zeros(capacity, np.bool_)
        """Has a track."""
        self._tracks: dict[int, Track] = {}

    def open(self) -> int:
        """A slot for one more call."""
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self._sound[slot] = 0
        self._heard[slot] = self._measured[slot] = 0
        return slot

    def close(self, slot: int) -> None:
        """The call is over; a key that was down is forgotten."""
        self._drop(slot)
        self._free.append(slot)

    def detect(self, slots: Slots, frames: Samples) -> Sequence[Tone]:
        """The next frame of each of these calls: calls x 160. A slot may occur once."""
        heard = self._heard[slots]
        self._sound[slots, heard // FRAME % _KEPT] = frames
        self._heard[slots] = heard + FRAME
        seen = _glance(frames)
        wanted = seen | self._busy[slots]
        found: list[Tone] = []
        if wanted.any():
            self._follow(slots[wanted], found)
        return found

    def _follow(self, slots: Slots, found: list[Tone]) -> None:
        """Measure the last frames, and follow what is in them."""
        heard = self._heard[slots]
        numbers = heard[:, None] // FRAME + np.arange(-_KEPT, 0)
        sound = self._sound[slots[:, None], numbers % _KEPT]
        measures = measure(sound.reshape(len(slots), -1))
        candidates = _candidates(measures)
        wanted = candidates.any(1) | self._busy[slots]
        fresh_from = self._measured[slots]
        self._measured[slots] = heard
        for place in np.flatnonzero(wanted).tolist():
            windows = _windows(measures, candidates, place, int(heard[place]))
            self._walk(int(slots[place]), windows, int(fresh_from[place]), found)

    def _walk(
        self, slot: int, windows: Iterator[tuple[Window, int]], fresh_from: int, found: list[Tone]
    ) -> None:
        """Show the new windows of a call to its track, and begin one where a key may begin."""
        track = self._tracks.get(slot)
        before: list[Window] = []
        for window, candidate in windows:
            if window.middle + WINDOW // 2 <= fresh_from:
                before.append(window)
                continue
            if track is not None:
                became = track.follow(window)
                if became is Became.PRESSED:
                    found.append(Tone(slot, track.digit, track.begin, None))
                elif became in _OVER or track.gives_way_to(candidate):
                    if track.pressed:
                        found.append(Tone(slot, track.digit, track.begin, track.end))
                    before, track = track.recent()[:-1], None
            if track is None and candidate >= 0:
                track = Track(candidate, before[-LOOK_BACK:] or [window])
                track.follow(window)
            before.append(window)
        if track is None:
            self._drop(slot)
        else:
            self._tracks[slot] = track
            self._busy[slot] = True

    def _drop(self, slot: int) -> None:
        self._tracks.pop(slot, None)
        self._busy[slot] = False

    def _grow(self) -> None:
        """Twice as many slots."""
        before = len(self._heard)
        self._free = list(range(before, 2 * before))[::-1]
        self._sound = np.concatenate([self._sound, np.zeros_like(self._sound)])
        self._heard = np.concatenate([self._heard, np.zeros_like(self._heard)])
        self._measured = np.concatenate([self._measured, np.zeros_like(self._measured)])
        self._busy = np.concatenate([self._busy, np.zeros_like(self._busy)])


def _windows(
    measures: Measures, candidates: npt.NDArray[np.bool_], place: int, heard: int
) -> Iterator[tuple[Window, int]]:
    """The windows of one call, each with the key that may begin in it (-1: none does)."""
    keys = np.where(candidates[place], measures.key[place], -1).tolist()
    middle = heard - WINDOW // 2 - HOP * (len(keys) - 1)
    return zip(
        map(
            Window,
            range(middle, heard, HOP),
            measures.peaks[place].tolist(),
            measures.offsets[place].tolist(),
            measures.purity[place].tolist(),
        ),
        keys,
        strict=False,
    )


def _glance(frames: Samples) -> npt.NDArray[np.bool_]:
    """In which calls may there be a key?"""
    sound = frames.astype(np.float32)
    count = len(frames)
    energy = np.einsum("ij,ij->i", sound, sound)
    parts = _GLANCE @ sound.reshape(2 * count, _HALF).T
    np.square(parts, parts)
    power = parts[:_TONES] + parts[_TONES:]
    power = power[:, 0::2] + power[:, 1::2]
    low = np.maximum(np.maximum(power[0], power[1]), np.maximum(power[2], power[3]))
    high = np.maximum(np.maximum(power[4], power[5]), np.maximum(power[6], power[7]))
    least = np.maximum(energy * np.float32(_EACH / _SHARE), np.float32(_LEAST_POWER))
    together = low + high + power[8] + power[9] >= energy * np.float32(_TOGETHER / _SHARE)
    seen: npt.NDArray[np.bool_] = together & (np.minimum(low, high) >= least)
    return seen


def _candidates(measures: Measures) -> npt.NDArray[np.bool_]:
    """In which windows may a key begin?"""
    rows, columns = measures.peaks[..., :4].max(-1), measures.peaks[..., 4:].max(-1)
    loud = np.minimum(rows, columns) >= np.float32(_LEAST_PEAK)
    candidates: npt.NDArray[np.bool_] = loud & (measures.purity >= np.float32(DOUBTFUL))
    return candidates
