"""Who of many talks, and who is only a quiet room: by level, over all members at once.

A member talks when it is clearly louder than its own noise, which is followed all the time: down
at once, up slowly, as speech has gaps and noise has none. It goes on talking for a while after the
last loud frame, so that the ends of words and the gaps between them are not cut out.
"""

import numpy as np
import numpy.typing as npt

from softswitch.media.samples import Floats

Flags = npt.NDArray[np.bool_]

FRAMES_PER_SECOND = 50
FULL_SCALE = 32768.0**2
"""Power at overload; levels below are decibels under it."""


def power(level: float) -> np.float32:
    """Of a level in decibels below overload."""
    return np.float32(FULL_SCALE * 10 ** (-level / 10))


QUIET = power(55)
"""Nobody talks more quietly into a telephone."""
LOUD = power(31)
"""Whoever is louder is heard, steady or not: music, say."""
MARGIN = np.float32(8.0)
"""Nine decibels above the noise are speech."""
LEAST_NOISE = power(66)
"""Of a good line: assumed of a new member, and never less, as many send nothing while muted."""
FALL, RISE = np.float32(0.5), np.float32(1.02)
"""Of the noise, per frame: half way down at once, up by 4 dB a second."""
HANGOVER = 20
"""Frames that a member goes on talking after its last loud one: 400 ms, a pause for breath."""


class Talkers:
    """The detector's memory, a place per member."""

    __slots__ = ("_left", "_noise")

    def __init__(self) -> None:
        self._noise: Floats = np.zeros(0, np.float32)
        self._left = np.zeros(0, np.intp)

    def grow(self, places: int) -> None:
        """So many more places."""
        self._noise = np.pad(self._noise, (0, places), constant_values=LEAST_NOISE)
        self._left = np.pad(self._left, (0, places))

    def forget(self, place: int) -> None:
        """Somebody else has this place now."""
        self._noise[place] = LEAST_NOISE
        self._left[place] = 0

    def hear(self, powers: Floats) -> Flags:
        """Who talks, given the power of each member's next frame."""
        noise = self._noise
        loud = powers > np.minimum(np.maximum(noise * MARGIN, QUIET), LOUD)
        self._left = np.where(loud, HANGOVER, np.maximum(self._left - 1, 0))
        falling = noise + (powers - noise) * FALL
        np.minimum(noise * RISE, falling, out=noise)
        np.maximum(noise, LEAST_NOISE, out=noise)
        return self._left > 0
