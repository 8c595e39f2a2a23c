"""When does somebody speak? Levels of 20 ms frames in, silence and sound out.

What counts as silence depends on the room: the detector follows the quietest it hears, its *floor*,
quickly down and slowly up, and calls sound what is clearly above. Within limits: a quiet line does
not make breathing speech, and whoever shouts all the time is not background. A click is no sound
either: it takes two frames in a row.
"""

from collections.abc import Iterable

import numpy as np

from softswitch.media.samples import Samples

FRAME = 0.02
"""Seconds that a level stands for."""
LOWEST_LEVEL = -96.0
"""dB of digital silence, where the logarithm has no answer."""
ABOVE_FLOOR = 8.0
"""dB that sound is louder than the floor."""
QUIETEST_SOUND, LOUDEST_FLOOR = -50.0, -36.0
"""dB relative to full scale: below the one nothing is sound, above the other everything is."""
DOWN, UP = 0.3, 0.03
"""How the floor follows: this share of the way down, so many dB a frame (1.5 a second) up."""
FIRST_FLOOR, LOWEST_FLOOR = -48.0, QUIETEST_SOUND - ABOVE_FLOOR
"""dB: where the floor begins, and below which it matters to nobody."""
FRAMES_OF_SOUND = 2


def levels(samples: Samples, frame: int) -> list[float]:
    """The level of each frame of so many samples, in dB relative to a full-scale square wave.

    What is left over at the end is not looked at.
    """
    count = len(samples) // frame
    frames = samples[: count * frame].reshape(count, frame).astype(np.float32)
    power = np.einsum("ij,ij->i", frames, frames) / (frame * 32768.0**2)
    found: list[float] = (10 * np.log10(np.maximum(power, 10 ** (LOWEST_LEVEL / 10)))).tolist()
    return found


class SilenceDetector:
    """Of one speaker."""

    __slots__ = ("_floor", "_loud", "_now", "first_sound", "last_sound")

    def __init__(self) -> None:
        self._floor = FIRST_FLOOR
        self._now = 0
        """Frames heard."""
        self._loud = 0
        """Frames in a row that are above the threshold."""
        self.first_sound: float | None = None
        """Seconds from the start; None while nothing has been said."""
        self.last_sound = 0.0
        """Seconds from the start to the end of what was said last."""

    @property
    def silence(self) -> float:
        """Seconds since anything was said, or since the start."""
        return self._now * FRAME - self.last_sound

    def hear(self, levels: Iterable[float]) -> None:
        """Levels of the frames that follow."""
        floor, loud, now = self._floor, self._loud, self._now
        for level in levels:
            now += 1
            if level > QUIETEST_SOUND and level > min(floor, LOUDEST_FLOOR) + ABOVE_FLOOR:
                loud += 1
                if loud >= FRAMES_OF_SOUND:
                    if self.first_sound is None:
                        self.first_sound = (now - loud) * FRAME
                    self.last_sound = now * FRAME
            else:
                loud = 0
            if level < floor:
                floor = max(LOWEST_FLOOR, floor + (level - floor) * DOWN)
            else:
                floor = min(floor + UP, level)
        self._floor, self._loud, self._now = floor, loud, now
