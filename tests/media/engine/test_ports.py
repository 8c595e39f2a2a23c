"""The stock of lent pairs, and how a range is shared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.ports import BLOCK, LOW_WATER, MOST_AHEAD, PortPool, shares


def pool(pairs: int) -> PortPool:
    pool = PortPool()
    pool.lent(tuple((number, 20000 + 2 * number) for number in range(pairs)), exhausted=False)
    return pool


def test_the_pair_that_rested_longest_is_taken_first() -> None:  # RTP-12
    it = pool(3)
    assert it.take() == (0, 20000)
    it.give(0, 20000)
    assert [it.take() for _ in range(4)] == [(1, 20002), (2, 20004), (0, 20000), None]


def test_more_is_asked_for_once_and_in_time() -> None:
    it = pool(LOW_WATER)
    assert it.wanted() == 0
    it.take()
    assert it.wanted() == BLOCK
    assert it.wanted() == 0
    it.lent(((99, 30000),), exhausted=False)
    assert len(it) == LOW_WATER


def test_more_is_asked_for_while_answers_are_still_to_come() -> None:
    it = pool(BLOCK)
    assert [it.wanted(), it.wanted(), it.wanted()] == [BLOCK, BLOCK, 0]
    it.take()
    assert [it.wanted(), it.wanted()] == [BLOCK, 0]


def test_where_pairs_nearly_ran_out_more_are_kept_ahead_but_not_without_end() -> None:
    it = pool(LOW_WATER)
    while it.take():
        it.wanted()
    asked = LOW_WATER // BLOCK
    while it.wanted():
        asked += 1
    assert BLOCK * asked <= MOST_AHEAD + LOW_WATER
    for _ in range(100):
        it.lent(tuple((number, 20000) for number in range(BLOCK)), exhausted=False)
        it.wanted()
    assert len(it) >= 2 * LOW_WATER
    it.wanted()
    assert it.wanted() == 0


def test_an_exhausted_range_is_not_asked_again() -> None:
    it = PortPool()
    it.wanted()
    it.lent((), exhausted=True)
    assert it.wanted() == 0


def test_ranges_of_first_ports_and_of_all_ports_mean_the_same() -> None:
    assert shares(range(20000, 20010), 1) == shares(range(20000, 20010, 2), 1)
    assert list(shares(range(20001, 20009), 1)[0]) == [20002, 20004, 20006]
    assert list(shares(range(20000, 20009), 1)[0]) == [20000, 20002, 20004, 20006]


@given(st.integers(1024, 60000), st.integers(0, 2000), st.integers(1, 64))
@settings(max_examples=50)
def test_every_pair_is_in_exactly_one_share(first: int, length: int, workers: int) -> None:
    ports = range(first, first + length)
    cut = shares(ports, workers)
    pairs = [port for share in cut for port in share]
    assert pairs == [port for port in ports if port % 2 == 0 and port + 1 in ports]
    assert max(map(len, cut)) - min(map(len, cut)) <= 1


@pytest.mark.parametrize("workers", [1, 4])
def test_few_ports_make_few_shares(workers: int) -> None:
    assert len(shares(range(20000, 20004), workers)) == min(workers, 2)
