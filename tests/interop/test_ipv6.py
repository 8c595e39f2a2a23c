"""A call over IPv6, signalling and sound, over UDP and TCP."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint
from tests.support.rtp_socket import Packet
from tests.support.scripted_call import connect
from tests.support.switch import Switch

LOOPBACK = "::1"


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((LOOPBACK, 0))
        except OSError as error:
            pytest.skip(f"this machine has no IPv6: {error}")
    with Switch(tmp_path_factory.mktemp("switch"), host=LOOPBACK) as running:
        yield running


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_two_phones_talk_over_ipv6(switch: Switch, transport: str) -> None:
    with (
        Endpoint("100", switch.password("100"), switch.address, transport=transport) as anna,
        Endpoint("101", switch.password("101"), switch.address, transport=transport) as jan,
    ):
        jan.register()
        outgoing, incoming = connect(anna, jan)
        assert outgoing.media is not None
        assert outgoing.media.host == LOOPBACK
        for listener in (anna, jan):
            listener.rtp.receive()
        spoken = Packet(0, True, 1, 160, 4711, b"over IPv6" * 10)
        anna.rtp.send(spoken, outgoing.media)
        while (heard := jan.rtp.receive().payload) != spoken.payload:
            assert set(heard) == {0xFF}, heard
        outgoing.request("BYE")
        incoming.hung_up()
        outgoing.expect(200)
        jan.register([("Expires", "0")])
