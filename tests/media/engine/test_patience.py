"""Legs that nobody waits for: their packets lie in a socket, and nothing of them is lost."""

import socket
from collections.abc import Iterator
from typing import cast

import pytest

from softswitch.media.arrivals import Arrivals
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.patience import (
    CALLS,
    CROWD,
    KEY_LASTS,
    MOST_KEPT,
    PRESSED,
    RECORDED,
    Patience,
)
from softswitch.media.engine.runs import MOST
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.engine.worker import ahead
from softswitch.media.formats import STATIC, Format
from softswitch.media.latch import Address
from softswitch.media.recorder import Voice
from softswitch.media.rtp import Header, build
from tests.media.engine.air import Air

pytestmark = pytest.mark.process
HOST = "127.0.0.1"
PHONE = "127.0.0.2"
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)
NEVER = float("inf")
TURN = 0.1


class Tap:
    """Notes what it is told."""

    def __init__(self, *, patient: bool = True) -> None:
        self.patient = patient
        self.heard: list[tuple[int, int, bytes]] = []
        self.together = 0
        """Packets that came in runs."""

    def tap(self, header: Header, payload: bytes, now: float) -> None:
        self.heard.append((header.sequence, header.timestamp, payload))

    def tap_run(self, first: Header, sound: bytes, times: Arrivals) -> None:
        for number in range(times.count):
            piece = sound[160 * number : 160 * (number + 1)]
            self.heard.append((first.sequence + number, first.timestamp + 160 * number, piece))
        self.together += times.count
        assert list(times) == sorted(times)
        assert len(sound) == 160 * times.count


class Digits:
    """Notes telephone events."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def event(
        self, payload: bytes, ssrc: int, sequence: int, timestamp: int, now: float
    ) -> list[object]:
        self.heard.append(payload)
        return []


class Setup:
    """A leg, its phone, and a backend that lends its pair."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lent = 0
        self.pair = self._pair()
        self.phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.phone.bind((PHONE, 0))
        self.patience = Patience(self, lambda: self.now, ahead)
        self.leg = Leg(0, OutgoingStream(1, 2, 3), Air())
        self.tap = Tap()
        self.leg.tap(self.tap)
        self.describe(self.phone)

    @staticmethod
    def _pair() -> SocketPair:
        for port in range(21_000, 30_000, 2):
            try:
                pair = SocketPair(HOST, port)
            except OSError:
                continue
            pair.wake()
            return pair
        raise AssertionError("no port is free")

    def close(self) -> None:
        self.patience.end(self.leg)
        self.pair.close()
        self.phone.close()

    def describe(self, phone: socket.socket) -> None:
        host, port = phone.getsockname()
        formats = (STATIC[0], EVENTS)
        remote = Remote(host, port, 0, (0, 101), host, False, None, formats=formats, rtcp=False)
        self.leg.set_remote(remote, host, frozenset({host}), self.now)

    # what the backend does

    def lend(self, leg: Leg) -> SocketPair:
        self.lent += 1
        return self.pair

    def take_back(self, leg: Leg) -> None:
        self.lent -= 1

    def hear(self, leg: Leg) -> None:
        self.door()

    def door(self) -> None:
        """Serve what comes to the door."""
        buffer = bytearray(2048)
        while self.pair._waiting.poll(0):
            size, source = self.pair.rtp.recvfrom_into(buffer)
            self.leg.arrive(buffer, size, cast(Address, source[:2]), self.now)

    # what the phone does

    def say(
        self, *numbers: int, kind: int = 0, payload: bytes | None = None, ssrc: int = 7
    ) -> None:
        for number in numbers:
            octets = bytes([number % 256]) * 160 if payload is None else payload
            packet = build(kind, number & 0xFFFF, 160 * number & 0xFFFFFFFF, ssrc, octets)
            self.phone.sendto(packet, (HOST, self.pair.rtp_port))

    def proven(self) -> None:
        """The phone is, and has a line."""
        self.patience.consider(self.leg)
        self.say(*range(5))
        self.door()
        self.pass_time()
        assert [number for number, _, _ in self.tap.heard] == list(range(5))
        self.unusual()

    def unusual(self) -> None:
        """What is said may mean something else from now on."""
        self.leg.listen(self.leg.digits, lambda _leg, _digits: None)
        self.patience.consider(self.leg)

    def catch_up(self) -> None:
        """A moment later."""
        self.now += 0.001
        self.patience.catch_up(self.leg)

    def pass_time(self) -> None:
        """So much that every leg has had its turn, and its recording, too."""
        for _ in range(RECORDED):
            self.now += TURN
            self.patience.tick(self.now)
        self.patience.catch_up(self.leg)

    @property
    def numbers(self) -> list[int]:
        return [number for number, _, _ in self.tap.heard]


