"""Traces as octets."""

import zlib

import pytest

from softswitch.packing import MAGIC, Entry, Trace, pack, unpack

ENTRIES = [
    (10.0, False, 0, b"UDP 192.0.2.1:5060 198.51.100.7:5062", b"INVITE sip:1@x SIP/2.0\r\n\r\n"),
    (10.5, True, 255, b"TCP [::1]:5060 [2001:db8::7]:40000", b"\xff\0"),
    (11.0, True, 1, b"", b""),
]


def test_what_was_packed_comes_back() -> None:
    expected = [Entry(at, sent, leg, flow.decode(), data) for at, sent, leg, flow, data in ENTRIES]
    assert unpack(pack(ENTRIES, 7)) == Trace(expected, 7)
    assert unpack(pack([], 0)) == Trace([], 0)


def test_traces_are_packed_independently_of_each_other() -> None:
    assert pack(ENTRIES, 0) == pack(ENTRIES, 0)


def test_usual_messages_become_small() -> None:
    message = b"SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n"
    assert len(pack([(1.0, True, 0, b"", message)], 0)) < len(message)


def test_a_trace_without_its_end_is_damaged() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(pack(ENTRIES, 0)[:-5])


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"something else",
        MAGIC,
        MAGIC + b"not zlib",
        MAGIC + zlib.compress(b"\0"),
        MAGIC + zlib.compress(b"\0" * 4 + b"\0" * 5),
        MAGIC + zlib.compress(b"\0" * 4 + b"\0" * 10 + b"\0\1" + b"\0" * 4 + b"\xff"),
    ],
)
def test_what_is_no_trace_is_a_value_error(blob: bytes) -> None:
    with pytest.raises(ValueError, match="SIP trace"):
        unpack(blob)
