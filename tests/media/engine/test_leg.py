"""What a leg accepts, how it rewrites, and what it remembers."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import rtcp
from softswitch.media.engine.interface import PortStatistics, Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.reporting import PER_SECOND
from softswitch.media.latch import Address
from softswitch.media.rtp import FRAME, SILENCE, Header, build, parse
from tests.media.engine.air import Air

ANNA, JAN = ("192.0.2.1", 4000), ("192.0.2.2", 5000)
ATTACKER = ("127.0.0.66", 4000)
OWN_ANNA, OWN_JAN = 0xAAAA, 0xBBBB


LIMITS = (60.0, 300.0)
"""Of the RTP time-out, in use and held."""


def remote(address: Address, *types: int, keepalive: int | None = None) -> Remote:
    return Remote(
        address[0], address[1], address[1] + 1, types or (0, 101), address[0], False, keepalive
    )


def tell(leg: Leg, told: Remote, now: float = 0.0) -> bytes | None:
    """As the worker does; what the leg sends first."""
    leg.set_remote(told, told.address, frozenset((told.address,)), now)
    leg.begin(now)
    return sent(leg)


def sent(leg: Leg) -> bytes | None:
    """The packet that the leg has sent of its own since the last look."""
    assert isinstance(leg.way, Air)
    packets, leg.way.packets = leg.way.packets, []
    return packets[-1] if packets else None


def pair() -> tuple[Leg, Leg]:
    """Anna's leg and Jan's, joined and told of their remotes."""
    anna = Leg(0, OutgoingStream(OWN_ANNA, 0xFFFE, 0xFFFFFF00), Air())
    jan = Leg(1, OutgoingStream(OWN_JAN, 1000, 50000), Air())
    tell(anna, remote(ANNA))
    tell(jan, remote(JAN))
    anna.join(jan, 0.0)
    jan.join(anna, 0.0)
    return anna, jan


def hear(leg: Leg, source: Address, packet: bytes, now: float = 0.0) -> bytes | None:
    """As a backend does at the door: what goes to the peer's remote."""
    relayed: list[bytes] = []
    leg.send = lambda data: relayed.append(bytes(data))
    leg.arrive(bytearray(packet), len(packet), source, now)
    return relayed[0] if relayed else None


def hear_rtcp(leg: Leg, source: Address, data: bytes, now: float) -> bytes | None:
    """At the RTCP door: what goes to the peer's remote."""
    leg.arrive_rtcp(data, source, now)
    way = leg.peer.way if leg.peer else leg.way
    assert isinstance(way, Air)
    reports, way.reports = way.reports, []
    return reports[-1] if reports else None


def seen(leg: Leg) -> tuple[object, ...]:
    """Packets, octets, lost, sent, jitter, foreign."""
    return tuple(leg.statistics())[:6]


def read(packet: bytes | None) -> Header:
    assert packet is not None
    header = parse(packet, len(packet))
    assert header is not None
    return header


def frame(sequence: int, timestamp: int | None = None, ssrc: int = 7, kind: int = 0) -> bytes:
    timestamp = sequence * FRAME if timestamp is None else timestamp
    return build(kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, b"voice")


def test_numbers_become_the_peers_own_and_the_payload_stays() -> None:
    anna, _ = pair()
    first = hear(anna, ANNA, frame(9, 90))
    assert first == build(0, 1000, 50000 + FRAME, OWN_JAN, b"voice", marker=True)
    assert hear(anna, ANNA, frame(10, 250)) == build(0, 1001, 50320, OWN_JAN, b"voice")


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.integers(2, 40))
@settings(max_examples=30)
def test_the_stream_is_continuous_over_every_wrap(first: int, stamp: int, length: int) -> None:
    _, jan = pair()
    sent = [
        read(hear(jan, JAN, frame(first + step, stamp + step * FRAME), now=step * 0.02))
        for step in range(length)
    ]
    assert [header.sequence for header in sent] == [
        (0xFFFE + step) & 0xFFFF for step in range(length)
    ]
    steps = {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(sent)}
    assert steps == {FRAME}


