"""A network that misbehaves, on the wire (goal G18): `python -m tests.acceptance.media_faults`.

Five minutes on each backend, through real sockets: phones whose packets are lost (20 %), doubled
(10 %), late by up to 100 ms and out of order by up to five, from a clock that is 500 ppm slow.
Their sequence numbers and timestamps wrap, and half-way their SSRC changes. They are recorded:
what came stands in the file once, in its order, and where its time is. Others press keys while a
tenth of the packets is lost and a tenth doubled: every key is heard once.

Exits with 1 when the goal is missed.
"""

import asyncio
import dataclasses
import os
import random
import socket
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import (
    DigitHeard,
    MediaEvent,
    MediaPort,
    NoPorts,
    Recorded,
    Remote,
)
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.formats import STATIC, TELEPHONE_EVENT, Format
from softswitch.media.rtp import build
from softswitch.media.wave import read
from tests.media.dtmf.events import Arrival, bad_network, dialled
from tests.media.network import BAD

HOST, PHONE_HOST = "127.0.0.1", "127.0.0.5"
PORTS = range(24_000, 26_000)
PCMU, EVENTS = STATIC[0], Format(101, TELEPHONE_EVENT, 8000)
FRAME = 0.02
SKEW = 500e-6
WRAPS = 65_000, 2**32 - 80_000
"""First sequence number and timestamp: both wrap within ten seconds."""
KEY = 0.2
"""Seconds of a key and the pause behind it."""
GREETING = 10
"""Packets that come as they should, so that everybody is known."""
MOST_ASTRAY = 0.25
"""Seconds: a recording follows a slow clock in steps."""
LAST = 1.5
"""Seconds: what comes later may be played behind the end, since recording began before speech."""
LATE = 0.1
"""Seconds: what this program sends later than it should, a recording need not have."""
MOST_MISSING = 20
"""Packets that came and are not in the file: of a new SSRC some have to come in sequence before it
is believed, which among so many lost ones takes time."""
KEYS_AT_ONCE = 40


class Packet(NamedTuple):
    """What is sent, when (seconds from the start) and by whom."""

    at: float
    phone: int
    octets: bytes
    number: int = -1
    """Of a packet of sound."""


