"""Legs whose remotes speak differently: numbers, codecs, clock rates, keys."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import rtcp
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.scale import Scale
from softswitch.media.formats import STATIC, Format
from tests.media.engine.air import Air
from tests.media.engine.legs import (
    ANNA,
    ELSEWHERE,
    JAN,
    SOUND,
    air,
    describe,
    frame,
    hear,
    pair,
    read,
    remote,
)
from tests.media.engine.locks import Lock

PCMU, PCMA, G722, CN = STATIC[0], STATIC[8], STATIC[9], STATIC[13]
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)
OPUS = Format(96, "OPUS", 48000, 2)
FAST_EVENTS = Format(110, "TELEPHONE-EVENT", 48000)


def test_another_number_for_the_same_codec_is_all_that_changes() -> None:
    anna, _ = pair((OPUS, FAST_EVENTS), (OPUS._replace(payload_type=111), FAST_EVENTS))
    header, payload = read(hear(anna, frame(1, 96, stamp=960)))
    assert (header.payload_type, payload, header.marker) == (111, SOUND, True)
    following, _ = read(hear(anna, frame(2, 96, stamp=1920)))
    assert (following.sequence, following.timestamp) == (1001, header.timestamp + 960)
    assert anna.plain == {0x806E, 0x80EE}
    assert anna.relays


def test_extensions_are_not_told_to_whom_they_mean_nothing() -> None:
    anna, _ = pair((OPUS,), (OPUS._replace(payload_type=111),))
    packet = b"\xb1" + frame(1, 96, b"")[1:] + bytes(4) + b"\xbe\xde\x00\x01abcdvoice\x00\x00\x03"
    crossed = hear(anna, packet)
    assert crossed is not None
    assert crossed[0] == 0x80
    assert crossed[12:] == b"voice"


def test_one_law_becomes_the_other_with_every_number_going_on() -> None:
    anna, jan = pair((PCMU, EVENTS), (PCMA, EVENTS))
    sent = [read(hear(anna, frame(step + 1, payload=b"\xff" * 160))) for step in range(4)]
    assert {payload for _, payload in sent} == {b"\xd5" * 160}
    assert [header.sequence for header, _ in sent] == [1000, 1001, 1002, 1003]
    assert {b[0].timestamp - a[0].timestamp for a, b in pairwise(sent)} == {160}
    assert {header.payload_type for header, _ in sent} == {8}
    assert not anna.relays
    assert not jan.relays
    back, _ = read(hear(jan, frame(9, 8), source=JAN))
    assert back.payload_type == 0
    assert jan.statistics().packets_sent == 4
    assert jan.sent()[1] == 640


def test_loss_stays_visible_for_whoever_conceals_it() -> None:
    anna, _ = pair((PCMU,), (PCMA,))
    first, _ = read(hear(anna, frame(1)))
    after, _ = read(hear(anna, frame(4)))
    assert after.sequence == first.sequence + 3
    assert after.timestamp == first.timestamp + 480
    late, _ = read(hear(anna, frame(3)))
    assert late.sequence == first.sequence + 2
    assert late.timestamp == first.timestamp + 320


def test_timestamps_count_in_the_ticks_of_the_target() -> None:  # RTP-5
    anna, jan = pair((PCMU, EVENTS), (OPUS, FAST_EVENTS))
    sent = [read(hear(anna, frame(step + 1))) for step in range(3)]
    assert {b[0].timestamp - a[0].timestamp for a, b in pairwise(sent)} == {960}
    assert {header.payload_type for header, _ in sent} == {96}
    (event, told) = read(hear(anna, frame(4, 101, b"\x05\x0a\x00\xa0", stamp=640, marker=True)))
    assert (event.payload_type, event.marker) == (110, True)
    assert event.timestamp == sent[-1][0].timestamp + 960
    assert told == b"\x05\x0a\x03\xc0"
    assert not anna.plain
    payload = sent[0][1]
    back = [
        read(hear(jan, frame(step + 1, 96, payload, stamp=step * 960), source=JAN))
        for step in range(3)
    ]
    assert {b[0].timestamp - a[0].timestamp for a, b in pairwise(back)} == {160}
    assert {len(told) for _, told in back} == {160}


def test_an_event_that_comes_first_finds_the_stream_of_the_audio() -> None:
    anna, _ = pair((PCMU, EVENTS), (OPUS, FAST_EVENTS))
    event, _ = read(hear(anna, frame(1, 101, b"\x05\x0a\x00\xa0")))
    audio, _ = read(hear(anna, frame(3)))
    assert audio.timestamp - event.timestamp == 1920
    assert not audio.marker


def test_a_source_that_changes_its_clock_goes_on_in_time() -> None:
    anna, _ = pair((PCMU, OPUS), (PCMA,))
    slow, _ = read(hear(anna, frame(1), 0.0))
    opus = b"\xfc" + bytes(20)
    fast, _ = read(hear(anna, frame(2, 96, opus, stamp=10**8), 0.02))
    assert (fast.sequence, fast.marker) == (slow.sequence + 1, True)
    assert fast.timestamp == slow.timestamp + 160
    again, _ = read(hear(anna, frame(3, 96, opus, stamp=10**8 + 960), 0.04))
    assert again.timestamp == fast.timestamp + 160
    assert anna.statistics().jitter < 0.001


def test_a_phone_that_switches_between_what_crosses_and_what_does_not_is_followed() -> None:
    anna, jan = pair((G722, PCMA), (PCMA,))
    crossed, _ = read(hear(anna, frame(1, 8)))
    assert anna.plain
    translated, _ = read(hear(anna, frame(2, 9)))
    assert (translated.payload_type, translated.sequence) == (8, crossed.sequence + 1)
    assert not anna.plain
    assert not jan.relays
    hear(anna, frame(3, 8))
    assert anna.plain
    assert jan.relays


def test_what_is_left_out_leaves_no_hole() -> None:
    anna, jan = pair((PCMU, CN), (PCMA,))
    first, _ = read(hear(anna, frame(1)))
    assert hear(anna, frame(2, 13, b"\x40")) is None
    assert hear(anna, frame(3, 99)) is None
    assert hear(anna, frame(4, payload=b"")) is None
    second, _ = read(hear(anna, frame(5)))
    assert second.sequence == first.sequence + 1
    assert second.timestamp == first.timestamp + 640
    assert jan.statistics().packets_sent == 2
    assert jan.sent()[1] == 320
    assert anna.statistics().packets_received == 5
    assert hear(anna, frame(3, 13, b"\x40")) is None  # late: nothing moves
    third, _ = read(hear(anna, frame(6)))
    assert third.sequence == second.sequence + 1


def test_a_description_that_means_the_same_keeps_the_state_of_translation() -> None:
    anna, _ = pair((G722,), (PCMA,))
    first, _ = read(hear(anna, frame(1, 9)))
    step = anna._steps[9]
    describe(anna, remote(ANNA, G722), 1.0)
    second, _ = read(hear(anna, frame(2, 9)))
    assert anna._steps[9] is step
    assert second.sequence == first.sequence + 1
    describe(anna, remote(ANNA, G722, PCMA), 1.0)
    assert hear(anna, frame(3, 8)) is not None
    assert anna._steps[9] is not step


def test_a_description_with_another_clock_closes_the_books() -> None:
    anna, jan = pair((PCMU,), (PCMA,))
    first, _ = read(hear(anna, frame(1), 0.0))
    describe(jan, remote(JAN, OPUS), 1.0)
    second, _ = read(hear(anna, frame(2), 1.0))
    assert second.payload_type == 96
    assert second.sequence == first.sequence + 1
    assert second.timestamp == first.timestamp + 48000


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.lists(st.integers(1, 50)))
@settings(max_examples=60)
def test_scaled_timestamps_never_drift(here: int, there: int, seconds: list[int]) -> None:
    for rates in ((8000, 48000), (48000, 8000)):
        scale = Scale(here, there, rates)
        at = 0
        for step in [*seconds, 7000, 7000, 7000]:
            at += step
            timestamp = (here + at * rates[0]) & 0xFFFFFFFF
            assert scale.convert(timestamp) == (there + at * rates[1]) & 0xFFFFFFFF
            earlier = (timestamp - rates[0]) & 0xFFFFFFFF
            assert scale.convert(earlier) == (there + (at - 1) * rates[1]) & 0xFFFFFFFF


# keys


@pytest.mark.parametrize(("hers", "his"), [(True, False), (False, True), (True, True)])
def test_every_mix_of_keys_and_none_is_relayed(hers: bool, his: bool) -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    for leg, guarded in ((anna, hers), (jan, his)):
        leg.guard = Lock() if guarded else None
        leg.guarded()
    for sequence in (1, 2):
        crossed = hear(anna, frame(sequence) + (b"k" if hers else b""))
        assert crossed is not None
        assert crossed[12:] == SOUND + (b"k" if his else b"")
    assert not anna.plain
    assert jan.statistics().packets_sent == 2


def test_a_ring_buffer_is_not_touched_by_a_guard() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    anna.guard = Lock()
    anna.guarded()
    sealed = frame(1) + b"k"
    ring = memoryview(bytearray(sealed))
    relayed: list[bytes] = []
    anna.send = lambda data: relayed.append(bytes(data))
    anna.arrive(ring, len(sealed), ANNA, 0.0)
    assert relayed[0][12:] == SOUND
    assert bytes(ring) == sealed


def test_without_keys_nothing_leaves_in_the_clear() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    lock = jan.guard = Lock()
    lock.ready = False
    jan.guarded()
    assert hear(anna, frame(1)) is None
    assert not jan.emit(0, SOUND, 160, 0.0)
    jan.send_rtcp(rtcp.Report(1, None, ()))
    assert not air(jan).packets
    assert not air(jan).reports
    assert jan.sent()[0] <= 1


def test_only_packets_with_the_right_tag_teach_and_they_teach_at_once() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    anna.guard = Lock()
    anna.guarded()
    for sequence in range(9):
        assert hear(anna, frame(sequence) + b"x", source=ELSEWHERE) is None
    assert anna.latch.locked is None
    assert anna.statistics().foreign == 9
    assert hear(anna, frame(1) + b"k", source=ELSEWHERE) is not None
    assert anna.latch.locked == ELSEWHERE


def test_without_tags_the_source_must_have_been_checked() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    lock = anna.guard = Lock()
    anna.guarded()
    lock.admitted = False
    assert hear(anna, frame(1) + b"k") is None
    assert anna.statistics().foreign == 1


def test_what_is_no_rtp_goes_to_the_guard_and_its_answers_to_whoever_asked() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    assert anna.plain
    for first in (0, 20, 63, 127, 192, 255):
        assert hear(anna, bytes((first,)) + b"check", source=ELSEWHERE) is None
    lock = anna.guard = Lock()
    hear(anna, b"\x00check", source=ELSEWHERE)
    assert lock.heard == [(b"\x00check", ELSEWHERE)]
    assert air(anna).answers == [(b"answer", ELSEWHERE)]
    assert anna.latch.locked == ELSEWHERE
    hear(anna, b"\x16hello", source=None)
    assert lock.heard[-1] == (b"\x16hello", ELSEWHERE)
    hear(jan, frame(1), source=JAN)
    anna.guard = None
    anna.guarded()
    assert not jan.plain


def test_the_line_of_nobody_says_nothing() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3), Air())
    leg.guard = Lock()
    leg.arrive(bytearray(b"\x00check"), 6, None, 0.0)
    leg.arrive(bytearray(b"\x80"), 1, ANNA, 0.0)
    leg.arrive(bytearray(b""), 0, ANNA, 0.0)
    assert not leg.guard.heard


# RTCP on the RTP port, and with keys


def test_rtcp_shares_the_port_where_that_was_agreed() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    told = remote(ANNA, PCMU, mux=True)
    describe(anna, told, 0.0)
    assert anna.rtcp_destination == ANNA
    data = rtcp.serialize(rtcp.Report(7, rtcp.SenderInfo(1, 2, 3, 4), ()))
    assert hear(anna, data) is None
    assert anna.statistics().foreign == 1  # nothing is locked yet
    hear(anna, frame(1))
    hear(anna, data)
    hear(anna, data, source=None)
    assert len(air(jan).reports) == 2
    assert anna.muxed
    hear(jan, data, source=JAN)
    assert not air(anna).reports  # not agreed there: it is an RTP packet of an odd type


def test_reports_are_opened_and_sealed() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    anna.guard, jan.guard = Lock(b"a"), Lock(b"j")
    anna.guarded()
    hear(anna, frame(1) + b"a")
    data = rtcp.serialize(rtcp.Report(7, None, ()))
    anna.arrive_rtcp(data + b"x", ANNA, 0.0)
    assert not air(jan).reports
    assert anna.statistics().foreign == 1
    anna.arrive_rtcp(data + b"a", ("192.0.2.1", 4001), 0.0)
    (report,) = air(jan).reports
    assert report[-1:] == b"j"
    assert rtcp.parse(report[:-1]) == rtcp.Report(0xBBBB, None, ())
