"""Signalling's stock of port pairs: lent by a worker in advance, so opening one never waits."""

from collections import deque

BLOCK = 128
"""Pairs asked for at a time: a worker binds them in two milliseconds."""
LOW_WATER = 384
"""Pairs, free or asked for, below which more are asked for: 192 calls may start before an answer
comes. A worker that moves no packets hears what it is asked a tenth of a second later, and 1,600
calls may come in a second."""
MOST_AHEAD = 3072
"""Where they nearly run out, twice as many are kept from then on, but no more than these: the
worker may get no core for a second while signalling has a burst of calls to set up."""


class PortPool:
    """The pairs of one worker and one address. The one given back first is taken first: the
    longer a pair rests, the fewer late packets of its last call are still under way."""

    __slots__ = ("_ahead", "_asked", "_free", "exhausted")

    def __init__(self) -> None:
        self._free: deque[tuple[int, int]] = deque()
        self._asked = 0
        """Pairs."""
        self._ahead = LOW_WATER
        """How many are to be free or asked for."""
        self.exhausted = False

    def __len__(self) -> int:
        return len(self._free)

    def take(self) -> tuple[int, int] | None:
        """Number and RTP port of a free pair."""
        return self._free.popleft() if self._free else None

    def give(self, number: int, rtp_port: int) -> None:
        """A pair is back."""
        self._free.append((number, rtp_port))

    def lent(self, pairs: tuple[tuple[int, int], ...], *, exhausted: bool) -> None:
        """The worker's answer to what was `wanted` first."""
        self._free.extend(pairs)
        self._asked = max(0, self._asked - BLOCK)
        self.exhausted = exhausted

    def wanted(self) -> int:
        """How many more to ask for now; the question counts as asked."""
        free = len(self._free)
        if free < self._ahead // 4 and self._asked and self._ahead < MOST_AHEAD:
            self._ahead *= 2
        if self.exhausted or free + self._asked >= self._ahead:
            return 0
        self._asked += BLOCK
        return BLOCK


def shares(ports: range, workers: int) -> list[range]:
    """The even ports of the range, cut into as many parts; fewer when there are few ports.

    A range of step 2 names RTP ports, one of step 1 RTP and RTCP ports.
    """
    first = ports.start + ports.start % 2
    stop = ports.stop + 1 if ports.step == 2 else ports.stop
    pairs = (stop - first) // 2
    parts = max(1, min(workers, pairs))
    cuts = [first + 2 * (pairs * part // parts) for part in range(parts + 1)]
    return [range(cuts[part], cuts[part + 1], 2) for part in range(parts)]
