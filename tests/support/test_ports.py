"""Ports for tests: free, each its own, and found when the street is full."""

import socket
from contextlib import ExitStack

from tests.support.ports import SINGLE, STREETS, free_port, free_ports


def test_a_port_and_the_one_above_can_be_bound_and_come_once() -> None:
    with ExitStack() as stack:
        ports = [free_port() for _ in range(20)]
        for port in ports:
            assert port % 2 == 0
            for number in (port, port + 1):
                sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sock.bind(("127.0.0.1", number))
    assert len(set(ports)) == 20


def test_ports_in_a_row_are_of_nobody_else() -> None:
    first, second = free_ports(41), free_ports(41)
    assert len(first) == len(second) == 41
    assert not set(first) & set(second)


def test_who_needs_more_than_a_street_has_finds_it() -> None:
    assert len(free_ports(STREETS.step)) == STREETS.step


def test_ports_are_found_when_the_street_is_full() -> None:
    with ExitStack() as stack:
        for _ in range((STREETS.step - SINGLE) // 200 + 1):
            port = free_ports(200)[100]
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind(("127.0.0.1", port))
        free_ports(200)