def test_extensions_sources_and_padding_cross_untouched() -> None:
    anna, _ = pair()
    rest = bytes(4) + b"\xbe\xde\x00\x01abcd" + b"voice" + b"\x00\x00\x03"
    packet = b"\xb1" + build(0, 1, 2, 3)[1:] + rest
    crossed = hear(anna, ANNA, packet)
    assert crossed is not None
    assert crossed[12:] == rest
    assert crossed[0] == 0xB1


def test_types_that_neither_description_names_are_dropped_but_are_a_sign_of_life() -> None:
    anna, _ = pair()
    hear(anna, ANNA, frame(1))
    assert hear(anna, ANNA, frame(2, kind=13), now=50.0) is None
    assert anna.statistics().packets_received == 2
    following = read(hear(anna, ANNA, frame(3), now=50.02))
    assert following.sequence == 1001
    assert seen(anna)[2] == 0
    assert not anna.look(70.0, *LIMITS)


def test_types_that_only_the_peers_description_names_are_accepted() -> None:
    anna, jan = pair()
    tell(jan, remote(JAN, 0, 96))
    assert hear(anna, ANNA, frame(1, kind=96)) is not None
    anna.part()
    jan.part()
    assert hear(jan, JAN, frame(1, kind=101)) is None


def test_strangers_are_counted_and_change_nothing() -> None:
    anna, jan = pair()
    for sequence in range(5):
        assert hear(anna, ATTACKER, frame(sequence)) is None
    hear(anna, ANNA, frame(1))
    assert hear(anna, ATTACKER, frame(2)) is None
    assert seen(anna) == (1, 5, 0, 0, 0.0, 6)
    assert jan.statistics().packets_sent == 1


def test_a_new_ssrc_is_followed_from_its_second_packet_without_a_break() -> None:  # RTP-2
    anna, _ = pair()
    for step in range(3):
        last = read(hear(anna, ANNA, frame(step), now=step * 0.02))
    assert hear(anna, ANNA, frame(700, ssrc=8), now=0.06) is None
    start = read(hear(anna, ANNA, frame(701, ssrc=8), now=0.08))
    assert (start.ssrc, start.marker) == (OWN_JAN, True)
    assert start.sequence == last.sequence + 1
    assert start.timestamp == last.timestamp + 2 * FRAME


def test_another_peer_continues_the_same_stream() -> None:  # RTP-2
    anna, jan = pair()
    for step in range(3):
        last = read(hear(anna, ANNA, frame(step), now=step * 0.02))
    third = Leg(2, OutgoingStream(0xCCCC, 0, 0), Air())
    tell(third, remote(ANNA))
    anna.part()
    jan.join(third, 1.0)
    third.join(jan, 1.0)
    start = read(hear(third, ANNA, frame(33, ssrc=99), now=1.04))
    assert (start.ssrc, start.sequence, start.marker) == (OWN_JAN, last.sequence + 1, True)
    assert start.timestamp == last.timestamp + 50 * FRAME
    assert jan.statistics().packets_sent == 4


def test_a_description_in_the_middle_leaves_no_seam() -> None:
    anna, _ = pair()
    first = read(hear(anna, ANNA, frame(1), now=0.0))
    tell(anna, remote(ANNA, 0, 8))
    second = read(hear(anna, ANNA, frame(2), now=0.7))
    assert (second.sequence, second.timestamp) == (first.sequence + 1, first.timestamp + FRAME)
    assert not second.marker
    assert anna.plain


def test_without_a_peer_or_a_place_to_send_packets_are_received_and_end_there() -> None:
    anna, jan = pair()
    jan.set_remote(remote(JAN), None, frozenset(), 0.0)
    assert hear(anna, ANNA, frame(1)) is None
    tell(jan, remote(JAN))
    assert hear(anna, ANNA, frame(2)) is not None
    jan.set_remote(remote(JAN), None, frozenset(), 0.0)
    assert not anna.plain
    assert hear(anna, ANNA, frame(3)) is None
    anna.part()
    assert hear(anna, ANNA, frame(4)) is None
    assert anna.statistics().packets_received == 4
    assert jan.statistics().packets_sent == 1


def test_what_could_not_be_sent_is_not_counted_as_sent() -> None:
    anna, jan = pair()
    hear(anna, ANNA, frame(1))
    hear(anna, ANNA, frame(2))
    anna.failed += 1
    assert jan.statistics().packets_sent == 1


