"""Digits as sound (ITU-T Q.23): two sine waves at once, the high one a little louder.

For legs whose remote takes no telephone events, and for tests of the detector.
"""

import numpy as np

from softswitch.media.dtmf.digits import TONES, only_digits
from softswitch.media.levels import amplitude, envelope
from softswitch.media.samples import Samples, rounded

LEVEL = -9.0
"""dBm0 of the low frequency: with the high one 2 dB above, what telephones send."""
TWIST = 2.0
"""dB by which the high frequency is louder: lines attenuate it more."""
EDGE = 0.002
"""Seconds in which a tone swells and fades, so that it does not click."""

Steps = tuple[tuple[tuple[float, ...], float], ...]
"""Frequencies that sound together, and for how many seconds, one after the other."""


def steps(digits: str, duration: float = 0.1, gap: float = 0.1) -> Steps:
    """The digits as steps of `interface.Tones`; characters that are no digits are left out."""
    result: list[tuple[tuple[float, ...], float]] = []
    for digit in only_digits(digits):
        result += [(TONES[digit], duration), ((), gap)]
    return tuple(result)


def sound(
    digits: str,
    duration: float = 0.1,
    gap: float = 0.1,
    *,
    rate: int = 8000,
    level: float = LEVEL,
    twist: float = TWIST,
) -> Samples:
    """The digits one after the other, a gap behind each, at `rate` samples per second."""
    parts = []
    for digit in only_digits(digits):
        parts += [
            tone(digit, duration, rate=rate, level=level, twist=twist),
            np.zeros(round(gap * rate), np.int16),
        ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def tone(
    digit: str, duration: float, *, rate: int = 8000, level: float = LEVEL, twist: float = TWIST
) -> Samples:
    """One key of `digits.DIGITS`. Level in dBm0 of the low frequency, twist in dB."""
    count = round(duration * rate)
    time = np.arange(count, dtype=np.float64) * (2 * np.pi / rate)
    low, high = TONES[digit]
    wave = amplitude(level) * np.sin(low * time)
    wave += amplitude(level + twist) * np.sin(high * time)
    return rounded((wave * envelope(count, round(EDGE * rate))).astype(np.float32))
