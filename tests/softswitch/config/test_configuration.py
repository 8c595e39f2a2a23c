"""The plain values, and their defaults."""

import errno
import socket

import pytest

from softswitch.config import ListenAddress, Network, User
from softswitch.config.configuration import every_address, has_ipv6


def test_an_ipv6_listen_address_is_shown_in_brackets() -> None:
    assert str(ListenAddress("::1", 5060)) == "[::1]:5060"
    assert str(ListenAddress("192.0.2.1", 5060)) == "192.0.2.1:5060"


def test_without_ipv6_only_the_ipv4_wildcard_is_listened_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_such_family(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "not here")

    has_ipv6.cache_clear()
    monkeypatch.setattr(socket, "socket", no_such_family)
    try:
        assert every_address(5060) == (ListenAddress("0.0.0.0", 5060),)
    finally:
        has_ipv6.cache_clear()


def test_with_ipv6_both_wildcards_are_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softswitch.config.configuration.has_ipv6", lambda: True)
    assert [address.host for address in every_address(5060)] == ["0.0.0.0", "::"]


def test_sip_is_on_5060_unless_said_otherwise() -> None:
    network = Network()
    assert {address.port for address in (*network.udp, *network.tcp)} == {5060}


def test_a_private_address_is_local_and_a_public_one_is_not() -> None:
    from ipaddress import ip_address

    nets = Network().local_nets
    for local in ("192.168.1.2", "172.31.0.1", "127.0.0.1", "169.254.1.1", "fd00::1", "fe80::1"):
        assert any(ip_address(local) in net for net in nets), local
    for public in ("203.0.113.7", "172.32.0.1", "2001:db8::1"):
        assert not any(ip_address(public) in net for net in nets), public


def test_a_password_is_not_in_the_representation_of_its_user() -> None:
    assert "hunter2" not in repr(User("100", password="hunter2"))


def test_this_machine_is_asked_for_ipv6_once() -> None:
    assert has_ipv6() is has_ipv6()
