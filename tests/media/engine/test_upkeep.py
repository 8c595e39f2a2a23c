"""What legs do as time goes by: reports of our own, keepalives, figures, packets of our own."""

from itertools import pairwise

import pytest

from softswitch.media import rtcp
from softswitch.media.engine.interface import UDPTL
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.upkeep import FAINT_NOISE, KEEPALIVE, LOOK_EVERY, Nowhere
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import SILENCE
from tests.media.engine.legs import (
    ANNA,
    ELSEWHERE,
    JAN,
    LIMITS,
    OWN_ANNA,
    OWN_JAN,
    SOUND,
    air,
    describe,
    frame,
    hear,
    pair,
    read,
    remote,
)

PCMU, PCMA, CN = STATIC[0], STATIC[8], STATIC[13]
OPUS = Format(96, "OPUS", 48000, 2)
ANNA_RTCP = ("192.0.2.1", 4001)


def watch(leg: Leg, begin: float, end: float) -> list[rtcp.Report]:
    """As the worker does twice a second; what is reported to the remote meanwhile."""
    now = begin
    while now < end:
        if now >= leg.look_at:
            leg.look(now, *LIMITS)
        now += 0.5
    reports, air(leg).reports = air(leg).reports, []
    return [report for report in map(rtcp.parse, reports) if report is not None]


def talk(leg: Leg, begin: float, end: float, kind: int = 0, lose: int = 0) -> None:
    for step in range(round((end - begin) * 50)):
        sequence = round(begin * 50) + step
        if not lose or (step + 1) % lose:
            hear(leg, frame(sequence, kind), begin + step * 0.02, ANNA if leg.id == 0 else JAN)


# reports


def test_who_hears_what_we_made_gets_reports_of_ours() -> None:
    anna, jan = pair((PCMU,), (PCMA,))
    talk(anna, 0.0, 4.0, lose=10)
    (first,) = watch(jan, 0.5, 4.5)
    assert first.ssrc == OWN_JAN
    assert first.sender is not None
    assert first.sender.packets == 180
    assert first.sender.octets == 180 * 160
    assert first.blocks == ()
    at = first.sender.ntp / (1 << 32)
    assert abs((first.sender.timestamp - 50000 - 160) / 8000 - at) < 0.001
    (hers,) = watch(anna, 0.5, 4.5)
    assert hers.sender is None
    (block,) = hers.blocks
    assert block.ssrc == 7
    assert block.packets_lost == 19  # nobody knows of the last one yet
    assert abs((block.loss >> 24) / 256 - 0.1) < 0.01
    talk(anna, 4.0, 30.0)
    assert 4 <= len(watch(jan, 4.5, 30.0)) <= 7


def test_the_timestamp_of_a_report_counts_in_the_ticks_that_we_send() -> None:
    anna, jan = pair((PCMU,), (OPUS,))
    talk(anna, 0.0, 4.0)
    (report,) = watch(jan, 0.5, 4.5)
    assert report.sender is not None
    at = report.sender.ntp / (1 << 32)
    assert abs((report.sender.timestamp - 50000 - 960) / 48000 - at) < 0.001
    assert jan.clock_rate == 48000


def test_reports_that_are_passed_on_are_not_ours_too() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    told = rtcp.Report(7, rtcp.SenderInfo(1 << 32, 160, 50, 8000), ())
    for second in range(40):
        talk(anna, second, second + 1.0)
        if second % 5 == 0:
            anna.arrive_rtcp(rtcp.serialize(told), ANNA_RTCP, second + 0.9)
        reports = watch(jan, second + 1.0, second + 2.0)
        assert all(report.sender and report.sender.ntp == 1 << 32 for report in reports)


def test_a_remote_whose_partner_reports_nothing_gets_reports_of_ours() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    talk(anna, 0.0, 8.0)
    assert watch(jan, 0.5, 8.0)
    anna.arrive_rtcp(rtcp.serialize(rtcp.Report(7, None, ())), ANNA_RTCP, 8.0)
    air(jan).reports.clear()
    assert watch(jan, 8.0, 17.0) == []
    assert 1 <= len(watch(jan, 17.0, 30.0)) <= 4


def test_who_may_not_know_of_us_yet_or_wants_no_reports_gets_none() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    assert watch(anna, 0.5, 60.0) == []
    describe(jan, remote(JAN, PCMU)._replace(rtcp=False))
    talk(anna, 0.0, 1.0)
    assert watch(jan, 1.0, 60.0) == []
    describe(anna, remote(ANNA, PCMU)._replace(rtcp_port=0))
    assert watch(anna, 60.0, 90.0) == []


