"""What lies in a jitter buffer: packets by position, and a run of them in one piece of octets.

A run of sound comes from the network in one piece, and goes into a file in one piece. Between the
two nobody needs its packets one by one, unless something unusual happens: then it is unfolded.
"""

from __future__ import annotations


class Shelf(dict[int, bytes]):
    """Payloads by their position, but for those of the run: packets of `step` octets each, which
    last as many ticks, from one position to another."""

    __slots__ = ("_begin", "_end", "_octets", "_origin", "step")

    def __init__(self) -> None:
        super().__init__()
        self._begin = self._end = 0
        """Positions; the same: there is no run."""
        self.step = 1
        self._octets = b""
        self._origin = 0
        """The position of the first of them."""

    def __len__(self) -> int:
        """Packets, those of the run included."""
        return super().__len__() + (self._end - self._begin) // self.step

    def __bool__(self) -> bool:
        return len(self) > 0

    def put_run(self, position: int, octets: bytes, step: int) -> None:
        """Packets of that many octets each, from this position on."""
        if position == self._end and step == self.step:
            self._octets = self._octets[self._begin - self._origin :] + octets
            self._origin = self._begin
        else:
            self.unfold()
            self._begin = self._origin = position
            self._octets, self.step = octets, step
        self._end = position + len(octets)

    def take_run(self, position: int, end: int) -> bytes:
        """Whole packets of the run from this position on, until `end` is reached; b"" when it does
        not go on with this position."""
        if position != self._begin or position == self._end:
            return b""
        wanted = -(-(end - position) // self.step) * self.step
        at = position - self._origin
        octets = self._octets[at : at + wanted]
        self._begin += len(octets)
        return octets

    def unfold(self) -> None:
        """Let each packet of the run be by itself."""
        for position in range(self._begin, self._end, self.step):
            at = position - self._origin
            self[position] = self._octets[at : at + self.step]
        self._begin = self._end

    def first(self) -> int | None:
        """The first position; the run is unfolded."""
        self.unfold()
        return min(self) if self else None