def test_a_leg_nobody_set_up_sends_and_receives_nothing() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3))
    assert leg.receive_into(bytearray(10)) == 0
    leg.send(memoryview(b"never mind"))
    assert leg.statistics() == PortStatistics()
    assert not leg.look(1e9, *LIMITS)


# our first packet (RTP-4)


def test_the_first_packet_is_silence_of_the_codec() -> None:
    for kind in (0, 8):
        leg = Leg(0, OutgoingStream(5, 10, 1000), Air())
        packet = tell(leg, remote(ANNA, kind, keepalive=kind))
        assert packet == build(kind, 10, 1000 + FRAME, 5, SILENCE[kind], marker=True)
        assert leg.statistics().packets_sent == 1


def test_the_first_packet_of_another_codec_is_empty() -> None:
    leg = Leg(0, OutgoingStream(5, 10, 1000), Air())
    assert tell(leg, remote(ANNA, 9, keepalive=9)) == build(9, 10, 1160, 5, marker=True)


def test_nothing_is_sent_first_where_nothing_can_be_sent() -> None:
    leg = Leg(0, OutgoingStream(5, 10, 1000), Air())
    leg.set_remote(remote(ANNA, 0, keepalive=0), None, frozenset(), 0.0)
    leg.begin(0.0)
    assert sent(leg) is None
    assert tell(leg, remote(("192.0.2.1", 0), keepalive=0)) is None


def test_nothing_is_put_into_a_stream_that_flows() -> None:
    anna, jan = pair()
    hear(anna, ANNA, frame(1), now=10.0)
    assert tell(jan, remote(JAN, 0, keepalive=0), now=10.5) is None
    silence = tell(jan, remote(JAN, 0, keepalive=0), now=12.0)
    assert read(silence).sequence == 1001
    start = read(hear(anna, ANNA, frame(2), now=12.1))
    assert (start.sequence, start.marker) == (1002, True)


# RTP time-out


def test_silence_is_reported_once_per_negotiation() -> None:
    anna, jan = pair()
    assert not anna.look(59.9, *LIMITS)
    assert anna.look(60.0, *LIMITS)
    assert not anna.look(61.0, *LIMITS)
    anna.join(jan, 70.0)
    assert not anna.look(129.0, *LIMITS)
    assert anna.look(131.0, *LIMITS)


def test_packets_are_a_sign_of_life() -> None:
    anna, _ = pair()
    hear(anna, ANNA, frame(1), now=50.0)
    assert not anna.look(50.4, *LIMITS)
    assert not anna.look(109.9, *LIMITS)
    assert anna.look(111.0, *LIMITS)


def test_a_held_remote_may_be_silent_for_longer() -> None:
    anna, _ = pair()
    anna.hold(True, 10.0)
    assert not anna.look(300.0, *LIMITS)
    assert anna.look(311.0, *LIMITS)
    anna.hold(False, 320.0)
    assert anna.look(381.0, *LIMITS)


# RTCP


def report(*blocks: rtcp.ReportBlock, sender: rtcp.SenderInfo | None = None) -> bytes:
    return rtcp.serialize(rtcp.Report(7, sender, blocks))


ANNA_RTCP = ("192.0.2.1", 4001)


def test_a_sender_report_crosses_with_the_numbers_of_our_stream() -> None:
    anna, jan = pair()
    hear(anna, ANNA, frame(9, 90))
    hear(jan, JAN, frame(20, ssrc=77))
    sender = rtcp.SenderInfo(ntp=123456789, timestamp=90, packets=1, octets=5)
    block = rtcp.ReportBlock(OWN_ANNA, 0x01000002, 0xFFFE, 3, 4, 5)
    stranger = block._replace(ssrc=4711)
    crossed = hear_rtcp(anna, ANNA_RTCP, report(block, stranger, sender=sender), 0.0)
    assert crossed is not None
    assert rtcp.parse(crossed) == rtcp.Report(
        OWN_JAN,
        sender._replace(timestamp=50000 + FRAME),
        (block._replace(ssrc=77, extended_highest=20),),
    )


