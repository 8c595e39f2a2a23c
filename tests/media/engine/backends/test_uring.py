"""What is special to the io_uring backend; how it relays is tested with the worker."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from softswitch.media.engine import control
from softswitch.media.engine.backends import uring
from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.interface import BATCH_WAIT, FEW_LEGS
from softswitch.media.engine.backends.uring import UringBackend
from softswitch.media.engine.backends.uring_buffers import MAX_PACKET
from softswitch.media.engine.backends.uring_columns import LARGEST
from softswitch.media.engine.backends.uring_endpoint import MAX_ERRORS
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_requests import Kind
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.backends.uring_unusual import DOOR_BATCH
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.rtp import build, parse
from tests.media.engine import driver as driving
from tests.media.engine.backends.rings import needs_io_uring
from tests.media.engine.driver import HOST, Clock, Driver, Phone, driver, port_range

pytestmark = needs_io_uring

COLUMNS = "io_uring, all in columns"


@contextmanager
def calls(
    monkeypatch: pytest.MonkeyPatch, pairs: int, **sizes: int
) -> Iterator[tuple[Driver, list[Phone]]]:
    """This many legs, joined in twos; leg n's phone is the n-th."""
    monkeypatch.setitem(driving.BACKENDS, "io_uring", lambda clock: UringBackend(clock, **sizes))
    with driver("io_uring", ports=port_range(pairs)) as it:
        it.lend(pairs)
        phones = [it.phone(f"127.0.2.{number + 1}") for number in range(pairs)]
        for number, phone in enumerate(phones):
            phone.to = (HOST, it.pairs[number][1])
            it.say(control.Open(number), control.SetRemote(number, phone.remote()))
        for number in range(0, pairs, 2):
            it.say(control.Join(number, number + 1))
        yield it, phones


def backend_of(it: Driver) -> UringBackend:
    assert isinstance(it.worker._backend, UringBackend)
    return it.worker._backend


def noting(calls: list[tuple[Any, ...]], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a note of each call's arguments."""

    def noted(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    return noted


def sequences(packets: list[bytes]) -> list[int]:
    headers = [parse(packet, len(packet)) for packet in packets]
    return [header.sequence for header in headers if header is not None]


def test_packets_of_many_legs_cross_in_columns_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 12) as (it, phones):
        entered: list[tuple[Any, ...]] = []
        columns = backend_of(it)._columns
        monkeypatch.setattr(columns, "_send_on", noting(entered, columns._send_on))
        for turn in range(20):
            for number, phone in enumerate(phones):
                phone.send(65530 + turn, ssrc=number + 1)
            it.serve(2)
        for phone in phones:
            first, *rest = sequences(phone.heard())
            assert [(sequence - first) & 0xFFFF for sequence in rest] == list(range(1, 20))
        assert sum(len(numbers) for numbers, *_ in entered) == 12 * 19
        for number in range(12):
            seen = it.statistics(number)
            assert (seen.packets_received, seen.packets_lost) == (20, 0)
            assert seen.octets_received == 20 * 160


def test_in_columns_sequence_numbers_wrap_and_nothing_else_of_the_header_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 2, few_packets=1) as (it, phones):
        it.worker._legs[1].outgoing.next_sequence = 65533
        for sequence in range(8):
            phones[0].send(sequence, kind=0x80 if sequence == 5 else 0)
            it.serve(2)
        headers = [parse(packet, len(packet)) for packet in phones[1].heard()]
        seen = [(it.sequence, it.payload_type, it.marker) for it in headers if it is not None]
        marked = [number in (0, 5) for number in range(8)]
        wrapped = [*range(65533, 65536), *range(5)]
        assert seen == [
            (*each, mark)
            for each, mark in zip(zip(wrapped, [0] * 8, strict=True), marked, strict=True)
        ]


def test_packets_larger_than_audio_has_cross_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with calls(monkeypatch, 2, few_packets=1) as (it, phones):
        sizes = [160, LARGEST, LARGEST + 1, LARGEST, 0]
        for sequence, size in enumerate(sizes):
            phones[0].send(sequence, payload=bytes(size))
            it.serve(2)
        assert [len(packet) - 12 for packet in phones[1].heard()] == sizes
        assert it.statistics(0).octets_received == sum(sizes)


