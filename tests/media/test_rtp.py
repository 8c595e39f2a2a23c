"""RTP packets: what is sound, what is refused, and arithmetic that wraps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.rtp import (
    FIXED_SIZE,
    Header,
    build,
    parse,
    plain_headers,
    sequence_distance,
    timestamp_distance,
)
from tests.support.corpora import corpora

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)


@given(st.integers(0, 127), u16, u32, u32, st.binary(max_size=200), st.booleans())
@settings(max_examples=50)
def test_what_we_build_we_can_read(
    payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, marker: bool
) -> None:
    packet = build(payload_type, sequence, timestamp, ssrc, payload, marker=marker)
    header = Header(marker, payload_type, sequence, timestamp, ssrc, len(payload))
    assert parse(packet, len(packet)) == header


@given(u16, st.integers(-0x8000, 0x7FFF))
@settings(max_examples=50)
def test_distance_survives_wraparound(earlier: int, steps: int) -> None:
    assert sequence_distance((earlier + steps) & 0xFFFF, earlier) == steps


@given(st.integers(0, 0xFFFFFFFF), st.integers(-0x80000000, 0x7FFFFFFF))
def test_the_distance_of_timestamps_is_the_short_way_round(earlier: int, ticks: int) -> None:
    assert timestamp_distance((earlier + ticks) & 0xFFFFFFFF, earlier) == ticks


@given(st.binary(max_size=64))
@settings(max_examples=100)
def test_no_datagram_raises(datagram: bytes) -> None:
    header = parse(datagram, len(datagram))
    assert header is None or 0 <= header.payload_octets <= len(datagram) - FIXED_SIZE


def test_only_the_octets_received_count_not_the_rest_of_the_buffer() -> None:
    packet = bytearray(build(0, 1, 2, 3, b"payload")) + bytes(100)
    assert parse(packet, 19) == Header(False, 0, 1, 2, 3, 7)
    assert parse(packet, 11) is None


def test_contributing_sources_extension_and_padding_are_no_payload() -> None:
    plain = build(8, 1, 2, 3)[1:]
    csrcs = bytes(8)
    extension = b"\xbe\xde\x00\x01" + bytes(4)
    packet = b"\xb2" + plain + csrcs + extension + b"audio" + b"\x00\x00\x03"
    header = parse(packet, len(packet))
    assert header is not None
    assert header.payload_octets == 5


@pytest.mark.parametrize(
    "packet",
    [
        b"\x00" + build(0, 1, 2, 3)[1:],
        b"\x40" + build(0, 1, 2, 3)[1:],
        b"\x8f" + build(0, 1, 2, 3, bytes(8))[1:],
        b"\x90" + build(0, 1, 2, 3, bytes(3))[1:],
        b"\x90" + build(0, 1, 2, 3, b"\x00\x00\x00\x02" + bytes(4))[1:],
        b"\xa0" + build(0, 1, 2, 3, b"\x00\x00")[1:],
        b"\xa0" + build(0, 1, 2, 3, b"\x00\x03")[1:],
        b"",
    ],
    ids=[
        "version 0 (STUN)",
        "version 1",
        "more sources than octets",
        "half an extension",
        "extension longer than packet",
        "padding of 0",
        "padding longer than payload",
        "empty",
    ],
)
def test_unsound_packets_are_refused(packet: bytes) -> None:
    assert parse(packet, len(packet)) is None


def test_an_empty_packet_with_the_padding_bit_is_a_keepalive_and_passes() -> None:
    packet = b"\xa0" + build(0, 1, 2, 3)[1:]
    assert parse(packet, len(packet)) == Header(False, 0, 1, 2, 3, 0)


def test_plain_headers_are_those_without_anything_between_header_and_payload() -> None:
    assert plain_headers((0, 101)) == {0x8000, 0x8080, 0x8065, 0x80E5}


@pytest.mark.parametrize(
    ("name", "payload_type", "octets"),
    [
        ("rtp.bin", 0, 160),
        ("rtp_dtmf.bin", 101, 4),
        ("rtp_with_csrc.bin", 0, 160),
        ("rtp_only_padding.bin", 120, 0),
        ("rtp_only_padding_with_header_extensions.bin", 98, 0),
        ("rtp_with_sdes_mid.bin", 111, 54),
    ],
)
def test_other_peoples_packets_are_read_alike(name: str, payload_type: int, octets: int) -> None:
    packet = (corpora("rtp-packets") / name).read_bytes()
    header = parse(packet, len(packet))
    assert header is not None
    assert (header.payload_type, header.payload_octets) == (payload_type, octets)
