"""RTCP reports: read, written, and refused without an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.rtcp import Report, ReportBlock, SenderInfo, is_sound, parse, serialize
from tests.support.corpora import corpora

u32 = st.integers(0, 0xFFFFFFFF)
blocks = st.builds(ReportBlock, u32, u32, u32, u32, u32, u32)
senders = st.builds(SenderInfo, st.integers(0, 2**64 - 1), u32, u32, u32)
reports = st.builds(Report, u32, st.none() | senders, st.lists(blocks, max_size=31).map(tuple))


@given(reports)
@settings(max_examples=50)
def test_a_report_survives_the_wire(report: Report) -> None:
    data = serialize(report)
    assert is_sound(data)
    assert parse(data) == report


@given(st.binary(max_size=100))
@settings(max_examples=100)
def test_no_datagram_raises(data: bytes) -> None:
    is_sound(data)
    parse(data)


def test_a_report_goes_with_a_name_that_tells_nothing() -> None:
    data = serialize(Report(0x1234ABCD, None, ()))
    assert data[:8] == b"\x80\xc9\x00\x01\x12\x34\xab\xcd"
    assert data[8:] == b"\x81\xca\x00\x04\x12\x34\xab\xcd\x01\x081234abcd\x00\x00"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\xc9\x00",
        b"\x80\xc9\x00\x02" + bytes(4),
        b"\x80\xc9\x00\x01" + bytes(5),
        b"\x00\xc9\x00\x01" + bytes(4),
        b"\x80\x00\x00\x01" + bytes(4),
    ],
    ids=["empty", "cut", "too short", "too long", "version 0", "an RTP packet"],
)
def test_unsound_datagrams_are_refused(data: bytes) -> None:
    assert not is_sound(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\xc9\x00\x01" + bytes(3),
        b"\x80\xcb\x00\x01" + bytes(4),
        b"\x80\xc8\x00\x01" + bytes(4),
        b"\x82\xc9\x00\x07" + bytes(28),
    ],
    ids=["cut", "begins with a BYE", "no sender information", "second block missing"],
)
def test_what_is_no_report_gives_none(data: bytes) -> None:
    assert parse(data) is None


def test_other_peoples_reports_are_read_alike() -> None:
    folder = corpora("rtp-packets")
    receiver = parse((folder / "rtcp_rr.bin").read_bytes())
    assert receiver == Report(817267719, None, (ReportBlock(1200895919, 0, 630, 1906, 0, 0),))
    sender = parse((folder / "rtcp_sr.bin").read_bytes())
    assert sender is not None
    assert sender.sender == SenderInfo(16016567581311369308, 1722342718, 269, 13557)
    assert parse((folder / "rtcp_rr_invalid.bin").read_bytes()) is None
    assert parse((folder / "rtcp_sr_invalid.bin").read_bytes()) is None
