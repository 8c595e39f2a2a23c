"""One key in the sound of one call: from the first window it shows in until it is released.

    loudness   ┌───────┐ interruption ┌──────┐     Q.24: 40 ms are a key, 24 ms are none;
    of both    │       └──────────────┘      │     10 ms of silence do not end it, 30 ms do
    tones ─────┘                             └────
               ├─ 32 ms: it is a key ─►      ├─ 20 ms: it is released

Windows are long beside these times, so edges blur. But where a window is half filled by a tone,
it shows half of its loudness, and its middle is on the edge: times are read off there.
"""

import enum
from collections.abc import Sequence
from typing import NamedTuple

from softswitch.media.dtmf.digits import COLUMNS, KEYPAD, ROWS
from softswitch.media.dtmf.spectrum import gain
from softswitch.media.levels import amplitude

SHORTEST = 256
"""Samples (32 ms) that make a key: between the 24 ms that must not and the 40 ms that must."""
RELEASE = 160
"""Samples (20 ms) of silence that end it: between the 10 ms that must not and the 30 ms that
must."""
WIDEST = 0.0205
"""Share by which a frequency may be off: 1.8 % must be right and 3 % wrong."""
FURTHEST_APART = 0.0373
"""Share by which their ratio may be off: that of 1.8 % up and 1.8 % down is 3.67 %. The harmonics
of a voice have the simplest ratios, and no two tones of a key have: 4/3 is 3.77 % from one of them,
3/2 and 2 are further from others. Nearly all voices that seem to press a key are of these."""
UNSTEADY = 0.01
"""Share within which it must keep: voices glide."""
QUIETEST = -27.0
"""dBm0 of each tone: between the -25 that must be heard and the -29 that must not."""
TWIST = (-10.0, 7.0)
"""dB by which the high tone may be louder: -8 … 5 must be heard."""
PUREST = 0.91
"""Part of the power that the tones must have on the average: 0.95 or more at 20 dB above the noise.
Speech has harmonics beside them, and reaches 0.9 once in many hours."""
FULL = 0.85
"""Windows that show this part of the loudest one are wholly inside of the tone."""
FEWEST = 2
"""Such windows that a judgement needs."""
MOST_WINDOWS = 12
"""60 ms, in which a key shows that it is one. What does not is speech, and followed no longer than
it looks like a key."""
DOUBTFUL = 0.8
"""Purity below which a window is not of a key; where one swells or is torn there are a few."""
MOST_DOUBTS = 5
LOOK_BACK = 3
"""Windows before the one that a key is first seen in: where its tones swell they look like
others."""

_LEAST_PEAK = amplitude(QUIETEST)
_TWIST = tuple(10 ** (twist / 20) for twist in TWIST)


class Window(NamedTuple):
    """What one window shows."""

    middle: int
    """Samples since the call was first heard."""
    peaks: list[float]
    """Of the eight tones, rows first."""
    offsets: list[float]
    """Hz that they are off."""
    purity: float
    """Of the strongest two."""


class Became(enum.Enum):
    """What a window made of the track."""

    NOTHING = enum.auto()
    PRESSED = enum.auto()
    """It is a key; `begin` says since when."""
    RELEASED = enum.auto()
    """It was one; `end` says until when."""
    LOST = enum.auto()
    """It was none."""


