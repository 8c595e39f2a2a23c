"""Loudness of tones in dBm0, the unit of ITU-T's limits, and how they swell and fade.

A sine that just fills G.711 µ-law has +3.17 dBm0 (ITU-T G.711 §5); its peak is 8159 of that
code's scale, of which int16 samples are four times as fine.
"""

import numpy as np
import numpy.typing as npt

FULL_SCALE = 8159 * 4
FULL_SCALE_LEVEL = 3.17


def amplitude(level: float) -> float:
    """The peak, in steps of int16 samples, of a sine with this level in dBm0."""
    scale: float = FULL_SCALE * 10 ** ((level - FULL_SCALE_LEVEL) / 20)
    return scale


def envelope(count: int, ramp: int) -> npt.NDArray[np.float64]:
    """What `count` samples are multiplied by, so that they swell and fade within `ramp` samples."""
    ramp = min(ramp, count // 2)
    shape = np.ones(count)
    swell = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / max(1, ramp))
    shape[:ramp] = swell
    shape[count - ramp :] = swell[::-1]
    return shape
