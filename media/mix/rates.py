"""Narrowband members of wideband rooms: up to 16 kHz on their way in, down to 8 kHz on the way out.

Only what is heard is resampled: a member's frame while it talks, the common frame of a room once
for all who listen at 8 kHz. A frame is filtered together with the end of the one before, so these
ends are kept: of what each member said, of each room's common frame and of each talker's own one.
"""

import numpy as np

from softswitch.media.mix.limiter import bend
from softswitch.media.mix.sums import Places
from softswitch.media.resample import weights
from softswitch.media.samples import Floats

NARROW, WIDE = 8000, 16000
FRAME, WIDE_FRAME = 160, 320

UP, DOWN = weights(NARROW, WIDE), weights(WIDE, NARROW)


class Rates:
    """The ends of the frames before, by place and by room."""

    __slots__ = ("_common", "_had_own", "_own", "_said")

    def __init__(self) -> None:
        self._said: Floats = np.zeros((0, UP.history), np.float32)
        self._own: Floats = np.zeros((0, DOWN.history), np.float32)
        self._had_own = np.zeros(0, np.bool_)
        self._common: Floats = np.zeros((0, DOWN.history), np.float32)

    def grow(self, places: int) -> None:
        """So many more places, and as many rooms."""
        self._said = np.pad(self._said, ((0, places), (0, 0)))
        self._own = np.pad(self._own, ((0, places), (0, 0)))
        self._had_own = np.pad(self._had_own, (0, places))
        self._common = np.pad(self._common, ((0, places), (0, 0)))

    def forget(self, place: int) -> None:
        """Somebody else is in this place."""
        self._said[place] = 0
        self._had_own[place] = False

    def raised(self, talkers: Places, narrow: Floats) -> Floats:
        """What these talkers say, of all that is said at 8 kHz, at 16 kHz."""
        sound = np.concatenate((self._said[talkers], narrow[talkers]), axis=1)
        return UP.apply(sound, FRAME // UP.step)

    def said(self, members: Places, narrow: Floats) -> None:
        """The frame is over: keep the ends of what these members said, talking or not."""
        self._said[members] = narrow[members, -UP.history :]

    def common(self, rooms: Places, frames: Floats) -> Floats:
        """The common frames of these rooms at 8 kHz."""
        return _lowered(self._common[rooms], frames)

    def own(self, talkers: Places, rooms: Places, frames: Floats) -> Floats:
        """The frames of these talkers, in these rooms, at 8 kHz.

        Who has just begun to talk has heard the common frame before.
        """
        before = np.where(self._had_own[talkers][:, None], self._own[talkers], self._common[rooms])
        return _lowered(before, frames)

    def heard(self, rooms: Places, common: Floats, talkers: Places, own: Floats) -> None:
        """The frame is over: keep the ends of what was heard at 16 kHz; elsewhere was silence."""
        self._common[:] = 0
        self._common[rooms] = common[:, -DOWN.history :]
        self._had_own[:] = False
        self._had_own[talkers] = True
        self._own[talkers] = own[:, -DOWN.history :]


def _lowered(before: Floats, frames: Floats) -> Floats:
    sound = DOWN.apply(np.concatenate((before, frames), axis=1), WIDE_FRAME // DOWN.step)
    return bend(sound)  # a filter may overshoot what it is given
