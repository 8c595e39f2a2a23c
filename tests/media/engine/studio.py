"""Legs without sockets, a department that serves them, and a clock that the test moves."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, Generic, TypeVar

from softswitch.media.engine.control import Message
from softswitch.media.engine.department import Department, Say
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import Header, build, parse
from tests.media.engine.air import Air

FRAME = 0.02
PCMU, PCMA, G722, G729 = STATIC[0], STATIC[8], STATIC[9], STATIC[18]
OPUS = Format(96, "OPUS", 48000, 2)
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)

D = TypeVar("D", bound=Department)
Make = Callable[[Mapping[int, Leg], Say, Callable[[], float]], D]


def described(number: int, *formats: Format, ptime: int = 20) -> Remote:
    """A remote at an address of its own."""
    port = 4000 + 10 * number
    types = tuple(each.payload_type for each in formats)
    host = f"192.0.2.{number + 1}"
    return Remote(
        host, port, port + 1, types, host, False, None, formats=formats, ptime=ptime, rtcp=False
    )


class Studio(Generic[D]):
    """A department with some legs."""

    def __init__(self, make: Make[D]) -> None:
        self.now = 1000.0
        self.legs: dict[int, Leg] = {}
        self.airs: dict[int, Air] = {}
        self.said: list[Message] = []
        self.department = make(self.legs, self.said.append, lambda: self.now)
        self._numbers = count()

    def leg(self, *formats: Format, ptime: int = 20) -> Leg:
        """One more, whose remote understands these."""
        number = next(self._numbers)
        air = self.airs[number] = Air()
        leg = Leg(number, OutgoingStream(0xAA00 + number, 100 * number, 1000 * number), air)
        self.legs[number] = leg
        self.describe(leg, *(formats or (PCMU,)), ptime=ptime)
        return leg

    def describe(self, leg: Leg, *formats: Format, ptime: int = 20) -> None:
        """A new offer or answer."""
        remote = described(leg.id, *formats, ptime=ptime)
        leg.set_remote(remote, remote.address, frozenset((remote.address,)), self.now)
        self.department.renewed(leg)

    def join(self, one: Leg, other: Leg) -> None:
        """As the worker does."""
        for leg, peer in ((one, other), (other, one)):
            leg.join(peer, self.now)
            leg.send = partial(_deliver, self.airs[peer.id])
        for leg in (one, other):
            self.department.renewed(leg)

    def say(self, message: Any) -> list[Message]:
        """As signalling does; returns what it is told at once."""
        self.said.clear()
        self.department.handlers[type(message)](message)
        return list(self.said)

    def pass_time(self, seconds: float, each: Callable[[int], None] | None = None) -> None:
        """In steps of a frame; before each of them something may happen."""
        for frame in range(round(seconds / FRAME)):
            if each is not None:
                each(frame)
            self.now = round(self.now + FRAME, 6)
            if self.now >= self.department.next_deadline:
                self.department.tick(self.now)

    def speak(
        self,
        leg: Leg,
        number: int,
        payload: bytes,
        kind: int = 0,
        *,
        ssrc: int = 7,
        stamp: int | None = None,
    ) -> None:
        """The remote of a leg sends its packet of this number."""
        timestamp = number * 160 if stamp is None else stamp
        packet = bytearray(build(kind, number & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, payload))
        remote = leg.remote
        assert remote is not None
        leg.arrive(packet, len(packet), (remote.address, remote.rtp_port), self.now)

    def sent(self, leg: Leg) -> list[tuple[Header, bytes]]:
        """What has left for the remote since the last look."""
        packets, self.airs[leg.id].packets = self.airs[leg.id].packets, []
        result = []
        for packet in packets:
            header = parse(packet, len(packet))
            assert header is not None
            result.append((header, packet[len(packet) - header.payload_octets :]))
        return result


def _deliver(air: Air, packet: memoryview | bytes) -> None:
    air.packets.append(bytes(packet))


def is_one_stream(headers: list[Header], ticks: int = 160) -> bool:
    """One SSRC, every sequence number once, timestamps a frame apart."""
    first = headers[0]
    return all(
        header.ssrc == first.ssrc
        and header.sequence == (first.sequence + step) & 0xFFFF
        and header.timestamp == (first.timestamp + ticks * step) & 0xFFFFFFFF
        for step, header in enumerate(headers)
    )