@pytest.fixture
def it() -> Iterator[Setup]:
    setup = Setup()
    yield setup
    setup.close()


def test_packets_lie_in_the_socket_until_it_is_their_turn(it: Setup) -> None:
    it.proven()
    it.say(5, 6, 7)
    it.door()
    assert it.numbers[5:] == []
    it.pass_time()
    assert it.numbers[5:] == [5, 6, 7]
    assert it.leg.reception.packets == 8
    assert it.tap.together == 0, "the first ones show what is usual here"


def test_a_run_of_sound_is_taken_at_once_octet_by_octet(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(*range(6, 26))
    it.pass_time()
    assert it.tap.together == 20
    assert it.tap.heard[6:] == [
        (number, 160 * number, bytes([number]) * 160) for number in range(6, 26)
    ]
    reception = it.leg.reception
    assert (reception.packets, reception.octets, reception.lost) == (26, 26 * 160, 0)
    assert it.leg.heard_at == pytest.approx(it.now, abs=1.0)


@pytest.mark.parametrize(
    "numbers", [(6, 8, 9), (7, 6, 8), (6, 6, 7), (5, 6, 7)], ids=["lost", "late", "twice", "again"]
)
def test_what_is_no_run_is_looked_at_packet_by_packet(it: Setup, numbers: tuple[int, ...]) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(*numbers)
    it.pass_time()
    assert tuple(it.numbers[6:]) == numbers
    assert it.tap.together == 0
    it.say(10, 11)
    it.pass_time()
    it.say(12, 13)
    it.pass_time()
    assert it.tap.together in (2, 4), "the last one showed again what is usual"


@pytest.mark.parametrize("payload", [b"", b"short", bytes(161), bytes(400)])
def test_packets_of_another_length_are_no_run(it: Setup, payload: bytes) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(6, 7, payload=payload)
    it.pass_time()
    assert [payload for _, _, payload in it.tap.heard[6:]] == [payload, payload]
    assert it.tap.together == 0


def test_garbage_and_giants_are_dropped(it: Setup) -> None:
    it.proven()
    for garbage in (b"", b"x", b"\x80", bytes(3000), b"\x80\x00" + bytes(3000)):
        it.phone.sendto(garbage, (HOST, it.pair.rtp_port))
    it.say(5)
    it.pass_time()
    assert it.numbers[5:] == [5]


def test_a_flood_is_read_in_several_turns(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    for burst in range(3):
        it.say(*range(6 + 40 * burst, 46 + 40 * burst))
    it.pass_time()
    assert it.numbers == list(range(126))
    assert it.tap.together == 120
    assert MOST < 40


def test_strangers_stay_at_the_door(it: Setup) -> None:
    it.proven()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.3", 0))
        stranger.sendto(build(0, 5, 800, 7, bytes(160)), (HOST, it.pair.rtp_port))
        it.pass_time()
        assert it.numbers[5:] == []
        it.door()
    assert it.numbers[5:] == []
    assert it.leg.foreign == 1


def test_somebody_who_waits_ends_the_patience_and_nothing_is_lost(it: Setup) -> None:
    it.proven()
    it.say(5, 6)
    impatient = Tap(patient=False)
    it.catch_up()
    it.leg.tap(impatient)
    it.patience.consider(it.leg)
    assert it.leg not in it.patience
    assert (it.lent, it.patience.next_deadline) == (0, NEVER)
    assert it.numbers[5:] == [5, 6]
    it.say(7)
    it.door()
    assert it.numbers[7:] == [7]
    assert [number for number, _, _ in impatient.heard] == [7]
    it.patience.catch_up(it.leg)
    it.patience.unlock(it.leg)
    it.patience.end(it.leg)


def test_a_leg_that_somebody_waits_for_is_never_patient(it: Setup) -> None:
    it.leg.tap(Tap(patient=False))
    it.patience.consider(it.leg)
    assert it.leg not in it.patience
    assert it.lent == 0


def test_a_phone_that_moves_is_followed_when_it_is_proven_again(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.patience.unlock(it.leg)
    assert it.numbers[5:] == [5]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.4", 0))
        it.describe(other)
        it.phone, before = other, it.phone
        it.patience.consider(it.leg)
        it.say(*range(6, 11))
        it.door()
        it.pass_time()
        it.say(11, 12)
        it.pass_time()
        assert it.numbers[-2:] == [11, 12]
        it.phone = before


def test_what_reaches_a_line_before_it_is_connected_is_judged(
    it: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = SocketPair.line

    def slow(pair: SocketPair, remote: Address) -> socket.socket:
        line = connect(pair, remote)
        it.say(0)
        it.phone.sendto(bytes(3000), (HOST, pair.rtp_port))
        return line

    monkeypatch.setattr(SocketPair, "line", slow)
    it.patience.consider(it.leg)
    it.say(*range(1, 5))
    it.door()
    it.pass_time()
    assert it.numbers == [0, 1, 2, 3, 4]


def test_without_a_line_the_door_serves(it: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(pair: SocketPair, remote: Address) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(SocketPair, "line", refused)
    it.proven()
    it.say(5)
    it.pass_time()
    it.door()
    assert it.numbers[5:] == [5]


def test_while_a_key_is_down_turns_come_more_often(it: Setup) -> None:
    digits = Digits()
    it.leg.listen(digits, lambda _leg, _digits: None)
    it.proven()
    it.say(5, kind=101, payload=b"\x01\x0a\x00\xa0")
    it.pass_time()
    assert len(digits.heard) == 1
    it.say(6, kind=101, payload=b"\x01\x0a\x01\x40")
    assert it.patience._press_at == pytest.approx(it.now + PRESSED)
    it.now = it.patience._press_at
    it.patience._press(it.now)
    assert len(digits.heard) == 2
    for _ in range(round(KEY_LASTS / PRESSED) + 2):
        it.now += PRESSED
        it.patience._press(it.now)
    assert not it.patience._pressing
    assert it.patience._press_at == NEVER


def test_a_leg_that_is_closed_while_a_key_is_down_is_forgotten(it: Setup) -> None:
    it.leg.listen(Digits(), lambda _leg, _digits: None)
    it.proven()
    it.say(5, kind=101, payload=b"\x01\x0a\x00\xa0")
    it.pass_time()
    it.patience.end(it.leg)
    it.pass_time()
    assert not it.patience._pressing


def test_legs_share_their_turns_up_to_a_crowd() -> None:
    class Lender:
        def lend(self, leg: Leg) -> SocketPair:
            return cast(SocketPair, self)

        def line(self, remote: Address) -> socket.socket:
            raise OSError

        def take_back(self, leg: Leg) -> None:
            """Nothing was lent."""

        hear = take_back

    patience = Patience(Lender(), lambda: 1000.0, lambda: 0.0)
    remote = Remote(PHONE, 4000, 0, (0,), PHONE, False, None, formats=(STATIC[0],), rtcp=False)
    for number in range(CROWD + 1):
        leg = Leg(number, OutgoingStream(1, 2, 3), Air())
        leg.set_remote(remote, PHONE, frozenset({PHONE}), 1000.0)
        patience.consider(leg)
    turns = [len(slot) for slot in patience._grid._slots if slot]
    assert turns == [CROWD, 1]


def test_a_recording_hears_the_same_from_a_line_as_from_the_door(it: Setup) -> None:
    voice = Voice(it.leg.expected)
    it.leg.tap(voice)
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(*range(6, 20))
    it.pass_time()
    assert it.tap.together == 14
    source = voice._sources[0]
    assert len(source.buffer) == 20


def test_who_is_not_recorded_is_heard_in_every_turn(it: Setup) -> None:
    digits = Digits()
    it.leg.listen(digits, lambda _leg, _digits: None)
    it.proven()
    it.leg.untap(it.tap)
    it.patience.consider(it.leg)
    it.say(5, kind=101, payload=b"\x01\x0a\x00\xa0")
    it.now += TURN
    it.patience.tick(it.now)
    assert len(digits.heard) == 1


def test_what_waits_at_the_door_is_heard_before_anything_changes(it: Setup) -> None:
    it.patience.consider(it.leg)
    it.say(*range(4))
    it.catch_up()
    assert it.numbers == [0, 1, 2, 3]
    it.say(4)
    it.door()
    assert it.numbers[4:] == [], "it is at the line already"
    it.catch_up()
    assert it.numbers[4:] == [4]


def test_what_was_read_in_this_wake_up_is_not_read_again(it: Setup) -> None:
    """Several words of signalling come together, and each wants to know all up to now."""
    it.proven()
    it.say(5)
    it.catch_up()
    it.say(6)
    it.patience.catch_up(it.leg)
    assert it.numbers[5:] == [5]
    it.catch_up()
    assert it.numbers[5:] == [5, 6]


def test_who_was_never_patient_is_left_alone(it: Setup) -> None:
    it.say(0)
    it.patience.catch_up(it.leg)
    assert it.numbers == []


def test_a_flood_that_never_ends_waits_for_the_next_turn(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    most = CALLS * MOST
    it.say(*range(6, 6 + most + 10))
    it.catch_up()
    assert len(it.numbers) == 6 + most
    it.catch_up()
    assert it.numbers == list(range(6 + most + 10))


def turn(it: Setup) -> None:
    it.now += RECORDED * TURN
    it.patience.tick(it.now)


def test_what_is_as_usual_is_told_when_somebody_asks_for_it(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    for first in (6, 9):
        it.say(*range(first, first + 3))
        turn(it)
        assert it.leg.heard_at == it.now, "a sign of life all the same"
    assert it.numbers[6:] == []
    it.patience.catch_up(it.leg)
    assert it.numbers[6:] == [*range(6, 12)]
    assert it.tap.together == 6
    it.say(12)
    it.now += 0.05
    it.patience.catch_up(it.leg)
    assert it.numbers[12:] == [12], "it had no turn since"
    turn(it)
    assert it.leg.heard_at < it.now


def test_a_key_is_not_kept_and_what_was_before_it_comes_first(it: Setup) -> None:
    digits = Digits()
    it.leg.listen(digits, lambda _leg, _digits: None)
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(6, 7)
    turn(it)
    it.say(8)
    it.say(9, kind=101, payload=b"\x01\x0a\x00\xa0")
    turn(it)
    assert len(digits.heard) == 1
    assert it.numbers[6:] == [6, 7, 8, 9]


def test_of_what_was_kept_only_the_part_with_a_gap_is_looked_at_packet_by_packet(
    it: Setup,
) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    for numbers in ((6, 7), (8, 10), (11, 12)):
        it.say(*numbers)
        turn(it)
    it.patience.catch_up(it.leg)
    assert it.numbers[6:] == [6, 7, 8, 10, 11, 12]
    assert it.tap.together == 4
    assert it.leg.reception.lost == 1


def test_not_more_than_so_much_is_kept(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    for first in range(6, 6 + MOST_KEPT, 16):
        it.say(*range(first, first + 16))
        turn(it)
    assert it.tap.together == MOST_KEPT


def test_what_was_kept_is_told_before_anything_changes(it: Setup) -> None:
    it.proven()
    for number, change in enumerate((it.patience.consider, it.patience.end), 5):
        it.say(*range(5 * number, 5 * number + 3))
        turn(it)
        change(it.leg)
        assert it.numbers[-1] == 5 * number + 2


def test_a_leg_has_its_turns_more_often_when_its_recording_ends(it: Setup) -> None:
    it.proven()
    assert len(it.patience._recorded) == 1
    it.leg.untap(it.tap)
    turn(it)
    assert len(it.patience._recorded) == 0
    assert len(it.patience._grid) == 1


def test_the_first_packets_lie_in_the_socket_too(it: Setup) -> None:
    it.patience.consider(it.leg)
    it.say(0, 1)
    it.door()
    assert (it.numbers, it.leg.latch.locked) == ([], None)
    it.pass_time()
    assert it.numbers == [0, 1]
    assert it.leg.latch.locked == it.phone.getsockname()


def test_who_comes_from_elsewhere_is_followed_and_who_was_expected_is_foreign(it: Setup) -> None:
    it.patience.consider(it.leg)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as behind_nat:
        behind_nat.bind((PHONE, 0))
        expected, it.phone = it.phone, behind_nat
        it.say(*range(5))
        it.door()
        assert it.leg.latch.locked == behind_nat.getsockname()
        late = build(0, 5, 800, 7, bytes(160))
        expected.sendto(late, (HOST, it.pair.rtp_port))
        it.pass_time()
        assert it.leg.foreign == 1
        it.say(5, 6)
        it.door()
        it.pass_time()
        assert it.numbers == [3, 4, 5, 6], "three packets have to prove the fourth"
        it.phone = expected


def test_what_was_kept_of_somebody_else_is_not_heard(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    it.say(6, 7)
    turn(it)
    it.leg.latch.trust((PHONE, 9))
    it.patience.catch_up(it.leg)
    assert it.numbers[6:] == []
    assert it.leg.foreign == 2


def test_what_is_usual_stays_so_while_nothing_about_it_changes(it: Setup) -> None:
    it.proven()
    it.say(5)
    it.pass_time()
    it.leg.tap(Tap())
    it.patience.consider(it.leg)
    it.say(6, 7)
    it.pass_time()
    assert it.tap.together == 2
    it.unusual()
    it.say(8, 9)
    it.pass_time()
    assert it.tap.together == 2