def test_a_sender_report_without_a_stream_of_ours_becomes_a_receiver_report() -> None:
    anna, _ = pair()
    sender = rtcp.SenderInfo(1, 2, 3, 4)
    block = rtcp.ReportBlock(OWN_ANNA, 0, 1, 0, 0, 0)
    crossed = hear_rtcp(anna, ANNA_RTCP, report(block, sender=sender), 0.0)
    assert crossed is not None
    assert rtcp.parse(crossed) == rtcp.Report(OWN_JAN, None, ())


@given(st.integers(0, 0xFFFF), st.integers(1, 200))
@settings(max_examples=30)
def test_the_highest_sequence_number_is_told_as_its_sender_counts(first: int, sent: int) -> None:
    anna, jan = pair()
    for step in range(sent):
        last = read(hear(jan, JAN, frame(first + step)))
    wraps = 0xFFFE + sent - 1 >> 16
    assert jan.original(wraps << 16 | last.sequence) == first + sent - 1
    assert anna.outgoing.ssrc == OWN_ANNA


def test_rtcp_alone_keeps_a_leg_alive_and_a_bye_ends_nothing() -> None:
    anna, _ = pair()
    bye = b"\x80\xc9\x00\x01" + bytes(4) + b"\x81\xcb\x00\x01" + bytes(4)
    assert hear_rtcp(anna, ANNA_RTCP, bye, 50.0) is not None
    assert hear_rtcp(anna, ANNA_RTCP, bye[8:], 51.0) is None
    assert not anna.look(109.9, *LIMITS)


def test_rtcp_of_strangers_is_counted_and_goes_nowhere() -> None:
    anna, _ = pair()
    assert hear_rtcp(anna, ATTACKER, report(), 50.0) is None
    assert hear_rtcp(anna, ("192.0.2.1", 9), report(), 50.0) is None
    assert anna.foreign == 2
    assert anna.look(60.0, *LIMITS)


def test_stun_is_counted_when_it_is_a_strangers_and_nothing_to_a_leg_that_never_asked() -> None:
    anna, _ = pair()
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
    anna.arrive(bytearray(request), len(request), ATTACKER, 50.0)
    assert anna.foreign == 1
    anna.arrive(bytearray(request), len(request), ANNA, 50.0)
    assert anna.foreign == 1
    assert anna.look(60.0, *LIMITS)


def test_a_flood_of_rtcp_is_not_looked_at() -> None:
    anna, _ = pair()
    crossed = [hear_rtcp(anna, ANNA_RTCP, report(), 5.5) for _ in range(1000)]
    assert sum(data is not None for data in crossed) == PER_SECOND
    assert hear_rtcp(anna, ANNA_RTCP, report(), 6.0) is not None


def test_garbage_from_the_right_place_is_no_sign_of_life() -> None:
    anna, _ = pair()
    assert hear_rtcp(anna, ANNA_RTCP, b"\x80\xc9garbage", 50.0) is None
    assert anna.look(60.0, *LIMITS)


def test_the_rtcp_port_behind_a_nat_is_learned_from_the_locked_host_once() -> None:
    leg = Leg(0, OutgoingStream(5, 10, 1000), Air())
    public = "203.0.113.7"
    leg.set_remote(remote(ANNA), ANNA[0], frozenset((ANNA[0], public)), 0.0)
    assert leg.rtcp_destination == ANNA_RTCP
    assert hear_rtcp(leg, (public, 6001), report(), 0.0) is None
    for sequence in range(4):
        hear(leg, (public, 6000), frame(sequence))
    assert leg.rtcp_destination is None
    hear_rtcp(leg, (public, 6001), report(), 0.0)
    assert leg.rtcp_destination == (public, 6001)
    hear_rtcp(leg, (public, 7001), report(), 0.0)
    assert leg.rtcp_destination == (public, 6001)
    assert leg.foreign == 2


def test_a_remote_without_an_rtcp_port_gets_no_reports() -> None:
    leg = Leg(0, OutgoingStream(5, 10, 1000), Air())
    told = Remote(ANNA[0], ANNA[1], 0, (0,), ANNA[0], False, None)
    tell(leg, told)
    assert leg.rtcp_destination is None
