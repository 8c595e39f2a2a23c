"""What is heard in each room: the common sum, and for who talks the sum of the others."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from softswitch.media.mix.limiter import Limiter, bend
from softswitch.media.samples import Floats

Places = npt.NDArray[np.intp]


class Sums(NamedTuple):
    """The rooms of one rate in which somebody talks."""

    rooms: Places
    common: Floats
    """A row for each room."""
    talkers: Places
    """Who has a sum of its own, as it talks while others do. A lone talker hears silence."""
    own: Floats
    """A row for each of these."""


FEW = 8
"""Who talk at once in a room. Their rows are added for all rooms together: first to second, third
to that, and so on, as long as that is quicker than adding room by room."""


def sums_of(talkers: Places, rooms: Places, sound: Floats, limiter: Limiter) -> Sums:
    """Talkers, the room of each in ascending order, and a row of sound for each."""
    if not len(talkers):
        return Sums(rooms, sound, talkers, sound)
    first = np.flatnonzero(np.diff(rooms, prepend=-1))
    sizes = np.diff(first, append=len(talkers))
    common = _added(sound, first, sizes)
    room_of = np.repeat(np.arange(len(first)), sizes)
    company = np.flatnonzero(sizes[room_of] > 1)
    room_of = room_of[company]
    own = common[room_of] - sound[company]
    gains = limiter.gains(rooms[first], common)
    if gains is not None:
        common *= gains
        own *= gains[room_of]
    return Sums(rooms[first], bend(common), talkers[company], bend(own))


def _added(sound: Floats, first: Places, sizes: Places) -> Floats:
    """Rows added by room, given the first row and the number of rows of each."""
    most = int(sizes.max())
    if most > FEW:
        added: Floats = np.add.reduceat(sound, first, axis=0)
        return added
    common: Floats = sound[first]
    for nth in range(1, most):
        rooms = np.flatnonzero(sizes > nth)
        common[rooms] += sound[first[rooms] + nth]
    return common
