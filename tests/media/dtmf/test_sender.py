"""The packets of a digit, one after the other."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.dtmf.digits import DIGITS, MAX_DIGITS
from softswitch.media.dtmf.receiver import Digit, Receiver
from softswitch.media.dtmf.sender import EventPacket, length, schedule
from tests.media.dtmf.events import SSRC


def fields(packet: EventPacket) -> tuple[int, bool, int]:
    """Event code, E bit and duration."""
    event, flags, high, low = packet.payload
    return event, bool(flags & 0x80), high << 8 | low


def received(packets: list[EventPacket], clock_rate: int = 8000) -> list[Digit]:
    receiver = Receiver(clock_rate)
    digits: list[Digit] = []
    for number, packet in enumerate(packets):
        digits += receiver.event(packet.payload, SSRC, number, packet.timestamp, packet.at)
    return [*digits, *receiver.tick(1e6)]


def test_a_digit_is_five_packets_and_two_repetitions_of_the_last() -> None:
    packets = list(schedule("5"))
    assert [fields(packet)[2] for packet in packets] == [160, 320, 480, 640, 800, 800, 800]
    assert [fields(packet)[1] for packet in packets] == [False] * 4 + [True] * 3
    assert {fields(packet)[0] for packet in packets} == {5}
    assert [packet.marker for packet in packets] == [True] + [False] * 6
    assert {packet.timestamp for packet in packets} == {0}
    assert [packet.at for packet in packets] == pytest.approx([0.02 * step for step in range(7)])


def test_the_reserved_bit_is_not_set() -> None:
    assert not any(packet.payload[1] & 0x40 for packet in schedule("0123"))


def test_the_next_digit_has_a_timestamp_of_its_own_after_the_gap() -> None:
    packets = list(schedule("12", duration=0.1, gap=0.06))
    assert [packet.timestamp for packet in packets] == [0] * 7 + [1280] * 7
    assert packets[7].marker
    assert packets[7].at == pytest.approx(0.16)


def test_short_wishes_are_raised_to_what_gateways_understand() -> None:
    packets = list(schedule("12", duration=0.01, gap=0.0))
    assert fields(packets[6])[2] == 800
    assert packets[7].timestamp >= 800 + 400


def test_long_wishes_are_bounded() -> None:
    assert length("1", duration=1e9, gap=1e9) == pytest.approx(20.0)


def test_the_repetitions_fit_into_the_gap_of_long_packets_too() -> None:
    packets = list(schedule("12", gap=0.05, ptime=60))
    assert all(one.at < other.at for one, other in pairwise(packets))


@pytest.mark.parametrize("clock_rate", [8000, 16000, 48000])
def test_durations_are_in_ticks_of_the_clock(clock_rate: int) -> None:
    packets = list(schedule("*", clock_rate=clock_rate))
    assert fields(packets[0]) == (10, False, clock_rate // 50)
    assert received(packets, clock_rate) == [Digit("*", 0.1)]


def test_what_is_no_digit_is_left_out() -> None:
    assert [digit.digit for digit in received(list(schedule("1 2-x3,d\n")))] == list("123D")
    assert list(schedule("")) == []


def test_no_more_is_sent_than_any_number_has() -> None:
    assert length("1" * 1000) == pytest.approx(MAX_DIGITS * 0.2)


@pytest.mark.parametrize("clock_rate", [8000, 16000, 48000])
@pytest.mark.parametrize("duration", [1.3, 1.36, 2.73, 4.1, 8.19, 9.0])
def test_a_long_digit_is_sent_in_segments(clock_rate: int, duration: float) -> None:
    packets = list(schedule("8", duration=duration, clock_rate=clock_rate))
    heard = received(packets, clock_rate)
    assert len(heard) == 1
    assert heard[0].duration == pytest.approx(duration, abs=0.0201)
    assert [packet.marker for packet in packets].count(True) == 1
    ends = [fields(packet)[1] for packet in packets]
    assert ends == [False] * (len(packets) - 3) + [True] * 3
    starts = sorted({packet.timestamp for packet in packets})
    assert all(after - before == 0xFFFF for before, after in pairwise(starts))
    for start in starts[:-1]:
        full = [packet for packet in packets if packet.timestamp == start][-3:]
        assert [fields(packet)[1:] for packet in full] == [(False, 0xFFFF)] * 3


@settings(max_examples=40, deadline=None)
@given(
    st.text(DIGITS, max_size=20),
    st.floats(0, 12),
    st.floats(0, 1),
    st.sampled_from([10, 20, 30, 40, 60]),
    st.sampled_from([8000, 16000, 48000]),
)
def test_what_is_sent_is_what_is_heard(
    digits: str, duration: float, gap: float, ptime: int, clock_rate: int
) -> None:
    packets = list(schedule(digits, duration=duration, gap=gap, ptime=ptime, clock_rate=clock_rate))
    assert "".join(digit.digit for digit in received(packets, clock_rate)) == digits
    assert all(one.at <= other.at for one, other in pairwise(packets))
    assert all(one.timestamp <= other.timestamp for one, other in pairwise(packets))
    end = length(digits, duration=duration, gap=gap, ptime=ptime)
    assert all(packet.at < end for packet in packets)
