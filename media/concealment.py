"""What is played in place of lost packets, when the codec has nothing of its own.

In the spirit of ITU-T G.711 appendix I: speech repeats itself from pitch period to pitch period,
so the last period is played again and again until packets come back, fading from the first 10 ms
to nothing at 60 ms. The ear forgives what does not click, hence

* the period's end is blended into the samples before the period, so that repetition has no seam,
* the repetition starts at the very sample the sound broke off, the difference fades away, and
* the first packet that is back is blended in.

Unlike the appendix this needs no delay of its own. It is worked out in one go when the first packet
is missed; later calls cut their slices from that.
"""

from collections import deque
from functools import lru_cache

import numpy as np

from softswitch.media.samples import Floats, Samples, rounded

SEARCH_RATE = 8000
"""Pitch is looked for at about this rate, then made exact at the true one."""
SHORTEST_PERIOD, LONGEST_PERIOD = 5.0, 15.0
"""Milliseconds: 66 to 200 Hz. Higher voices are met by two or three of their periods."""
COMPARED = 20.0
"""Milliseconds of the latest sound whose like is looked for."""
STEADY = 10.0
SILENT_AFTER = 60.0
"""Milliseconds: fades from STEADY on, gone at SILENT_AFTER. More repetition sounds robotic."""
REJOIN, REJOIN_PER_LOST, LONGEST_REJOIN = 4.0, 0.4, 10.0
"""Milliseconds over which the sound comes back: more when more was lost."""
REMEMBERED = 6
"""Packets kept by reference: 60 ms even of the shortest usual packets."""
LIKE = 0.3
"""Correlation below this is noise, which sounds least like a tone in the longest period."""


class Concealment:
    """The end of one stream's sound, and what could follow it."""

    __slots__ = ("_given", "_recent", "_wave", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        """Samples per second."""
        self._recent: deque[Samples] = deque(maxlen=REMEMBERED)
        self._wave: Samples | None = None
        """What stands in for the loss that is going on; None when there is none."""
        self._given = 0

    def follow(self, samples: Samples) -> Samples:
        """Samples that arrived: remembered, and blended in when they come back after a loss."""
        if self._wave is not None and len(samples):
            samples = self._rejoin(samples, self._wave)
            self._wave = None
        self._recent.append(samples)
        return samples

    def conceal(self, count: int) -> Samples:
        """So many samples that go on where the sound broke off."""
        if self._wave is None:
            if not self._recent:
                return np.zeros(count, np.int16)
            self._wave = continuation(np.concatenate(self._recent), self.rate)
            self._given = 0
        slice_ = self._wave[self._given : self._given + count]
        self._given += count
        samples = np.zeros(count, np.int16)
        samples[: len(slice_)] = slice_
        self._recent.append(samples)
        return samples

    def _rejoin(self, samples: Samples, wave: Samples) -> Samples:
        lost = self._given * 1000 / self.rate
        span = min(REJOIN + REJOIN_PER_LOST * lost, LONGEST_REJOIN)
        count = min(int(span * self.rate / 1000), len(samples))
        before = np.zeros(count, np.float32)
        rest = wave[self._given : self._given + count]
        before[: len(rest)] = rest
        rising = _rising(count)
        blended = samples.copy()
        blended[:count] = np.rint(before + (samples[:count] - before) * rising)
        return blended


def continuation(history: Samples, rate: int) -> Samples:
    """How the sound goes on without packets: SILENT_AFTER milliseconds, in the range of int16."""
    compared, longest = _count(COMPARED, rate), _count(LONGEST_PERIOD, rate)
    needed = compared + longest
    sound = np.zeros(needed, np.float32)
    history = history[-needed:]
    if len(history):
        sound[-len(history) :] = history
    period = pitch_period(sound, rate)
    seam = period // 4
    cycle = sound[-period:].copy()
    cycle[-seam:] += (sound[-period - seam : -period] - cycle[-seam:]) * _rising(seam)
    fading = _fading(rate)
    wave = cycle.take(np.arange(len(fading)), mode="wrap")
    wave[:seam] += (sound[-1] - cycle[-1]) * (1 - _rising(seam))
    wave *= fading
    return rounded(wave)


def pitch_period(sound: Floats, rate: int) -> int:
    """Samples after which the end of the sound is most like itself; LONGEST_PERIOD in noise."""
    step = max(1, rate // SEARCH_RATE)
    coarse = sound[len(sound) % step :].reshape(-1, step).mean(1) if step > 1 else sound
    searched = rate / step
    lags = range(_count(SHORTEST_PERIOD, searched), _count(LONGEST_PERIOD, searched) + 1)
    best, likeness = _best_lag(coarse, lags, _count(COMPARED, searched))
    if likeness < LIKE:
        return _count(LONGEST_PERIOD, rate)
    if step == 1:
        return best
    finer = range(
        max((best - 1) * step + 1, 1), min((best + 1) * step, _count(LONGEST_PERIOD, rate)) + 1
    )
    return _best_lag(sound, finer, _count(COMPARED, rate))[0]


def _best_lag(sound: Floats, lags: range, compared: int) -> tuple[int, float]:
    """The lag of most likeness, and its correlation (1 is equal in shape)."""
    latest = sound[-compared:]
    earlier = sound[len(sound) - compared - lags[-1] : len(sound) - lags[0]]
    products = np.correlate(earlier, latest)
    squares = np.cumsum(np.concatenate((np.zeros(1, np.float32), earlier * earlier)))
    energies = squares[compared:] - squares[:-compared]
    scale = np.sqrt(np.maximum(energies, 1.0) * max(float(latest @ latest), 1.0))
    likeness = products / scale
    index = int(likeness.argmax())
    return lags[-1] - index, float(likeness[index])


def _count(milliseconds: float, rate: float) -> int:
    return int(milliseconds * rate / 1000)


def _rising(count: int) -> Floats:
    """From just above 0 to 1."""
    rising: Floats = np.arange(1, count + 1, dtype=np.float32) / np.float32(count)
    return rising


@lru_cache(maxsize=16)
def _fading(rate: int) -> Floats:
    """The gain of each sample of a loss."""
    left = SILENT_AFTER - np.arange(_count(SILENT_AFTER, rate)) * (1000 / rate)
    gain: Floats = np.minimum(left / (SILENT_AFTER - STEADY), 1).astype(np.float32)
    return gain
