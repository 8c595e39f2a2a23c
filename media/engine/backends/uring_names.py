"""Addresses as the kernel writes them: sockaddr_in and sockaddr_in6."""

import struct
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from softswitch.media.latch import Address

AF_INET, AF_INET6 = 2, 10
"""linux/socket.h"""
_FAMILY = struct.Struct("=H")
_IPV4 = struct.Struct("!H4s8x")
"""Behind the family: port, address, zeros."""
_IPV6 = struct.Struct("!HI16sI")
"""Behind the family: port, flow, address, scope."""
_IPV4_SIZE = _FAMILY.size + _IPV4.size
_IPV6_SIZE = _FAMILY.size + _IPV6.size
REMEMBERED = 4096
"""Addresses: as many phones as are heard of at once."""


@lru_cache(maxsize=REMEMBERED)
def encode(address: Address) -> bytes:
    """An IP address and port as a sockaddr. Raises ValueError when the text is no IP address."""
    ip, port = ip_address(address[0]), address[1]
    if ip.version == 6:
        return _FAMILY.pack(AF_INET6) + _IPV6.pack(port, 0, ip.packed, 0)
    return _FAMILY.pack(AF_INET) + _IPV4.pack(port, ip.packed)


@lru_cache(maxsize=REMEMBERED)
def decode(name: bytes) -> Address:
    """The address and port of a sockaddr; nobody's when it is neither IPv4's nor IPv6's."""
    family = _FAMILY.unpack_from(name)[0] if len(name) >= _IPV4_SIZE else None
    if family == AF_INET:
        port, packed = _IPV4.unpack_from(name, _FAMILY.size)
        return str(IPv4Address(packed)), port
    if family == AF_INET6 and len(name) >= _IPV6_SIZE:
        port, _, packed, _ = _IPV6.unpack_from(name, _FAMILY.size)
        return str(IPv6Address(packed)), port
    return "", 0
