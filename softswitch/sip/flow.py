"""Flows: the two ends between which messages travel (RFC 5626 §3.1, RFC 3261 §18).

An answer goes back over the flow that its request came from, and a call to a phone goes over the
flow that the phone registered from: whatever the headers say, only this way leads through a NAT.
"""

from typing import NamedTuple

Address = tuple[str, int]
"""Host (an IP address, IPv6 without brackets) and port."""


class Flow(NamedTuple):
    """A pair of ends; over TCP also which connection between them."""

    protocol: str
    """`UDP` or `TCP`, as in a Via."""
    local: Address
    """The address that the listening socket is bound to, maybe a wildcard."""
    remote: Address
    connection: int = 0
    """Serial number of the TCP connection, 0 for UDP: a port that is used again is another flow."""

    @property
    def reliable(self) -> bool:
        """Whether the transport repeats what was lost, so that transactions need not."""
        return self.protocol != "UDP"

    @property
    def remote_host(self) -> str:
        """The remote address as it may stand in a header: without an IPv6 zone (RFC 4007 §11)."""
        return self.remote[0].partition("%")[0]


def bracketed(host: str) -> str:
    """The host as URIs and Vias write it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
