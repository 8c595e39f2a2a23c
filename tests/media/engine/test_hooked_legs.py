"""Who plugs into a leg, and what a hostile remote can do to it."""

import struct
import sys
from collections.abc import Sequence

from softswitch.media import rtcp
from softswitch.media.arrivals import Arrivals
from softswitch.media.engine.interface import UDPTL
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import Header, build
from tests.media.engine.legs import (
    ANNA,
    ELSEWHERE,
    JAN,
    LIMITS,
    SOUND,
    air,
    describe,
    frame,
    hear,
    pair,
    read,
    remote,
)

PCMU, CN = STATIC[0], STATIC[13]
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)


class Listener:
    """Stage, tap and reader of events at once."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes]] = []
        self.events: list[tuple[bytes, int, int, int, float]] = []

    def tap(self, header: Header, payload: bytes, now: float) -> None:
        self.heard.append((header.payload_type, payload))

    receive = tap
    patient = True

    def tap_run(self, first: Header, sound: bytes, times: Arrivals) -> None:
        size = first.payload_octets
        pieces = [sound[at : at + size] for at in range(0, len(sound), size)]
        self.heard += [(first.payload_type, piece) for piece in pieces]

    def event(
        self, payload: bytes, ssrc: int, sequence: int, timestamp: int, now: float
    ) -> Sequence[object]:
        self.events.append((payload, ssrc, sequence, timestamp, now))
        return ("5",) if payload[1] & 0x80 else ()


def test_taps_hear_all_that_is_accepted_and_cost_the_short_way() -> None:
    anna, _ = pair((PCMU, EVENTS, CN), (PCMU, EVENTS))
    one, other = Listener(), Listener()
    hear(anna, frame(1))
    assert anna.plain
    anna.tap(one)
    anna.tap(other)
    assert not anna.plain
    padded = b"\xb0" + frame(2, payload=b"")[1:] + b"\xbe\xde\x00\x01abcdvoice\x00\x00\x03"
    hear(anna, padded)
    hear(anna, frame(3, 13, b"\x40"))
    assert not anna.plain
    assert one.heard == other.heard == [(0, b"voice"), (13, b"\x40")]
    anna.untap(one)
    hear(anna, frame(4))
    anna.untap(other)
    hear(anna, frame(5))
    assert anna.plain
    assert len(one.heard) == 2
    assert len(other.heard) == 3


def test_a_stage_hears_with_and_without_a_peer() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3))
    describe(leg, remote(ANNA, PCMU))
    stage = Listener()
    leg.set_stage(stage)
    hear(leg, frame(1))
    assert stage.heard == [(0, SOUND)]
    leg.set_stage(None)
    hear(leg, frame(2))
    assert len(stage.heard) == 1
    assert (leg.formats, leg.expected) == ((PCMU,), (PCMU,))
    assert Leg(1, OutgoingStream(1, 2, 3)).expected == ()


def test_keys_are_read_while_audio_keeps_the_short_way() -> None:
    anna, _ = pair((PCMU, EVENTS), (PCMU, EVENTS))
    reader = Listener()
    keys: list[tuple[Leg, Sequence[object]]] = []
    anna.listen(reader, lambda leg, heard: keys.append((leg, heard)))
    hear(anna, frame(1))
    assert anna.plain == {0x8000, 0x8080}
    assert hear(anna, frame(2, 101, b"\x05\x0a\x00\xa0", marker=True), 0.02) is not None
    assert keys == []
    hear(anna, frame(3, 101, b"\x05\x8a\x01\x40", stamp=320), 0.04)
    assert keys == [(anna, ("5",))]
    assert reader.events[0] == (b"\x05\x0a\x00\xa0", 7, 2, 320, 0.02)
    anna.listen(None, lambda leg, heard: None)
    hear(anna, frame(4))
    assert 0x8065 in anna.plain
    assert len(reader.events) == 2


def test_a_listener_that_says_something_itself_does_not_break_the_stream() -> None:
    anna, jan = pair((PCMU, EVENTS), (PCMU, EVENTS))

    def answer(_leg: Leg, _heard: Sequence[object]) -> None:
        jan.emit(0, SOUND, 160, 0.03)

    anna.listen(Listener(), answer)
    hear(anna, frame(1), 0.0)
    assert hear(anna, frame(2, 101, b"\x05\x8a\x01\x40"), 0.02) is None
    ours, _ = read(air(jan).packets[0])
    following, _ = read(hear(anna, frame(3), 0.04))
    assert (ours.sequence, following.sequence) == (1002, 1003)


# fax


def fax(number: int) -> bytes:
    return struct.pack("!HB", number & 0xFFFF, 3) + b"abc\x00\x00"


def faxes() -> tuple[Leg, Leg]:
    anna, jan = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    hear(jan, frame(1), source=JAN)
    for leg, address in ((anna, ANNA), (jan, JAN)):
        describe(leg, remote(address, kind=UDPTL))
        leg.begin(0.0)
    return anna, jan


def test_fax_crosses_both_ways_as_it_is() -> None:
    anna, jan = faxes()
    for number in (0xFFFF, 0, 1, 3):
        assert hear(anna, fax(number)) == fax(number)
    assert hear(jan, fax(1), source=JAN) == fax(1)
    assert hear(jan, fax(2), source=None) == fax(2)
    seen = anna.statistics()
    assert (seen.packets_received, seen.packets_lost, seen.packets_sent) == (5, 1, 3)
    assert jan.statistics().packets_sent == 5
    assert jan.sent()[1] == 160 + 4 * len(fax(0))


def test_a_fax_behind_a_nat_is_learned_from_rising_numbers() -> None:
    anna, _ = faxes()
    learnable = frozenset((ANNA[0], ELSEWHERE[0]))
    anna.set_remote(remote(("10.0.0.9", 4000), kind=UDPTL), "10.0.0.9", learnable, 0.0)
    for number in (5, 6, 8, 9, 10):
        assert hear(anna, fax(number), source=ELSEWHERE) is None
    assert hear(anna, fax(1), source=("198.51.100.1", 4000)) is None
    assert anna.statistics().foreign == 1
    assert hear(anna, fax(11), source=ELSEWHERE) == fax(11)
    assert anna.latch.destination == ELSEWHERE


def test_fax_and_audio_follow_each_other_on_one_leg() -> None:
    anna, jan = faxes()
    assert hear(anna, fax(0)) is not None
    assert hear(anna, frame(2)) is not None  # nobody can tell: it is a datagram
    describe(jan, remote(JAN, PCMU), 9.0)
    assert hear(anna, fax(1)) is None
    describe(anna, remote(ANNA, PCMU), 9.0)
    header, _ = read(hear(anna, frame(3), 9.0))
    assert (header.sequence, header.marker) == (1001, True)
    assert not anna.look(60.0, *LIMITS)
    assert hear(anna, fax(2)[:3]) is None


def test_a_leg_without_a_peer_hears_fax_too() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3))
    describe(leg, remote(ANNA, PCMU))
    describe(leg, remote(ANNA, kind=UDPTL))
    assert hear(leg, fax(1)) is None
    assert leg.statistics().packets_received == 1


def test_a_leg_that_is_joined_before_it_is_described_accepts_nothing() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    leg = Leg(2, OutgoingStream(1, 2, 3))
    leg.join(anna, 0.0)
    assert hear(leg, frame(1)) is None
    assert leg.statistics().foreign == 1


def test_a_fax_that_cannot_be_sent_is_lost() -> None:
    anna, _ = faxes()

    def refuse(_: object) -> None:
        raise OSError

    anna.send = refuse
    anna.arrive(bytearray(fax(1)), 8, ANNA, 0.0)
    anna.part()
    assert hear(anna, fax(2)) is None


# hostile


def memory(leg: Leg) -> int:
    """Octets of all that a leg keeps in its books."""
    parts = (leg.reception, leg.latch, leg.reports)
    return sum(
        sys.getsizeof(getattr(part, name, None)) for part in parts for name in part.__slots__
    )


def test_a_flood_of_sources_changes_nothing_and_takes_no_memory() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    hear(anna, frame(2))
    before = memory(anna)
    for step in range(10_000):
        assert hear(anna, frame(step * 7, ssrc=step + 100)) is None
    assert memory(anna) <= before + 64
    following, _ = read(hear(anna, frame(3)))
    assert following.sequence == 1002


def test_a_source_that_changes_is_followed_after_two_packets() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    assert hear(anna, frame(50, ssrc=8)) is None
    following, _ = read(hear(anna, frame(51, ssrc=8)))
    assert following.sequence == 1001
    assert anna.statistics().packets_lost == 0


def test_both_phones_may_have_chosen_the_same_source() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    hers, _ = read(hear(anna, frame(1)))
    his, _ = read(hear(jan, frame(1), source=JAN))
    assert (hers.ssrc, his.ssrc) == (0xBBBB, 0xAAAA)


def test_packets_that_lie_about_their_length_are_dropped() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    for packet in (
        b"\x8f" + frame(2)[1:40],
        b"\x90" + build(0, 2, 320, 7, b"\xbe\xde\x00")[1:],
        b"\x90" + build(0, 2, 320, 7, b"\xbe\xde\xff\xff" + SOUND)[1:],
        b"\xa0" + build(0, 2, 320, 7, b"\xff")[1:],
        frame(2)[:11],
    ):
        assert hear(anna, packet) is None
    assert anna.statistics().packets_received == 1


def test_duplicates_cross_but_are_not_counted_twice_as_loss() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    for sequence in (1, 2, 2, 2, 3):
        assert hear(anna, frame(sequence)) is not None
    assert anna.statistics().packets_lost == 0


def test_a_flood_of_rtcp_leaves_the_audio_alone() -> None:
    anna, jan = pair((PCMU,), (PCMU,))
    hear(anna, frame(1))
    garbage = [b"\x81\xc8" + bytes(70), b"\x80\xcc\x00\x01" + bytes(4), b"\xff" * 90, b""]
    bye = rtcp.serialize(rtcp.Report(7, None, ())) + b"\x81\xcb\x00\x01" + bytes(4)
    before = memory(anna)
    for step in range(10_000):
        anna.arrive_rtcp(garbage[step % 4], ("192.0.2.1", 4001), step / 1000)
        anna.arrive_rtcp(bye, ELSEWHERE, step / 1000)
    anna.arrive_rtcp(bye, ("192.0.2.1", 4001), 20.0)
    assert memory(anna) <= before + 64
    assert len(air(jan).reports) == 1
    assert hear(anna, frame(2)) is not None


def test_a_wrong_payload_type_is_counted_and_goes_nowhere() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    for sequence in range(4):
        assert hear(anna, frame(sequence, 97)) is None
    assert anna.latch.locked is None
    hear(anna, frame(4))
    hear(anna, frame(90, 97, ssrc=9))
    assert hear(anna, frame(5, 97)) is None
    assert read(hear(anna, frame(6)))[0].sequence == 1001
    assert anna.statistics().packets_received == 3


def test_a_leg_is_patient_while_nobody_waits_for_it() -> None:
    anna, _ = pair((PCMU, EVENTS), (PCMU,))
    assert not anna.is_patient, "the other side waits"
    anna.part()
    assert anna.is_patient
    listener = Listener()
    anna.tap(listener)
    assert anna.is_patient
    listener.patient = False
    assert not anna.is_patient
    anna.untap(listener)
    anna.set_stage(listener)
    assert not anna.is_patient
    anna.set_stage(None)
    describe(anna, remote(ANNA, kind=UDPTL))
    assert not anna.is_patient
    assert not Leg(3, OutgoingStream(1, 2, 3)).is_patient


def test_packets_that_come_together_are_counted_and_told() -> None:
    leg = Leg(0, OutgoingStream(1, 2, 3))
    describe(leg, remote(ANNA, PCMU))
    listener = Listener()
    leg.tap(listener)
    hear(leg, frame(1))
    leg.arrive_together(0, 2, 320, SOUND + SOUND, Arrivals.of([0.02, 0.04]))
    assert listener.heard == [(0, SOUND)] * 3
    assert (leg.reception.packets, leg.reception.next_sequence, leg.heard_at) == (3, 4, 0.04)