def test_several_packets_of_a_leg_in_one_batch_keep_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Late, doubled, missing and marked ones among them."""
    order = [0, 1, 2, 4, 3, 5, 5, 8, 9, 10]
    with calls(monkeypatch, 8) as (it, phones):
        for round_ in range(3):
            for sequence in order:
                for phone in phones:
                    phone.send(20 * round_ + sequence)
            it.serve(20)
        for phone in phones:
            first, *rest = sequences(phone.heard())
            heard = [0, *((sequence - first) & 0xFFFF for sequence in rest)]
            assert heard == [20 * round_ + sequence for round_ in range(3) for sequence in order]
        seen = it.statistics(0)
        assert (seen.packets_received, seen.packets_lost) == (30, 21)


def test_when_all_buffers_are_full_the_rest_waits_in_the_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 4, buffers=8) as (it, phones):
        for sequence in range(40):
            for phone in phones:
                phone.send(sequence)
        it.serve(60)
        for phone in phones:
            first, *rest = sequences(phone.heard())
            assert [(sequence - first) & 0xFFFF for sequence in rest] == list(range(1, 40))


def test_completions_that_find_their_ring_full_are_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 4, submissions=4, completions=8) as (it, phones):
        for sequence in range(40):
            for phone in phones:
                phone.send(sequence)
        it.serve(80)
        for phone in phones:
            assert len(phone.heard()) == 40
        assert it.statistics(0).packets_received == 40


def test_after_a_second_without_service_only_that_second_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fifty packets a leg wait, more than there are buffers; what comes later all crosses."""
    with calls(monkeypatch, 20, buffers=256) as (it, phones):
        for sequence in range(5):
            for phone in phones:
                phone.send(sequence)
            it.serve(2)
        for sequence in range(5, 55):
            for phone in phones:
                phone.send(sequence)
        it.clock.now += 1.0
        it.serve(60)
        for phone in phones:
            assert len(phone.heard()) > 10
        for sequence in range(55, 75):
            for phone in phones:
                phone.send(sequence)
            it.serve(2)
        assert {len(phone.heard()) for phone in phones} == {20}
        assert it.statistics(0).packets_received > 35


def test_empty_datagrams_end_no_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    with calls(monkeypatch, 4) as (it, phones):
        for sequence in range(6):
            for phone in phones:
                phone.rtp.sendto(b"", phone.to)
                phone.rtcp.sendto(b"", (HOST, phone.to[1] + 1))
                phone.send(sequence)
            it.serve(4)
        assert [len(phone.heard()) for phone in phones] == [6] * 4


def test_a_packet_that_was_cut_does_not_cross(monkeypatch: pytest.MonkeyPatch) -> None:
    with calls(monkeypatch, 2, few_packets=1) as (it, phones):
        for sequence, size in enumerate((160, 160, MAX_PACKET - 12, MAX_PACKET - 11, 160)):
            phones[0].send(sequence, payload=bytes(size))
            it.serve(2)
        assert [len(packet) for packet in phones[1].heard()] == [172, 172, MAX_PACKET, 172]


def test_a_strangers_flood_takes_few_looks_and_leaves_the_short_way_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 4, few_packets=1) as (it, phones):
        stranger = it.phone("127.0.0.66")
        stranger.to = phones[0].to
        for sequence in range(3):
            phones[0].send(sequence)
            it.serve(2)
        assert backend_of(it)._endpoints[0].in_columns
        for sequence in range(60):
            stranger.send(sequence)
        phones[0].send(3)
        it.serve(1)
        it.serve(3)
        assert backend_of(it)._endpoints[0].in_columns
        assert len(phones[1].heard()) == 4
        assert DOOR_BATCH <= it.statistics(0).foreign < 60


