"""Packets with keys over epoll, without sockets."""

from collections.abc import Callable

import pytest

from softswitch.media.engine.backends.epoll_keys import MAX_PACKET, PLACES, Bunch
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import STATIC
from softswitch.media.rtp import FIXED_SIZE
from tests.media.engine.legs import OWN_JAN, SOUND, frame, hear, pair, read
from tests.media.engine.locks import Lock

PCMU = STATIC[0]
SIDES = [(Lock(), Lock()), (Lock(), None), (None, Lock())]
with_keys = pytest.mark.parametrize(("hers", "his"), SIDES, ids=["both", "in", "out"])


def talking(hers: Lock | None, his: Lock | None) -> Leg:
    """Anna's leg in the middle of a call."""
    anna, jan = pair((PCMU,), (PCMU,))
    anna.guard, jan.guard = hers, his
    anna.guarded()
    for sequence in range(3):
        hear(anna, frame(sequence) + b"k" * (hers is not None), sequence * 0.02)
    return anna


def reads(packet: bytes) -> Callable[[bytearray | memoryview], int]:
    """What a socket does that has this packet; as much of it as there is room for."""

    def read_into(room: bytearray | memoryview) -> int:
        size = min(len(packet), len(room))
        room[:size] = packet[:size]
        return size

    return read_into


def crossed(leg: Leg, packet: bytes, now: float = 0.06) -> list[bytes]:
    """What is sent when this has come."""
    sent: list[bytes] = []
    leg.send = lambda data: sent.append(bytes(data))
    leg.receive_into = reads(packet)
    Bunch().serve([leg], now)
    return sent


@with_keys
def test_the_next_packet_in_order_is_counted_renumbered_and_sent(
    hers: Lock | None, his: Lock | None
) -> None:
    anna = talking(hers, his)
    (packet,) = crossed(anna, frame(3) + b"k" * (hers is not None))
    header, payload = read(packet)
    assert (header.sequence, header.timestamp, header.ssrc) == (1003, 50000 + 4 * 160, OWN_JAN)
    assert payload == SOUND + b"k" * (his is not None)
    seen = anna.statistics()
    assert (seen.packets_received, seen.octets_received, seen.foreign) == (4, 4 * 160, 0)
    assert anna.steady_at == 0.06


@pytest.mark.parametrize(
    "packet",
    [frame(3) + b"x", frame(3, kind=8) + b"x", frame(3)[: FIXED_SIZE - 1], bytes(MAX_PACKET + 1)],
    ids=["tag", "type", "short", "long"],
)
def test_what_is_not_right_is_not_sent_and_changes_nothing(packet: bytes) -> None:
    anna = talking(Lock(), None)
    assert crossed(anna, packet) == []
    assert anna.reception.packets == 3
    assert len(crossed(anna, frame(3) + b"k")) == 1


def test_a_wrong_tag_is_a_strangers() -> None:
    anna = talking(Lock(), Lock())
    assert crossed(anna, frame(3) + b"x") == []
    assert (anna.foreign, anna.failed) == (1, 0)


def test_what_is_not_the_next_goes_the_long_way() -> None:
    anna = talking(Lock(), None)
    for sequence in (4, 3, 5):
        ((header, payload),) = (read(data) for data in crossed(anna, frame(sequence) + b"k"))
        assert (header.sequence, payload) == (1000 + sequence, SOUND)
    assert anna.statistics().packets_lost == 0


def test_what_cannot_be_protected_or_sent_is_counted() -> None:
    his = Lock()
    anna = talking(None, his)
    assert anna.runs() is not None
    his.ready = False
    assert crossed(anna, frame(3)) == []
    assert anna.failed == 1
    his.ready = True

    def broken(_data: memoryview | bytes) -> None:
        raise ConnectionRefusedError

    anna.send, anna.receive_into = broken, reads(frame(4))
    Bunch().serve([anna], 0.08)
    assert anna.failed == 2


def test_a_socket_that_has_nothing_after_all_holds_up_nobody() -> None:
    anna, jan = talking(Lock(), None), talking(Lock(), None)

    def empty(_room: bytearray | memoryview) -> int:
        raise BlockingIOError

    sent: list[bytes] = []
    anna.receive_into, jan.receive_into = empty, reads(frame(3) + b"k")
    jan.send = lambda data: sent.append(bytes(data))
    Bunch().serve([anna, jan], 0.06)
    assert len(sent) == 1


def test_more_legs_than_there_are_places_are_served_in_turns() -> None:
    legs = [talking(Lock(), Lock()) for _ in range(PLACES + 2)]
    sent: list[bytes] = []
    for number, leg in enumerate(legs):
        leg.receive_into = reads(frame(3) + (b"x" if number == 1 else b"k"))
        leg.send = lambda data: sent.append(bytes(data))
    Bunch().serve(legs, 0.06)
    assert len(sent) == PLACES + 1
    assert [leg.foreign for leg in legs[:3]] == [0, 1, 0]


def test_only_new_timestamps_that_can_be_say_something_about_jitter() -> None:
    anna = talking(None, Lock())
    jitter = anna.reception.jitter
    assert crossed(anna, frame(3, stamp=320))
    assert crossed(anna, frame(4, stamp=1 << 30), now=0.1)
    assert anna.reception.jitter == jitter
    assert anna.reception.timestamp == 1 << 30
