"""Books that are kept many batches at once say what `Reception` says packet by packet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.backends.uring_books import NOTES, Books, rounds
from softswitch.media.statistics import Reception

LEGS = 5
packets = st.tuples(
    st.integers(0, LEGS - 1),
    st.sampled_from((0, 160, 160, 160, 320, 0x9000_0000)),
    st.integers(0, 1400),
)
"""Leg, step of the timestamp, octets of payload."""


@settings(max_examples=100)
@given(st.lists(st.lists(packets, max_size=6), max_size=30), st.sampled_from((8000, 48000)))
def test_books_are_those_of_one_packet_after_the_other(
    batches: list[list[tuple[int, int, int]]], clock_rate: int
) -> None:
    books = Books(LEGS)
    wanted, found = [[Reception(clock_rate) for _ in range(LEGS)] for _ in range(2)]
    now = 100.0
    for number in range(LEGS):
        for reception in (wanted[number], found[number]):
            reception.restart(7, 0)
            reception.count(0, 0, 160, now)
        books.load(number, found[number])
    for batch in batches:
        now += 0.0193
        for places in rounds(np.array([number for number, _, _ in batch], np.intp)):
            chosen = [batch[place] for place in places]
            numbers = [number for number, _, _ in chosen]
            stamps = [(wanted[leg].timestamp + step) & 0xFFFFFFFF for leg, step, _ in chosen]
            sizes = [octets for _, _, octets in chosen]
            books.note(
                np.array(numbers, np.intp),
                np.array(stamps, np.uint32),
                np.array(sizes, np.uint32),
                now,
            )
            for (leg, _, octets), stamp in zip(chosen, stamps, strict=True):
                wanted[leg].count(wanted[leg].next_sequence, stamp, octets, now)
    for number in range(LEGS):
        books.settle(number, found[number])
        for field in ("packets", "octets", "timestamp"):
            assert getattr(found[number], field) == getattr(wanted[number], field)
        assert found[number].jitter == pytest.approx(wanted[number].jitter)
        assert found[number].transit == pytest.approx(wanted[number].transit)


def test_many_packets_are_entered_without_being_asked_for() -> None:
    legs, batches = NOTES - 1, 3
    books, reception = Books(2 * NOTES), Reception()
    numbers = np.arange(legs)
    for number in (0, legs - 1):
        books.load(number, reception)
    for batch in range(batches):
        stamps = np.full(legs, batch * 160, np.uint32)
        books.note(numbers, stamps, np.full(legs, 160, np.uint32), 1.0)
    assert books._noted < NOTES
    books.settle(legs - 1, reception)
    assert (reception.packets, reception.octets) == (batches, batches * 160)


@settings(max_examples=100)
@given(st.lists(st.integers(0, 6), max_size=40))
def test_rounds_have_every_leg_once_and_in_order(numbers: list[int]) -> None:
    seen: dict[int, list[int]] = {}
    everything: list[int] = []
    for places in rounds(np.array(numbers, np.intp)):
        legs = [numbers[place] for place in places]
        assert len(set(legs)) == len(legs)
        everything += places.tolist()
        for place in places.tolist():
            seen.setdefault(numbers[place], []).append(place)
    assert sorted(everything) == list(range(len(numbers)))
    assert all(places == sorted(places) for places in seen.values())
