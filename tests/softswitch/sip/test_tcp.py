"""TCP connections, on the loopback interface, and the limits of strangers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from softswitch.sip import tcp
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow
from softswitch.sip.tcp import TcpConnections
from tests.support.sip_peers import make_request
from tests.support.virtual_time import run

REQUEST = make_request("OPTIONS", protocol="TCP")


@dataclass
class World:
    """All connections, what they heard, and the clients that must be closed."""

    received: list[tuple[bytes, Flow, ParseError | None]] = field(default_factory=list)
    closed: list[Flow] = field(default_factory=list)
    clients: list[socket.socket] = field(default_factory=list)
    local: Address = ("", 0)

    def __post_init__(self) -> None:
        self.tcp = TcpConnections(self.receive, self.closed.append)

    def receive(self, data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
        self.received.append((data, flow, problem))

    async def connect(self, source: str = "127.0.0.1") -> socket.socket:
        client = socket.create_connection(self.local, source_address=(source, 0))
        client.setblocking(False)
        self.clients.append(client)
        await turns()
        return client

    async def log_in(self, source: str = "127.0.0.1") -> socket.socket:
        client = await self.connect(source)
        client.sendall(REQUEST)
        await turns()
        self.tcp.trust(self.received[-1][1])
        return client


async def turns(count: int = 8) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(100) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def with_world(test: Callable[[World], Awaitable[None]], host: str = "127.0.0.1") -> None:
    async def main() -> None:
        world = World()
        world.local = await world.tcp.listen(host, 0)
        try:
            await test(world)
        finally:
            world.tcp.close()
            for client in world.clients:
                client.close()
            await turns()

    run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_messages_arrive_with_their_flow_and_are_answered_along_it(host: str) -> None:
    async def test(world: World) -> None:
        client = await world.connect(host)
        client.sendall(REQUEST + REQUEST)
        await turns()
        (data, flow, problem), second = world.received
        assert (data, problem, second[0]) == (REQUEST, None, REQUEST)
        assert (flow.protocol, flow.local) == ("TCP", world.local)
        assert flow.remote == client.getsockname()[:2]
        assert flow.connection > 0
        assert world.tcp.send(b"answer", flow)
        await turns()
        assert client.recv(100) == b"answer"

    with_world(test, host)


def test_a_message_in_pieces_is_one_message() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        for octet in REQUEST:
            client.sendall(bytes([octet]))
            await turns(2)
        assert [data for data, _, _ in world.received] == [REQUEST]

    with_world(test)


def test_a_ping_is_answered_with_one_line_end() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        client.sendall(b"\r\n\r\n")
        await turns()
        assert client.recv(100) == b"\r\n"
        assert world.received == []

    with_world(test)


def test_a_stream_that_cannot_be_cut_is_reported_and_closed() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        broken = REQUEST.replace(b"Content-Length: 0", b"Content-Length: -1")
        client.sendall(REQUEST + broken + REQUEST)
        await turns()
        whole, rest = world.received
        assert (whole[0], whole[2]) == (REQUEST, None)
        assert rest[0].startswith(broken)
        assert isinstance(rest[2], ParseError)
        assert is_closed(client)
        assert world.closed == [rest[1]]

    with_world(test)


def test_after_closing_nothing_is_handed_over_any_more() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        receive = world.tcp.receive

        def receive_and_close(data: bytes, flow: Flow, problem: ParseError | None = None) -> None:
            receive(data, flow, problem)
            world.tcp._connections[flow.connection].close()

        world.tcp.receive = receive_and_close
        client.sendall(REQUEST + REQUEST)
        await turns()
        assert len(world.received) == 1
        assert not world.tcp.send(b"late", world.received[0][1])

    with_world(test)


def test_sending_over_a_connection_that_is_gone_fails() -> None:
    async def test(world: World) -> None:
        client = await world.log_in()
        client.close()
        await turns()
        flow = world.received[0][1]
        assert world.closed == [flow]
        assert not world.tcp.send(b"late", flow)
        assert len(world.tcp) == 0

    with_world(test)


# Time limits


def test_whoever_sends_no_whole_message_in_ten_seconds_is_closed() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        client.sendall(REQUEST[:-1])
        await asyncio.sleep(tcp.FIRST_MESSAGE_SECONDS - 0.1)
        assert not is_closed(client)
        await asyncio.sleep(0.2)
        assert is_closed(client)
        assert len(world.tcp) == 0

    with_world(test)


def test_a_ping_is_no_first_message() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        client.sendall(b"\r\n\r\n")
        await turns()
        assert client.recv(2) == b"\r\n"
        await asyncio.sleep(tcp.FIRST_MESSAGE_SECONDS + 0.1)
        assert is_closed(client)

    with_world(test)


def test_a_stranger_must_not_be_silent_for_thirty_seconds() -> None:
    async def test(world: World) -> None:
        client = await world.connect()
        for _ in range(3):
            client.sendall(REQUEST)
            await asyncio.sleep(tcp.IDLE_SECONDS - 1)
            assert not is_closed(client)
        await asyncio.sleep(tcp.IDLE_SECONDS)
        assert is_closed(client)

    with_world(test)


def test_whoever_logged_in_may_be_silent() -> None:
    async def test(world: World) -> None:
        client = await world.log_in()
        world.tcp.trust(world.received[0][1])
        await asyncio.sleep(10_000)
        assert not is_closed(client)

    with_world(test)


def test_the_kernel_watches_for_peers_that_vanished(monkeypatch: pytest.MonkeyPatch) -> None:
    keepalive = (*tcp.KEEPALIVE, ("TCP_OF_ANOTHER_SYSTEM", 1))
    monkeypatch.setattr(tcp, "KEEPALIVE", keepalive)

    async def test(world: World) -> None:
        await world.log_in()
        connection = world.tcp._connections[world.received[0][1].connection]
        assert connection._transport is not None
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert accepted.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) >> 2 == 24  # RTP-12

    with_world(test)


# Number limits


def test_too_many_connections_from_an_address_cost_it_its_oldest_stranger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tcp.MAX_PER_ADDRESS == 64
    monkeypatch.setattr(tcp, "MAX_PER_ADDRESS", 3)

    async def test(world: World) -> None:
        phone = await world.log_in()
        strangers = [await world.connect() for _ in range(3)]
        other = await world.connect("127.0.0.2")
        await turns()
        assert [is_closed(each) for each in strangers] == [True, False, False]
        assert not is_closed(phone)
        assert not is_closed(other)
        assert len(world.tcp) == 4

    with_world(test)


def test_an_address_full_of_phones_gets_no_further_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "MAX_PER_ADDRESS", 2)

    async def test(world: World) -> None:
        phones = [await world.log_in() for _ in range(2)]
        late = await world.connect()
        await turns()
        assert is_closed(late)
        assert not any(is_closed(phone) for phone in phones)

    with_world(test)


def test_too_many_connections_in_all_cost_the_oldest_stranger_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tcp.MAX_CONNECTIONS == 1000
    monkeypatch.setattr(tcp, "MAX_CONNECTIONS", 3)

    async def test(world: World) -> None:
        phone = await world.log_in()
        strangers = [await world.connect(f"127.0.0.{n}") for n in (2, 3, 4)]
        await turns()
        assert [is_closed(each) for each in strangers] == [True, False, False]
        assert not is_closed(phone)

    with_world(test)


def test_when_all_places_are_taken_by_phones_strangers_get_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "MAX_CONNECTIONS", 1)

    async def test(world: World) -> None:
        phone = await world.log_in()
        late = await world.connect("127.0.0.2")
        await turns()
        assert is_closed(late)
        assert not is_closed(phone)
        phone.close()
        await turns()
        again = await world.connect("127.0.0.2")
        assert not is_closed(again)

    with_world(test)


def test_a_place_that_is_made_on_the_only_connection_of_an_address_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(tcp, "MAX_PER_ADDRESS", 1)

    async def test(world: World) -> None:
        clients = [await world.connect() for _ in range(4)]
        await turns()
        assert [is_closed(each) for each in clients] == [True, True, True, False]
        assert len(world.tcp) == 1

    with_world(test)


def test_a_peer_that_does_not_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(world: World) -> None:
        client = await world.log_in()
        flow = world.received[0][1]
        piece = bytes(1024 * 1024)
        sent = [world.tcp.send(piece, flow) for _ in range(100)]
        assert sent[0]
        assert not sent[-1]
        await turns()
        assert world.closed == [flow]
        client.close()

    with_world(test)


def test_a_peer_that_is_gone_before_we_look_leaves_nothing() -> None:
    class Gone(asyncio.Transport):
        closed = False

        def get_extra_info(self, name: str, default: object = None) -> None:
            return None

        def is_closing(self) -> bool:
            return self.closed

        def close(self) -> None:
            self.closed = True

    async def test(world: World) -> None:
        flow = Flow("TCP", world.local, ("", 0), 99)
        connection = tcp.TcpConnection(world.tcp, flow, trusted=False)
        transport = Gone()
        connection.connection_made(transport)
        connection.connection_lost(None)
        assert transport.closed
        assert len(world.tcp) == 0
        assert world.closed == []

    with_world(test)


# Connections that we open


async def listen(host: str = "127.0.0.1") -> tuple[socket.socket, Address]:
    listening = socket.create_server((host, 0))
    listening.setblocking(False)
    return listening, listening.getsockname()[:2]


def test_what_is_sent_while_a_connection_opens_follows_when_it_is_open() -> None:
    async def test(world: World) -> None:
        listening, remote = await listen()
        with listening:
            flow, opening = world.tcp.flow_to(remote, world.local)
            assert opening is not None
            assert world.tcp.flow_to(remote, world.local) == (flow, None)
            assert world.tcp.send(b"first ", flow)
            assert world.tcp.send(b"second", flow)
            await world.tcp.connect(opening)
            server, _ = listening.accept()
            with server:
                assert server.recv(100) == b"first second"
                server.sendall(REQUEST)
                await turns()
                assert world.received == [(REQUEST, flow, None)]
                await asyncio.sleep(1000)
                assert world.tcp.flow_to(remote, world.local) == (flow, None)
                world.tcp.trust(flow)
            await turns()
            assert world.closed == [flow]

    with_world(test)


def test_an_accepted_connection_is_used_for_what_we_want_to_say() -> None:
    async def test(world: World) -> None:
        client = await world.log_in()
        flow = world.received[0][1]
        assert world.tcp.flow_to(client.getsockname(), world.local) == (flow, None)

    with_world(test)


def test_a_connection_that_is_closing_is_replaced() -> None:
    async def test(world: World) -> None:
        client = await world.log_in()
        remote = client.getsockname()
        old = world.received[0][1]
        world.tcp._connections[old.connection].close()
        new, opening = world.tcp.flow_to(remote, world.local)
        assert opening is not None
        await turns()
        assert world.closed == [old]
        assert world.tcp.flow_to(remote, world.local) == (new, None)

    with_world(test)


def test_a_connection_that_cannot_be_opened_is_closed() -> None:
    async def test(world: World) -> None:
        listening, remote = await listen()
        listening.close()
        flow, opening = world.tcp.flow_to(remote, world.local)
        assert opening is not None
        assert world.tcp.send(b"x", flow)
        await world.tcp.connect(opening)
        assert world.closed == [flow]
        assert not world.tcp.send(b"x", flow)

    with_world(test)


def test_only_so_much_waits_for_a_connection_to_open() -> None:
    async def test(world: World) -> None:
        flow, opening = world.tcp.flow_to(("192.0.2.1", 5060), world.local)
        assert opening is not None
        opening.close()
        opening.abort()
        assert world.tcp.send(bytes(tcp.MAX_UNSENT), flow)
        assert not world.tcp.send(b"x", flow)

    with_world(test)