@pytest.mark.parametrize("host", ["127.0.0.5", "::1"])
def test_a_stranger_with_the_right_numbers_is_a_stranger(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setitem(
        driving.BACKENDS, "io_uring", lambda clock: UringBackend(clock, few_packets=1)
    )
    local = "::1" if ":" in host else HOST
    with driver("io_uring", addresses=(local,)) as it:
        anna, jan, stranger = it.phone(host), it.phone(host), it.phone(host)
        it.call(anna, jan)
        for phone in (anna, stranger):
            phone.to = (local, it.pairs[0][1])
        for sequence in range(3):
            anna.send(sequence)
            it.serve(2)
        stranger.send(3)
        it.serve(2)
        anna.send(3)
        it.serve(2)
        assert len(jan.heard()) == 4
        assert it.statistics(0).foreign == 1


def test_an_ipv6_address_is_compared_to_its_end() -> None:
    """Two names that differ in the last octet only, which on loopback cannot be."""
    backend = UringBackend(Clock(), few_packets=1)
    leg = Leg(0, OutgoingStream(1, 2, 3), backend)
    for source, right in ((("2001:db8::1", 5004), True), (("2001:db8::2", 5004), False)):
        leg.reception.restart(7, 0)
        backend._columns.load(leg, 1, ("2001:db8::1", 5004), 0x8000, bytes(64))
        start = 3 * 2048
        view = backend._buffers.view
        name = encode(source)
        packet = build(0, 0, 0, 7, b"sound")
        view[start + abi.NAME_AT : start + abi.NAME_AT + len(name)] = name
        view[start + abi.PACKET_AT : start + abi.PACKET_AT + len(packet)] = packet
        flags = 3 << abi.IORING_CQE_BUFFER_SHIFT | 3
        batch = np.array([[0, 1, abi.PACKET_AT + len(packet), flags]], np.uint32)
        columns = backend._columns
        numbers = np.array([0])
        differing, wrong = columns._judge(batch, numbers, np.array([3]))
        assert columns._differs(differing, wrong, numbers).tolist() == [not right]
    backend.end()


def test_buffers_are_kept_until_what_is_sent_from_them_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 4, few_packets=1) as (it, phones):
        backend = backend_of(it)
        given: list[tuple[Any, ...]] = []
        buffers = backend._buffers
        monkeypatch.setattr(buffers, "give_back", noting(given, buffers.give_back))
        for sequence in range(2):
            for phone in phones:
                phone.send(sequence)
            it.serve(1)
        phones[0].send(2)
        backend.serve(0.0)
        given.clear()
        assert backend._ring.queued == 1
        assert (given, len(backend._lent)) == ([], 1)
        with monkeypatch.context() as refusing:
            refusing.setattr(Ring, "enter", lambda *_: None)
            backend.serve(0.0)
        assert given == []
        backend.serve(0.0)
        assert [backend._buffers.ids[where].tolist() for (where,) in given] == [[8]]


def test_a_late_completion_of_an_earlier_leg_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 2) as (it, _):
        backend = backend_of(it)
        endpoint = backend._endpoints[0]
        old = endpoint.armed
        it.say(control.Close(0))
        endpoint.errors = 1
        it.say(control.Open(0))
        assert endpoint.armed != old
        for kind in (Kind.RTP, Kind.RTCP):
            backend._unusual.serve([[0, requests.tag(kind, old), 300, 0x10001]], 1.0)
            backend._unusual.serve([[9, requests.tag(kind, old), 300, 0x10001]], 1.0)
        assert backend._unusual.ended == []
        assert not backend._note([[0, requests.tag(Kind.SEND, old), 2**32 - 1, 0]])
        assert endpoint.leg.failed == 0


def test_receives_stay_armed_from_one_leg_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with calls(monkeypatch, 2) as (it, phones):
        endpoint = backend_of(it)._endpoints[0]
        armed, generation = endpoint.armed, endpoint.generation
        it.say(control.Close(0))
        it.say(control.Open(0), control.SetRemote(0, phones[0].remote()), control.Join(0, 1))
        assert (endpoint.armed, endpoint.generation != generation) == (armed, True)
        phones[0].send(1)
        it.serve()
        assert len(phones[1].heard()) == 1


def test_a_packet_that_came_before_its_port_was_opened_again_is_nobodys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 2) as (it, phones):
        backend, endpoint = backend_of(it), backend_of(it)._endpoints[0]
        it.say(control.Close(0))
        phones[0].send(1)
        phones[0].send(2)
        backend._turn(2, 0.5)  # brings both, and nobody looks at the first yet
        assert len(backend._batch) == 2
        it.worker._open(control.Open(0))
        it.worker._set_remote(control.SetRemote(0, phones[0].remote()))
        backend._serve_batch()
        it.serve()
        assert it.statistics(0).packets_received == 0
        assert endpoint.armed == endpoint.generation


def test_a_port_is_armed_anew_while_completions_wait_in_the_ring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 2) as (it, phones):
        backend, endpoint = backend_of(it), backend_of(it)._endpoints[0]
        it.say(control.Close(0))
        phones[1].send(1)
        backend._ring.enter(1, 0.5)
        assert backend._ring.unread == 1
        it.worker._open(control.Open(0))
        assert endpoint.armed == endpoint.generation


def test_a_receive_that_ended_is_not_armed_for_a_leg_that_came_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with calls(monkeypatch, 2) as (it, phones):
        backend = backend_of(it)
        endpoint = backend._endpoints[0]
        backend._unusual.ended.append((endpoint, Kind.RTP, endpoint.armed - 1))
        backend._rearm()
        assert backend._ring.queued == 0
        phones[0].send(1)
        it.serve()
        assert len(phones[1].heard()) == 1


