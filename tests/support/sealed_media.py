"""Streams of RTP and SRTP as they passed on the wire, opened by means of our own."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from tests.support.sniffing import Datagram
from tests.support.srtp_reference import FORMS, unprotect

LATE = 0xF000
"""A sequence number from here on may be followed by 0: the rollover counter goes on then."""
OWN = 5
"""Packets that the switch sends of its own before the first comes."""
CUT_OFF = 2
"""Packets that were on their way when the call ended."""


class Sound(NamedTuple):
    """A packet, as far as it has to be the same at the other side."""

    at: int
    """By its timestamp, since the first packet."""
    payload: bytes


class Stream(NamedTuple):
    """One way of a call."""

    sounds: list[Sound]
    sealed_wrongly: int
    """Packets that no key of this way opens."""

    @property
    def packets(self) -> int:
        return len(self.sounds) + self.sealed_wrongly


def opened(datagrams: Iterable[Datagram], keys: Sequence[tuple[str, bytes]]) -> Stream:
    """Packets that came under one of the keys; without keys they are plain."""
    sounds: list[Sound] = []
    wrong = rollover = last_sequence = last_timestamp = 0
    for datagram in datagrams:
        sequence, timestamp = struct.unpack_from("!HI", datagram.payload, 2)
        rollover += sequence < last_sequence and last_sequence >= LATE
        last_sequence = sequence
        packet = _opened(datagram.payload, keys, rollover) if keys else datagram.payload
        if packet is None:
            wrong += 1
            continue
        since = timestamp - last_timestamp & 0xFFFFFFFF if sounds else 0
        last_timestamp = timestamp
        sounds.append(Sound(since + (sounds[-1].at if sounds else 0), packet[12:]))
    return Stream(sounds, wrong)


def arrived(said: Sequence[Sound], heard: Sequence[Sound], gap: int = 0) -> int:
    """How many of these packets are heard, each octet and each time as it was.

    0 unless what is heard is what was said: before it, and at its end, a few packets do not count.
    In one place up to `gap` packets may be missing, and as many others may be there.
    """
    for own in range(min(OWN, len(heard)) + 1):
        rest = _from_its_first(heard[own:])
        for missing, others in product(range(gap + 1), repeat=2):
            if _same(said, rest, missing, others):
                return len(rest) - others
    return 0


def _same(said: Sequence[Sound], heard: Sequence[Sound], missing: int, others: int) -> bool:
    ahead = len(said) - missing - (len(heard) - others)
    if not 0 <= ahead <= CUT_OFF:
        return False
    pairs = zip(said, heard, strict=False)
    place = next((at for at, (one, other) in enumerate(pairs) if one != other), len(heard))
    rest = heard[place + others :]
    return list(said[place + missing :][: len(rest)]) == list(rest)


def _from_its_first(sounds: Sequence[Sound]) -> list[Sound]:
    return [Sound(sound.at - sounds[0].at, sound.payload) for sound in sounds]


def _opened(packet: bytes, keys: Sequence[tuple[str, bytes]], rollover: int) -> bytes | None:
    for suite, key in reversed([one for one in keys if one[0] in FORMS]):
        found = unprotect(suite, key, packet, rollover)
        if found is not None:
            return found
    return None
