import pytest

from softswitch.media.dtls import NEVER, Association
from softswitch.media.engine import handshakes
from softswitch.media.engine.handshakes import (
    LINGER,
    MAX_PENDING,
    PATIENCE,
    PAUSE,
    RETRY,
    Handshakes,
)
from softswitch.media.latch import Address
from tests.support.dtls_peers import association, digest, endpoint

PHONE = ("192.0.2.9", 40_000)
MOVED = ("192.0.2.9", 40_002)
NEIGHBOUR = ("192.0.2.9", 50_000)


def passive() -> Handshakes:
    return Handshakes(endpoint("switch"), False, digest("phone"))


def active() -> Handshakes:
    return Handshakes(endpoint("switch"), True, digest("phone"))


def caller(name: str = "phone") -> Association:
    return association(name, "switch", active=True)


def talk(
    it: Handshakes,
    peer: Association,
    datagrams: list[bytes],
    source: Address = PHONE,
    *,
    now: float = 0.0,
    exact: bool = True,
) -> None:
    """Carry datagrams of the peer, and answers to it, until nobody has anything to say."""
    while datagrams:
        replies = [reply for data in datagrams for reply in it.receive(data, source, exact, now)]
        assert all(address == source for _, address in replies)
        datagrams = [again for data, _ in replies for again in peer.receive(data, now)]


def agreed(it: Handshakes, peer: Association) -> bool:
    return it.keys is not None and peer.keys is not None and it.keys[1] == peer.keys.receive_key


def test_whoever_begins_is_answered() -> None:
    it, peer = passive(), caller()
    assert it.next_deadline == NEVER
    hello = peer.start(0.0)
    talk(it, peer, hello)
    assert agreed(it, peer)
    assert (it.source, it.failed, it.next_deadline) == (PHONE, "", LINGER)


def test_a_handshake_is_forgotten_and_its_keys_are_not() -> None:
    it, peer = passive(), caller()
    talk(it, peer, peer.start(0.0))
    assert it.tick(LINGER) == []
    assert it.next_deadline == NEVER
    assert agreed(it, peer)
    assert it.receive(b"\x16\xfe\xfd\0\1" + bytes(8), PHONE, True, LINGER) == []
    restarted = caller()
    talk(it, restarted, restarted.start(100.0), now=100.0)
    assert agreed(it, restarted)


def test_we_begin_as_soon_as_it_is_known_where() -> None:
    it, peer = active(), association("phone", "switch", active=False)
    it.aim(None, 1.0)
    assert it.next_deadline == NEVER
    it.aim(PHONE, 2.0)
    assert it.next_deadline == 2.0
    first = it.tick(2.0)
    assert [address for _, address in first] == [PHONE]
    assert it.next_deadline == pytest.approx(3.0, abs=0.1)
    talk(it, peer, [again for data, _ in first for again in peer.receive(data, 2.0)], now=2.0)
    assert agreed(it, peer)
    assert it.tick(9.0) == []


def test_who_waits_does_not_begin() -> None:
    it = passive()
    it.aim(PHONE, 0.0)
    assert it.next_deadline == NEVER
    assert it.tick(1.0) == []


def test_a_place_known_already_is_no_reason_to_begin_again() -> None:
    it = active()
    it.aim(PHONE, 0.0)
    assert it.tick(0.0)
    it.aim(PHONE, 0.1, anew=True)
    it.aim(MOVED, 0.1)
    assert it.next_deadline > 0.5
    it.aim(PHONE, 0.2, anew=True)
    assert it.next_deadline == 0.2


def test_what_is_no_hello_begins_nothing() -> None:
    it = passive()
    finished = b"\x16\xfe\xfd\0\1" + bytes(6) + b"\0\2ab"
    assert it.receive(finished, PHONE, True, 0.0) == []
    assert it.next_deadline == NEVER


def test_a_neighbour_without_the_certificate_disturbs_nobody() -> None:
    it, peer, other = passive(), caller(), caller("neighbour")
    hello = peer.start(0.0)
    replies = it.receive(hello[0], PHONE, False, 0.0)
    talk(it, other, other.start(1.0), NEIGHBOUR, now=1.0, exact=False)
    assert other.keys is not None
    assert (it.keys, it.failed) == (None, "")
    again = [data for reply, _ in replies for data in peer.receive(reply, 1.0)]
    talk(it, peer, again, now=1.0, exact=False)
    assert agreed(it, peer)


def test_the_wrong_certificate_in_the_right_place_is_the_end() -> None:
    it, other = passive(), caller("neighbour")
    talk(it, other, other.start(0.0))
    assert it.keys is None
    assert "certificate" in it.failed
    assert it.next_deadline == NEVER
    assert it.tick(1.0) == []
    assert it.receive(caller().start(1.0)[0], PHONE, True, 1.0) == []


