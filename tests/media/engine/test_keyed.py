import pytest

from softswitch.media import srtp
from softswitch.media.engine.keyed import MAX_TRAILER, MOVES_AFTER
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import STATIC
from softswitch.media.latch import Address
from softswitch.media.rtp import FIXED_SIZE
from tests.media.engine.legs import ANNA, ELSEWHERE, OWN_JAN, SOUND, frame, hear, pair, read
from tests.media.engine.locks import Lock

PCMU = STATIC[0]


def talking(hers: Lock | None, his: Lock | None) -> Leg:
    """Anna's leg in the middle of a call."""
    anna, jan = pair((PCMU,), (PCMU,))
    anna.guard, jan.guard = hers, his
    anna.guarded()
    for sequence in range(3):
        hear(anna, sealed(anna, sequence), sequence * 0.02)
    return anna


def sealed(anna: Leg, sequence: int, stamp: int | None = None) -> bytes:
    packet = frame(sequence, stamp=stamp)
    return packet if anna.guard is None else packet + b"k"


def hurried(
    leg: Leg, packet: bytes, source: Address | None = ANNA, now: float = 0.06
) -> tuple[bool, list[bytes]]:
    """Did it take the short way, and what was sent?"""
    sent: list[bytes] = []
    leg.send = lambda data: sent.append(bytes(data))
    buffer = bytearray(packet) + bytes(MAX_TRAILER)
    return leg._hurry(buffer, len(packet), source, now), sent


@pytest.mark.parametrize("source", [ANNA, None])
@pytest.mark.parametrize(
    ("hers", "his"), [(Lock(), Lock()), (Lock(), None), (None, Lock())], ids=["both", "in", "out"]
)
def test_the_next_packet_in_order_goes_the_short_way(
    hers: Lock | None, his: Lock | None, source: Address | None
) -> None:
    anna = talking(hers, his)
    done, (packet,) = hurried(anna, sealed(anna, 3), source)
    assert done
    header, payload = read(packet)
    assert (header.sequence, header.timestamp, header.ssrc) == (1003, 50000 + 4 * 160, OWN_JAN)
    assert payload == SOUND + (b"" if his is None else b"k")
    seen = anna.statistics()
    assert (seen.packets_received, seen.octets_received, seen.foreign) == (4, 4 * 160, 0)


def test_what_is_unusual_needs_a_closer_look() -> None:
    anna = talking(Lock(), Lock())
    usual = frame(3) + b"k"
    nothing: tuple[bool, list[bytes]] = (False, [])
    assert hurried(anna, usual, ELSEWHERE) == nothing
    assert hurried(anna, usual[: FIXED_SIZE - 1]) == nothing
    assert hurried(anna, frame(4) + b"k") == nothing
    assert hurried(anna, frame(3, ssrc=8) + b"k") == nothing
    assert hurried(anna, frame(3, kind=8) + b"k") == nothing
    assert not anna._hurry(memoryview(usual), len(usual), ANNA, 0.06)
    assert not anna._hurry(bytearray(usual), len(usual), ANNA, 0.06)  # no room for a tag
    assert anna.statistics().packets_received == 3
    assert hurried(anna, usual)[0]


def test_a_wrong_tag_is_a_strangers() -> None:
    anna = talking(Lock(), None)
    assert hurried(anna, frame(3) + b"x") == (True, [])
    assert anna.statistics().foreign == 1
    assert hurried(anna, frame(3) + b"k")[0]


def test_without_guards_there_is_no_short_way_of_the_keyed() -> None:
    anna = talking(None, None)
    assert hurried(anna, frame(3)) == (False, [])
    anna.part()
    assert hurried(anna, frame(3)) == (False, [])


def test_the_room_that_is_left_for_tags_is_the_longest_of_them() -> None:
    assert MAX_TRAILER == srtp.MAX_TRAILER


def test_what_the_peer_has_no_keys_for_yet_is_not_sent() -> None:
    his = Lock()
    anna = talking(None, his)
    his.ready = False
    assert hurried(anna, frame(3)) == (True, [])
    assert anna.failed == 1


def test_only_new_timestamps_that_can_be_say_something_about_jitter() -> None:
    anna = talking(None, Lock())
    jitter = anna.reception.jitter
    assert hurried(anna, frame(3, stamp=320))[0]
    assert hurried(anna, frame(4, stamp=1 << 30), now=0.1)[0]
    assert anna.reception.jitter == jitter
    assert anna.reception.timestamp == 1 << 30


def test_a_remote_that_moved_is_heard_at_once_and_followed_when_it_stays() -> None:
    anna, _ = pair((PCMU,), (PCMU,))
    anna.guard = Lock()
    anna.guarded()
    hear(anna, frame(1) + b"k", 10.0)
    hear(anna, frame(2) + b"k", 10.02, source=None)
    assert hear(anna, frame(3) + b"k", 10.04, source=ELSEWHERE) is not None
    assert anna.latch.locked == ANNA
    hear(anna, frame(4) + b"k", 11.0)
    hear(anna, frame(5) + b"k", 11.0 + MOVES_AFTER - 0.1, source=ELSEWHERE)
    assert anna.latch.locked == ANNA
    hear(anna, frame(6) + b"k", 11.0 + MOVES_AFTER, source=ELSEWHERE)
    assert anna.latch.locked == ELSEWHERE
