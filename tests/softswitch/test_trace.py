import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch import trace as module
from softswitch.masking import mask
from softswitch.packing import unpack
from softswitch.sip.flow import Flow
from softswitch.trace import (
    LINGER,
    MAX_MESSAGES,
    MAX_OCTETS,
    MAX_WAITING,
    MAX_WAITING_OCTETS,
    OPENING,
    PATIENCE,
    TOGETHER,
    Tracer,
)

FLOW = Flow("UDP", ("192.0.2.1", 5060), ("198.51.100.7", 5062))
FLOW6 = Flow("TCP", ("::1", 5060), ("2001:db8::7", 40000), 3)


class Shelf:
    """What came out at the end."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.tracer = Tracer(self.blobs.__setitem__)

    def record(self, sip_call_id: str, data: bytes, at: float = 0.0) -> None:
        self.tracer.record(sip_call_id, data, False, FLOW, at)

    def kept(self, call_id: str) -> list[bytes]:
        return [entry.data for entry in unpack(self.blobs[call_id]).entries]

    def held(self, call_id: str) -> list[bytes]:
        blob = self.tracer.packed(call_id)
        assert blob is not None
        return [entry.data for entry in unpack(blob).entries]


def test_messages_of_both_legs_are_kept_in_order_with_time_way_and_direction() -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    shelf.tracer.begin("call", "b@x")
    shelf.tracer.record("a@x", b"INVITE", False, FLOW, 10.0)
    shelf.tracer.record("b@x", b"INVITE b", True, FLOW6, 10.5)
    blob = shelf.tracer.packed("call")
    assert blob is not None
    assert unpack(blob) == (
        [
            (10.0, False, 0, "UDP 192.0.2.1:5060 198.51.100.7:5062", b"INVITE"),
            (10.5, True, 1, "TCP [::1]:5060 [2001:db8::7]:40000", b"INVITE b"),
        ],
        0,
    )


def test_a_call_has_the_messages_that_came_before_it_was_one() -> None:
    shelf = Shelf()
    for data in (b"INVITE 1", b"401", b"ACK", b"INVITE 2", b"100"):
        shelf.record("a@x", data)
        shelf.record("other", data)
    shelf.tracer.begin("call", "a@x")
    shelf.record("a@x", b"180")
    assert shelf.held("call") == [b"INVITE 1", b"401", b"ACK", b"INVITE 2", b"100", b"180"]


def test_what_never_becomes_a_call_does_not_wait_and_takes_the_place_of_nothing() -> None:
    shelf = Shelf()
    shelf.record("a@x", b"INVITE 1")
    for number in range(MAX_WAITING):
        shelf.record(f"x{number}", b"REGISTER sip:x SIP/2.0")
        shelf.record(f"x{number}", b"SIP/2.0 200 OK")
    shelf.tracer.begin("call", "a@x")
    shelf.tracer.begin("other", "x1")
    assert shelf.held("call") == [b"INVITE 1"]
    assert shelf.held("other") == []


def test_messages_of_no_call_grow_nothing() -> None:
    shelf = Shelf()
    shelf.record("old", b"INVITE first")
    for number in range(MAX_WAITING):
        shelf.record(f"x{number}", b"INVITE x")
    shelf.record("large", b"INVITE " + b"x" * MAX_WAITING_OCTETS)
    for sip_call_id in ("old", "large"):
        shelf.tracer.begin(sip_call_id, sip_call_id)
        assert shelf.held(sip_call_id) == []


def test_an_ended_call_still_hears_the_last_answers_and_is_then_handed_over() -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    shelf.record("a@x", b"BYE", 100.0)
    shelf.tracer.end("call")
    shelf.tracer.end("call")
    shelf.record("a@x", b"200", 100.0 + LINGER - 0.1)
    assert shelf.blobs == {}
    shelf.record("nobody", b"OPTIONS", 100.0 + LINGER + PATIENCE)
    assert shelf.kept("call") == [b"BYE", b"200"]
    assert len(shelf.tracer) == 0
    shelf.record("a@x", b"late", 200.0)
    shelf.tracer.end("call")
    assert shelf.tracer.packed("call") is None


def test_only_those_that_are_due_are_handed_over() -> None:
    shelf = Shelf()
    for number, at in enumerate([100.0, 101.0]):
        shelf.tracer.begin(f"call{number}", f"{number}@x")
        shelf.record(f"{number}@x", b"BYE", at)
        shelf.tracer.end(f"call{number}")
    shelf.record("nobody", b"", 100.0 + LINGER + PATIENCE)
    assert list(shelf.blobs) == ["call0"]
    shelf.record("nobody", b"", 101.0 + LINGER + PATIENCE)
    assert list(shelf.blobs) == ["call0", "call1"]


def test_calls_wait_for_each_other_until_they_are_enough() -> None:
    shelf = Shelf()
    for number in range(TOGETHER + 1):
        shelf.tracer.begin(f"call{number}", f"{number}@x")
        shelf.record(f"{number}@x", b"BYE", 100.0 + number / 100)
        shelf.tracer.end(f"call{number}")
    shelf.record("nobody", b"", 100.0 + LINGER + (TOGETHER - 2) / 100)
    assert shelf.blobs == {}
    shelf.record("nobody", b"", 100.0 + LINGER + (TOGETHER - 1) / 100)
    assert len(shelf.blobs) == TOGETHER
    shelf.record("nobody", b"", 100.0 + LINGER + TOGETHER / 100)
    assert len(shelf.blobs) == TOGETHER
    shelf.record("nobody", b"", 100.0 + LINGER + TOGETHER / 100 + PATIENCE)
    assert len(shelf.blobs) == TOGETHER + 1


def test_flush_hands_over_every_call() -> None:
    shelf = Shelf()
    shelf.tracer.begin("up", "a@x")
    shelf.tracer.begin("over", "b@x")
    shelf.tracer.end("over")
    shelf.tracer.flush()
    assert sorted(shelf.blobs) == ["over", "up"]
    assert len(shelf.tracer) == 0


def test_a_call_is_found_by_how_its_id_begins() -> None:
    shelf = Shelf()
    for call_id in ("3f", "3f2a", "4b"):
        shelf.tracer.begin(call_id, call_id)
    assert shelf.tracer.find("3f") == ["3f"]
    assert shelf.tracer.find("3") == ["3f", "3f2a"]
    assert shelf.tracer.find("5") == []


def test_what_leaves_is_masked_and_what_is_held_is_not_touched() -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    message = b"INVITE x SIP/2.0\r\nAuthorization: secret\r\n\r\n"
    shelf.record("a@x", message)
    shelf.tracer.end("call")
    assert shelf.held("call") == [b"INVITE x SIP/2.0\r\nAuthorization: ***\r\n\r\n"]
    shelf.tracer.flush()
    assert b"secret" not in shelf.kept("call")[0]


def test_a_long_call_keeps_its_opening_and_its_last_messages() -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    for number in range(MAX_MESSAGES + 50):
        shelf.record("a@x", b"%d" % number)
    blob = shelf.tracer.packed("call")
    assert blob is not None
    entries, left_out = unpack(blob)
    numbers = [int(entry.data) for entry in entries]
    assert left_out == 50
    assert numbers == [*range(OPENING), *range(OPENING + 50, MAX_MESSAGES + 50)]


def test_large_messages_do_not_grow_a_call() -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    for _ in range(100):
        shelf.record("a@x", b"x" * 10_000)
    assert sum(map(len, shelf.held("call"))) <= MAX_OCTETS
    shelf.record("a@x", b"x" * (MAX_OCTETS + 1))
    assert sum(map(len, shelf.held("call"))) <= MAX_OCTETS


def test_all_calls_together_are_bounded_and_ended_ones_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_OCTETS_IN_ALL", 100)
    shelf = Shelf()
    shelf.tracer.begin("over", "a@x")
    shelf.tracer.begin("up", "b@x")
    shelf.record("a@x", b"x" * 60)
    shelf.tracer.end("over")
    shelf.record("b@x", b"y" * 60)
    assert shelf.kept("over") == [b"x" * 60]
    shelf.record("b@x", b"z" * 60)
    assert shelf.held("up") == [b"y" * 60]
    blob = shelf.tracer.packed("up")
    assert blob is not None
    assert unpack(blob).left_out == 1


def test_a_call_that_must_go_early_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OCTETS_IN_ALL", 100)
    shelf = Shelf()
    shelf.tracer.begin("over", "a@x")
    shelf.record("a@x", b"x" * 60)
    shelf.tracer.end("over")
    shelf.record("a@x", b"y" * 60)
    assert shelf.kept("over") == [b"x" * 60]
    shelf.tracer.begin("next", "b@x")
    shelf.record("b@x", b"z" * 100)
    assert shelf.held("next") == [b"z" * 100]


def test_a_sip_call_id_that_comes_again_belongs_to_the_call_that_lives() -> None:
    shelf = Shelf()
    shelf.tracer.begin("first", "a@x")
    shelf.tracer.begin("second", "a@x")
    shelf.record("a@x", b"1")
    assert shelf.held("first") == [b"1"]
    shelf.tracer.end("first")
    shelf.tracer.begin("third", "a@x")
    shelf.record("a@x", b"2")
    assert shelf.kept("first") == [b"1"]
    assert shelf.held("third") == [b"2"]
    shelf.tracer.flush()
    assert list(shelf.blobs) == ["first", "third"]


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=10))
@settings(max_examples=25)
def test_any_octets_come_back_but_secrets(messages: list[tuple[bytes, bool]]) -> None:
    shelf = Shelf()
    shelf.tracer.begin("call", "a@x")
    for data, sent in messages:
        shelf.tracer.record("a@x", b"X" + data, sent, FLOW, 1.0)
    blob = shelf.tracer.packed("call")
    assert blob is not None
    came_back = [(e.data, e.sent) for e in unpack(blob).entries]
    assert came_back == [(mask(b"X" + data), sent) for data, sent in messages]
