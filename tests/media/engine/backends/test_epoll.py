"""What is special to the epoll backend; how it relays is tested with the worker."""

import time

import pytest

from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.backends.interface import FEW_LEGS
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
    backend.watch(words.rtp.fileno(), lambda: None)
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
        backend.watch(pair.rtp.fileno(), first_called)
        pair.rtp.sendto(b"x", (HOST, pair.rtp_port))
    backend.serve(0.0)
    assert calls == [1]
    for pair in pairs:
        pair.close()