class Track:
    """Follows the two tones of one key, window by window."""

    __slots__ = (
        "_doubts",
        "_high",
        "_loudest",
        "_low",
        "_patience",
        "_windows",
        "begin",
        "end",
        "key",
        "pressed",
    )

    def __init__(self, key: int, before: Sequence[Window]) -> None:
        """`key` is its place in `KEYPAD`. The windows before the first one (one at least) show
        where it begins."""
        self.key = key
        self.pressed = False
        """It is sure that this is a key."""
        self.begin = before[0].middle
        """Since when it sounds, in samples."""
        self.end: int | None = None
        """Since when it is silent; None while it sounds."""
        self._low, self._high = key // 4, 4 + key % 4
        self._doubts = 0
        """Windows in a row that do not look like a key."""
        self._patience = MOST_WINDOWS
        """Windows in which it has to become sure."""
        self._windows = list(before)
        self._loudest = (
            max(1.0, *(window.peaks[self._low] for window in before)),
            max(1.0, *(window.peaks[self._high] for window in before)),
        )

    @property
    def digit(self) -> str:
        """Its character."""
        return KEYPAD[self.key]

    def recent(self) -> list[Window]:
        """The last windows, for a track that takes over."""
        return self._windows[-LOOK_BACK:]

    def gives_way_to(self, key: int) -> bool:
        """A window may be the first of this key (-1: of none): is that the end of the track?"""
        return 0 <= key != self.key and (not self.pressed or self.end is not None)

    def follow(self, window: Window) -> Became:
        """The next window, 5 ms later."""
        windows = self._windows
        before = windows[-1]
        windows.append(window)
        if len(windows) > MOST_WINDOWS:
            del windows[0]
        if not self.pressed:
            self._doubts = 0 if window.purity >= DOUBTFUL else self._doubts + 1
            self._patience -= 1
            if self._doubts >= MOST_DOUBTS or not self._patience:
                return Became.LOST
            low, high = self._loudest
            self._loudest = max(low, window.peaks[self._low]), max(high, window.peaks[self._high])
        share = self._share(window)
        if share >= 0.5:
            self.end = None
            return self._judge(window.middle)
        if self.end is None:
            self.end = _edge(before.middle, self._share(before), window.middle, share)
        if window.middle - self.end < RELEASE:
            return Became.NOTHING
        return Became.RELEASED if self.pressed else Became.LOST

    def _judge(self, now: int) -> Became:
        """Is it a key by now?"""
        if self.pressed:
            return Became.NOTHING
        self.begin = self._beginning()
        if now - self.begin < SHORTEST or not self._is_key():
            return Became.NOTHING
        self.pressed = True
        return Became.PRESSED

    def _share(self, window: Window) -> float:
        """How much of its loudness the quieter of the tones has here."""
        low, high = self._loudest
        return min(window.peaks[self._low] / low, window.peaks[self._high] / high)

    def _beginning(self) -> int:
        """The first edge; where the windows begin when that was before."""
        windows = self._windows
        place = next(
            place for place in range(1, len(windows)) if self._share(windows[place]) >= 0.5
        )
        before, window = windows[place - 1], windows[place]
        return _edge(before.middle, self._share(before), window.middle, self._share(window))

    def _is_key(self) -> bool:
        """The limits of Q.24, on the average over the windows wholly inside of the tone."""
        inside = self._inside()
        if len(inside) < FEWEST:
            return False
        low, low_off = _average(inside, self._low, ROWS[self.key // 4])
        high, high_off = _average(inside, self._high, COLUMNS[self.key % 4])
        return (
            abs((1 + high_off) / (1 + low_off) - 1) <= FURTHEST_APART
            and min(low, high) >= _LEAST_PEAK
            and _TWIST[0] <= high / low <= _TWIST[1]
            and sum(window.purity for window in inside) >= PUREST * len(inside)
        )

    def _inside(self) -> list[Window]:
        """Windows full of the tone, after such a one: only then does the phase say something."""
        result = []
        full = False
        for window in self._windows:
            was_full, full = full, self._share(window) >= FULL
            if full and was_full:
                result.append(window)
        return result


def _average(windows: Sequence[Window], tone: int, nominal: int) -> tuple[float, float]:
    """Peak of a tone, 0 when its frequency is not the right one all the time; and by which share
    that is off."""
    count = len(windows)
    offsets = [window.offsets[tone] for window in windows]
    offset = sum(offsets) / count
    if abs(offset) > WIDEST * nominal or max(offsets) - min(offsets) > UNSTEADY * nominal:
        return 0.0, 0.0
    peak = sum(window.peaks[tone] for window in windows) / count / gain(offset)
    return peak, offset / nominal


def _edge(time: int, share: float, next_time: int, next_share: float) -> int:
    """When half of the loudness was reached between two windows."""
    if (share >= 0.5) == (next_share >= 0.5):
        return time
    return round(time + (next_time - time) * (0.5 - share) / (next_share - share))
