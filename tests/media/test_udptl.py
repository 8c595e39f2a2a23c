"""Fax datagrams: only their number is ours to read."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.rtp import Header
from softswitch.media.udptl import PAYLOAD_TYPE, parse


def test_the_number_comes_first() -> None:
    datagram = b"\x12\x34\x01\x00\x00"
    assert parse(datagram, 5) == Header(False, PAYLOAD_TYPE, 0x1234, 0, 0, 5)


@given(st.binary(max_size=20))
@settings(max_examples=50)
def test_no_datagram_raises(datagram: bytes) -> None:
    assert (parse(datagram, len(datagram)) is None) == (len(datagram) < 4)
