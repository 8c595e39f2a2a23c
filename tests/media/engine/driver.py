"""A worker inside the test's own process, the channel to it, and phones on real sockets."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial

import pytest

from softswitch.media.engine import control
from softswitch.media.engine.backends.epoll import EpollBackend
from softswitch.media.engine.backends.interface import WORDS_WAIT, Backend
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.backends.uring import UringBackend
from softswitch.media.engine.interface import PortStatistics, Remote
from softswitch.media.engine.worker import COMPANY, Worker
from softswitch.media.rtp import build
from tests.support.ports import free_ports

BACKENDS: dict[str, Callable[[Callable[[], float]], Backend]] = {
    "epoll": EpollBackend,
    "io_uring": UringBackend,
    "io_uring, all in columns": partial(UringBackend, few_packets=1),
}
"""Every backend passes the same tests."""
HOST = "127.0.0.1"
PAYLOAD = bytes(range(160))


def port_range(pairs: int = 4) -> tuple[int, int]:
    """Ports that nobody uses at the moment, and no other test for long."""
    ports = free_ports(2 * pairs, "0.0.0.0")
    return ports.start, ports.stop


class Clock:
    """Seconds as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step = 0.0
        """What a look at it costs."""

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Phone:
    """RTP and RTCP sockets on an address of their own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.rtp = _socket(address)
        self.rtcp = _socket(address)
        self.port: int = self.rtp.getsockname()[1]
        self.to = (HOST, 0)

    def send(self, sequence: int, ssrc: int = 7, kind: int = 0, payload: bytes = PAYLOAD) -> None:
        stamp = sequence * 160 & 0xFFFFFFFF
        self.rtp.sendto(build(kind, sequence & 0xFFFF, stamp, ssrc, payload), self.to)

    def heard(self) -> list[bytes]:
        """All RTP that has arrived."""
        return _all(self.rtp)

    def rtcp_heard(self) -> list[bytes]:
        """All RTCP that has arrived."""
        return _all(self.rtcp)

    def remote(
        self,
        *types: int,
        keepalive: int | None = None,
        signalling: str | None = None,
        address: str | None = None,
    ) -> Remote:
        return Remote(
            address or self.address,
            self.port,
            self.rtcp.getsockname()[1],
            types or (0, 101),
            signalling or self.address,
            signalling is not None,
            keepalive,
        )

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


class Driver:
    """Says things to a worker, lets it serve, hears what it says."""

    def __init__(self, backend: str, addresses: tuple[str, ...], ports: tuple[int, int]) -> None:
        self.clock = Clock()
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.setblocking(False)
        theirs.setblocking(False)
        self._theirs = theirs
        self.worker = Worker(theirs, BACKENDS[backend](self.clock))
        self.phones: list[Phone] = []
        self.pairs: tuple[tuple[int, int], ...] = ()
        self.say(control.Configure(*ports, 60.0, 300.0, addresses))

    def say(self, *messages: control.Message) -> list[control.Message]:
        """Send messages and return what the worker says once it has served them."""
        for data in control.datagrams(control.encode(message) for message in messages):
            self.channel.send(data)
        self.clock.now += WORDS_WAIT  # so that words are heard even where no packet comes
        self.serve()
        return self.heard()

    def serve(self, batches: int = 1) -> None:
        for _ in range(batches):
            self.clock.now += 0.02
            self.worker.serve(at_most=0.0)
            self.worker._backend.flush()

    def heard(self) -> list[control.Message]:
        return [message for data in _all(self.channel) for message in control.decode(data)]

    def lend(self, pairs: int = 4, address: int = 0) -> list[control.Message]:
        """Ask for pairs and remember them."""
        answers = self.say(control.Lend(address, pairs))
        for answer in answers:
            if isinstance(answer, control.Lent):
                self.pairs += answer.pairs
        return answers

    def phone(self, address: str) -> Phone:
        phone = Phone(address)
        self.phones.append(phone)
        return phone

    def call(self, one: Phone, other: Phone) -> None:
        """Open pairs 0 and 1 for two phones and join them."""
        self.lend()
        one.to, other.to = (HOST, self.pairs[0][1]), (HOST, self.pairs[1][1])
        self.say(
            control.Open(0),
            control.Open(1),
            control.SetRemote(0, one.remote()),
            control.SetRemote(1, other.remote()),
            control.Join(0, 1),
        )

    def statistics(self, port: int) -> PortStatistics:
        said = self.say(control.Close(port))
        self.clock.now += COMPANY
        self.serve()
        for message in [*said, *self.heard()]:
            if isinstance(message, control.Closed) and message.port == port:
                return message.statistics
        raise AssertionError("nobody said Closed")

    def close(self) -> None:
        for phone in self.phones:
            phone.close()
        self.worker.close()
        self.channel.close()
        self._theirs.close()


@contextmanager
def driver(
    backend: str, addresses: tuple[str, ...] = (HOST,), ports: tuple[int, int] | None = None
) -> Iterator[Driver]:
    if backend != "epoll" and refused():
        pytest.skip(f"NOT TESTED: {refused()}")
    it = Driver(backend, addresses, ports or port_range())
    try:
        yield it
    finally:
        it.close()


@cache
def refused() -> str:
    """Why this machine has no io_uring for us; empty when it has."""
    return why_not()


def _socket(address: str) -> socket.socket:
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(kind, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.setblocking(False)
    return sock


def _all(sock: socket.socket) -> list[bytes]:
    received = []
    while True:
        try:
            received.append(sock.recv(65536))
        except BlockingIOError:
            return received
