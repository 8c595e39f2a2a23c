"""Loss and jitter of one received stream (RFC 3550 appendix A.1, A.3, A.8).

The relay's short way keeps the books of a packet that comes in order itself, field by field: a
call per packet would cost as much as all of them. So the fields are chosen such that an in-order
packet changes few. Loss is one of those that it leaves alone: what is expected grows by one with
what is received. Everything else comes through `classify` and `count`.

Arrival times are those of the batch a packet was read in: up to 1 ms late, which jitter shows.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from softswitch.media.rtp import sequence_distance

if TYPE_CHECKING:
    from softswitch.media.arrivals import Arrivals

MAX_DROPOUT = 3000
"""Packets missing in a row that are still loss and not a new start (A.1)."""
MAX_MISORDER = 100
"""How late a packet may be and still belong here (A.1)."""
JITTER_GAIN = 1 / 16
"""Share of a new deviation in the running figure (A.8)."""
MAX_DEVIATION = 1 << 16
"""Timestamp steps, 1.4 s or more; beyond this it was not the network: the timestamp has wrapped, or
its source has begun to count anew."""


class Arrival(enum.Enum):
    """What a packet is to its stream."""

    EXPECTED = enum.auto()
    PROBATION = enum.auto()
    """The first of a source we do not know: one packet proves nothing (A.1)."""
    NEW_SOURCE = enum.auto()


class Reception:
    """What has been received from one remote: totals over all its sources, state of the last."""

    __slots__ = (
        "_base",
        "_expected_before",
        "_suspect",
        "clock_rate",
        "gaps",
        "jitter",
        "lost",
        "next_sequence",
        "octets",
        "packets",
        "ssrc",
        "timestamp",
        "transit",
    )

    def __init__(self, clock_rate: int = 8000) -> None:
        self.clock_rate = clock_rate
        self.ssrc = -1
        """Of the present source; -1 before the first packet."""
        self.next_sequence = 0
        self.timestamp = 0
        self.transit = 0.0
        """Arrival minus timestamp of the last packet, in timestamp steps."""
        self.jitter = 0.0
        """In timestamp steps."""
        self.packets = 0
        self.octets = 0
        self.lost = 0
        """Expected minus received; less than zero when there were duplicates (A.3)."""
        self.gaps = 0
        """How many times packets were missing, one or many in a row."""
        self._base = 0
        self._expected_before = 0
        self._suspect = (-1, 0)

    def classify(self, ssrc: int, sequence: int) -> Arrival:
        """Is it ours? A stranger becomes the source with its second packet in order."""
        if ssrc == self.ssrc:
            if -MAX_MISORDER <= sequence_distance(sequence, self.next_sequence) < MAX_DROPOUT:
                return Arrival.EXPECTED
        elif self.ssrc < 0:
            return Arrival.NEW_SOURCE
        proven = self._suspect == (ssrc, sequence)
        self._suspect = (ssrc, (sequence + 1) & 0xFFFF)
        return Arrival.NEW_SOURCE if proven else Arrival.PROBATION

    def restart(self, ssrc: int, sequence: int) -> None:
        """Follow a new source from this packet on; totals stay."""
        self.ssrc = ssrc
        self.next_sequence = self._base = sequence
        self._expected_before = self.packets + self.lost
        self._suspect = (-1, 0)

    def count(self, sequence: int, timestamp: int, octets: int, now: float) -> None:
        """Enter an EXPECTED packet, or the one that the stream was just restarted with."""
        steps = sequence_distance(sequence, self.next_sequence)
        first = self.packets + self.lost == self._expected_before
        self.packets += 1
        self.octets += octets
        if steps:
            self._out_of_order(steps)
            if steps < 0:
                return
        self.next_sequence = (sequence + 1) & 0xFFFF
        if first or timestamp != self.timestamp:
            # the packets of one DTMF event share a timestamp (RFC 4733 §2.5.1.2): only the first
            # says anything about time
            self._measure(timestamp, now, first=first)

    def count_run(self, timestamp: int, size: int, times: Arrivals) -> None:
        """Enter packets that are the very next, the first with this timestamp, each of so many
        octets and as many timestamp steps."""
        rate, count = self.clock_rate, times.count
        self.jitter = times.smoothed(rate, size, self.transit + timestamp, self.jitter)
        self.timestamp = timestamp + size * (count - 1)
        self.transit = times.last * rate - self.timestamp
        self.next_sequence = (self.next_sequence + count) & 0xFFFF
        self.packets += count
        self.octets += size * count

    def forget(self) -> None:
        """The remote begins anew, with whatever source comes first. Totals stay."""
        self.ssrc = -1

    def retime(self, clock_rate: int) -> None:
        """From now on timestamps count so many ticks per second."""
        if clock_rate != self.clock_rate:
            arrived_at = self.arrived_at
            self.jitter *= clock_rate / self.clock_rate
            self.clock_rate = clock_rate
            self.transit = arrived_at * clock_rate - self.timestamp

    @property
    def expected(self) -> int:
        """Packets that should have come, from all sources together (A.3)."""
        return self.packets + self.lost

    @property
    def burst_ratio(self) -> float:
        """How long a run of losses is, against what chance would make of as many (G.107 §7.1).

        1 is chance, and also the least that is told: spread evenly, loss sounds no better.
        """
        if self.lost <= 0 or not self.gaps:
            return 1.0
        received = self.packets / (self.packets + self.lost)
        return max(1.0, self.lost / self.gaps * received)

    @property
    def arrived_at(self) -> float:
        """When the packet with the last new timestamp came."""
        return (self.transit + self.timestamp) / self.clock_rate

    @property
    def extended_highest(self) -> int:
        """Highest sequence number with its wraps counted above it, as a report block has it."""
        return self._base + self.packets + self.lost - self._expected_before - 1

    def _out_of_order(self, steps: int) -> None:
        if steps > 0:
            self.lost += steps
            self.gaps += 1
        else:
            self.lost -= 1

    def _measure(self, timestamp: int, now: float, *, first: bool) -> None:
        transit = now * self.clock_rate - timestamp
        deviation = abs(transit - self.transit)
        self.timestamp = timestamp
        self.transit = transit
        if not first and deviation < MAX_DEVIATION:
            self.jitter += (deviation - self.jitter) * JITTER_GAIN
