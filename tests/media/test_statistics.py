"""Loss and jitter, as RFC 3550 defines them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.arrivals import Arrivals
from softswitch.media.statistics import MAX_DROPOUT, MAX_MISORDER, Arrival, Reception

SSRC = 0x1234


def feed(reception: Reception, sequence: int, now: float = 0.0, timestamp: int = 0) -> Arrival:
    """What a leg does with a packet."""
    arrival = reception.classify(SSRC, sequence & 0xFFFF)
    if arrival is Arrival.NEW_SOURCE:
        reception.restart(SSRC, sequence & 0xFFFF)
    if arrival is not Arrival.PROBATION:
        reception.count(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 160, now)
    return arrival


def fed(*sequences: int) -> Reception:
    reception = Reception()
    for sequence in sequences:
        feed(reception, sequence)
    return reception


def test_the_first_packet_starts_the_stream() -> None:
    reception = Reception()
    assert feed(reception, 7) is Arrival.NEW_SOURCE
    assert (reception.packets, reception.lost, reception.octets) == (1, 0, 160)
    assert reception.extended_highest == 7


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 300)))
@settings(max_examples=100)
def test_loss_is_expected_minus_received_over_wraps_too(first: int, missing: set[int]) -> None:
    steps = [step for step in range(302) if step not in missing]
    reception = fed(*(first + step for step in steps))
    assert reception.packets == len(steps)
    assert reception.lost == len(missing)
    assert reception.extended_highest == first + 301


@given(st.permutations(range(1, 12)))
@settings(max_examples=50)
def test_reordered_packets_are_not_lost(order: list[int]) -> None:
    assert fed(0xFFFA, *(0xFFFA + step for step in order)).lost == 0


def test_a_duplicate_counts_as_received() -> None:
    """§6.4.1: so the loss may be negative."""
    reception = fed(1, 2, 2, 3)
    assert (reception.packets, reception.lost) == (4, -1)
    assert reception.extended_highest == 3


def test_another_ssrc_is_followed_from_its_second_packet_on() -> None:
    reception = fed(1, 2, 3)
    assert reception.classify(99, 500) is Arrival.PROBATION
    assert reception.classify(SSRC, 4) is Arrival.EXPECTED
    assert reception.classify(99, 501) is Arrival.NEW_SOURCE
    reception.restart(99, 501)
    reception.count(501, 0, 160, 0.0)
    assert (reception.packets, reception.lost) == (4, 0)
    assert reception.extended_highest == 501


def test_packets_of_ever_new_sources_prove_nothing() -> None:
    reception = fed(1, 2, 3)
    assert {reception.classify(ssrc, ssrc) for ssrc in range(10_000, 20_000)} == {Arrival.PROBATION}
    assert (reception.ssrc, reception.packets) == (SSRC, 3)


def test_a_jump_is_loss_or_a_new_start_depending_on_its_length() -> None:
    assert fed(1, 1 + MAX_DROPOUT).lost == MAX_DROPOUT - 1
    reception = fed(1)
    assert feed(reception, 2 + MAX_DROPOUT) is Arrival.PROBATION
    assert feed(reception, 3 + MAX_DROPOUT) is Arrival.NEW_SOURCE
    assert reception.lost == 0


def test_a_packet_that_is_far_too_late_is_not_entered() -> None:
    reception = fed(1000)
    assert feed(reception, 1001 - MAX_MISORDER) is Arrival.EXPECTED
    assert feed(reception, 1000 - MAX_MISORDER) is Arrival.PROBATION


def test_even_pacing_has_no_jitter_even_when_the_timestamp_wraps() -> None:
    reception = Reception()
    for step in range(20):
        feed(reception, step, now=5.0 + step * 0.02, timestamp=0xFFFFFF00 + step * 160)
    assert reception.jitter < 1e-3


def test_jitter_is_a_sixteenth_of_each_deviation() -> None:
    reception = Reception()
    feed(reception, 0, now=0.0, timestamp=0)
    feed(reception, 1, now=0.022, timestamp=160)
    assert abs(reception.jitter - 1.0) < 1e-9
    assert abs(reception.arrived_at - 0.022) < 1e-9


def test_packets_of_one_dtmf_event_do_not_count_as_jitter() -> None:
    reception = Reception()
    for step in range(10):
        feed(reception, step, now=step * 0.02, timestamp=0)
    assert reception.jitter == 0.0


def test_a_late_packet_measures_nothing() -> None:
    reception = Reception()
    for sequence in (0, 2, 1):
        feed(reception, sequence, now=sequence * 0.02, timestamp=sequence * 160)
    assert reception.jitter < 1e-9
    assert reception.timestamp == 320


@given(
    st.lists(st.floats(0, 0.2), min_size=1, max_size=40),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFF),
)
@settings(max_examples=100)
def test_a_run_counts_as_its_packets_do(delays: list[float], sequence: int, timestamp: int) -> None:
    times = [100.0 + 0.02 * number + delay for number, delay in enumerate(delays)]
    one, other = Reception(), Reception()
    for reception in (one, other):
        reception.restart(7, sequence)
        reception.count(sequence, timestamp, 160, 99.98)
    for number, now in enumerate(times):
        stamp = timestamp + 160 * (number + 1)
        one.count((sequence + 1 + number) & 0xFFFF, stamp, 160, now)
    other.count_run(timestamp + 160, 160, Arrivals.of(times))
    for name in Reception.__slots__:
        assert getattr(one, name) == pytest.approx(getattr(other, name)), name


def test_a_deviation_that_is_no_network_s_is_no_jitter_in_a_run_either() -> None:
    reception = Reception()
    reception.restart(7, 0)
    reception.count(0, 0, 160, 1.0)
    reception.count_run(1 << 20, 160, Arrivals.of([1.02]))
    assert reception.jitter == 0
