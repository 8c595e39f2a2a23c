"""Addresses as the kernel writes them."""

import ipaddress
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.backends.uring_names import AF_INET, AF_INET6, decode, encode

hosts = st.ip_addresses().map(str)


@settings(max_examples=100)
@given(hosts, st.integers(0, 65535))
def test_an_address_survives(host: str, port: int) -> None:
    assert decode(encode((host, port))) == (str(ipaddress.ip_address(host)), port)


def test_families_are_numbered_as_this_machine_numbers_them() -> None:
    assert (AF_INET, AF_INET6) == (socket.AF_INET, socket.AF_INET6)


@pytest.mark.parametrize("name", [b"", b"\x02", bytes(16), b"\x0a\x00" + bytes(14), bytes(28)])
def test_anything_else_is_nobody(name: bytes) -> None:
    assert decode(name) == ("", 0)


def test_a_name_of_a_host_has_no_address() -> None:
    with pytest.raises(ValueError, match="example"):
        encode(("phone.example", 5004))
