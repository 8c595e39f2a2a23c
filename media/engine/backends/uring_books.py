"""The books of legs on the short way: packets, octets and jitter, as `Reception.count` keeps them.

    relayed batch ─► note: who, timestamp, size, when ─► entered, many batches at once ─► settle

What a packet adds to the books of its leg is written down with its batch and entered later, when
much has come together or somebody wants to read: numpy's price is per operation, whether for ten
packets or for five hundred, and higher the first time than when the same was done just before.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
TOGETHER = 320
"""Packets that are entered together: as many as 400 legs get in 16 ms, each leg one."""
NOTES = 4 * TOGETHER
"""Packets that are noted before they are entered: what the first part needs is in the processor's
caches for the others. No batch has to wait for longer than 0.4 ms."""

Places = NDArray[np.intp]


class Books:
    """Of every leg, by number."""

    def __init__(self, capacity: int) -> None:
        """Room for so many legs; only what is used takes memory."""
        self._books: NDArray[Any] = np.zeros(capacity, BOOKS)
        self._raw = self._books.view(f"V{BOOKS.itemsize}")
        self._notes: list[tuple[Places, NDArray[np.uint32], NDArray[np.uint32], float]] = []
        self._noted = 0
        """Packets in the notes."""
        self._last = np.zeros(capacity, np.intp)
        """By leg: the place of its last packet in the notes."""

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
        """Packets in order, of different legs. The arrays are kept for a while."""
        self._notes.append((numbers, timestamps, sizes, now))
        self._noted += len(numbers)
        if self._noted >= NOTES:
            self.enter()

    def enter(self) -> None:
        """Enter all that is noted."""
        if not self._notes:
            return
        notes, self._notes, self._noted = self._notes, [], 0
        numbers = np.concatenate([note[0] for note in notes])
        timestamps = np.concatenate([note[1] for note in notes])
        sizes = np.concatenate([note[2] for note in notes])
        times = np.repeat([note[3] for note in notes], [len(note[0]) for note in notes])
        for first in range(0, len(numbers), TOGETHER):
            part = slice(first, first + TOGETHER)
            for chosen in self._apart(numbers[part]):
                self._enter(*(of[part][chosen] for of in (numbers, timestamps, sizes, times)))

    def _apart(self, numbers: Places) -> Iterable[Places | slice]:
        """Places of these legs as `rounds` tells them; usually one round of all."""
        places = np.arange(len(numbers))
        self._last[numbers] = places
        unique = bool((self._last.take(numbers) == places).all())
        return (slice(None),) if unique else rounds(numbers)

    def _enter(
        self,
        numbers: Places,
        timestamps: NDArray[np.uint32],
        sizes: NDArray[np.uint32],
        times: NDArray[np.float64],
    ) -> None:
        raw = self._raw.take(numbers, mode="clip")
        books: NDArray[Any] = raw.view(BOOKS)
        packets, octets = books["packets"], books["octets"]
        np.add(packets, 1, out=packets)
        np.add(octets, sizes, out=octets)
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
