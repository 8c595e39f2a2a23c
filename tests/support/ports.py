"""Ports that are free, and that no other process of tests chooses at the same moment.

A port that was found free may be taken by somebody else before it is used. So each process of tests
has a street of its own: it binds the street's name among Linux's abstract sockets, which are gone
with the process, and walks through its street in turn, so that no number comes back soon. All of
them are below the ports that the system hands out, where the phones have theirs.
"""

from __future__ import annotations

import errno
import functools
import itertools
import random
import socket
from collections.abc import Iterator

STREETS = range(10_000, 32_000, 2_000)
SINGLE = 800
"""The first so many of a street are for one at a time; the rest for switches, whose ports for
media must lie together, and are bound only when there are calls."""
APART = 8
"""From one of these to the next: baresip takes the port above too, SIPp the second above."""


def free_port(host: str = "127.0.0.1") -> int:
    """An even port that is free for UDP and TCP, and so is the one above it."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    for port in itertools.chain(_street().singles(), _anywhere(APART)):
        if all(_is_free(host, number, kind) for number in (port, port + 1) for kind in kinds):
            return port
    raise AssertionError("no port is free")


def free_ports(count: int, host: str = "127.0.0.1") -> range:
    """So many in a row, the first one even, that are free for UDP."""
    size = count + count % 2
    for first in itertools.chain(_street().blocks(size), _anywhere(size)):
        ports = range(first, first + count)
        if all(_is_free(host, port, socket.SOCK_DGRAM) for port in ports):
            return ports
    raise AssertionError(f"no {count} ports in a row are free")


def _anywhere(size: int) -> Iterator[int]:
    """For what our street has no room, or where somebody lives in it who knows no streets."""
    places = range(STREETS.start, STREETS.stop - size, size)
    yield from random.sample(places, len(places))


class _Street:
    """The ports from `first`, and the name that is bound as long as they are ours.

    Each walk tries every place once, and begins where the last one ended.
    """

    def __init__(self, first: int, sign: socket.socket) -> None:
        self._sign = sign
        self._middle, self._end = first + SINGLE, first + STREETS.step
        self._singles = itertools.cycle(range(first, self._middle, APART))
        self._block = self._middle

    def singles(self) -> Iterator[int]:
        return itertools.islice(self._singles, SINGLE // APART)

    def blocks(self, size: int) -> Iterator[int]:
        for _ in range((self._end - self._middle) // size):
            if self._block + size > self._end:
                self._block = self._middle
            begin, self._block = self._block, self._block + size
            yield begin


@functools.cache
def _street() -> _Street:
    """Ours from now on. When all are taken, one is shared: each port is tried before it is used."""
    streets = random.sample(STREETS, len(STREETS))
    sign = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for first in streets:
        try:
            sign.bind(f"\0softswitch tests {first}")
        except OSError:
            continue
        return _Street(first, sign)
    return _Street(streets[0], sign)


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        return True