def test_a_socket_that_only_fails_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with calls(monkeypatch, 2) as (it, _):
        unusual = backend_of(it)._unusual
        tag = requests.tag(Kind.RTP, backend_of(it)._endpoints[0].armed)
        broken = 2**32 - errno.EIO
        unusual.serve([[0, tag, broken, 0]] * (MAX_ERRORS + 20), 1.0)
        assert len(unusual.ended) == MAX_ERRORS
        unusual.ended.clear()


def test_sends_that_fail_in_columns_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """To a broadcast address without leave to."""
    with calls(monkeypatch, 2, few_packets=1) as (it, phones):
        it.say(control.SetRemote(1, phones[1].remote(address="127.255.255.255")))
        for sequence in range(5):
            phones[0].send(sequence)
            it.serve(2)
        assert backend_of(it)._endpoints[0].in_columns
        assert it.statistics(0).packets_received == 5
        assert it.statistics(1).packets_sent == 0


def test_more_packets_of_our_own_than_there_are_places_all_leave() -> None:
    with driver("io_uring") as it:
        it.lend()
        phone = it.phone("127.0.0.5")
        phone.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        it.say(control.Open(0), control.SetRemote(0, phone.remote()))
        backend, leg = backend_of(it), it.worker._legs[0]
        for number in range(600):
            backend.send(leg, b"%d" % number)
        backend.send(leg, bytes(5000))  # longer than a packet can be
        backend.flush()
        heard = phone.heard()
        assert heard == [b"%d" % number for number in range(len(heard))]
        assert len(heard) >= 200


def test_a_leg_without_a_remote_sends_nothing() -> None:
    backend = UringBackend(Clock())
    leg = Leg(0, OutgoingStream(1, 2, 3), backend)
    pair = SocketPair(HOST, port_range()[0])
    backend.open(leg, pair)
    backend.send(leg, b"nowhere")
    backend.send_rtcp(leg, b"nowhere")
    backend.send_to(leg, b"nowhere", ("127.255.255.255", 9))
    backend.unlock(leg)
    backend.close(leg)
    leg.settle()
    backend.end()
    backend.end()
    backend.flush()
    pair.close()


def test_ports_are_free_at_once_when_the_backend_ends() -> None:
    first, _ = port_range()
    for _ in range(5):
        backend = UringBackend(Clock())
        pair = SocketPair(HOST, first)
        backend.open(Leg(0, OutgoingStream(1, 2, 3), backend), pair)
        backend.serve(0.0)
        backend.end()
        pair.close()


def test_how_long_a_batch_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[int, float]] = []
    turn = UringBackend._turn

    def note(self: UringBackend, wait: int, timeout: float) -> None:
        turns.append((wait, timeout))
        turn(self, wait, 0.0)

    with calls(monkeypatch, FEW_LEGS) as (it, phones):
        backend = backend_of(it)
        it.clock.now += 1.0
        backend.serve(0.0)
        monkeypatch.setattr(UringBackend, "_turn", note)
        for sequence in range(2):
            phones[0].send(sequence)
            backend.serve(0.5)
        assert turns == [(1, 0.5)] * 2
        turns.clear()
        backend._in_use = FEW_LEGS + 1
        phones[0].send(2)
        for _ in range(2):
            backend.serve(0.5)
        backend.serve(0.5)
        assert turns == [(1, 0.5), (uring.BATCH, BATCH_WAIT), (1, 0.5)]


def test_words_come_before_packets_and_are_heard_once_at_a_time() -> None:
    """A word that makes us serve what has come finds more words: those wait for their turn."""
    backend = UringBackend(Clock())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    depth = 0
    heard: list[int] = []

    def listen() -> bool:
        nonlocal depth
        depth += 1
        heard.append(depth)
        ours.recv(10)
        backend._sort(np.array([[0, requests.tag(Kind.WORDS, 0), 1, 0]], np.uint32))
        depth -= 1
        return True

    backend.watch(ours.fileno(), listen)
    theirs.send(b"x")
    backend.serve(0.5)
    assert heard == [1]
    assert backend._words.muted
    backend.end()
    for end in (ours, theirs):
        end.close()


def test_a_ring_that_cannot_be_furnished_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[tuple[Any, ...]] = []

    def refuse(_ring: Ring, _count: int) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Ring, "reserve_files", refuse)
    monkeypatch.setattr(Ring, "close", noting(closed, Ring.close))
    with pytest.raises(OSError, match="Too many open files"):
        UringBackend(Clock())
    assert len(closed) == 1


def test_a_worker_lends_no_more_pairs_than_its_backend_can_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with driver("io_uring") as it:
        monkeypatch.setattr(backend_of(it), "capacity", 2)
        (lent,) = it.lend(4)
        assert isinstance(lent, control.Lent)
        assert (len(lent.pairs), lent.exhausted) == (2, True)
