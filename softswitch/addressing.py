"""Which of our addresses to show to whom (REG-5).

Phones on the networks next to us see the address that the machine has there; everybody else sees
the external address of the router before us, if one is configured. What a wildcard socket has for
an own address depends on the route to the other side: the kernel is asked.

    phone in local_nets ──── 192.168.1.5:5060 ──┐
                                                ├── 0.0.0.0:5060
    phone elsewhere ──────── 203.0.113.7:5060 ──┘
                             external
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from softswitch.config.configuration import AUTO
from softswitch.sip.flow import Address, Flow

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from softswitch.config.configuration import IpNetwork, Network

WILDCARDS = {"0.0.0.0", "::"}

MAX_REMOTES = 10_000
"""Remote addresses whose answer is remembered: a phone each in a large office, 2 MB at most."""

FRESH = 60.0
"""Seconds until the kernel is asked again: addresses change under a running program (DHCP)."""

DEFAULT_PORT = 5060


class Addressing:
    """Answers with the addresses for Via, Contact and SDP, and knows which addresses are ours."""

    def __init__(
        self,
        listen: Iterable[Address],
        *,
        external: str | None = None,
        local_nets: Sequence[IpNetwork] = (),
        domains: Iterable[str] = (),
        now: Callable[[], float],
    ) -> None:
        self._listen = tuple(listen)
        self._external_name = external or ""
        self._external: dict[bool, str] = {}  # by whether it is an IPv6 address
        self._local_nets = tuple(local_nets)
        self._domains = {domain.lower() for domain in domains}
        self._now = now
        self._remotes: dict[tuple[str, str], str] = {}
        self._ours: dict[str, bool] = {}
        self._fresh_until = 0.0
        if (address := parse_address(self._external_name)) is not None:
            self._external[address.version == 6] = self._external_name

    async def resolve(self) -> None:
        """Look the external name up, once, at the start. Raises OSError when nobody knows it."""
        if self._external_name and not self._external:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.getaddrinfo(self._external_name, None, type=socket.SOCK_DGRAM)
            except UnicodeError as error:  # no name at all: the resolver did not even ask
                raise OSError(errno.EINVAL, str(error)) from error
            for family, _, _, _, address in found:
                self._external.setdefault(family == socket.AF_INET6, str(address[0]))
            log.info("external address %s is %s", self._external_name, self._external)

    def found_outside(self, address: str) -> None:
        """From now on the world sees us as this IP address."""
        self._external[":" in address] = address
        self._remotes.clear()

    def sip_address(self, flow: Flow) -> Address:
        """Host and port under which the far end of the flow sees us. IPv6 without brackets."""
        return self._own_host(flow.local[0], flow.remote[0]), flow.local[1]

    def media_address(self, flow: Flow) -> tuple[str, str]:
        """Where to bind media sockets for the far end of the flow, and what its SDP shall say."""
        bound = flow.local[0]
        return bound, self._own_host(bound, flow.remote[0])

    def is_local(self, host: str) -> bool:
        """Whether the host is on a network next to us. A name is not."""
        address = parse_address(host)
        return address is not None and any(address in network for network in self._local_nets)

    def is_ours(self, host: str, port: int | None) -> bool:
        """Whether requests to this place would come back to us. IPv6 without brackets."""
        host, port = host.lower(), port or DEFAULT_PORT
        if not any(port == own_port for _, own_port in self._listen):
            return False
        if host in self._domains or host == self._external_name.lower():
            return True
        if host in self._external.values():
            return True
        return self._is_bound(host, port)

    def _is_bound(self, host: str, port: int) -> bool:
        address = parse_address(host)
        if address is None:
            return False
        for own, own_port in self._listen:
            if own_port == port and same_family(own, host):
                if own not in WILDCARDS:
                    if parse_address(own) == address:
                        return True
                elif self._is_own_address(str(address)):
                    return True
        return False

    def _own_host(self, bound: str, remote: str) -> str:
        host = self._remotes.get((bound, remote))
        if host is None or self._now() >= self._fresh_until:
            self._forget_old()
            host = self._remotes[bound, remote] = self._choose(bound, remote)
        return host

    def _choose(self, bound: str, remote: str) -> str:
        external = self._external.get(":" in remote)
        if external is not None and not self.is_local(remote):
            return external
        return own_address_towards(remote, bound) if bound in WILDCARDS else bound

    def _is_own_address(self, address: str) -> bool:
        self._forget_old()
        ours = self._ours.get(address)
        if ours is None:
            ours = self._ours[address] = is_own_address(address)
        return ours

    def _forget_old(self) -> None:
        """Strangers choose what is asked for here: the memory of it is bounded."""
        now = self._now()
        if now >= self._fresh_until or len(self._remotes) + len(self._ours) >= MAX_REMOTES:
            self._remotes.clear()
            self._ours.clear()
            self._fresh_until = now + FRESH


async def open_addressing(network: Network, now: Callable[[], float]) -> Addressing:
    """The addressing of a configuration. Raises OSError when nobody knows the external name."""
    addressing = Addressing(
        [*network.udp, *network.tcp],
        external=None if network.external == AUTO else network.external,
        local_nets=network.local_nets,
        domains=network.domains,
        now=now,
    )
    await addressing.resolve()
    return addressing


def parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that the text is, None when it is a name. A zone is left out."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def same_family(one: str, other: str) -> bool:
    return (":" in one) == (":" in other)


def own_address_towards(remote: str, bound: str) -> str:
    """The address that the kernel would send from. Nothing is sent.

    Without a route there is none, and the message will not leave either: the wildcard stands in.
    """
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))  # any port will do; 9 is the one that discards
        except OSError:
            return bound
        return str(probe.getsockname()[0]).partition("%")[0]


def is_own_address(address: str) -> bool:
    """Whether the machine has this address: then, and only then, a socket can be bound to it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True
