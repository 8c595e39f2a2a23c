"""Every rule of the latch, and the ways round it that attackers try."""

import pytest

from softswitch.media.latch import MAX_CANDIDATES, PACKETS_TO_PROVE, Latch, Verdict
from softswitch.media.rtp import Header

SDP = ("192.168.1.10", 4000)
PUBLIC = ("203.0.113.7", 61234)
ATTACKER = ("127.0.0.66", 4000)


def latch(*learnable: str) -> Latch:
    latch = Latch()
    latch.payload_types = frozenset((0, 101))
    latch.renegotiate(SDP, frozenset((SDP[0], *learnable)))
    return latch


def packet(sequence: int = 1, ssrc: int = 5, payload_type: int = 0) -> Header:
    return Header(False, payload_type, sequence & 0xFFFF, 0, ssrc, 160)


def prove(latch: Latch, source: tuple[str, int], first: int = 100) -> list[Verdict]:
    return [latch.judge(source, packet(first + step)) for step in range(PACKETS_TO_PROVE)]


LEARNED = [Verdict.LEARNING] * (PACKETS_TO_PROVE - 1) + [Verdict.RIGHT]


def test_before_any_description_everybody_is_foreign() -> None:  # RTP-3
    latch = Latch()
    assert latch.judge(SDP, packet()) is Verdict.FOREIGN
    assert latch.destination is None


def test_the_address_and_port_of_the_sdp_are_right_at_once() -> None:
    it = latch()
    assert it.destination == SDP
    assert it.judge(SDP, packet()) is Verdict.RIGHT
    assert it.locked == SDP


def test_another_port_of_the_sdp_address_must_prove_itself() -> None:
    it = latch()
    other = (SDP[0], 4002)
    assert prove(it, other) == LEARNED
    assert it.destination == other


def test_behind_a_nat_the_signalling_address_may_be_learned_on_any_port() -> None:  # RTP-3
    it = latch(PUBLIC[0])
    assert prove(it, PUBLIC, first=0xFFFE) == LEARNED
    assert it.destination == PUBLIC


def test_without_nat_the_signalling_address_is_foreign() -> None:  # RTP-3
    assert latch().judge(PUBLIC, packet()) is Verdict.FOREIGN


def test_an_attacker_is_foreign_while_learning_and_after() -> None:
    it = latch(PUBLIC[0])
    for sequence in range(20):
        assert it.judge(ATTACKER, packet(sequence)) is Verdict.FOREIGN
    assert prove(it, PUBLIC) == LEARNED
    for sequence in range(103, 120):
        assert it.judge(ATTACKER, packet(sequence)) is Verdict.FOREIGN
    assert it.destination == PUBLIC


def test_a_guessed_ssrc_and_sequence_help_an_attacker_nothing() -> None:
    it = latch(PUBLIC[0])
    it.judge(PUBLIC, packet(1))
    assert it.judge(ATTACKER, packet(2)) is Verdict.FOREIGN
    assert it.judge(PUBLIC, packet(2)) is Verdict.LEARNING


@pytest.mark.parametrize(
    "headers",
    [
        [packet(1), packet(2), packet(3), packet(5)],
        [packet(1), packet(2), packet(3), packet(4, ssrc=6)],
        [packet(1), packet(2), packet(3), packet(3)],
        [packet(1), packet(2), packet(3), packet(4, payload_type=96)],
    ],
    ids=["a gap", "another SSRC", "a repetition", "a type that was not negotiated"],
)
def test_proof_takes_four_like_packets_in_sequence(headers: list[Header]) -> None:
    it = latch(PUBLIC[0])
    assert {it.judge(PUBLIC, header) for header in headers} == {Verdict.LEARNING}
    assert it.locked is None


def test_the_sdp_address_too_needs_a_negotiated_payload_type() -> None:
    it = latch()
    assert it.judge(SDP, packet(payload_type=96)) is Verdict.LEARNING
    assert it.locked is None


def test_once_locked_nobody_else_gets_in() -> None:  # RTP-3
    it = latch(PUBLIC[0])
    prove(it, PUBLIC)
    assert it.judge(SDP, packet()) is Verdict.FOREIGN
    assert prove(it, (PUBLIC[0], 5555)) == [Verdict.FOREIGN] * PACKETS_TO_PROVE
    assert it.judge(PUBLIC, packet(104)) is Verdict.RIGHT


def test_candidates_prove_themselves_side_by_side() -> None:
    it = latch(PUBLIC[0])
    for sequence in (1, 2, 3):
        it.judge(PUBLIC, packet(sequence))
        it.judge((PUBLIC[0], 9), packet(sequence * 7))
    assert it.judge(PUBLIC, packet(4)) is Verdict.RIGHT


def test_a_flood_of_candidates_grows_nothing() -> None:
    it = latch(PUBLIC[0])
    for port in range(1, 10_000):
        it.judge((PUBLIC[0], port), packet())
    assert len(it._candidates) == MAX_CANDIDATES


def test_a_new_description_unlocks() -> None:  # RTP-3
    it = latch()
    it.judge(SDP, packet())
    moved = ("192.168.1.11", 4000)
    it.renegotiate(moved, frozenset((moved[0],)))
    assert it.locked is None
    assert it.destination == moved
    assert it.judge(SDP, packet(2)) is Verdict.FOREIGN
    assert it.judge(moved, packet(1)) is Verdict.RIGHT


def test_the_same_description_again_keeps_the_proven_source_right() -> None:
    it = latch(PUBLIC[0])
    prove(it, PUBLIC)
    for _ in range(2):
        it.renegotiate(SDP, frozenset((SDP[0], PUBLIC[0])))
        assert it.locked is None
        assert it.destination == PUBLIC
    assert it.judge(PUBLIC, packet(9)) is Verdict.RIGHT


def test_the_same_description_again_lets_a_moved_nat_binding_be_learned() -> None:
    it = latch(PUBLIC[0])
    prove(it, PUBLIC)
    it.renegotiate(SDP, frozenset((SDP[0], PUBLIC[0])))
    assert prove(it, (PUBLIC[0], 7777)) == LEARNED


def test_a_source_that_may_no_longer_be_learned_is_forgotten() -> None:
    it = latch(PUBLIC[0])
    prove(it, PUBLIC)
    it.renegotiate(SDP, frozenset((SDP[0],)))
    assert it.destination == SDP
    assert it.judge(PUBLIC, packet(9)) is Verdict.FOREIGN


def test_a_description_without_an_address_leaves_nowhere_to_send() -> None:
    it = latch()
    it.renegotiate(None, frozenset())
    assert it.destination is None
    assert it.judge(SDP, packet()) is Verdict.FOREIGN