class Phone:
    """One leg's remote."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((PHONE_HOST, 0))
        self.port: MediaPort | None = None
        self.late: set[int] = set()
        """Packets of sound that were sent too late, by fault of ours."""

    def remote(self) -> Remote:
        """As signalling would describe it."""
        host, port = self.socket.getsockname()
        types = (PCMU.payload_type, EVENTS.payload_type)
        return Remote(host, port, port + 1, types, host, False, None, formats=(PCMU, EVENTS))

    def packets(self, place: int) -> Iterator[Packet]:
        """All that it sends, as number `place`."""
        raise NotImplementedError


class Speaker(Phone):
    """Is recorded."""

    def __init__(self, seed: int, seconds: float, folder: Path) -> None:
        super().__init__(seed)
        self.path = folder / f"{seed}.wav"
        self.recorded: list[Recorded] = []
        network = dataclasses.replace(BAD, skew=SKEW, seed=seed)
        self.arrived = network.carry(
            seconds,
            GREETING * FRAME,
            sequence=WRAPS[0],
            timestamp=WRAPS[1],
            ssrc_changes_at=round(seconds / FRAME / 2),
        )

    def packets(self, place: int) -> Iterator[Packet]:
        for one in self.arrived:
            octets = build(0, one.sequence, one.timestamp, one.ssrc, one.payload)
            yield Packet(one.at, place, octets, one.number)

    def problems(self, seconds: float) -> list[str]:
        """What is wrong with its recording."""
        data = self.path.read_bytes()
        layout = read(data)
        if layout is None or layout.encoding != "PCMU":
            return [f"{self.path.name} is no recording"]
        sound = data[-round(self.recorded[0].seconds * 8000) :]
        said = {one.number for one in self.arrived if one.at < seconds - LAST} - self.late
        found = list(_places(sound, said))
        numbers = [number for number, _ in found]
        astray = [place - number * FRAME * (1 + SKEW) for number, place in found]
        missing = len(said) - len(set(numbers))
        checks = {
            f"{len(numbers) - len(set(numbers))} packets twice": len(set(numbers)) == len(numbers),
            "packets out of order": numbers == sorted(numbers),
            f"{missing} of {len(said)} that came are missing": missing <= MOST_MISSING,
            f"{max(astray) - min(astray):.3f} s astray": max(astray) - min(astray) <= MOST_ASTRAY,
            f"{self.recorded[0].seconds} s long": abs(self.recorded[0].seconds - seconds) <= FRAME,
        }
        return [f"recording {self.seed}: {problem}" for problem, fine in checks.items() if not fine]


def _places(sound: bytes, said: set[int]) -> Iterator[tuple[int, float]]:
    """Which packets stand in a recording whole, and where (seconds)."""
    for at in range(0, len(sound) - 159, 160):
        frame = sound[at : at + 160]
        number = int.from_bytes(frame[:4], "big")
        if number in said and frame == frame[:4] * 40:
            yield number, at / 8000


class Dialler(Phone):
    """Presses keys."""

    def __init__(self, seed: int, seconds: float) -> None:
        super().__init__(seed)
        self.digits = "".join(random.Random(seed).choices(DIGITS, k=round(seconds / KEY) - 5))
        self.heard = ""

    def packets(self, place: int) -> Iterator[Packet]:
        for number in range(GREETING):
            octets = build(0, 100 + number, number * 160, 7, bytes(160))
            yield Packet(number * FRAME, place, octets)
        for one in bad_network(self._pressed(), loss=0.1, doubled=0.1, jitter=0.04, seed=self.seed):
            octets = build(101, one.sequence, one.timestamp, 7, one.payload)
            yield Packet(one.at, place, octets)

    def _pressed(self) -> Iterator[Arrival]:
        """Some keys after the others."""
        at, sequence, timestamp = GREETING * FRAME, 100 + GREETING, GREETING * 160
        for first in range(0, len(self.digits), KEYS_AT_ONCE):
            packets = dialled(self.digits[first : first + KEYS_AT_ONCE], sequence, timestamp)
            yield from (one._replace(at=at + one.at) for one in packets)
            at += packets[-1].at + KEY
            sequence = (packets[-1].sequence + 1) & 0xFFFF
            timestamp = (packets[-1].timestamp + round(2 * KEY * 8000)) & 0xFFFFFFFF

    def problems(self) -> list[str]:
        """Keys that were not heard, or more than once."""
        if self.heard == self.digits:
            return []
        return [f"phone {self.seed}: {len(self.digits)} keys pressed, {len(self.heard)} heard"]


async def misbehave(backend: str, seconds: float, legs: int, folder: Path) -> list[str]:
    """Let all of it happen; what is wrong."""
    speakers = [Speaker(seed, seconds, folder) for seed in range(legs)]
    diallers = [Dialler(seed, seconds) for seed in range(legs, 2 * legs)]
    phones: list[Phone] = [*speakers, *diallers]
    engine = WorkerEngine([HOST], PORTS, 1, 60.0, backend=backend)
    by_port: dict[MediaPort, Dialler] = {}

    def told(event: MediaEvent) -> None:
        if isinstance(event, DigitHeard):
            by_port[event.port].heard += event.digit

    engine.on_event = told
    await engine.start()
    try:
        for phone in phones:
            phone.port = await _opened(engine)
            engine.set_remote(phone.port, phone.remote())
        for dialler in diallers:
            assert dialler.port is not None
            by_port[dialler.port] = dialler
            engine.listen(dialler.port, in_band=False)
        await asyncio.sleep(0.3)
        # Beforehand: it takes a second, and as much of the end would not be recorded.
        packets = sorted(one for place, phone in enumerate(phones) for one in phone.packets(place))
        for one in speakers:
            assert one.port is not None
            done = one.recorded.append
            engine.record(one.port, str(one.path), limit=seconds, silence=None, done=done)
        await asyncio.sleep(0.3)
        await _send(phones, packets)
        await _until_all(speakers)
    finally:
        await engine.stop()
        for phone in phones:
            phone.socket.close()
    recordings = [problem for one in speakers for problem in one.problems(seconds)]
    return recordings + [problem for one in diallers for problem in one.problems()]


async def _opened(engine: WorkerEngine) -> MediaPort:
    while True:
        try:
            return engine.open(HOST)
        except NoPorts:
            await asyncio.sleep(0.002)  # the next block is on its way


async def _send(phones: list[Phone], packets: list[Packet]) -> None:
    """Everything at its time."""
    begun = time.monotonic()
    for at, place, octets, number in packets:
        ahead = begun + at - time.monotonic()
        if ahead > 0.001:
            await asyncio.sleep(ahead)
        elif ahead < -LATE:
            phones[place].late.add(number)
        port = phones[place].port
        assert port is not None
        phones[place].socket.sendto(octets, (HOST, port.rtp_port))


async def _until_all(speakers: list[Speaker]) -> None:
    """Recorded to the end, and keys told."""
    for _ in range(100):
        await asyncio.sleep(0.1)
        if all(speaker.recorded for speaker in speakers):
            return


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=300.0, help="on each backend")
    options.add_argument("--legs", type=int, default=20, help="that are recorded, and that dial")
    options.add_argument("--backend", choices=(EPOLL, IO_URING), help="only this one")
    given = options.parse_args()
    backends = [given.backend] if given.backend else [EPOLL, IO_URING]
    fine = True
    for backend in backends:
        if backend == IO_URING and why_not():
            sys.stdout.write(f"{backend}: NOT TESTED: {why_not()}\n")
            continue
        with tempfile.TemporaryDirectory(prefix=f"faults-{os.getpid()}-") as folder:
            problems = asyncio.run(misbehave(backend, given.seconds, given.legs, Path(folder)))
        for problem in problems:
            sys.stdout.write(f"{backend}: MISSED: {problem}\n")
        keys = given.legs * (round(given.seconds / KEY) - 5)
        sys.stdout.write(
            f"{backend}: {given.legs} recordings of {given.seconds:g} s, {keys} keys,"
            f" {len(problems)} wrong\n"
        )
        sys.stdout.flush()
        fine &= not problems
    sys.exit(not fine)


if __name__ == "__main__":
    main()
