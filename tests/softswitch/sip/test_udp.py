"""UDP sockets, on the loopback interface."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from softswitch.sip import udp
from softswitch.sip.flow import Flow
from softswitch.sip.udp import BURST, GATHER, GATHER_PLENTY, MANY, PLENTY, QUIET, UdpSocket
from tests.support.virtual_time import run

Received = list[tuple[bytes, Flow]]


@contextmanager
def peer(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as sender:
        sender.bind((host, 0))
        sender.setblocking(False)
        yield sender


def with_socket(
    test: Callable[[UdpSocket, Received, socket.socket], Awaitable[None]], host: str = "127.0.0.1"
) -> None:
    """Run a test against a bound socket and a peer."""

    async def main() -> None:
        received: Received = []
        listening = UdpSocket(host, 0, received.extend)
        try:
            with peer(host) as sender:
                await test(listening, received, sender)
        finally:
            listening.close()

    run(main())


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_datagrams_arrive_with_their_flow_and_are_answered_along_it(host: str) -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        sender.sendto(b"question", listening.local)
        await turns()
        [(data, flow)] = received
        assert data == b"question"
        assert flow == Flow("UDP", listening.local, sender.getsockname()[:2])
        assert listening.send(b"answer", flow.remote)
        assert sender.recv(100) == b"answer"

    with_socket(test, host)


def test_a_look_reads_a_burst_and_leaves_the_rest_for_wakeups() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        for _ in range(BURST + 10):
            sender.sendto(b"x", listening.local)
        listening._drain()
        assert len(received) == BURST
        await turns(12)
        assert len(received) == BURST + 10

    with_socket(test)


async def make_busy(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
    for count in range(1, MANY + 1):
        sender.sendto(b"x", listening.local)
        await turns()
        assert len(received) == count
    received.clear()


def test_a_busy_socket_looks_now_and_then_until_it_is_quiet() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        await make_busy(listening, received, sender)
        for _ in range(3):
            sender.sendto(b"y", listening.local)
            await turns()
        assert received == []
        await asyncio.sleep(GATHER)
        assert len(received) == 3
        await asyncio.sleep((QUIET + 1) * GATHER)
        sender.sendto(b"z", listening.local)
        await turns()
        assert len(received) == 4

    with_socket(test)


def test_a_socket_that_finds_plenty_looks_less_often_until_it_finds_less() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        await make_busy(listening, received, sender)
        for _ in range(PLENTY):
            sender.sendto(b"y", listening.local)
        await asyncio.sleep(1.1 * GATHER)
        assert len(received) == PLENTY
        for wait in (GATHER_PLENTY, GATHER):
            sender.sendto(b"z", listening.local)
            before = len(received)
            await asyncio.sleep(wait - 0.2 * GATHER)
            assert len(received) == before
            await asyncio.sleep(0.2 * GATHER)
            assert len(received) == before + 1

    with_socket(test)


def test_a_busy_socket_does_not_wait_while_more_is_there() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        await make_busy(listening, received, sender)
        for _ in range(BURST + 10):
            sender.sendto(b"y", listening.local)
        await asyncio.sleep(1.1 * GATHER)
        assert len(received) == BURST + 10

    with_socket(test)


def test_a_socket_that_is_woken_seldom_is_not_busy() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        for count in range(1, 2 * MANY):
            await asyncio.sleep(2 * GATHER)
            sender.sendto(b"x", listening.local)
            await turns()
            assert len(received) == count

    with_socket(test)


def test_a_busy_socket_can_be_closed() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        await make_busy(listening, received, sender)
        listening.close()
        await asyncio.sleep(10 * GATHER)

    with_socket(test)


def test_a_busy_socket_can_be_closed_by_whoever_it_hands_a_burst_to() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        await make_busy(listening, received, sender)
        listening._receive = lambda burst: listening.close()
        sender.sendto(b"the end", listening.local)
        await asyncio.sleep(10 * GATHER)
        assert listening._socket.fileno() < 0

    with_socket(test)


def test_flows_are_remembered_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "MAX_FLOWS", 2)

    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        with peer() as second, peer() as third:
            for each in (sender, sender, second, third, sender):
                each.sendto(b"x", listening.local)
            await turns(8)
            flows = [flow for _, flow in received]
            assert [flow.remote for flow in flows] == [
                each.getsockname() for each in (sender, sender, second, third, sender)
            ]
            assert flows[0] is flows[1]
            assert len(listening._flows) == 2

    with_socket(test)


def test_an_icmp_error_does_not_stop_the_reading() -> None:
    class Refusing:
        """A socket that reports what an earlier datagram met, as connected ones do."""

        def __init__(self, real: socket.socket) -> None:
            self.real, self.refusals = real, 3

        def recvfrom(self, size: int) -> tuple[bytes, Any]:
            if self.refusals:
                self.refusals -= 1
                raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
            return self.real.recvfrom(size)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        listening._socket = Refusing(listening._socket)  # type: ignore[assignment]
        sender.sendto(b"still there", listening.local)
        await turns(6)
        assert [data for data, _ in received] == [b"still there"]

    with_socket(test)


def test_what_the_kernel_has_no_room_for_is_dropped_as_a_network_would() -> None:
    class Full:
        def sendto(self, data: bytes, address: object) -> int:
            raise BlockingIOError

    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        real, listening._socket = listening._socket, Full()  # type: ignore[assignment]
        assert listening.send(b"x", ("127.0.0.1", 9))
        assert listening.dropped == 1
        listening._socket = real

    with_socket(test)


def test_what_can_never_arrive_is_reported() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        assert not listening.send(b"x" * 70_000, ("127.0.0.1", 9))

    with_socket(test)


def test_an_address_that_is_taken_is_an_error_at_once() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        with pytest.raises(OSError, match="in use"):
            UdpSocket("127.0.0.1", listening.local[1], lambda burst: None)

    with_socket(test)


def test_ipv4_and_ipv6_share_a_port_without_sharing_a_socket() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        UdpSocket("::", listening.local[1], lambda burst: None).close()

    with_socket(test)


def test_closing_twice_is_harmless() -> None:
    async def test(listening: UdpSocket, received: Received, sender: socket.socket) -> None:
        listening.close()

    with_socket(test)


def test_buffers_are_enlarged_even_without_privileges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "other")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as plain:
        before = plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        udp.enlarge(plain)
        assert plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= before


@pytest.mark.parametrize(
    ("host", "level", "option"),
    [
        ("127.0.0.1", socket.IPPROTO_IP, socket.IP_TOS),
        ("::1", socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    ],
)
def test_signalling_says_that_it_is_urgent(host: str, level: int, option: int) -> None:  # RTP-12
    async def test() -> None:
        with closing(UdpSocket(host, 0, lambda _: None)) as it:
            assert it._socket.getsockopt(level, option) >> 2 == 24

    asyncio.run(test())


def test_a_link_local_address_keeps_its_zone() -> None:
    assert udp._address(("fe80::1%eth0", 5060, 0, 2)) == ("fe80::1%2", 5060)
    assert udp._address(("2001:db8::1", 5060, 0, 0)) == ("2001:db8::1", 5060)
