"""What is special to the epoll backend; how it relays is tested with the worker."""

import time

import pytest

from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.backends.interface import FEW_LEGS, WORDS_WAIT
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.sockets import SocketPair
from tests.media.engine.driver import HOST, Clock, port_range


def test_a_leg_without_a_remote_sends_nothing() -> None:
    backend, leg = EpollBackend(Clock()), Leg(0, OutgoingStream(1, 2, 3))
    pair = SocketPair(HOST, port_range()[0])
    backend.open(leg, pair)
    backend.send(leg, b"nowhere")
    backend.unlock(leg)
    backend.close(leg)
    pair.close()


def test_a_worker_with_many_legs_waits_for_more_packets_but_not_for_more_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    backend = EpollBackend(Clock())
    backend._in_use = FEW_LEGS + 1
    words, packets = (SocketPair(HOST, port_range()[0]) for _ in range(2))
    backend.watch(words.rtp.fileno(), lambda: True)
    words.rtp.sendto(b"x", (HOST, words.rtp_port))
    backend.serve(0.0)
    assert slept == []
    leg = Leg(0, OutgoingStream(1, 2, 3))
    backend.open(leg, packets)
    packets.rtp.sendto(b"x", (HOST, packets.rtp_port))
    backend.serve(0.0)
    assert len(slept) == 1
    for pair in (words, packets):
        pair.close()


def test_words_wait_for_company_but_come_before_any_packet() -> None:
    clock = Clock()
    backend = EpollBackend(clock)
    words, packets = (SocketPair(HOST, port_range()[0]) for _ in range(2))
    heard: list[bool] = []

    def listen() -> bool:
        try:
            words.rtp.recv(10)
        except BlockingIOError:
            heard.append(False)
        else:
            heard.append(True)
        return heard[-1]

    def serve_words(*, said: bool, later: float) -> list[bool]:
        if said:
            words.rtp.sendto(b"x", (HOST, words.rtp_port))
        clock.now += later
        heard.clear()
        backend.serve(0.0)
        return heard

    backend.watch(words.rtp.fileno(), listen)
    assert serve_words(said=True, later=0.0) == [True]
    assert serve_words(said=True, later=WORDS_WAIT / 2) == []
    backend.open(Leg(0, OutgoingStream(1, 2, 3)), packets)
    packets.rtp.sendto(b"x", (HOST, packets.rtp_port))
    assert serve_words(said=False, later=0.0) == [True]
    packets.rtp.sendto(b"x", (HOST, packets.rtp_port))
    assert serve_words(said=False, later=0.0) == [False]
    assert serve_words(said=True, later=WORDS_WAIT / 2) == []
    assert serve_words(said=False, later=WORDS_WAIT) == [True]
    assert serve_words(said=False, later=WORDS_WAIT) == [False]
    assert serve_words(said=False, later=WORDS_WAIT) == []
    assert serve_words(said=True, later=0.0) == [True]
    for pair in (words, packets):
        pair.close()


def test_a_backend_that_watches_no_channel_serves_packets_alone() -> None:
    backend = EpollBackend(Clock())
    backend._hear()
    assert not backend._muted


def test_an_event_of_a_socket_closed_in_the_same_batch_is_harmless() -> None:
    """Both pairs have a packet waiting when the first one's event closes the second."""
    backend = EpollBackend(Clock())
    pairs = [SocketPair(HOST, port_range()[0]) for _ in range(2)]
    calls = []

    def first_called() -> None:
        calls.append(1)
        backend._callbacks.pop(pairs[1].rtp.fileno(), None)
        backend._callbacks.pop(pairs[0].rtp.fileno(), None)

    for pair in pairs:
        backend._callbacks[pair.rtp.fileno()] = first_called
        backend._add(pair.rtp.fileno(), None)
        pair.rtp.sendto(b"x", (HOST, pair.rtp_port))
    backend.serve(0.0)
    assert calls == [1]
    for pair in pairs:
        pair.close()
