"""One continuous stream, whoever feeds it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.rtp import FRAME, SILENCE, Header, parse

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)


@given(u16, u32, u16, u32)
@settings(max_examples=50)
def test_a_first_source_continues_from_where_the_stream_stands(
    next_sequence: int, timestamp: int, theirs: int, their_timestamp: int
) -> None:  # RTP-2
    stream = OutgoingStream(1, next_sequence, timestamp)
    sequence_offset, timestamp_offset = stream.offsets(theirs, their_timestamp, 9.0, 8000)
    assert (theirs + sequence_offset) & 0xFFFF == next_sequence
    assert (their_timestamp + timestamp_offset - timestamp) & 0xFFFFFFFF == FRAME


@given(st.floats(0.0, 1e4), u32)
@settings(max_examples=50)
def test_time_between_two_sources_passes_in_the_timestamp(gap: float, timestamp: int) -> None:
    stream = OutgoingStream(1, 0, 0)
    stream.continued(50, 8000, 0xFFFF + 1, timestamp, at=100.0)
    sequence_offset, timestamp_offset = stream.offsets(7, 0, 100.0 + gap, 8000)
    assert (7 + sequence_offset) & 0xFFFF == 0
    assert (timestamp_offset - timestamp) & 0xFFFFFFFF == max(FRAME, round(gap * 8000))


def test_a_clock_that_seems_to_go_back_does_not_turn_the_timestamp_back() -> None:
    stream = OutgoingStream(1, 0, 0)
    stream.continued(1, 160, 1, 1000, at=100.0)
    assert stream.offsets(1, 0, 99.0, 8000)[1] == 1000 + FRAME


def test_a_frame_of_another_clock_is_as_long_in_time() -> None:
    stream = OutgoingStream(1, 0, 0)
    assert stream.offsets(0, 0, 9.0, 48000)[1] == 6 * FRAME


def test_packets_of_our_own_go_on_and_count() -> None:
    stream = OutgoingStream(0xABCD, 0xFFFF, 0xFFFFFFFF)
    data = stream.packet(0, SILENCE[0], FRAME, 5.0, marker=True)
    assert parse(data, len(data)) == Header(True, 0, 0xFFFF, FRAME - 1, 0xABCD, FRAME)
    assert (stream.packets, stream.octets, stream.next_sequence) == (1, FRAME, 0)
    assert stream.sent_at == 5.0


def test_more_about_the_same_moment_has_the_same_timestamp() -> None:
    stream = OutgoingStream(0xABCD, 7, 1000)
    stream.packet(101, bytes(4), FRAME, 5.0, marker=True)
    data = stream.packet(101, bytes(4), 0, 5.02, marker=False)
    assert parse(data, len(data)) == Header(False, 101, 8, 1000 + FRAME, 0xABCD, 4)
    assert stream.sent_at == 5.0
