"""Frames in Opus packets (RFC 6716 §3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.media.codecs.opus_frames import LONGEST_PACKET, division, joined, longest, ticks


def contents(configuration: int, code: int) -> int:
    return configuration << 3 | code


@pytest.mark.parametrize(
    ("payload", "milliseconds"),
    [
        (b"", 0),
        (bytes((contents(0, 0),)), 10),
        (bytes((contents(11, 0),)), 60),
        (bytes((contents(13, 0),)), 20),
        (bytes((contents(16, 0),)), 2.5),
        (bytes((contents(31, 0),)), 20),
        (bytes((contents(1, 1),)), 40),
        (bytes((contents(1, 2),)), 40),
        (bytes((contents(1, 3), 6)), 120),
        (bytes((contents(1, 3), 0x86)), 120),
        (bytes((contents(28, 3), 48)), 120),
        (bytes((contents(1, 3), 7)), 0),
        (bytes((contents(1, 3),)), 0),
        (bytes((contents(11, 3), 63)), 0),
    ],
)
def test_the_first_octets_say_how_long(payload: bytes, milliseconds: float) -> None:
    assert ticks(payload) == milliseconds * 48


@given(st.binary(max_size=4))
def test_no_packet_is_too_long(payload: bytes) -> None:
    assert 0 <= ticks(payload) <= LONGEST_PACKET


@pytest.mark.parametrize(
    ("milliseconds", "frame", "count"),
    [
        (0, 0, 1),
        (1, 0, 1),
        (2.5, 2.5, 1),
        (3, 2.5, 1),
        (7.5, 2.5, 3),
        (10, 10, 1),
        (15, 5, 3),
        (20, 20, 1),
        (30, 10, 3),
        (40, 40, 1),
        (50, 10, 5),
        (60, 60, 1),
        (80, 20, 4),
        (100, 20, 5),
        (120, 20, 6),
        (500, 20, 6),
    ],
)
def test_packets_are_divided_into_frames(milliseconds: float, frame: float, count: int) -> None:
    assert division(int(milliseconds * 16), 16000) == (frame * 16, count)


def test_the_longest_frame_is_60_ms() -> None:
    assert longest(8000) == 480


def test_frames_are_joined_with_their_sizes() -> None:
    first, second, third = b"\x08" + b"a" * 251, b"\x08" + b"b" * 255, b"\x08ccc"
    packet = joined([first, second, third])
    assert packet[:2] == bytes((0x08 | 3, 0x80 | 3))
    assert packet[2:5] == bytes((251, 255, 0))
    assert packet[5:] == first[1:] + second[1:] + b"ccc"
    assert ticks(packet) == 60 * 48


@pytest.mark.parametrize("octets", [0, 1, 251, 252, 253, 255, 256, 1275])
def test_sizes_are_read_as_they_were_written(octets: int) -> None:
    packet = joined([b"\x08" + bytes(octets), b"\x08"])
    size, head = (packet[2], 3) if packet[2] < 252 else (4 * packet[3] + packet[2], 4)
    assert size == octets
    assert len(packet) == head + octets


def test_frames_of_another_mode_are_left_out() -> None:
    assert joined([b"\x08a", b"\x48b", b"\x08c"]) == bytes((0x0B, 0x82, 1)) + b"ac"


def test_nothing_joins_to_nothing() -> None:
    assert joined([b"", b""]) == b""
