"""One digit per press, whatever becomes of its packets."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import rtp
from softswitch.media.dtmf import receiver as module
from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.dtmf.receiver import Digit, Receiver
from tests.media.dtmf.events import (
    SSRC,
    Arrival,
    bad_network,
    dialled,
    heard,
    keys,
    report,
)
from tests.support.corpora import corpora


def press(
    receiver: Receiver,
    digit: str,
    durations: Sequence[int],
    *,
    at: float = 0.0,
    sequence: int = 1,
    timestamp: int = 8000,
    ends: int = 0,
    ssrc: int = SSRC,
) -> list[Digit]:
    """Packets of one press, 20 ms apart; the last `ends` of them have the E bit."""
    digits: list[Digit] = []
    for number, duration in enumerate(durations):
        payload = report(digit, duration, number >= len(durations) - ends)
        digits += receiver.event(payload, ssrc, sequence + number, timestamp, at + 0.02 * number)
    return digits


def test_three_ends_are_one_digit_with_its_duration() -> None:
    receiver = Receiver()
    assert press(receiver, "5", [160, 320, 480, 480, 480], ends=3) == [Digit("5", 0.06)]
    assert receiver.deadline == float("inf")


def test_it_is_heard_with_the_first_end() -> None:
    receiver = Receiver()
    assert press(receiver, "5", [160, 320]) == []
    assert receiver.pressed == "5"
    assert receiver.event(report("5", 400, True), SSRC, 3, 8000, 0.04) == [Digit("5", 0.05)]
    assert receiver.pressed == ""


def test_every_key_is_known() -> None:
    receiver = Receiver()
    assert keys(heard(receiver, dialled(DIGITS))) == DIGITS


def test_an_end_alone_is_a_digit() -> None:
    assert press(Receiver(), "7", [800], ends=1) == [Digit("7", 0.1)]


def test_a_key_without_an_end_is_released_after_100_ms_of_silence() -> None:
    receiver = Receiver()
    assert press(receiver, "7", [160, 320]) == []
    assert receiver.deadline == pytest.approx(0.12)
    assert receiver.tick(0.119) == ()
    assert receiver.tick(receiver.deadline) == [Digit("7", 0.04)]
    assert receiver.tick(5.0) == ()


def test_packets_that_are_sparse_are_waited_for_longer() -> None:
    """Every 50 ms is what the RFC recommends; three of those may be missing."""
    receiver = Receiver()
    receiver.event(report("7", 400), SSRC, 1, 0, 0.0)
    receiver.event(report("7", 800), SSRC, 2, 0, 0.05)
    assert receiver.deadline == pytest.approx(0.2)


def test_spacing_is_not_overestimated_by_what_is_lost() -> None:
    receiver = Receiver()
    receiver.event(report("7", 160), SSRC, 1, 0, 0.0)
    receiver.event(report("7", 960), SSRC, 6, 0, 0.1 - 1e-9)
    assert receiver.deadline == pytest.approx(0.2)


def test_no_sender_is_waited_for_longer_than_300_ms() -> None:
    receiver = Receiver()
    receiver.event(report("7", 160), SSRC, 1, 0, 0.0)
    receiver.event(report("7", 60000), SSRC, 2, 0, 0.02)
    assert receiver.deadline == pytest.approx(0.32)


def test_the_rest_of_a_press_that_was_given_up_is_no_new_one() -> None:
    receiver = Receiver()
    assert press(receiver, "7", [160, 320]) == []
    late = receiver.event(report("7", 1600), SSRC, 9, 8000, 0.5)
    assert late == [Digit("7", 0.04)]
    assert receiver.event(report("7", 1760, True), SSRC, 10, 8000, 0.52) == ()
    assert receiver.tick(9.0) == ()


def test_the_next_press_ends_one_without_an_end() -> None:
    receiver = Receiver()
    assert press(receiver, "1", [160, 320]) == []
    assert receiver.event(report("2", 160), SSRC, 3, 9000, 0.06) == [Digit("1", 0.04)]


def test_the_same_key_twice_is_two_digits() -> None:
    receiver = Receiver()
    assert keys(heard(receiver, dialled("1122"))) == "1122"


def test_the_same_key_twice_is_two_digits_when_all_ends_are_lost() -> None:
    arrivals = [arrival for arrival in dialled("1122") if not arrival.payload[1] & 0x80]
    assert keys(heard(Receiver(), arrivals)) == "1122"


def test_the_same_key_twice_is_two_digits_when_all_beginnings_are_lost() -> None:
    arrivals = [arrival for arrival in dialled("1122") if arrival.payload[1] & 0x80]
    assert keys(heard(Receiver(), arrivals)) == "1122"


def test_another_key_with_the_same_timestamp_is_another_digit() -> None:
    """Some senders never change the timestamp."""
    receiver = Receiver()
    digits = press(receiver, "1", [160, 320, 320, 320], ends=3)
    digits += press(receiver, "2", [160, 320, 320, 320], ends=3, at=0.2, sequence=5)
    assert keys(digits) == "12"


def test_the_same_key_with_the_same_timestamp_counts_again_when_it_starts_from_the_beginning() -> (
    None
):
    receiver = Receiver()
    digits = press(receiver, "1", [160, 320, 320, 320], ends=3)
    digits += press(receiver, "1", [160, 320, 320, 320], ends=3, at=0.2, sequence=5)
    assert keys(digits) == "11"


def test_a_late_beginning_is_no_second_digit() -> None:
    receiver = Receiver()
    digits = press(receiver, "1", [320, 320, 320], ends=3, sequence=2)
    digits += receiver.event(report("1", 160), SSRC, 1, 8000, 0.1)
    assert keys(digits) == "1"
    assert receiver.pressed == ""


@pytest.mark.parametrize("constant_duration", [False, True])
def test_a_timestamp_that_counts_on_while_the_key_is_down_is_one_digit(
    constant_duration: bool,
) -> None:
    receiver = Receiver()
    digits: list[Digit] = []
    for step in range(6):
        duration = 160 if constant_duration else 160 * (min(step, 3) + 1)
        digits += receiver.event(
            report("4", duration, step > 3), SSRC, step, 1000 + 160 * step, 0.02 * step
        )
    digits += receiver.tick(1.0)
    assert keys(digits) == "4"


def test_a_timestamp_that_counts_on_is_one_digit_with_losses_too() -> None:
    receiver = Receiver()
    digits: list[Digit] = []
    for step in (0, 2, 5):
        digits += receiver.event(report("4", 160 * (step + 1)), SSRC, step, 160 * step, 0.02 * step)
    assert keys([*digits, *receiver.tick(1.0)]) == "4"


def test_durations_in_the_wrong_unit_do_not_swallow_the_next_press() -> None:
    """16 kHz ticks beside an 8 kHz timestamp: presses seem to overlap."""
    receiver = Receiver()
    digits = press(receiver, "1", [320, 640, 960, 1280, 1600], timestamp=0)
    digits += press(receiver, "1", [320, 640], timestamp=1200, sequence=9, at=0.15)
    assert keys([*digits, *receiver.tick(1.0)]) == "11"


def test_a_long_press_comes_in_segments_and_is_one_digit() -> None:
    receiver = Receiver()
    digits = press(receiver, "9", [65280, 65440, 65535, 65535, 65535], timestamp=100)
    digits += press(receiver, "9", [105, 265, 425], timestamp=65635, sequence=6, at=0.1)
    digits += receiver.event(report("9", 65535), SSRC, 5, 100, 0.17)
    digits += receiver.event(report("9", 425, True), SSRC, 9, 65635, 0.18)
    assert digits == [Digit("9", (65535 + 425) / 8000)]


def test_segments_join_when_the_report_of_the_full_one_is_lost() -> None:
    receiver = Receiver()
    digits = press(receiver, "9", [65280], timestamp=100)
    digits += press(receiver, "9", [265], timestamp=65635, sequence=6, at=0.05, ends=1)
    assert digits == [Digit("9", (65535 + 265) / 8000)]


def test_segments_join_over_the_wrap_of_the_timestamp() -> None:
    receiver = Receiver()
    digits = press(receiver, "9", [65535], timestamp=0xFFFFFFF0)
    digits += press(receiver, "9", [265], timestamp=65519, sequence=2, at=0.02, ends=1)
    assert digits == [Digit("9", (65535 + 265) / 8000)]


def test_a_duration_that_wraps_goes_on_counting() -> None:
    """A sender that knows nothing of segments."""
    receiver = Receiver()
    digits = press(receiver, "9", [65440, 64, 224], ends=1)
    assert digits == [Digit("9", (65536 + 224) / 8000)]


@pytest.mark.parametrize("code", [16, 17, 32, 144, 255])
def test_what_is_no_key_is_ignored(code: int) -> None:
    receiver = Receiver()
    payload = bytes((code, 0x8A, 3, 0x20))
    assert receiver.event(payload, SSRC, 1, 0, 0.0) == ()
    assert receiver.pressed == ""
    assert receiver.deadline == float("inf")


def test_a_flash_is_heard_where_it_is_asked_for() -> None:
    receiver = Receiver(flash=True)
    assert receiver.event(bytes((16, 0x8A, 3, 0x20)), SSRC, 1, 0, 0.0) == [Digit("!", 0.1)]
    assert receiver.event(bytes((17, 0x8A, 3, 0x20)), SSRC, 2, 1000, 0.2) == ()


def test_the_reserved_bit_and_the_volume_say_nothing() -> None:
    receiver = Receiver()
    assert receiver.event(bytes((3, 0xFF, 3, 0x20)), SSRC, 1, 0, 0.0) == [Digit("3", 0.1)]


def test_no_key_is_pressed_for_no_time() -> None:
    assert Receiver().event(report("3", 0, True), SSRC, 1, 0, 0.0) == ()


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_short_payloads_are_ignored(size: int) -> None:
    assert Receiver().event(report("3", 800, True)[:size], SSRC, 1, 0, 0.0) == ()


def test_several_events_of_one_packet_follow_each_other() -> None:
    receiver = Receiver()
    packed = report("1", 400, True) + report("2", 400, True) + report("3", 160)
    digits = list(receiver.event(packed, SSRC, 1, 0, 0.0))
    assert digits == [Digit("1", 0.05), Digit("2", 0.05)]
    digits += receiver.event(packed, SSRC, 2, 0, 0.02)
    digits += receiver.event(report("3", 320, True), SSRC, 3, 800, 0.04)
    assert digits[2:] == [Digit("3", 0.04)]


def test_a_payload_full_of_events_is_cut_short() -> None:
    receiver = Receiver()
    packed = b"".join(report(DIGITS[number % 10], 400, True) for number in range(300))
    assert keys(receiver.event(packed, SSRC, 1, 0, 0.0)) == DIGITS[: module.MAX_BLOCKS]


def test_octets_after_the_last_whole_event_are_ignored() -> None:
    assert keys(Receiver().event(report("1", 400, True) + b"\x02\x8a", SSRC, 1, 0, 0.0)) == "1"


def test_another_source_is_another_press() -> None:
    receiver = Receiver()
    assert press(receiver, "1", [160, 320]) == []
    assert press(receiver, "1", [160], ssrc=77, at=0.06) == [Digit("1", 0.04)]
    assert receiver.pressed == "1"


def test_a_whole_press_that_was_overtaken_comes_before_the_one_that_is_down() -> None:
    receiver = Receiver()
    receiver.event(report("1", 800, True), SSRC, 1, 0, 0.0)
    assert receiver.event(report("3", 160), SSRC, 12, 4000, 0.1) == ()
    assert keys(receiver.event(report("2", 800, True), SSRC, 11, 2000, 0.12)) == "2"
    assert receiver.event(report("2", 800, True), SSRC, 10, 2000, 0.13) == ()
    assert keys(receiver.event(report("3", 800, True), SSRC, 13, 4000, 0.14)) == "3"


def test_a_press_that_comes_after_a_later_one_was_heard_is_dropped() -> None:
    """Better one digit less than a number with two exchanged."""
    receiver = Receiver()
    assert keys(receiver.event(report("3", 800, True), SSRC, 12, 4000, 0.1)) == "3"
    assert receiver.event(report("2", 800, True), SSRC, 11, 2000, 0.12) == ()


def test_a_sequence_that_starts_anew_far_back_is_believed() -> None:
    receiver = Receiver()
    assert keys(receiver.event(report("3", 800, True), SSRC, 5000, 4000, 0.1)) == "3"
    assert keys(receiver.event(report("2", 800, True), SSRC, 17, 2000, 0.3)) == "2"


def test_reordered_packets_of_a_press_count_once_with_the_longest_duration() -> None:
    receiver = Receiver()
    digits: list[Digit] = []
    for sequence, duration in ((2, 320), (1, 160), (4, 640), (3, 480)):
        digits += receiver.event(report("6", duration), SSRC, sequence, 0, 0.01 * sequence)
    assert [*digits, *receiver.tick(1.0)] == [Digit("6", 0.08)]


@pytest.mark.parametrize("clock_rate", [8000, 16000, 48000])
def test_durations_are_in_ticks_of_the_clock(clock_rate: int) -> None:
    receiver = Receiver(clock_rate)
    assert press(receiver, "5", [clock_rate // 8], ends=1) == [Digit("5", 0.125)]


def test_sequence_and_timestamp_may_wrap_in_the_middle_of_a_press() -> None:
    arrivals = dialled("12", first_sequence=0xFFFD, first_timestamp=0xFFFFFF00)
    assert keys(heard(Receiver(), arrivals)) == "12"


def test_a_flood_fills_the_queue_and_then_is_dropped() -> None:
    receiver = Receiver()
    digits: list[Digit] = []
    for number in range(10_000):
        payload = report(DIGITS[number % 16], 80, True)
        digits += receiver.event(payload, SSRC, number & 0xFFFF, number * 800, number / 1000)
    assert len(digits) == pytest.approx(64 + 10 * 25, abs=2)
    assert receiver.dropped == 10_000 - len(digits)
    assert len(receiver._closed) == module.MEMORY


def test_after_a_flood_keys_are_heard_again() -> None:
    receiver = Receiver()
    for number in range(1000):
        receiver.event(report("1", 80, True), SSRC, number, number * 800, number / 1000)
    assert keys(receiver.event(report("2", 80, True), SSRC, 1001, 900_000, 3.0)) == "2"


def test_a_flood_of_sources_remembers_no_more() -> None:
    receiver = Receiver()
    for number in range(1000):
        receiver.event(report("1", 80), number, 1, 0, number / 1000)
    assert len(receiver._closed) == module.MEMORY


def test_fast_dialling_by_a_machine_is_no_flood() -> None:
    """40 ms of tone and 40 ms of pause, a hundred digits."""
    digits: list[Digit] = []
    receiver = Receiver()
    for number in range(100):
        payload = report(DIGITS[number % 10], 320, True)
        digits += receiver.event(payload, SSRC, number, number * 640, number * 0.08)
    assert keys(digits) == DIGITS[:10] * 10


def test_a_captured_packet_is_read() -> None:
    packet = (corpora("rtp-packets") / "rtp_dtmf.bin").read_bytes()
    header = rtp.parse(packet, len(packet))
    assert header is not None
    payload = packet[-header.payload_octets :]
    found = Receiver().event(payload, header.ssrc, header.sequence, header.timestamp, 0.0)
    assert found == [Digit("1", 0.12)]


@settings(max_examples=40, deadline=None)
@given(st.text(DIGITS, min_size=1, max_size=12), st.integers(0, 2**32))
def test_digits_survive_losses_doubles_and_disorder(digits: str, seed: int) -> None:
    """A digit has seven packets, so a press is lost only when all of them are."""
    arrivals = bad_network(
        dialled(digits, seed & 0xFFFF, seed), loss=0.1, doubled=0.1, jitter=0.04, seed=seed
    )
    assert keys(heard(Receiver(), arrivals)) == digits


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_digits_are_never_doubled_with_a_third_of_the_packets_lost(seed: int) -> None:
    digits = "1123581321345589144"
    arrivals = bad_network(dialled(digits), loss=0.3, doubled=0.2, jitter=0.1, seed=seed)
    found = keys(heard(Receiver(), arrivals))
    remaining = iter(digits)
    assert all(key in remaining for key in found), "more than was dialled, or out of order"
    assert len(found) >= len(digits) - 2


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.binary(max_size=40),
            st.integers(0, 3),
            st.integers(0, 65535),
            st.integers(0, 2**32 - 1),
        ),
        max_size=30,
    )
)
def test_nothing_that_comes_in_raises(
    packets: list[tuple[bytes, int, int, int]],
) -> None:
    receiver = Receiver(flash=True)
    for number, (payload, ssrc, sequence, timestamp) in enumerate(packets):
        for digit in receiver.event(payload, ssrc, sequence, timestamp, number / 50):
            assert digit.duration > 0
    receiver.tick(1000.0)
    assert receiver.pressed == ""


def test_arrivals_are_told_apart_by_their_place() -> None:
    assert dialled("1")[0] == Arrival(0.0, 1, 0, report("1", 160))