def test_the_wrong_certificate_of_whom_we_called_is_the_end() -> None:
    it, other = active(), association("neighbour", "switch", active=False)
    it.aim(PHONE, 0.0)
    first = it.tick(0.0)
    talk(it, other, [again for data, _ in first for again in other.receive(data, 0.0)], exact=False)
    assert "certificate" in it.failed


def test_a_flood_of_hellos_begins_few_handshakes() -> None:
    it = passive()
    hello = caller().start(0.0)[0]
    answered = sum(
        bool(it.receive(hello, ("192.0.2.9", port), False, port * 0.0001)) for port in range(10_000)
    )
    assert answered <= 1.0 / PAUSE + 1
    assert len(it._pending) <= MAX_PENDING


def test_a_phone_that_starts_anew_keeps_its_keys_until_it_has_new_ones() -> None:
    it, peer = passive(), caller()
    talk(it, peer, peer.start(0.0))
    keys = it.keys
    restarted = caller()
    hello = restarted.start(5.0)
    replies = it.receive(hello[0], PHONE, True, 5.0)
    assert it.keys is keys
    again = [data for reply, _ in replies for data in restarted.receive(reply, 5.0)]
    talk(it, restarted, again, now=5.0)
    assert it.keys is not keys
    assert agreed(it, restarted)


def test_a_stranger_after_the_handshake_changes_nothing() -> None:
    it, peer, other = passive(), caller(), caller("neighbour")
    talk(it, peer, peer.start(0.0))
    talk(it, other, other.start(1.0), now=1.0)
    assert agreed(it, peer)
    assert it.failed == ""


def test_the_last_flight_is_repeated_for_whom_it_did_not_reach() -> None:
    it, peer = passive(), caller()
    hello = peer.start(0.0)
    replies = [reply for data in hello for reply, _ in it.receive(data, PHONE, True, 0.0)]
    flight = [again for data in replies for again in peer.receive(data, 0.0)]
    lost = [reply for data in flight for reply in it.receive(data, PHONE, True, 0.0)]
    assert lost
    assert it.keys is not None
    assert it._find(flight[-1], PHONE, False, 1.0) is it._established
    assert it._find(flight[-1], MOVED, True, 1.0) is it._established
    assert it._find(flight[-1], NEIGHBOUR, False, 1.0) is None


def test_a_browser_goes_on_from_the_address_that_it_nominates() -> None:  # RTP-9
    it, peer = passive(), caller()
    replies = [reply for data in peer.start(0.0) for reply in it.receive(data, PHONE, True, 0.0)]
    flight = [again for data, _ in replies for again in peer.receive(data, 0.0)]
    last = [reply for data in flight for reply in it.receive(data, MOVED, True, 0.0)]
    assert {address for _, address in last} == {MOVED}
    for data, _ in last:
        peer.receive(data, 0.0)
    assert agreed(it, peer)
    assert it.source == MOVED


def test_a_handshake_without_end_is_given_up() -> None:
    it = passive()
    assert it.receive(caller().start(3.0)[0], PHONE, True, 3.0)
    assert it.next_deadline <= 3.0 + PATIENCE
    assert it.tick(3.1) == []
    it.tick(3.0 + PATIENCE)
    assert it.failed == handshakes.SLOW
    assert it.next_deadline == NEVER


class Broken(Association):
    """An association whose OpenSSL has had enough."""

    def __init__(self, *_: object) -> None:
        self._connection = endpoint("switch").connection(True)
        self.keys = None
        self.failed = ""
        self.next_deadline = 0.5

    def start(self, now: float) -> list[bytes]:
        return [b"hello"]

    def tick(self, now: float) -> list[bytes]:
        self.failed = "DTLS handshake: no shared cipher"
        self.next_deadline = NEVER
        return [b"alert"]


def test_a_handshake_that_breaks_off_is_begun_again_and_at_last_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handshakes, "Association", Broken)
    it = active()
    it.aim(PHONE, 0.0)
    assert it.tick(0.0) == [(b"hello", PHONE)]
    assert it.tick(0.5) == [(b"alert", PHONE)]
    assert it.failed == ""
    assert it.next_deadline == 0.5 + RETRY
    assert it.tick(0.5 + RETRY) == [(b"hello", PHONE)]
    it.tick(PATIENCE)
    assert it.failed == "DTLS handshake: no shared cipher"


def test_a_peer_that_repeats_its_hello_is_answered_by_the_handshake_it_has() -> None:
    it, peer = passive(), caller()
    hello = peer.start(0.0)
    it.receive(hello[0], PHONE, True, 0.0)
    it.receive(hello[0], PHONE, True, 0.01)
    assert len(it._pending) == 1
