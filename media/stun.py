"""STUN messages (RFC 8489 §5, §14) as ICE uses them: signed with a short-term password.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |0 0|     message type          |     length without header     |
    |                  magic cookie 0x2112A442                      |
    |                  transaction identifier, 96 bits              |
    |     attribute type            |     octets of the value       |
    |     value, padded to words …                                  |

The signature (MESSAGE-INTEGRITY) covers what is before it, under a header whose length ends with
it; the checksum (FINGERPRINT) comes last. What stands between or behind them does not count.
Nothing here raises on what a peer sent.
"""

import hmac
import struct
import zlib
from collections.abc import Iterable
from ipaddress import ip_address

HEADER = struct.Struct("!HHI12s")
ATTRIBUTE = struct.Struct("!HH")
MAGIC_COOKIE = 0x2112A442
MAX_MESSAGE = 1280
"""Octets: what every path of IPv6 carries in one piece."""

BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
XOR_MAPPED_ADDRESS = 0x0020
MAPPED_ADDRESS = 0x0001
FINGERPRINT = 0x8028
COMPREHENSION_OPTIONAL = 0x8000
"""Attributes from here on may be passed over (§14)."""

_INTEGRITY_OCTETS = 20
_SIGNED_END = ATTRIBUTE.size + _INTEGRITY_OCTETS
_FINGERPRINT_END = ATTRIBUTE.size + 4
_FINGERPRINT_MASK = 0x5354554E
"""So that a checksum of another protocol at the same place is not taken for ours (§14.7)."""
_IPV4, _IPV6 = 1, 2
_FAMILY = {8: _IPV4, 20: _IPV6}
"""By the octets of the value that tells an address."""

Attribute = tuple[int, bytes]


class Message:
    """A message that is sound."""

    __slots__ = ("_integrity", "_signed", "attributes", "kind", "transaction")

    def __init__(self, kind: int, transaction: bytes) -> None:
        self.kind = kind
        self.transaction = transaction
        self.attributes: list[Attribute] = []
        """In order, as far as the signature covers them."""
        self._signed = b""
        self._integrity: bytes | None = None

    @property
    def is_signed(self) -> bool:
        """By whomever."""
        return self._integrity is not None

    def is_authentic(self, password: bytes) -> bool:
        """Whether who wrote it knows the password."""
        if self._integrity is None:
            return False
        return hmac.compare_digest(hmac.digest(password, self._signed, "sha1"), self._integrity)

    def get(self, kind: int) -> bytes | None:
        """The first attribute of that type: a repeated one does not count (§14)."""
        return next((value for found, value in self.attributes if found == kind), None)

    def sign(self, data: bytes, position: int, integrity: bytes) -> None:
        """Its attributes end here, with a signature."""
        length = position + _SIGNED_END - HEADER.size
        self._signed = data[:2] + length.to_bytes(2, "big") + data[4:position]
        self._integrity = integrity


def parse(data: bytes) -> Message | None:
    """The message; None when it is not sound, or its checksum wrong."""
    if not HEADER.size <= len(data) <= MAX_MESSAGE:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if kind >> 14 or cookie != MAGIC_COOKIE or length != len(data) - HEADER.size or length % 4:
        return None
    message = Message(kind, transaction)
    position = HEADER.size
    while position < len(data):
        found, octets = ATTRIBUTE.unpack_from(data, position)
        end = position + ATTRIBUTE.size + octets
        if end > len(data):
            return None
        if not _enter(message, data, position, found, data[position + ATTRIBUTE.size : end]):
            return None
        position = end + -octets % 4
    return message


def build(
    kind: int, transaction: bytes, attributes: Iterable[Attribute], password: bytes | None = None
) -> bytes:
    """A message of ours with its checksum; signed when there is a password."""
    parts = [
        ATTRIBUTE.pack(found, len(value)) + value + bytes(-len(value) % 4)
        for found, value in attributes
    ]
    body = b"".join(parts)
    if password is not None:
        signed = _header(kind, len(body) + _SIGNED_END, transaction) + body
        integrity = hmac.digest(password, signed, "sha1")
        body += ATTRIBUTE.pack(MESSAGE_INTEGRITY, _INTEGRITY_OCTETS) + integrity
    data = _header(kind, len(body) + _FINGERPRINT_END, transaction) + body
    return data + ATTRIBUTE.pack(FINGERPRINT, 4) + _checksum(data)


def xor_address(address: tuple[str, int], transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (§14.2), hidden from whatever rewrites addresses."""
    host = ip_address(address[0].partition("%")[0])
    mask = struct.pack("!I12s", MAGIC_COOKIE, transaction)
    octets = bytes(a ^ b for a, b in zip(host.packed, mask, strict=False))
    family = _IPV4 if host.version == 4 else _IPV6
    return struct.pack("!xBH", family, address[1] ^ (MAGIC_COOKIE >> 16)) + octets


def mapped_address(message: Message) -> str | None:
    """By which IP address the server saw who asked; None when it does not say it soundly.

    Old servers tell it bare (MAPPED-ADDRESS, §14.1), as RFC 3489 had it.
    """
    hidden = message.get(XOR_MAPPED_ADDRESS)
    value = message.get(MAPPED_ADDRESS) if hidden is None else hidden
    if value is None or len(value) not in (8, 20) or value[1] != _FAMILY[len(value)]:
        return None
    octets = value[4:]
    if hidden is not None:
        mask = struct.pack("!I12s", MAGIC_COOKIE, message.transaction)
        octets = bytes(a ^ b for a, b in zip(octets, mask, strict=False))
    address = ip_address(octets)
    return None if address.is_unspecified or address.is_multicast else str(address)


def error_code(status: int) -> bytes:
    """The value of ERROR-CODE (§14.8). The reason is left out: refusals are kept short."""
    return struct.pack("!HBB", 0, status // 100, status % 100)


def _enter(message: Message, data: bytes, position: int, found: int, value: bytes) -> bool:
    """One more attribute; False when the message is not sound for it."""
    if found == FINGERPRINT:
        last = position + _FINGERPRINT_END == len(data)
        return last and value == _checksum(data[:position])
    if message.is_signed:
        return True
    if found == MESSAGE_INTEGRITY:
        if len(value) != _INTEGRITY_OCTETS:
            return False
        message.sign(data, position, value)
    else:
        message.attributes.append((found, value))
    return True


def _header(kind: int, length: int, transaction: bytes) -> bytes:
    return HEADER.pack(kind, length, MAGIC_COOKIE, transaction)


def _checksum(data: bytes) -> bytes:
    return (zlib.crc32(data) ^ _FINGERPRINT_MASK).to_bytes(4, "big")