def test_the_round_trip_is_measured_over_passed_reports_too() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    talk(anna, 0.0, 1.0)
    told = rtcp.Report(7, rtcp.SenderInfo(0x1111222233334444, 160, 50, 8000), ())
    anna.arrive_rtcp(rtcp.serialize(told), ANNA_RTCP, 1.0)
    block = rtcp.ReportBlock(OWN_JAN, rtcp.loss_field(0.0, 3), 50, 80, 0x22223333, 1 << 15)
    jan.arrive_rtcp(rtcp.serialize(rtcp.Report(9, None, (block,))), ("192.0.2.2", 5001), 1.58)
    seen = jan.statistics()
    assert seen.round_trip is not None
    assert abs(seen.round_trip - 0.08) < 1e-6
    assert (seen.remote_lost, seen.remote_jitter) == (3, 0.01)


def looks(leg: Leg, begin: float, end: float) -> list[float]:
    """When the worker looked at it."""
    seen = []
    for step in range(round((end - begin) * 2)):
        now = begin + step / 2
        if now >= leg.look_at:
            seen.append(now)
            leg.look(now, *LIMITS)
    return seen


def test_where_nothing_comes_or_goes_looks_and_reports_get_rare() -> None:
    anna, _ = pair((PCMA,), (PCMA,))
    anna.emit(8, SOUND, 160, 0.0)
    assert 2 <= len(looks(anna, 0.5, 15.0)) <= 4
    air(anna).reports.clear()
    air(anna).packets.clear()
    assert looks(anna, 15.0, 58.0) == [15.0, 30.0, 45.0]
    assert len(air(anna).reports) == len(air(anna).packets) == 3


def test_who_is_heard_again_or_sent_to_is_looked_at_as_often_as_before() -> None:
    anna, jan = pair((PCMA,), (PCMA,))
    anna.emit(8, SOUND, 160, 0.0)
    looks(anna, 0.5, 40.0)
    talk(anna, 40.0, 46.0, kind=8)
    assert anna.look_at == 45.0
    assert len(looks(anna, 45.0, 60.0)) > 2
    looks(jan, 0.5, 46.0)
    talk(anna, 60.0, 120.0, kind=8)
    assert len(looks(jan, 61.0, 120.0)) > 11


def test_who_takes_reports_over_one_port_hears_one_before_a_nat_forgets() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    describe(anna, remote(ANNA, PCMU, mux=True))
    hear(anna, frame(1), 0.0)
    told = [now for now in range(58) if watch(anna, now, now + 1.0)]
    assert all(later - one <= 16 for one, later in pairwise([0, *told, 58]))
    assert 4 <= len(told) <= 6
    assert not air(anna).packets


# keepalive


@pytest.mark.parametrize(
    ("formats", "payload"),
    [((PCMA,), SILENCE[8]), ((OPUS,), b""), ((PCMA, CN), FAINT_NOISE)],
    ids=["silence", "an empty packet", "comfort noise"],
)
def test_no_nat_forgets_a_leg_that_nothing_is_said_to(
    formats: tuple[Format, ...], payload: bytes
) -> None:
    anna, _ = pair(formats, (PCMU,))
    anna.emit(formats[0].payload_type, SOUND, 160, 0.0)
    air(anna).packets.clear()
    watch(anna, 0.5, KEEPALIVE)
    assert not air(anna).packets
    watch(anna, KEEPALIVE, 45.0)
    assert 1 < len(air(anna).packets) < 4
    header, sent = read(air(anna).packets[0])
    assert sent == payload
    assert header.marker
    assert header.ssrc == OWN_ANNA
    assert KEEPALIVE <= (header.timestamp - 5160) / anna.clock_rate < KEEPALIVE + LOOK_EVERY


def test_the_payload_type_that_signalling_named_keeps_a_plain_leg_alive() -> None:
    leg = Leg(0, OutgoingStream(OWN_ANNA, 0, 0))
    described = remote(ANNA)._replace(payload_types=(0,), keepalive_payload_type=0)
    describe(leg, described)
    hear(leg, frame(1))
    leg.look(20.0, *LIMITS)
    assert leg.statistics().packets_sent == 1
    assert isinstance(leg.way, Nowhere)
    describe(leg, described._replace(keepalive_payload_type=None))
    leg.look(60.0, *LIMITS)
    assert leg.statistics().packets_sent == 1


