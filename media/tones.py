"""Makes sound of tones: one period, so that the end meets the beginning.

It can be played in a loop for ever. Which tones a country has: media/indications.py.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from softswitch.media.engine.interface import Tones
from softswitch.media.levels import amplitude, envelope
from softswitch.media.samples import Samples, rounded

LEVEL = -10.0
"""dBm0 of a tone as a whole, however many frequencies it has (E.180 §6)."""
EDGE = 0.005
"""Seconds in which a step swells and fades, so that it does not click."""


def render(tones: Tones, rate: int, level: float = LEVEL) -> Samples:
    """One period, at `rate` samples per second; a frequency that the rate cannot carry is silent.

    A single step is made of whole waves, which moves its frequencies by less than one wave in its
    length; of several steps each swells and fades. So either can be repeated without a click.
    """
    ends = np.rint(np.cumsum([seconds for _, seconds in tones.steps]) * rate).astype(int)
    period = np.zeros(int(ends[-1]) if len(ends) else 0, np.float32)
    endless = len(tones.steps) == 1
    start = 0
    for (frequencies, _), end in zip(tones.steps, ends.tolist(), strict=True):
        wanted = [frequency for frequency in frequencies if 0 < frequency < rate / 2]
        if wanted and end > start:
            period[start:end] = _wave(wanted, end - start, rate, level, endless=endless)
        start = end
    return rounded(period)


def _wave(
    frequencies: Sequence[float], count: int, rate: int, level: float, *, endless: bool
) -> npt.NDArray[np.float64]:
    peak = amplitude(level) / len(frequencies) ** 0.5
    time = np.arange(count) / rate
    wave = np.zeros(count)
    for frequency in frequencies:
        if endless:
            frequency = round(frequency * count / rate) * rate / count
        wave += peak * np.sin(2 * np.pi * frequency * time)
    return wave if endless else wave * envelope(count, round(EDGE * rate))
