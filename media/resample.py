"""Other sample rates, in streams: as many samples out as time has passed, 1.5 ms late at 8 kHz.

Libraries for files (soxr) look ahead and answer in bursts; a stream of 20 ms frames through them
lags 80 to 175 ms. Here a frame in is a frame out at once.

Rates stand to each other as `up` to `down` in lowest terms, so `down` samples in are `up` samples
out, each a weighted sum of the samples around it: a windowed sinc. The weights repeat from group
to group, so a block of groups is one product with a matrix of weights, and so is a batch of many
streams.
"""

from functools import lru_cache
from math import gcd

import numpy as np
import numpy.typing as npt
import soxr

from softswitch.media.samples import Floats, Samples, rounded

CROSSINGS = 12
"""Zero crossings of the sinc on each side: 60 dB from 4.6 kHz on between 8 and 16 kHz, flat to
3.4 kHz, for 1.5 ms of delay."""
KAISER_BETA = 5.65
"""The window's shape that gives 60 dB (Kaiser: 0.1102 times 60 less 8.7)."""
BLOCK = 80
"""Samples of the lower rate in one product: 10 ms at 8 kHz, which all usual packets are made of."""
RATES = frozenset({8000, 16000, 24000, 32000, 44100, 48000})
"""What streams come in. Odd ones would make matrices of any size."""


class Weights:
    """The matrix of one ratio. Shared by all streams, and not to be changed."""

    __slots__ = ("down", "groups", "history", "matrix", "step", "up", "window")

    def __init__(self, source_rate: int, target_rate: int) -> None:
        divisor = gcd(source_rate, target_rate)
        self.up, self.down = target_rate // divisor, source_rate // divisor
        self.groups = max(1, BLOCK // min(self.up, self.down))
        self.step = self.groups * self.down
        """Samples that one block moves on by."""
        wide = max(1.0, self.down / self.up)
        reach = int(np.ceil(CROSSINGS * wide))
        self.history = 2 * reach
        """Samples before the block that it needs."""
        self.window = self.history + self.step
        outputs = np.arange(self.groups * self.up) * (self.down / self.up)
        distance = np.arange(self.window)[:, None] - (outputs[None, :] + reach)
        self.matrix = _sinc(distance, wide, reach).astype(np.float32)
        self.matrix /= self.matrix.sum(0)

    def apply(self, sound: Floats, blocks: int) -> Floats:
        """`history` samples and so many blocks, for any number of streams at once."""
        outputs = self.matrix.shape[1]
        resampled: Floats = np.empty((*sound.shape[:-1], blocks * outputs), np.float32)
        for block in range(blocks):
            part = sound[..., block * self.step : block * self.step + self.window]
            np.matmul(
                part, self.matrix, out=resampled[..., block * outputs : (block + 1) * outputs]
            )
        return resampled


class Resampler:
    """One stream, or many side by side as the rows of an array.

    A packet that is no whole number of groups keeps less than `down` samples back.
    """

    __slots__ = ("_kept", "_weights")

    def __init__(self, source_rate: int, target_rate: int, *streams: int) -> None:
        """`streams` is the shape in front of time. Raises ValueError for rates not in RATES."""
        self._weights = weights(source_rate, target_rate)
        self._kept: Floats = np.zeros((*streams, self._weights.history), np.float32)

    def process(self, samples: Samples) -> Samples:
        """What these samples, and those before them, are at the other rate."""
        weights, kept = self._weights, self._kept
        before = kept.shape[-1]
        length = before + samples.shape[-1]
        groups = (length - weights.history) // weights.down
        blocks = -(-groups // weights.groups)
        padded = max(length, weights.history + blocks * weights.step)
        sound: Floats = np.zeros((*kept.shape[:-1], padded), np.float32)
        sound[..., :before] = kept
        sound[..., before:length] = samples
        self._kept = sound[..., groups * weights.down : length]
        return rounded(weights.apply(sound, blocks)[..., : groups * weights.up])


def whole(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """A whole recording at another rate, without delay. For files: soxr's best for the CPU."""
    if source_rate == target_rate:
        return samples
    resampled: Samples = soxr.resample(samples, source_rate, target_rate)
    return resampled


@lru_cache(maxsize=len(RATES) ** 2)
def weights(source_rate: int, target_rate: int) -> Weights:
    """Made once for each pair of rates. Raises ValueError for rates that are not in RATES."""
    if not {source_rate, target_rate} <= RATES:
        raise ValueError(f"cannot resample from {source_rate} to {target_rate} Hz")
    return Weights(source_rate, target_rate)


def _sinc(distance: npt.NDArray[np.float64], wide: float, reach: int) -> npt.NDArray[np.float64]:
    """Kaiser-windowed, by distance in samples; `wide` times as long as between equal rates."""
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    window = np.where(np.abs(distance) < reach, np.i0(KAISER_BETA * np.sqrt(inside)), 0)
    return np.asarray(np.sinc(distance / wide) * window)
