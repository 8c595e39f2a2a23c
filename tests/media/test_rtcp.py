"""RTCP reports: read, written, and refused without an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.rtcp import (
    Report,
    ReportBlock,
    SenderInfo,
    VoipMetrics,
    is_sound,
    loss_field,
    parse,
    serialize,
    voip_metrics,
)
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
    voip_metrics(data)


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


@given(st.integers(-(2**40), 2**40), st.floats(-1, 2))
@settings(max_examples=50)
def test_loss_keeps_within_its_bits(packets: int, fraction: float) -> None:
    block = ReportBlock(1, loss_field(fraction, packets), 0, 0, 0, 0)
    assert block.packets_lost == min(max(packets, -0x800000), 0x7FFFFF)
    assert abs((block.loss >> 24) / 256 - min(max(fraction, 0.0), 255 / 256)) < 1 / 256


def extended(*blocks: bytes) -> bytes:
    body = bytes(4) + b"".join(blocks)
    head = b"\x80\xcf" + (len(body) // 4).to_bytes(2, "big")
    return serialize(Report(1, None, ())) + head + body


def metrics(mos: int, length: int = 8) -> bytes:
    fixed = b"\x07\x00" + length.to_bytes(2, "big")
    lost = (99).to_bytes(4, "big") + bytes((64, 32, 0, 0))
    delays = bytes(6) + (120).to_bytes(2, "big")
    return fixed + lost + delays + bytes(7) + bytes((mos,)) + bytes(8)


def test_a_phone_tells_how_its_loudspeaker_sounds() -> None:
    clock = b"\x04\x00\x00\x02" + bytes(8)
    data = extended(clock, metrics(41))
    assert is_sound(data)
    assert voip_metrics(data) == VoipMetrics(99, 0.25, 0.125, 0.12, 4.1)


def test_scores_off_the_scale_are_none() -> None:
    for mos in (127, 0, 9, 51):
        told = voip_metrics(extended(metrics(mos)))
        assert told is not None
        assert told.mos is None


def test_extended_reports_that_are_cut_tell_nothing() -> None:
    assert voip_metrics(extended(metrics(41)[:20])) is None
    assert voip_metrics(extended(b"\x07\x00\xff\xff")) is None
    assert voip_metrics(extended()) is None
    assert voip_metrics(serialize(Report(1, None, ()))) is None
