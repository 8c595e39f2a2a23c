"""CPU per recorded packet and per voicemail, and recordings at once: `python -m bench.record`.

The media worker, with its writing thread, runs on core 0, the load (relay_load.c) on core 1. All
legs are recorded, and speak all the time. Afterwards every file is read: each packet that was sent
in the measured window must be in it, once, in its place. CPU is the scheduler's count for all
threads of the worker; a voicemail's is everything from `record` to a file that is safe on the disk.
"""

import asyncio
import os
import struct
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.relay import FIRST_PHONE, HOST, LOAD_CORE, PHONE_PORT, RELAY_CORE, compiled
from bench.table import head, line, spread
from softswitch.media import wave
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import MediaPort, NoPorts, Recorded, Remote
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.formats import STATIC

LEGS = (100, 400, 1000)
ROUNDS = 3
SEARCH = (1500, 2000, 2500, 3000, 4000)
WARM, WINDOW = 0.5, 9.5
"""Seconds: together a voicemail of ten."""
FIRST_PORT = 11_000
STAMP = struct.Struct("=QI4x")
"""What relay_load.c writes at the start of a payload: when it was sent (ns), and its leg."""
FRAME = 160
MAX_LOSS = 0.001


class Run(NamedTuple):
    """One measured load."""

    legs: int
    window: float
    """CPU seconds of all threads in the window, when nothing begins or ends."""
    total: float
    """CPU seconds from before the first recording began to after the last was safe."""
    packets: int
    """Found in the files."""
    missing: int
    """Between the first and the last of each file."""
    wrong: int
    """Out of place, twice, or of somebody else."""
    safe: float
    """Seconds from the end to the last file that was safe."""

    @property
    def packet_us(self) -> float:
        """Per packet, steadily."""
        return self.window * 1e6 / (self.legs * WINDOW * 50)

    @property
    def voicemail_ms(self) -> float:
        """Per recording of ten seconds, from its beginning to its end."""
        return self.total * 1e3 / self.legs

    @property
    def carried(self) -> bool:
        return not self.wrong and self.missing <= MAX_LOSS * self.packets


def cpu_seconds(pid: int) -> float:
    """How long the threads of a process have been on a core."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def examine(path: Path, leg: int) -> tuple[int, int, int]:
    """Packets in a file, packets missing between its first and its last, and what is wrong."""
    data = path.read_bytes()
    layout = wave.read(data)
    if layout is None or layout.encoding != "PCMU":
        return 0, 0, 1
    pattern = bytes((octet * 7 + 1) & 0xFF for octet in range(FRAME))[STAMP.size :]
    found = missing = wrong = last = 0
    silent = b"\xff" * FRAME
    begun, run = False, 0
    for at in range(wave.HEADER_SIZE, len(data) - FRAME + 1, FRAME):
        frame = data[at : at + FRAME]
        if frame[STAMP.size :] != pattern:
            run += begun
            wrong += frame != silent and not begun
            continue
        sent, speaker = STAMP.unpack_from(frame)
        wrong += speaker != leg or sent <= last
        missing += run
        begun, run, last = True, 0, sent
        found += 1
    return found, missing, wrong


async def opened(engine: WorkerEngine, number: int) -> MediaPort:
    """A port for a phone that speaks PCMU."""
    while True:
        try:
            port = engine.open(HOST)
        except NoPorts:
            await asyncio.sleep(0.002)
            continue
        phone = str(FIRST_PHONE + number)
        engine.set_remote(
            port,
            Remote(
                phone, PHONE_PORT, 0, (0,), phone, False, None, formats=(STATIC[0],), rtcp=False
            ),
        )
        return port


async def speak(load: Path, pid: int, ports: list[MediaPort]) -> float:
    """Let all phones talk for as long as a voicemail; the CPU seconds of the window."""
    process = await asyncio.create_subprocess_exec(
        load, str(len(ports) // 2), str(WARM), str(WINDOW), LOAD_CORE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n".join(str(port.rtp_port) for port in ports).encode() + b"\n")
    process.stdin.close()
    await process.stdout.readline()
    before = cpu_seconds(pid)
    await process.stdout.readline()
    window = cpu_seconds(pid) - before
    await process.wait()
    return window


async def run(load: Path, folder: Path, legs: int, backend: str) -> Run:
    """Record so many legs for the length of a voicemail."""
    ports = range(FIRST_PORT, FIRST_PORT + 2 * legs + 256)
    engine = WorkerEngine([HOST], ports, 1, 60.0, backend=backend)
    await engine.start()
    try:
        (pid,) = engine.worker_pids
        os.sched_setaffinity(pid, {int(RELAY_CORE)})
        phones = [await opened(engine, number) for number in range(legs)]
        await asyncio.sleep(0.2)
        results: list[Recorded] = []
        done = asyncio.Event()

        def ended(result: Recorded) -> None:
            results.append(result)
            if len(results) == legs:
                done.set()

        before = cpu_seconds(pid)
        for number, port in enumerate(phones):
            path = str(folder / f"{number}.wav")
            engine.record(port, path, limit=60.0, silence=None, done=ended)
        window = await speak(load, pid, phones)
        clock = asyncio.get_running_loop().time
        stopped = clock()
        for port in phones:
            engine.finish(port)
        async with asyncio.timeout(120):
            await done.wait()
        safe = clock() - stopped
        total = cpu_seconds(pid) - before
    finally:
        await engine.stop()
    seen = [examine(folder / f"{number}.wav", number) for number in range(legs)]
    found, missing, wrong = (sum(each[field] for each in seen) for field in range(3))
    wrong += sum(result.ended != "finished" for result in results)
    return Run(legs, window, total, found, missing, wrong, safe)


def row(name: str, runs: list[Run]) -> None:
    """One line of the table."""
    cells = [
        name,
        runs[0].legs,
        spread([each.packet_us for each in runs], 1),
        spread([each.voicemail_ms for each in runs], 1),
        spread([each.window / WINDOW * 100 for each in runs], 0),
        sum(each.packets for each in runs),
        sum(each.missing for each in runs),
        sum(each.wrong for each in runs),
        spread([each.safe for each in runs], 1),
    ]
    print(line(cells), flush=True)


async def main() -> None:
    """Print the table."""
    quick = "--quick" in sys.argv
    backends = [EPOLL] if why_not() else [EPOLL, IO_URING]
    titles = ["backend", "recordings", "CPU µs/packet", "CPU ms/voicemail of 10 s", "core %"]
    print(head([*titles, "packets found", "missing", "wrong", "safe after s"]), flush=True)
    with tempfile.TemporaryDirectory() as name:
        load = compiled(Path(name), "relay_load")

        async def once(legs: int, backend: str) -> Run:
            with tempfile.TemporaryDirectory() as files:
                return await run(load, Path(files), legs, backend)

        for backend in backends:
            for legs in LEGS[:1] if quick else LEGS:
                row(backend, [await once(legs, backend) for _ in range(1 if quick else ROUNDS)])
            for legs in () if quick else SEARCH:
                found = await once(legs, backend)
                row(f"{backend}, one run", [found])
                if not found.carried:
                    break


if __name__ == "__main__":
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench.record needs two cores")
    asyncio.run(main())
