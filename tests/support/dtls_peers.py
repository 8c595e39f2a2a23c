"""Certificates and the other side of a DTLS handshake, without a socket."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from softswitch.media.certificate import Certificate
from softswitch.media.dtls import Association, Endpoint

VALID = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


@cache
def certificate(name: str) -> Certificate:
    """Whose it is; the same for the same name."""
    return Certificate.make(*VALID)


@cache
def endpoint(name: str) -> Endpoint:
    return Endpoint(certificate(name).pem)


def digest(name: str) -> bytes:
    """What the description of that peer promises."""
    return bytes.fromhex(certificate(name).fingerprint.replace(":", ""))


def association(name: str, peer: str, *, active: bool) -> Association:
    return Association(endpoint(name), active, digest(peer))


def converse(
    datagrams: list[bytes],
    answer: Callable[[bytes], list[bytes]],
    receive: Callable[[bytes], list[bytes]],
) -> None:
    """Carry datagrams to and fro until nobody has anything to say."""
    sides = [answer, receive]
    for turn in range(20):
        datagrams = [reply for data in datagrams for reply in sides[turn % 2](data)]
        if not datagrams:
            return
    raise AssertionError("they never stop")


def shake(client: Association, server: Association, now: float = 0.0) -> None:
    """The whole handshake, without loss."""
    converse(
        client.start(now),
        lambda data: server.receive(data, now),
        lambda data: client.receive(data, now),
    )
