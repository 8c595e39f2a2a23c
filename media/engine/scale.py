"""Timestamps of one stream in the ticks of another: PCMU counts 8000 a second, Opus 48000."""

_FAR = 1 << 28
"""Ticks from the origin after which it moves on; well below half of what 32 bits hold."""


class Scale:
    """Proportional from an origin on, in both directions of time, over every wrap."""

    __slots__ = ("_here", "_source", "_target", "_there")

    def __init__(self, here: int, there: int, rates: tuple[int, int]) -> None:
        """The source's timestamp `here` is the target's `there`; ticks per second of both."""
        self._here = here
        self._there = there
        self._source, self._target = rates

    def convert(self, timestamp: int) -> int:
        """What the source's timestamp is in the target's stream."""
        source = self._source
        distance = ((timestamp - self._here + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        result = self._there + distance * self._target // source
        if distance > _FAR:
            seconds = distance // source  # whole ones leave nothing to round
            self._here = (self._here + seconds * source) & 0xFFFFFFFF
            self._there = (self._there + seconds * self._target) & 0xFFFFFFFF
        return result & 0xFFFFFFFF
