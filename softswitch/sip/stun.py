"""Answers STUN Binding requests on the SIP port (RFC 8489), by which phones keep NAT mappings open
and see whether they have moved (RFC 5626 §4.4.2). Nothing else of STUN.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |0 0|     message type          |     length without header     |
    |                  magic cookie 0x2112A442                      |
    |                  transaction identifier, 96 bits              |
"""

import ipaddress
import struct

HEADER = struct.Struct("!HHI12s")
ATTRIBUTE = struct.Struct("!HH")

BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
MAGIC_COOKIE = 0x2112A442
XOR_MAPPED_ADDRESS = 0x0020
COMPREHENSION_OPTIONAL = 0x8000
"""Attributes from here on may be passed over (§14)."""
IPV4, IPV6 = 1, 2

MAX_REQUEST = 548
"""Octets: no larger ones are sent where the path is unknown (§6.1)."""


def answer(data: bytes, source: tuple[str, int]) -> bytes | None:
    """The response to a plain Binding request; None for everything else, which is dropped.

    Requests with a username or another attribute that must be understood belong to ICE, and have
    nothing to look for here. They are dropped rather than refused: we are no reflector.
    """
    if not HEADER.size <= len(data) <= MAX_REQUEST:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != MAGIC_COOKIE or length != len(data) - HEADER.size:
        return None
    if not _only_optional(data):
        return None
    address = ipaddress.ip_address(source[0].partition("%")[0])
    mask = struct.pack("!I12s", MAGIC_COOKIE, transaction)
    octets = bytes(a ^ b for a, b in zip(address.packed, mask, strict=False))
    family = IPV4 if address.version == 4 else IPV6
    value = struct.pack("!xBH", family, source[1] ^ (MAGIC_COOKIE >> 16)) + octets
    header = HEADER.pack(BINDING_SUCCESS, ATTRIBUTE.size + len(value), MAGIC_COOKIE, transaction)
    return header + ATTRIBUTE.pack(XOR_MAPPED_ADDRESS, len(value)) + value


def _only_optional(data: bytes) -> bool:
    """Whether the attributes are whole, and none of them must be understood."""
    position = HEADER.size
    while position < len(data):
        if position + ATTRIBUTE.size > len(data):
            return False
        kind, length = ATTRIBUTE.unpack_from(data, position)
        if kind < COMPREHENSION_OPTIONAL:
            return False
        position += ATTRIBUTE.size + (length + 3) // 4 * 4  # padded to words (§14)
    return position == len(data)
