"""All sockets together."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.transport import Transports
from tests.support.sip_peers import make_request
from tests.support.virtual_time import run

REQUEST = make_request("OPTIONS", protocol="TCP")


class Ear:
    """What was heard."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, Flow]] = []
        self.closed: list[Flow] = []

    def receive(self, data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
        self.messages.append((data, flow))


def with_transports(test: Callable[[Transports, Ear], Awaitable[None]]) -> None:
    async def main() -> None:
        ear = Ear()
        async with Transports() as transports:
            transports.receive = ear.receive
            transports.on_closed = ear.closed.append
            await test(transports, ear)
        await turns()

    run(main())


async def turns(count: int = 8) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_udp_flow_goes_through_the_socket_that_it_names() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        first = transports.listen_udp("127.0.0.1", 0)
        second = transports.listen_udp("127.0.0.2", 0)
        assert transports.send(b"hello", Flow("UDP", first, second))
        await turns()
        assert ear.messages == [(b"hello", Flow("UDP", second, first))]
        assert not transports.send(b"x", Flow("UDP", ("127.0.0.3", 5060), first))

    with_transports(test)


def test_a_tcp_flow_goes_through_its_connection() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        local = await transports.listen_tcp("127.0.0.1", 0)
        with socket.create_connection(local) as client:
            client.sendall(REQUEST)
            await turns()
            [(data, flow)] = ear.messages
            assert data == REQUEST
            transports.trust(flow)
            assert transports.send(b"answer", flow)
            await turns()
            assert client.recv(100) == b"answer"
        await turns()
        assert ear.closed == [flow]
        assert not transports.send(b"x", flow)

    with_transports(test)


def test_a_login_over_udp_changes_nothing() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        local = transports.listen_udp("127.0.0.1", 0)
        transports.trust(Flow("UDP", local, ("127.0.0.1", 9)))

    with_transports(test)


def test_a_udp_flow_starts_from_a_socket_of_the_same_family() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        six = transports.listen_udp("::1", 0)
        four = transports.listen_udp("127.0.0.1", 0)
        assert transports.flow_to("192.0.2.1", 5062, "UDP") == Flow(
            "UDP", four, ("192.0.2.1", 5062)
        )
        assert transports.flow_to("[2001:db8::1]", 5062, "UDP") == Flow(
            "UDP", six, ("2001:db8::1", 5062)
        )

    with_transports(test)


def test_of_several_sockets_that_is_taken_from_which_a_way_leads() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        other = transports.listen_udp("127.0.0.2", 0)
        local = transports.listen_udp("127.0.0.1", 0)
        flow = transports.flow_to("127.0.0.1", 5062, "UDP")
        assert flow is not None
        assert flow.local == local
        # The kernel would send from 127.0.0.1, too; without a way at all, the first socket tries.
        nowhere = transports.flow_to("255.255.255.255", 5062, "UDP")
        assert nowhere is not None
        assert nowhere.local in (other, local)
        wildcard = transports.listen_udp("0.0.0.0", 0)
        assert wildcard[0] == "0.0.0.0"
        nowhere = transports.flow_to("255.255.255.255", 5062, "UDP")
        assert nowhere is not None
        assert nowhere.local in (wildcard, local)

    with_transports(test)


def test_there_is_no_flow_without_a_socket_or_to_a_name() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        transports.listen_udp("127.0.0.1", 0)
        assert transports.flow_to("192.0.2.1", 5060, "TCP") is None
        assert transports.flow_to("2001:db8::1", 5060, "UDP") is None
        assert transports.flow_to("phone.example", 5060, "UDP") is None

    with_transports(test)


def test_a_tcp_flow_is_opened_when_it_is_first_asked_for() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        await transports.listen_tcp("127.0.0.1", 0)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            flow = transports.flow_to("127.0.0.1", port, "TCP")
            assert flow is not None
            assert transports.flow_to("127.0.0.1", port, "TCP") == flow
            assert transports.send(b"hello", flow)
            await turns()
            server, _ = listening.accept()
            with server:
                assert server.recv(100) == b"hello"

    with_transports(test)


def test_closing_does_not_wait_for_connections_that_are_being_opened() -> None:
    async def test(transports: Transports, ear: Ear) -> None:
        await transports.listen_tcp("127.0.0.1", 0)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            transports.flow_to("127.0.0.1", listening.getsockname()[1], "TCP")

    with_transports(test)
