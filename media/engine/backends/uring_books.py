"""The books of legs on the short way: packets, octets and jitter, as `Reception.count` keeps them.

    relayed batch ─► note: who, timestamp, size, when ─► entered, many batches at once ─► settle

What a packet adds to the books of its leg is written down with its batch and entered later, when
much has come together or somebody wants to read: numpy's price is per operation, whether for ten
packets or for five hundred.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softswitch.media.rtp import FIXED_SIZE
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION, Reception

BOOKS = np.dtype(
    [
        ("clock_rate", "f8"),
        ("transit", "f8"),
        ("jitter", "f8"),
        ("packets", "i8"),
        ("octets", "i8"),
        ("timestamp", "u4"),
        ("unused", "u4"),
    ]
)
NOTES = 512
"""Packets. With few legs each is there several times, and is entered in as many rounds."""
_FIXED_SIZE = np.uint32(FIXED_SIZE)

Places = NDArray[np.intp]


class Books:
    """Of every leg, by number."""

    def __init__(self, capacity: int) -> None:
        """Room for so many legs; only what is used takes memory."""
        self._books: NDArray[Any] = np.zeros(capacity, BOOKS)
        self._raw = self._books.view(f"V{BOOKS.itemsize}")
        self._noted = 0
        self._numbers = np.zeros(NOTES, np.intp)
        self._timestamps = np.zeros(NOTES, np.uint32)
        self._sizes = np.zeros(NOTES, np.uint32)
        self._times = np.zeros(NOTES)

    def load(self, number: int, reception: Reception) -> None:
        """Go on from here."""
        self.enter()
        self._books[number] = (
            reception.clock_rate,
            reception.transit,
            reception.jitter,
            reception.packets,
            reception.octets,
            reception.timestamp,
            0,
        )

    def settle(self, number: int, reception: Reception) -> None:
        """Write back what has been entered, and what is still to be."""
        self.enter()
        _, transit, jitter, packets, octets, timestamp, _ = self._books[number].item()
        reception.transit, reception.jitter = transit, jitter
        reception.packets, reception.octets = packets, octets
        reception.timestamp = timestamp

    def note(
        self,
        numbers: Places,
        timestamps: NDArray[np.uint32],
        sizes: NDArray[np.uint32],
        now: float,
    ) -> None:
        """Packets in order, of different legs."""
        count = len(numbers)
        if self._noted + count > NOTES:
            self.enter()
            if count > NOTES:
                self._enter(numbers, timestamps, sizes, np.full(count, now))
                return
        begin, self._noted = self._noted, self._noted + count
        here = slice(begin, self._noted)
        self._numbers[here] = numbers
        self._timestamps[here] = timestamps
        self._sizes[here] = sizes
        self._times[here] = now

    def enter(self) -> None:
        """Enter all that is noted."""
        count, self._noted = self._noted, 0
        if count:
            numbers = self._numbers[:count]
            for places in rounds(numbers):
                self._enter(
                    numbers[places],
                    self._timestamps[places],
                    self._sizes[places],
                    self._times[places],
                )

    def _enter(
        self,
        numbers: Places,
        timestamps: NDArray[np.uint32],
        sizes: NDArray[np.uint32],
        times: NDArray[np.float64],
    ) -> None:
        raw = self._raw.take(numbers, mode="clip")
        books: NDArray[Any] = raw.view(BOOKS)
        books["packets"] += 1
        books["octets"] += sizes - _FIXED_SIZE
        # the packets of one DTMF event share a timestamp: only the first says anything about time
        moved = timestamps != books["timestamp"]
        transits, jitters = books["transit"], books["jitter"]
        transit = times * books["clock_rate"] - timestamps
        deviation = np.abs(transit - transits)
        np.copyto(transits, transit, where=moved)
        moved &= deviation < MAX_DEVIATION
        np.add(jitters, (deviation - jitters) * JITTER_GAIN, out=jitters, where=moved)
        books["timestamp"] = timestamps
        self._raw[numbers] = raw


def rounds(numbers: Places) -> Iterator[Places]:
    """Places of these legs, such that each round has every leg at most once, in its order."""
    by_leg = np.argsort(numbers, kind="stable")
    places = np.arange(len(numbers))
    in_order = numbers[by_leg]
    begins = np.concatenate(([True], in_order[1:] != in_order[:-1]))
    ranks = places - np.maximum.accumulate(np.where(begins, places, 0))
    by_rank = np.argsort(ranks, kind="stable")
    yield from np.split(by_leg[by_rank], np.cumsum(np.bincount(ranks))[:-1])
