"""Legs with keys in a worker, through real sockets and every backend."""

import os
from collections.abc import Iterator

import pytest

from softswitch.media.engine import control
from softswitch.media.engine.interface import Sdes
from softswitch.media.formats import STATIC
from softswitch.media.rtp import build
from softswitch.media.srtp import MAX_TRAILER, SUITES, Receiver, Sender
from tests.media.engine.driver import BACKENDS, HOST, Driver, driver

PCMU = STATIC[0]
SUITE = "AES_CM_128_HMAC_SHA1_80"
SOUND = bytes(range(160))


class Secured:
    """A phone with keys, or one without."""

    def __init__(self, it: Driver, address: str, secured: bool) -> None:
        self.phone = it.phone(address)
        ours, theirs = (os.urandom(SUITES[SUITE].octets) for _ in range(2))
        self.sender = Sender(SUITE, theirs) if secured else None
        self.receiver = Receiver(SUITE, ours) if secured else None
        keys = Sdes(SUITE, ours, theirs) if secured else None
        self.remote = self.phone.remote(0)._replace(formats=(PCMU,), security=keys)

    def packet(self, sequence: int, payload: bytes = SOUND) -> bytes:
        packet = build(0, sequence, sequence * 160, 7, payload)
        return packet if self.sender is None else self.sender.protect(packet) or b""

    def send(self, data: bytes) -> None:
        self.phone.rtp.sendto(data, self.phone.to)

    def heard(self) -> list[bytes]:
        """The payloads that make sense."""
        found = []
        for data in self.phone.heard():
            buffer, size = bytearray(data), len(data)
            if self.receiver is not None:
                size = self.receiver.unprotect(buffer, size)
            if size > 0:
                found.append(bytes(buffer[12:size]))
        return found


Pair = tuple[Secured, Secured]


@pytest.fixture(params=BACKENDS)
def it(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with driver(request.param) as started:
        yield started


@pytest.fixture(params=[(True, True), (True, False), (False, True)], ids=["both", "in", "out"])
def pair(it: Driver, request: pytest.FixtureRequest) -> Pair:
    """Two phones in the middle of a call."""
    anna, jan = (
        Secured(it, f"127.0.0.{5 + number}", secured)
        for number, secured in enumerate(request.param)
    )
    it.lend()
    for number, one in enumerate((anna, jan)):
        one.phone.to = (HOST, it.pairs[number][1])
        it.say(control.Open(number), control.SetRemote(number, one.remote))
    it.say(control.Join(0, 1))
    for sequence in range(3):
        for one in (anna, jan):
            one.send(one.packet(sequence))
        it.serve(2)
    assert anna.heard()[-1:] == jan.heard()[-1:] == [SOUND]
    return anna, jan


def test_many_packets_at_once_cross_in_order_and_can_be_read(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    many = 35
    for sequence in range(3, 3 + many):
        anna.send(anna.packet(sequence, bytes([sequence]) * 160))
    it.serve(many + 2)
    assert jan.heard() == [bytes([sequence]) * 160 for sequence in range(3, 3 + many)]
    seen = it.statistics(0)
    assert (seen.packets_received, seen.packets_lost) == (3 + many, 0)
    assert seen.octets_received == (3 + many) * 160


def test_packets_of_any_size_cross(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    sizes = [0, 1, 1500, 2000 - 12 - 2 * MAX_TRAILER, 160]
    for sequence, size in enumerate(sizes, start=3):
        anna.send(anna.packet(sequence, bytes(size)))
        it.serve(2)
    assert [len(payload) for payload in jan.heard()] == sizes


def test_late_packets_and_those_after_a_gap_cross_too(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    for sequence in (3, 6, 5, 4, 7, 8):
        anna.send(anna.packet(sequence, bytes([sequence])))
        it.serve(2)
    assert jan.heard() == [bytes([sequence]) for sequence in (3, 6, 5, 4, 7, 8)]


def test_who_sends_from_elsewhere_without_the_key_is_heard_by_nobody(
    it: Driver, pair: Pair
) -> None:
    """G16."""
    anna, jan = pair
    stranger = it.phone("127.0.0.66")
    for sequence in range(3, 20):
        stranger.rtp.sendto(build(0, sequence, sequence * 160, 7, b"no!" * 50), anna.phone.to)
        it.serve(2)
    assert jan.heard() == []
    anna.send(anna.packet(3))
    it.serve(2)
    assert jan.heard() == [SOUND]


def test_what_came_before_or_has_a_wrong_tag_comes_no_further(it: Driver, pair: Pair) -> None:
    """G17."""
    anna, jan = pair
    if anna.sender is None:
        return
    packet = anna.packet(3)
    wrong = anna.packet(4)[:-1]
    for data in (packet, packet, wrong + bytes([anna.packet(5)[-1] ^ 1]), wrong):
        anna.send(data)
        it.serve(2)
    assert jan.heard() == [SOUND]
    assert it.statistics(0).foreign >= 2


def test_while_nothing_may_be_sent_to_the_peer_nothing_is(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    it.say(control.SetRemote(1, jan.remote._replace(address="0.0.0.0")))
    for sequence in range(3, 8):
        anna.send(anna.packet(sequence))
        it.serve(2)
    assert jan.heard() == []
    it.say(control.SetRemote(1, jan.remote), control.Part(0))
    for sequence in range(8, 12):
        anna.send(anna.packet(sequence))
        it.serve(2)
    assert jan.heard() == []
    it.say(control.Join(0, 1))
    for sequence in range(12, 16):
        anna.send(anna.packet(sequence))
        it.serve(2)
    assert jan.heard() == [SOUND] * 4


def test_who_has_the_key_may_send_from_elsewhere_in_between(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    if anna.sender is None:
        return
    there = it.phone("127.0.0.77")
    for sequence in range(3, 15):
        if sequence % 4:
            anna.send(anna.packet(sequence))
        else:
            there.rtp.sendto(anna.packet(sequence), anna.phone.to)
        it.serve(2)
    assert jan.heard() == [SOUND] * 12
    seen = it.statistics(0)
    assert (seen.packets_received, seen.packets_lost, seen.foreign) == (15, 0, 0)


def test_keys_may_change_in_the_middle_of_a_call(it: Driver, pair: Pair) -> None:
    anna, jan = pair
    for one, number in ((anna, 0), (jan, 1)):
        if one.sender is not None:
            ours, theirs = (os.urandom(SUITES[SUITE].octets) for _ in range(2))
            one.sender, one.receiver = Sender(SUITE, theirs), Receiver(SUITE, ours)
            one.remote = one.remote._replace(security=Sdes(SUITE, ours, theirs))
            it.say(control.SetRemote(number, one.remote))
    for sequence in range(3, 9):
        for one in pair:
            one.send(one.packet(sequence))
        it.serve(2)
    assert anna.heard() == jan.heard() == [SOUND] * 6
    assert it.statistics(0).foreign == 0
