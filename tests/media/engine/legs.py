"""Legs of two phones, and what a backend does with their datagrams."""

from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.formats import Format
from softswitch.media.latch import Address
from softswitch.media.rtp import Header, build, parse
from tests.media.engine.air import Air

ANNA, JAN, ELSEWHERE = ("192.0.2.1", 4000), ("192.0.2.2", 5000), ("203.0.113.9", 6000)
OWN_ANNA, OWN_JAN = 0xAAAA, 0xBBBB
SOUND = bytes(range(160))
LIMITS = (60.0, 300.0)
"""Of the RTP time-out, in use and held."""


def remote(address: Address, *formats: Format, mux: bool = False, kind: str = "rtp") -> Remote:
    types = tuple(known.payload_type for known in formats)
    rate = formats[0].clock_rate if formats else 8000
    return Remote(
        *address, address[1] + 1, types, address[0], False, None, rate, formats,
        rtcp_mux=mux, kind=kind,
    )  # fmt: skip


def describe(leg: Leg, told: Remote, now: float = 0.0) -> None:
    leg.set_remote(told, told.address, frozenset((told.address,)), now)


def pair(hers: tuple[Format, ...], his: tuple[Format, ...]) -> tuple[Leg, Leg]:
    """Anna's leg and Jan's, described and joined."""
    anna = Leg(0, OutgoingStream(OWN_ANNA, 100, 5000), Air())
    jan = Leg(1, OutgoingStream(OWN_JAN, 1000, 50000), Air())
    describe(anna, remote(ANNA, *hers))
    describe(jan, remote(JAN, *his))
    anna.join(jan, 0.0)
    jan.join(anna, 0.0)
    return anna, jan


def frame(
    sequence: int,
    kind: int = 0,
    payload: bytes = SOUND,
    stamp: int | None = None,
    marker: bool = False,
    ssrc: int = 7,
) -> bytes:
    stamp = sequence * 160 if stamp is None else stamp
    return build(kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc, payload, marker=marker)


def hear(leg: Leg, packet: bytes, now: float = 0.0, source: Address | None = ANNA) -> bytes | None:
    """As at the door, or without a source on the line: what goes to the peer's remote."""
    relayed: list[bytes] = []
    leg.send = lambda data: relayed.append(bytes(data))
    leg.arrive(bytearray(packet) + b"rest", len(packet), source, now)
    return relayed[0] if relayed else None


def read(packet: bytes | None) -> tuple[Header, bytes]:
    assert packet is not None
    header = parse(packet, len(packet))
    assert header is not None
    return header, packet[header.payload_at :]


def air(leg: Leg) -> Air:
    assert isinstance(leg.way, Air)
    return leg.way
