"""Sound as numbers: int16 in numpy arrays, one channel, time along the last axis."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]
"""Samples in between, in the range of int16."""

LOWEST, HIGHEST = -32768, 32767


def rounded(sound: Floats) -> Samples:
    """To the nearest int16; what is louder is clipped. Works in place, so the argument is lost."""
    np.rint(sound, out=sound)
    np.maximum(sound, LOWEST, out=sound)
    np.minimum(sound, HIGHEST, out=sound)
    return sound.astype(np.int16)
