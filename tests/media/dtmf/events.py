"""Telephone events for tests: payloads, and a network between sender and receiver."""

import random
from collections.abc import Iterable
from typing import NamedTuple

from softswitch.media.dtmf.digits import CODES
from softswitch.media.dtmf.receiver import Digit, Receiver
from softswitch.media.dtmf.sender import schedule

SSRC = 0x1234


class Arrival(NamedTuple):
    """A packet as it comes in."""

    at: float
    sequence: int
    timestamp: int
    payload: bytes


def report(digit: str, duration: int, end: bool = False) -> bytes:
    return bytes((CODES[digit], (0x80 if end else 0) | 10, duration >> 8, duration & 0xFF))


def dialled(digits: str, first_sequence: int = 1, first_timestamp: int = 0) -> list[Arrival]:
    """What a right sender's packets are."""
    return [
        Arrival(
            packet.at,
            (first_sequence + number) & 0xFFFF,
            (first_timestamp + packet.timestamp) & 0xFFFFFFFF,
            packet.payload,
        )
        for number, packet in enumerate(schedule(digits))
    ]


def heard(
    receiver: Receiver, arrivals: Iterable[Arrival], until: float | None = None
) -> list[Digit]:
    """What the receiver made of it, with a tick every 20 ms and one at the end."""
    digits: list[Digit] = []
    clock = 0.0
    for arrival in sorted(arrivals, key=lambda arrival: arrival.at):
        while clock < arrival.at:
            digits += receiver.tick(clock)
            clock += 0.02
        digits += receiver.event(
            arrival.payload, SSRC, arrival.sequence, arrival.timestamp, arrival.at
        )
    digits += receiver.tick(clock + 1.0 if until is None else until)
    return digits


def keys(digits: Iterable[Digit]) -> str:
    return "".join(digit.digit for digit in digits)


def bad_network(
    arrivals: Iterable[Arrival], *, loss: float, doubled: float, jitter: float, seed: int
) -> list[Arrival]:
    """Some packets do not come, some come twice, and all come late: by up to `jitter` seconds."""
    chance = random.Random(seed)
    result = []
    for arrival in arrivals:
        if chance.random() < loss:
            continue
        for _ in range(2 if chance.random() < doubled else 1):
            result.append(arrival._replace(at=arrival.at + chance.uniform(0, jitter)))
    return result