def test_who_is_talked_to_or_reported_to_needs_no_keepalive() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    talk(anna, 0.0, 30.0)
    watch(jan, 0.5, 30.0)
    assert not air(jan).packets
    describe(anna, remote(ANNA, PCMU, mux=True))
    assert watch(anna, 31.0, 60.0)
    assert not air(anna).packets


def test_nothing_is_sent_to_who_was_never_heard_and_never_sent_to() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    watch(anna, 0.5, 60.0)
    assert not air(anna).packets
    describe(anna, remote(ANNA, kind=UDPTL))
    hear(anna, b"\x00\x01fax", 60.0)
    watch(anna, 60.0, 120.0)
    assert not air(anna).packets
    leg = Leg(0, OutgoingStream(1, 2, 3))
    assert not leg.look(1e6, *LIMITS)


# packets of our own


def test_our_packets_advance_as_we_say_and_something_new_by_the_time_passed() -> None:
    anna, _ = pair((PCMU, Format(101, "TELEPHONE-EVENT", 8000)), (PCMU,))
    anna.emit(0, SOUND, 160, 0.0, marker=True)
    anna.emit(0, SOUND, 160, 0.02)
    anna.emit(0, SOUND, 160, 0.03)
    anna.emit(101, b"\x05\x0a\x00\xa0", 160, 0.5, marker=True)
    anna.emit(101, b"\x05\x0a\x01\x40", 0, 0.52)
    anna.emit(0, SOUND, 160, 1.0, marker=True)
    stamps = [read(packet)[0].timestamp - 5000 for packet in air(anna).packets]
    assert stamps[:3] == [160, 320, 480]
    assert stamps[3] == stamps[4] == 480 + round(0.47 * 8000)
    assert stamps[5] == stamps[3] + 4000
    assert [read(packet)[0].sequence for packet in air(anna).packets] == list(range(100, 106))
    assert anna.sent()[:2] == (6, 4 * 160 + 8)


def test_our_sounds_and_the_peer_alternate_in_one_stream() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    first, _ = read(hear(anna, frame(1), 0.0))
    jan.emit(0, SOUND, 160, 0.02)
    ours, _ = read(air(jan).packets[0])
    assert (ours.sequence, ours.timestamp) == (first.sequence + 1, first.timestamp + 160)
    again, _ = read(hear(anna, frame(3), 0.04))
    assert (again.sequence, again.timestamp) == (first.sequence + 2, first.timestamp + 320)


def test_while_a_leg_is_fed_by_us_its_peer_is_heard_and_not_relayed() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    music, announcement = object(), object()
    hear(anna, frame(1), 0.0)
    jan.feed(music)
    jan.feed(announcement)
    assert jan.feeder is announcement
    assert hear(anna, frame(2), 0.02) is None
    jan.starve(announcement)
    assert jan.feeder is music
    assert hear(anna, frame(3), 0.04) is None
    assert not anna.plain
    assert anna.statistics().packets_received == 3
    jan.starve(music)
    assert jan.feeder is None
    following, _ = read(hear(anna, frame(4), 0.06))
    assert (following.sequence, following.marker) == (1001, True)
    assert following.timestamp == 50160 + 480
    lonely = Leg(3, OutgoingStream(1, 2, 3))
    lonely.feed(music)
    assert lonely.fed


def test_without_a_place_to_send_to_nothing_is_emitted() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3))
    assert not leg.emit(0, SOUND, 160, 0.0)
    leg.way.send_to(leg, b"", ELSEWHERE)
    leg.way.send_rtcp(leg, b"")
    leg.begin(0.0)
    assert leg.statistics().packets_sent == 0
    assert leg.clock_rate == 8000


# figures


def test_figures_are_told_every_ten_seconds_while_there_is_something_new() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    talk(anna, 0.0, 9.0)
    assert anna.quality(9.5) is None
    seen = anna.quality(10.0)
    assert seen is not None
    assert seen.packets_received == 450
    assert anna.quality(15.0) is None
    assert anna.quality(20.0) is None
    talk(anna, 20.0, 21.0)
    assert anna.quality(30.0) is not None


def test_a_look_is_only_needed_when_something_is_due() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    talk(anna, 0.0, 1.0)
    anna.look(1.0, *LIMITS)
    assert 1.0 < anna.look_at <= 1.0 + LOOK_EVERY
    assert not anna.look(58.0, *LIMITS)
    assert anna.look_at <= 0.98 + 60.0
    assert anna.quality(61.0) is not None
    assert anna.look(61.0, *LIMITS)
    assert anna.look_at > 61.0
