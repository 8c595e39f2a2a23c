"""When does somebody speak? Levels of 20 ms frames in, silence and sound out.

What counts as silence depends on the room: the detector follows the quietest it hears, its *floor*,
quickly down and slowly up, and calls sound what is clearly above. Within limits: a quiet line does
not make breathing speech, and whoever shouts all the time is not background. A click is no sound
either: it takes two frames in a row.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np

from softswitch.media.samples import Floats, Samples

FRAME = 0.02
"""Seconds that a level stands for."""
LOWEST_LEVEL = -96.0
"""dB of digital silence, where the logarithm has no answer."""
LEAST_POWER = 10 ** (LOWEST_LEVEL / 10)
FULL_SCALE = 32768.0
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
    sound = samples.astype(np.float32)
    sound *= 1 / FULL_SCALE
    sound *= sound
    return levels_of(sound, frame)


def levels_of(powers: Floats, frame: int) -> list[float]:
    """The same, of the power of each sample relative to full scale."""
    count = len(powers) // frame
    mean = powers[: count * frame].reshape(count, frame).dot(_shares(frame))
    np.maximum(mean, LEAST_POWER, out=mean)
    found: list[float] = (10 * np.log10(mean)).tolist()
    return found


@cache
def _shares(count: int) -> Floats:
    """What each of so many has in their mean."""
    return np.full(count, 1 / count, np.float32)


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
        loudest, lowest = LOUDEST_FLOOR, LOWEST_FLOOR
        for level in levels:
            now += 1
            # the lowest floor is that far below the quietest sound
            if level > (floor if floor < loudest else loudest) + ABOVE_FLOOR:
                loud += 1
                if loud >= FRAMES_OF_SOUND:
                    if self.first_sound is None:
                        self.first_sound = (now - loud) * FRAME
                    self.last_sound = now * FRAME
            else:
                loud = 0
            if level < floor:
                floor += (level - floor) * DOWN
                if floor < lowest:
                    floor = lowest
            else:
                floor += UP
                if floor > level:
                    floor = level
        self._floor, self._loud, self._now = floor, loud, now
