"""Which addresses of an SDP may be sent to, and which may be learned from.

An SDP is a stranger's text. A host name in it would make `sendto` ask the name server and stand
still meanwhile; 0.0.0.0 means "hold" in it, and "this machine" to the kernel; a multicast address
would make us loud.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from softswitch.media.engine.interface import Remote

REMEMBERED = 4096
"""Addresses, of some 200 octets each: the phones of a switch come back with every call."""


@lru_cache(maxsize=REMEMBERED)
def canonical(address: str) -> str | None:
    """An address as the kernel writes it; None when nobody can be there."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return None if _nobody(parsed) else str(parsed)


def learnable(remote: Remote) -> frozenset[str]:
    """Where RTP may come from: the SDP's address, and behind a NAT that of the signalling."""
    return _known(remote.address, remote.signalling_address if remote.nat else remote.address)


@lru_cache(maxsize=REMEMBERED)
def _known(*addresses: str) -> frozenset[str]:
    return frozenset(known for known in map(canonical, addresses) if known is not None)


def _nobody(address: IPv4Address | IPv6Address) -> bool:
    return address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255"
