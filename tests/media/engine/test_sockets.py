"""Pairs and lines on real sockets."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import pytest

from softswitch.media.engine.sockets import MAX_STALE, SocketPair, _drain, is_ours
from tests.media.engine.driver import HOST, port_range

EXPEDITED = 46
"""RFC 3246 §2.7."""


@pytest.fixture
def pair() -> Iterator[SocketPair]:
    it = SocketPair(HOST, port_range()[0])
    yield it
    it.close()


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        it.bind(("127.0.0.66", 0))
        yield it


def test_a_pair_is_all_or_nothing(stranger: socket.socket) -> None:
    first, _ = port_range()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HOST, first + 1))
        with pytest.raises(OSError, match="in use"):
            SocketPair(HOST, first)
    SocketPair(HOST, first).close()


def test_what_came_while_nobody_used_the_pair_is_forgotten(
    pair: SocketPair, stranger: socket.socket
) -> None:
    pair.wake()
    for _ in range(MAX_STALE):
        stranger.sendto(b"old", (HOST, pair.rtp_port))
    pair.rest()
    for _ in range(MAX_STALE):
        stranger.sendto(b"older", (HOST, pair.rtp_port))
    pair.forget()
    pair.wake()
    with pytest.raises(BlockingIOError):
        pair.rtp.recv(100)


def test_what_came_between_two_calls_is_forgotten_without_a_rest(
    pair: SocketPair, stranger: socket.socket
) -> None:
    pair.wake()
    for port in (pair.rtp_port, pair.rtp_port + 1):
        for _ in range(2):
            pair.forget()
            stranger.sendto(b"old", (HOST, port))
        pair.forget()
        for sock in (pair.rtp, pair.rtcp):
            with pytest.raises(BlockingIOError):
                sock.recv(100)


def test_forgetting_ends_even_when_more_keeps_coming() -> None:
    class Flooded:
        reads = 0

        def recv(self, _size: int) -> bytes:
            self.reads += 1
            return b"x"

    flooded = Flooded()
    _drain(cast(socket.socket, flooded))
    assert flooded.reads == MAX_STALE


def test_a_resting_pair_holds_next_to_nothing(pair: SocketPair, stranger: socket.socket) -> None:
    for _ in range(1000):
        stranger.sendto(bytes(172), (HOST, pair.rtp_port))
    held = 0
    with suppress(BlockingIOError):
        while pair.rtp.recv(200):
            held += 1
    assert held < 10


def test_packets_of_a_pair_and_its_lines_go_before_others(pair: SocketPair) -> None:  # RTP-12
    with pair.line(("127.0.0.5", 4000)) as line:
        for sock in (pair.rtp, pair.rtcp, line):
            assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) >> 2 == EXPEDITED


def test_a_line_hears_its_remote_and_the_door_everybody_else(
    pair: SocketPair, stranger: socket.socket
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as remote:
        remote.bind(("127.0.0.5", 0))
        with pair.line(remote.getsockname()) as line:
            remote.sendto(b"remote", (HOST, pair.rtp_port))
            stranger.sendto(b"stranger", (HOST, pair.rtp_port))
            assert line.recv(100) == b"remote"
            assert pair.rtp.recv(100) == b"stranger"
            with pytest.raises(BlockingIOError):
                line.recv(100)
            line.send(b"answer")
            assert remote.recvfrom(100) == (b"answer", (HOST, pair.rtp_port))


def test_a_line_that_cannot_be_connected_is_not_left_behind(pair: SocketPair) -> None:
    with pytest.raises(OSError, match="denied"):
        pair.line(("127.255.255.255", 4000))
    stays = pair.line(("127.0.0.5", 4000))
    stays.close()


def test_an_address_is_ours_when_it_can_be_bound() -> None:
    assert is_ours("127.0.0.77")
    assert is_ours("::1")
    assert not is_ours("192.0.2.1")
