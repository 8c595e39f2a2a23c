import ipaddress
import struct

import pytest

from softswitch.sip.stun import MAX_REQUEST, answer
from tests.support.corpora import corpora

TRANSACTION = b"0123456789ab"
COOKIE = 0x2112A442


def binding(attributes: bytes = b"", *, kind: int = 1, cookie: int = COOKIE) -> bytes:
    return struct.pack("!HHI", kind, len(attributes), cookie) + TRANSACTION + attributes


def mapped(data: bytes | None) -> tuple[str, int]:
    """The address in a response, as a phone reads it."""
    assert data is not None
    kind, length, cookie = struct.unpack_from("!HHI", data)
    assert (kind, length, cookie) == (0x0101, len(data) - 20, COOKIE)
    assert data[8:20] == TRANSACTION
    attribute, size, family, port = struct.unpack_from("!HHxBH", data, 20)
    assert (attribute, size, family) in {(0x0020, 8, 1), (0x0020, 20, 2)}
    mask = data[4:20]
    octets = bytes(a ^ b for a, b in zip(data[28:], mask, strict=False))
    return str(ipaddress.ip_address(octets)), port ^ (COOKIE >> 16)


@pytest.mark.parametrize("source", [("192.0.2.1", 5060), ("2001:db8::9", 40000)])
def test_a_phone_learns_where_it_is_seen(source: tuple[str, int]) -> None:
    assert mapped(answer(binding(), source)) == source


def test_a_scoped_address_is_answered_without_its_scope() -> None:
    assert mapped(answer(binding(), ("fe80::1%eth0", 5060))) == ("fe80::1", 5060)


def test_optional_attributes_are_passed_over() -> None:
    software = struct.pack("!HH", 0x8022, 5) + b"phone\0\0\0"
    fingerprint = struct.pack("!HHI", 0x8028, 4, 1)
    assert answer(binding(software + fingerprint), ("192.0.2.1", 5060)) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 19,
        binding(cookie=1),
        binding(kind=0x0101),
        binding(kind=0x0011),
        binding() + b"1234",
        binding()[:-1],
        binding(struct.pack("!HH", 0x0006, 4) + b"user"),
        binding(struct.pack("!HH", 0x8022, 400)),
        binding(b"\x80\x22"),
        binding(b"\x80\x22\0\0" * (MAX_REQUEST // 4)),
    ],
)
def test_everything_else_is_dropped(data: bytes) -> None:
    assert answer(data, ("192.0.2.1", 5060)) is None


def test_no_attack_or_seed_is_answered_at_length() -> None:
    folder = corpora("fuzz-seeds") / "pjsip" / "stun"
    for path in [*folder.iterdir(), *corpora("cve-class").glob("5[12]*")]:
        data = path.read_bytes()
        assert len(answer(data, ("192.0.2.1", 5060)) or b"") <= len(data) + 12
