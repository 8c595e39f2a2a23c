"""Sums of voices that must fit into 16 bits: turned down together, never wrapped or cut.

Below CEILING nothing is changed. When a sum is louder, its gain falls within 2.5 ms and comes back
within a second; what is too loud until then is bent instead of cut.
"""

import numpy as np
import numpy.typing as npt

from softswitch.media.samples import HIGHEST, Floats

CEILING = np.float32(HIGHEST * 10 ** (-1 / 20))
"""One decibel below full scale."""
ROOM = np.float32(HIGHEST) - CEILING
"""Between the ceiling and the highest sample: all that a bent peak can take."""
RECOVERY = np.float32(0.15)
"""Share of the way back to full gain, per frame."""
FULL_GAIN = np.float32(0.999)
"""From here on the gain is 1: the steps that are left are no longer heard."""
ATTACK = 8
"""The gain falls within the eighth part of a frame."""


class Limiter:
    """The gains of many sums, a place for each."""

    __slots__ = ("_gain",)

    def __init__(self) -> None:
        self._gain: Floats = np.ones(0, np.float32)

    def grow(self, places: int) -> None:
        """So many more places."""
        self._gain = np.pad(self._gain, (0, places), constant_values=1.0)

    def forget(self, place: int) -> None:
        """Another sum has this place now."""
        self._gain[place] = 1.0

    def gains(self, places: npt.NDArray[np.intp], sums: Floats) -> Floats | None:
        """The gain of each sample of these sums' next frames; None when all of it is 1."""
        before = self._gain[places]
        if before.min() == 1.0 and not is_loud(sums):
            return None
        peaks = np.maximum(sums.max(axis=1), -sums.min(axis=1))
        wanted = CEILING / np.maximum(peaks, CEILING)
        after = np.minimum(before + (1 - before) * RECOVERY, wanted)
        after[after > FULL_GAIN] = 1.0
        self._gain[places] = after
        return _ramps(before, after, sums.shape[1])


def is_loud(sums: Floats) -> bool:
    """Is a sample of any of them above the ceiling?"""
    return sums.size > 0 and bool(sums.max() > CEILING or sums.min() < -CEILING)


def bend(sums: Floats) -> Floats:
    """What is above the ceiling, bent into the room above it; in place."""
    if is_loud(sums):
        over = np.abs(sums) > CEILING
        loud = sums[over]
        excess = np.tanh((np.abs(loud) - CEILING) / ROOM) * ROOM
        sums[over] = np.copysign(CEILING + excess, loud)
    return sums


def _ramps(before: Floats, after: Floats, samples: int) -> Floats:
    """From one gain to the other: quickly down, over the whole frame up."""
    slow = np.arange(1, samples + 1, dtype=np.float32) / np.float32(samples)
    fast = np.minimum(slow * ATTACK, 1)
    progress = np.where((after < before)[:, None], fast, slow)
    ramps: Floats = before[:, None] + (after - before)[:, None] * progress
    return ramps
