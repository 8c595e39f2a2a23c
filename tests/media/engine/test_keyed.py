import pytest

from softswitch.media import srtp
from softswitch.media.engine.keyed import MAX_TRAILER, MOVES_AFTER
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import STATIC
from tests.media.engine.legs import ANNA, ELSEWHERE, frame, hear, pair
from tests.media.engine.locks import Lock

PCMU = STATIC[0]


def talking(hers: Lock | None, his: Lock | None) -> Leg:
    """Anna's leg in the middle of a call."""
    anna, jan = pair((PCMU,), (PCMU,))
    anna.guard, jan.guard = hers, his
    anna.guarded()
    for sequence in range(3):
        hear(anna, frame(sequence) + b"k" * (hers is not None), sequence * 0.02)
    return anna


@pytest.mark.parametrize(
    ("hers", "his"), [(Lock(), Lock()), (Lock(), None), (None, Lock())], ids=["both", "in", "out"]
)
def test_packets_need_what_the_guards_of_both_sides_say(
    hers: Lock | None, his: Lock | None
) -> None:
    anna = talking(hers, his)
    assert anna.secured
    assert anna.runs() == (hers, his)
    assert anna.found(bytearray(9)) is not None


@pytest.mark.parametrize("side", [0, 1])
def test_while_a_side_has_no_keys_packets_need_a_closer_look(side: int) -> None:
    locks = Lock(), Lock()
    anna = talking(*locks)
    locks[side].ready = False
    anna.guarded()
    assert anna.runs() is None
    locks[side].ready = True
    assert anna.runs() == locks


def test_guards_that_let_packets_cross_as_they_are_need_nothing() -> None:
    hers, his = Lock(b""), Lock(b"")
    hers.open = his.open = True
    anna, jan = pair((PCMU,), (PCMU,))
    anna.guard, jan.guard = hers, his
    assert anna.runs() == (None, None)


def test_what_packets_need_is_asked_again_when_a_guard_knows_more() -> None:
    anna = talking(Lock(), Lock())
    before = anna.runs()
    assert anna.runs() is before
    assert anna.peer is not None
    anna.peer.guard = other = Lock()
    anna.peer.guarded()
    assert anna.runs() == (anna.guard, other)


def test_without_guards_nothing_is_needed_and_no_buffer_is_known() -> None:
    anna = talking(None, None)
    assert not anna.secured
    assert anna.runs() == (None, None)
    assert anna.found(bytearray(9)) is None
    anna.part()
    assert anna.runs() == (None, None)
    assert anna.found(bytearray(9)) is None


def test_the_room_that_is_left_for_tags_is_the_longest_of_them() -> None:
    assert MAX_TRAILER == srtp.MAX_TRAILER


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


def test_a_backend_that_has_the_books_returns_them_before_a_packet_from_elsewhere_counts() -> None:
    anna = talking(Lock(), Lock())
    settled: list[bool] = []
    anna.settle = lambda: settled.append(bool(anna.secured))
    assert hear(anna, frame(3) + b"x", 0.06, source=ELSEWHERE) is None
    assert not settled
    hear(anna, frame(3) + b"k", 0.06, source=ELSEWHERE)
    assert settled == [False]
