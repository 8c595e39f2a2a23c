"""A port for the switch."""

import socket

from bench.switch import free_port


def test_a_free_port_can_be_bound_for_both_protocols() -> None:
    port = free_port("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", port))
        tcp.bind(("127.0.0.1", port))
