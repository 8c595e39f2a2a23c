"""The worker and its backend, on real sockets: what goes in, what comes out."""

import gc
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from softswitch.media import rtcp
from softswitch.media.engine import control, worker
from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.engine.worker import COMPANY
from softswitch.media.rtp import Header, build, parse
from tests.media.engine.driver import BACKENDS, HOST, PAYLOAD, Driver, Phone, driver, port_range


@pytest.fixture(params=BACKENDS)
def it(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with driver(request.param) as started:
        yield started


@pytest.fixture
def anna(it: Driver) -> Phone:
    return it.phone("127.0.0.5")


@pytest.fixture
def jan(it: Driver) -> Phone:
    return it.phone("127.0.0.6")


def header(packet: bytes) -> Header:
    found = parse(packet, len(packet))
    assert found is not None
    return found


def test_payload_crosses_byte_for_byte_both_ways(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    payloads = [bytes((step + octet) & 0xFF for octet in range(160)) for step in range(10)]
    for sender, receiver in ((anna, jan), (jan, anna)):
        heard = []
        for step, payload in enumerate(payloads):
            sender.send(65530 + step, payload=payload)
            it.serve()
            heard += receiver.heard()
        assert [packet[12:] for packet in heard] == payloads
        headers = [header(packet) for packet in heard]
        first = headers[0]
        assert first.ssrc != 7
        assert [found.marker for found in headers] == [True] + [False] * 9
        for step, found in enumerate(headers):
            assert found.ssrc == first.ssrc
            assert found.sequence == (first.sequence + step) & 0xFFFF
            assert found.timestamp == (first.timestamp + 160 * step) & 0xFFFFFFFF


def test_packets_come_from_the_port_that_the_phone_sends_to(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    for sequence in range(3):
        anna.send(sequence)
        it.serve()
        assert jan.rtp.recvfrom(2000)[1] == jan.to


def test_many_packets_at_once_all_cross_in_order(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    for sequence in range(50):
        anna.send(sequence)
    it.serve(60)
    first, *rest = [header(packet).sequence for packet in jan.heard()]
    assert [(sequence - first) & 0xFFFF for sequence in rest] == list(range(1, 50))


def test_extensions_and_padding_cross_untouched(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    rest = b"\xbe\xde\x00\x01abcd" + PAYLOAD + b"\x00\x02"
    for sequence in range(3):
        anna.rtp.sendto(b"\xb0" + build(0, sequence, 0, 7)[1:] + rest, anna.to)
        it.serve()
    assert [packet[12:] for packet in jan.heard()] == [rest] * 3


def test_the_first_packet_is_ours(it: Driver, anna: Phone) -> None:
    it.lend()
    it.say(control.Open(0), control.SetRemote(0, anna.remote(keepalive=0)))
    (packet,) = anna.heard()
    assert packet[12:] == b"\xff" * 160


def test_an_attacker_is_neither_relayed_nor_answered(it: Driver, anna: Phone, jan: Phone) -> None:
    attacker = it.phone("127.0.0.66")
    it.call(anna, jan)
    attacker.to = anna.to
    for sequence in range(10):
        attacker.send(sequence)
    it.serve(2)
    anna.send(100)
    it.serve()
    for sequence in range(101, 111):
        attacker.send(sequence)
    it.serve(2)
    jan.send(1)
    it.serve()
    assert [header(packet).payload_octets for packet in jan.heard()] == [160]
    assert len(anna.heard()) == 1
    assert attacker.heard() == []
    seen = it.statistics(0)
    assert (seen.packets_received, seen.packets_sent, seen.foreign) == (1, 1, 20)


def test_behind_a_nat_the_phone_is_found_where_its_signalling_comes_from(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    nat = anna.remote(signalling=anna.address, address="10.255.255.1")
    it.say(control.SetRemote(0, nat))
    for sequence in range(6):
        anna.send(sequence)
        it.serve()
    assert len(jan.heard()) == 3
    jan.send(1)
    it.serve()
    assert len(anna.heard()) == 1
    assert it.statistics(0).foreign == 0


def test_a_new_description_moves_the_audio(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    anna.send(1)
    jan.send(1)
    it.serve(2)
    anna.heard()
    moved = it.phone("127.0.0.7")
    moved.to = anna.to
    anna.send(2)
    it.say(control.SetRemote(0, moved.remote()))
    jan.send(2)
    it.serve()
    assert len(moved.heard()) == 1
    assert anna.heard() == []
    anna.send(3)
    moved.send(4)
    moved.send(5)
    it.serve(3)
    sequences = [header(packet).sequence for packet in jan.heard()]
    assert len(sequences) == 4
    jan.send(3)
    it.serve()
    assert len(moved.heard()) == 1


def test_a_parted_leg_is_heard_by_nobody_and_a_new_peer_takes_over(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    for sequence in range(3):
        jan.send(sequence)
        it.serve()
    before = [header(packet) for packet in anna.heard()][-1]
    it.say(control.Part(0))
    jan.send(3)
    it.serve()
    assert anna.heard() == []

    third = it.phone("127.0.0.7")
    third.to = (HOST, it.pairs[2][1])
    it.say(control.Open(2), control.SetRemote(2, third.remote()), control.Join(2, 0))
    third.send(77, ssrc=99)
    it.serve()
    (after,) = [header(packet) for packet in anna.heard()]
    assert (after.ssrc, after.marker) == (before.ssrc, True)
    assert after.sequence == (before.sequence + 1) & 0xFFFF

    it.say(control.Join(0, 1))
    third.send(78, ssrc=99)
    jan.send(4)
    it.serve()
    assert [header(packet).sequence for packet in anna.heard()] == [(before.sequence + 2) & 0xFFFF]


def test_joining_twice_changes_nothing(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    anna.send(1)
    it.serve()
    it.say(control.Join(1, 0))
    anna.send(2)
    it.serve()
    assert [header(packet).marker for packet in jan.heard()] == [True, False]


def test_statistics_tell_loss_jitter_and_both_directions(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    for sequence in (1, 2, 5, 6, 7):
        anna.send(sequence)
        it.serve()
    seen = it.statistics(0)
    assert (seen.packets_received, seen.octets_received, seen.packets_lost) == (5, 800, 2)
    assert 0.0 < seen.jitter < 0.02
    assert it.statistics(1).packets_sent == 5


def test_the_short_way_counts_as_the_long_one_does(it: Driver, anna: Phone, jan: Phone) -> None:
    """Marked packets of a type with an extension never take the short way."""
    it.call(anna, jan)
    for sequence in range(20):
        anna.send(sequence)
        jan.rtp.sendto(b"\x90" + build(0, sequence, sequence * 160, 9)[1:] + bytes(164), jan.to)
        it.serve()
    short, long = it.statistics(0), it.statistics(1)
    assert short.octets_received == long.octets_received == 20 * 160
    assert short.jitter == pytest.approx(long.jitter)
    assert short.packets_sent == long.packets_sent == 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_with_more_than_a_few_legs_packets_cross_all_the_same(backend: str) -> None:
    with driver(backend, ports=port_range(10)) as it:
        anna, jan = it.phone("127.0.0.5"), it.phone("127.0.0.6")
        it.call(anna, jan)
        it.lend(6)
        it.say(*(control.Open(number) for number in range(2, 10)))
        for sequence in range(3):
            anna.send(sequence)
            it.serve()
            it.clock.step = 0.002
        assert len(jan.heard()) == 3


def test_garbage_is_dropped(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    for garbage in (b"", b"x", bytes(12), b"\x80" * 5, b"\x80\x00" + bytes(3000)):
        anna.rtp.sendto(garbage, anna.to)
        anna.rtcp.sendto(garbage, (HOST, it.pairs[0][1] + 1))
    it.serve(6)
    anna.send(1)
    it.serve()
    for garbage in (b"", b"x", bytes(12), b"\x80" * 5, b"\x80\x00" + bytes(3000)):
        anna.rtp.sendto(garbage, anna.to)
    it.serve(6)
    anna.send(2)
    it.serve()
    assert len(jan.heard()) == 2


def test_a_phone_that_refuses_packets_disturbs_nobody(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    jan.send(1)
    anna.send(1)
    it.serve(2)
    jan.rtp.close()
    for sequence in range(2, 8):
        anna.send(sequence)
        it.serve()
    assert it.statistics(0).packets_received == 7
    # only a socket that is connected hears of refusals
    connected = isinstance(it.worker._backend, EpollBackend)
    assert (it.statistics(1).packets_sent < 7) is connected


def test_packets_that_cannot_be_sent_from_the_door_are_not_counted(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    """No line leads to a broadcast address of the machine, nor does its door send there."""
    it.call(anna, jan)
    it.say(control.SetRemote(1, jan.remote(address="127.255.255.255")))
    for sequence in range(5):
        anna.send(sequence)
        it.serve()
    it.serve()  # of a send that fails, io_uring hears with the next batch
    assert it.statistics(0).packets_received == 5
    assert it.statistics(1).packets_sent == 0


def test_a_leg_whose_line_cannot_be_had_is_served_at_the_door(
    it: Driver, anna: Phone, jan: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_pair: SocketPair, _remote: tuple[str, int]) -> socket.socket:
        raise OSError(24, "Too many open files")

    it.call(anna, jan)
    monkeypatch.setattr(SocketPair, "line", refuse)
    for sequence in range(40):
        anna.send(sequence)
    it.serve(3)
    assert len(jan.heard()) == 40
    assert it.statistics(0).packets_received == 40


def test_audio_that_ends_while_the_other_side_is_on_hold_goes_nowhere(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    anna.send(1)
    it.serve()
    it.say(control.SetRemote(1, jan.remote(address="0.0.0.0")))
    anna.send(2)
    it.serve()
    it.say(control.SetRemote(1, jan.remote()))
    anna.send(3)
    it.serve()
    assert len(jan.heard()) == 2


def test_the_packets_of_a_dtmf_event_keep_their_common_timestamp(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    for sequence in range(4):
        anna.rtp.sendto(build(101, sequence, 8000, 7, b"\x05\x0a\x00\xa0"), anna.to)
        it.serve()
    headers = [header(packet) for packet in jan.heard()]
    assert len({found.timestamp for found in headers}) == 1
    assert it.statistics(0).jitter == 0.0


def test_a_timestamp_that_wraps_is_not_jitter(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    for step in range(6):
        stamp = (0xFFFFFFFF - 320 + step * 160) & 0xFFFFFFFF
        anna.rtp.sendto(build(0, step, stamp, 7), anna.to)
        it.serve()
    assert it.statistics(0).jitter < 1e-6


def test_reports_cross_with_our_numbers(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    anna.send(1)
    it.serve()
    ours = header(jan.heard()[0]).ssrc
    report = rtcp.serialize(rtcp.Report(7, rtcp.SenderInfo(1, 160, 1, 160), ()))
    anna.rtcp.sendto(report, (HOST, it.pairs[0][1] + 1))
    it.serve()
    crossed = rtcp.parse(jan.rtcp.recv(2000))
    assert crossed is not None
    assert crossed.ssrc == ours


def test_reports_go_nowhere_when_the_other_side_takes_none(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    it.say(control.SetRemote(1, jan.remote(address="0.0.0.0")))
    anna.rtcp.sendto(rtcp.serialize(rtcp.Report(7, None, ())), (HOST, it.pairs[0][1] + 1))
    anna.send(1)
    it.serve()
    assert jan.heard() == []


def test_a_flood_of_reports_from_the_right_place_costs_no_audio(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    for sequence in range(5):
        for _ in range(30):
            anna.rtcp.sendto(rtcp.serialize(rtcp.Report(7, None, ())), (HOST, it.pairs[0][1] + 1))
        anna.send(sequence)
        it.serve()
    assert len(jan.heard()) == 5


def test_silence_is_told_once(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    it.say(control.Hold(1, True))
    it.clock.now += 60.0
    it.serve()
    assert control.TimedOut(0) in it.heard()
    it.clock.now += 60.0
    it.serve()
    assert it.heard() == [control.Alive(2)]


def test_a_pair_is_empty_when_it_is_opened_again(it: Driver, anna: Phone, jan: Phone) -> None:
    it.call(anna, jan)
    it.say(control.Close(0), control.Close(1))
    for sequence in range(5):
        anna.send(sequence)
    it.say(
        control.Open(0),
        control.Open(1),
        control.SetRemote(0, anna.remote()),
        control.SetRemote(1, jan.remote()),
        control.Join(0, 1),
    )
    it.serve()
    assert jan.heard() == []


def test_whoever_knocks_at_a_closed_pair_wakes_the_worker_once_and_the_next_call_is_well(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    it.say(control.Close(0), control.Close(1))
    for _ in range(3):
        for knock in range(5):
            anna.send(knock)
            anna.rtcp.sendto(rtcp.serialize(rtcp.Report(7, None, ())), (HOST, anna.to[1] + 1))
        it.serve()
        jan.rtcp.sendto(b"late", (HOST, jan.to[1] + 1))
        it.serve(2)
        it.say(
            control.Open(0),
            control.Open(1),
            control.SetRemote(0, anna.remote()),
            control.SetRemote(1, jan.remote()),
            control.Join(0, 1),
        )
        it.serve()
        assert (jan.heard(), jan.rtcp_heard()) == ([], [])
        anna.send(9)
        it.serve()
        assert len(jan.heard()) == 1
        assert it.statistics(0).packets_received == 1
        it.say(control.Close(1))


def test_a_late_report_of_an_earlier_call_reaches_nobody(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    it.call(anna, jan)
    it.say(control.Close(0), control.Close(1))
    report = rtcp.serialize(rtcp.Report(7, None, ()))
    anna.rtcp.sendto(report, (HOST, anna.to[1] + 1))
    it.say(
        control.Open(0),
        control.Open(1),
        control.SetRemote(0, anna.remote()),
        control.SetRemote(1, jan.remote()),
        control.Join(0, 1),
    )
    it.serve()
    assert jan.rtcp_heard() == []
    anna.rtcp.sendto(report, (HOST, anna.to[1] + 1))
    it.serve()
    assert len(jan.rtcp_heard()) == 1


def test_legs_that_would_feed_each_other_for_ever_are_not_sent_to(it: Driver) -> None:
    it.lend()
    remote = Phone(HOST)
    it.phones.append(remote)
    remote.port = it.pairs[1][1]
    it.say(control.Open(0), control.SetRemote(0, remote.remote(keepalive=0)), control.Open(1))
    assert it.statistics(0).packets_sent == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_on_a_wildcard_our_ports_are_ours_on_every_address(backend: str) -> None:
    with driver(backend, addresses=("0.0.0.0",)) as it:
        it.lend()
        phone = it.phone("127.0.0.5")
        phone.to = (HOST, it.pairs[0][1])
        it.say(control.Open(0), control.SetRemote(0, phone.remote(keepalive=0)))
        assert len(phone.heard()) == 1
        phone.port = it.pairs[1][1]
        it.say(control.SetRemote(0, phone.remote(keepalive=0)))
        assert it.statistics(0).packets_sent == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_ipv6_phones_talk_and_no_leg_sends_across_families(backend: str) -> None:
    with driver(backend, addresses=("::1",)) as it:
        one, other = it.phone("::1"), it.phone("::1")
        it.call(one, other)
        one.to = ("::1", it.pairs[0][1])
        for sequence in range(3):
            one.send(sequence)
            it.serve()
        assert len(other.heard()) == 3
        it.say(control.SetRemote(1, it.phone("127.0.0.5").remote(keepalive=0)))
        assert it.statistics(1).packets_sent == 3


def test_taken_ports_are_left_out_and_told_once(it: Driver) -> None:
    first, _ = ports = port_range()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other_program:
        other_program.bind((HOST, first + 3))
        with driver("epoll", ports=ports) as crowded:
            trouble, lent = crowded.lend(2)
            assert isinstance(trouble, control.Trouble)
            assert str(first + 2) in trouble.text
            assert lent == control.Lent(0, False, ((0, first), (1, first + 4)))
            assert crowded.lend(9)[0] == control.Lent(0, True, ((2, first + 6),))


def test_a_range_that_somebody_else_has_is_told_in_few_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_address: str, _port: int) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(worker, "SocketPair", refuse)
    with driver("epoll", ports=(10_000, 30_000)) as crowded:
        trouble, lent = crowded.lend()
    assert isinstance(trouble, control.Trouble)
    assert "10038 (Address already in use) and 9980 more" in trouble.text
    assert "10040" not in trouble.text
    assert lent == control.Lent(0, True, ())


def test_a_port_that_another_switch_holds_cannot_be_shared_with_it(it: Driver) -> None:
    first, stop = port_range()
    with driver("epoll", ports=(first, stop)) as one, driver("epoll", ports=(first, stop)) as two:
        one.lend()
        assert two.lend()[-1] == control.Lent(0, True, ())


def test_without_descriptors_lending_ends(it: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_address: str, _port: int) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(worker, "SocketPair", refuse)
    trouble, lent = it.lend()
    assert isinstance(trouble, control.Trouble)
    assert lent == control.Lent(0, True, ())


def test_the_heart_beats_once_a_second_unless_something_else_is_said(it: Driver) -> None:
    it.heard()
    it.serve(151)
    assert it.heard() in ([control.Alive(0)] * 2, [control.Alive(0)] * 3)
    for _ in range(8):
        assert [type(said) for said in it.lend(1)] == [control.Lent]
        it.serve(20)
    assert it.heard() == []


def test_what_is_only_mentioned_leaves_with_whatever_is_said_next(it: Driver) -> None:
    it.lend(1)
    it.worker._mention(control.TimedOut(7))
    it.serve(20)
    assert it.heard() == []
    assert [type(said) for said in it.lend(1)] == [control.TimedOut, control.Lent]
    it.serve(40)
    it.worker._mention(control.TimedOut(8))
    it.serve(30)
    assert it.heard() == [control.TimedOut(8)]  # in place of a sign of life


def test_a_worker_ends_when_signalling_is_gone(it: Driver) -> None:
    it.channel.close()
    it.worker.run()


def test_a_worker_whose_words_nobody_takes_keeps_them_and_leaves_out_heartbeats(
    it: Driver,
) -> None:
    while not it.worker._outbox:
        it.clock.now += 1.0
        it.serve()
    kept = list(it.worker._outbox)
    it.clock.now += 1.0
    it.serve()
    assert it.worker._outbox == kept
    assert it.heard()
    it.clock.now += COMPANY
    it.serve()
    assert it.heard() == [control.Alive(0)]
    assert not it.worker._outbox


def test_the_process_ends_with_its_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close()
    ignored: list[int] = []
    monkeypatch.setattr(signal, "signal", lambda number, _: ignored.append(number))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(worker, "keep_memory_private", lambda: None)
    monkeypatch.setattr(sys, "argv", ["worker", str(theirs.detach())])
    worker.main()
    assert ignored == [signal.SIGINT, signal.SIGTERM]


def test_a_channel_that_breaks_ends_the_worker(it: Driver) -> None:
    """Closed with words unread, the other end sees a broken connection."""
    it.serve(60)
    it.worker._backend.serve(0.0)
    it.channel.close()
    it.worker.run()


def test_signalling_that_vanishes_while_spoken_to_ends_the_worker(it: Driver) -> None:
    it.channel.send(control.encode(control.Lend(0, 1)))
    it.channel.shutdown(socket.SHUT_RD)
    it.clock.step = 0.02
    it.worker.run()
