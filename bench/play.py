"""CPU per frame that is played, and legs at once: `python -m bench.play`.

The media worker runs on core 0 and plays a clip to all legs, over and over; one socket of another
process, on core 1, is all their phones. It checks every packet: the right octets, no number missing
or twice, timestamps a frame apart; and how far each comes from its place on its leg's grid of
20 ms. CPU is the scheduler's count for all threads of the worker.
"""

import asyncio
import json
import os
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from bench.record import cpu_seconds, opened
from bench.relay import HOST, LOAD_CORE, PHONE_PORT, RELAY_CORE
from bench.table import head, line, percentile, spread
from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import Clip
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.samples import Samples

LEGS = (100, 400, 1000)
ROUNDS = 3
SEARCH = (1500, 2000, 2500, 3000, 4000)
WARM, WINDOW = 1.0, 4.0
FIRST_PORT = 11_000
FRAME = 160
CLIP_FRAMES = 50
MAX_LATE = 5_000
"""Microseconds; a core carries so many legs when nothing is lost and 99 % come nearer than this."""
PACKET = struct.Struct("!HHII")
BUFFER = 64 << 20


class Heard(NamedTuple):
    """What the phones noticed in the window."""

    packets: int
    missing: int
    """Numbers that never came."""
    wrong: int
    """Other octets, numbers twice or back, timestamps that jump."""
    legs: int
    late: list[float]
    """Microseconds from a leg's grid: middle, 99 %, worst."""


class Run(NamedTuple):
    """One measured window."""

    legs: int
    cpu: float
    heard: Heard

    @property
    def frame_us(self) -> float:
        return self.cpu * 1e6 / max(1, self.heard.packets)

    @property
    def carried(self) -> bool:
        heard = self.heard
        whole = heard.legs == self.legs and not heard.wrong and not heard.missing
        return whole and heard.late[1] < MAX_LATE


def clip() -> Samples:
    """A second in which no two frames are the same."""
    random = np.random.default_rng(20)
    return (random.uniform(-8000, 8000, FRAME * CLIP_FRAMES)).astype(np.int16)


def listen(seconds: float) -> None:
    """Be all phones for so long; prints "ready", then what was heard."""
    phones = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phones.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), BUFFER)
    phones.bind(("0.0.0.0", PHONE_PORT))
    phones.settimeout(0.2)
    octets = MU_LAW.encode(clip()).tobytes()
    follows = {
        octets[at : at + FRAME]: octets[(at + FRAME) % len(octets) :][:FRAME]
        for at in range(0, len(octets), FRAME)
    }
    print("ready", flush=True)
    arrived = gather(phones, seconds)
    legs: dict[int, list[float]] = {}
    expected: dict[int, tuple[int, int, bytes]] = {}
    missing = wrong = 0
    for now, packet in arrived:
        _, sequence, timestamp, ssrc = PACKET.unpack_from(packet)
        payload = packet[PACKET.size :]
        known = expected.get(ssrc)
        if known is not None:
            gap = (sequence - known[0]) & 0xFFFF
            if gap >= 1 << 15 or (gap == 0 and (timestamp, payload) != known[1:]):
                wrong += 1
            elif gap:
                missing += gap
        legs.setdefault(ssrc, []).append(now)
        expected[ssrc] = (
            (sequence + 1) & 0xFFFF,
            (timestamp + FRAME) & 0xFFFFFFFF,
            follows.get(payload, b""),
        )
    late = sorted(lateness(legs.values()))
    shares = [percentile(late, share) * 1e6 for share in (0.5, 0.99, 1.0)]
    print(json.dumps([len(arrived), missing, wrong, len(legs), shares]), flush=True)


def gather(phones: socket.socket, seconds: float) -> list[tuple[float, bytes]]:
    """Everything that comes, with its time. Nothing is looked at meanwhile: that would be late."""
    clock, receive = time.monotonic, phones.recv
    arrived: list[tuple[float, bytes]] = []
    until = clock() + seconds
    while (now := clock()) < until:
        try:
            arrived.append((now, receive(2048)))
        except TimeoutError:
            continue
    return [(at, packet) for (_, packet), (at, _) in pairwise(arrived)]


def lateness(legs: Iterable[list[float]]) -> list[float]:
    """How much later than on the grid that its earliest packet is on each packet came."""
    result: list[float] = []
    for times in legs:
        places = [at - 0.02 * number for number, at in enumerate(times)]
        first = min(places)
        result += [place - first for place in places]
    return result


async def run(folder: Path, legs: int, backend: str) -> Run:
    """One window with so many legs."""
    path = folder / "clip.wav"
    soundfile.write(path, clip(), 8000)
    ports = range(FIRST_PORT, FIRST_PORT + 2 * legs + 256)
    engine = WorkerEngine([HOST], ports, 1, 60.0, backend=backend)
    await engine.start()
    try:
        (pid,) = engine.worker_pids
        os.sched_setaffinity(pid, {int(RELAY_CORE)})
        phones = [await opened(engine, number) for number in range(legs)]
        for port in phones:
            engine.play(port, [Clip(str(path))] * 60, done=lambda _: None)
        await asyncio.sleep(WARM)
        process = await asyncio.create_subprocess_exec(
            "taskset", "-c", LOAD_CORE, sys.executable, "-m", "bench.play", "--listen", str(WINDOW),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        await process.stdout.readline()
        before = cpu_seconds(pid)
        heard = Heard(*json.loads(await process.stdout.readline()))
        cpu = cpu_seconds(pid) - before
        await process.wait()
    finally:
        await engine.stop()
    return Run(legs, cpu, heard)


def row(name: str, runs: list[Run]) -> None:
    """One line of the table."""
    cells = [
        name,
        runs[0].legs,
        spread([each.frame_us for each in runs], 1),
        spread([each.cpu / WINDOW * 100 for each in runs], 0),
        sum(each.heard.packets for each in runs),
        sum(each.heard.missing for each in runs),
        sum(each.heard.wrong for each in runs),
        *(spread([each.heard.late[at] / 1000 for each in runs], 1) for at in range(3)),
    ]
    print(line(cells), flush=True)


async def main() -> None:
    """Print the table."""
    quick = "--quick" in sys.argv
    backends = [EPOLL] if why_not() else [EPOLL, IO_URING]
    titles = ["backend", "legs", "CPU µs/frame", "core %", "packets", "missing", "wrong"]
    print(head([*titles, "late p50 ms", "p99", "worst"]), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for backend in backends:
            for legs in LEGS[:1] if quick else LEGS:
                rounds = range(1 if quick else ROUNDS)
                row(backend, [await run(folder, legs, backend) for _ in rounds])
            for legs in () if quick else SEARCH:
                found = await run(folder, legs, backend)
                row(f"{backend}, one run", [found])
                if not found.carried:
                    break


if __name__ == "__main__":
    if "--listen" in sys.argv:
        listen(float(sys.argv[-1]))
    elif len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench.play needs two cores")
    else:
        asyncio.run(main())
