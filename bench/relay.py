"""CPU per relayed RTP packet, calls per core, and added delay: `python -m bench.relay`.

The media worker runs on core 0, the load (relay_load.c) on core 1; both programs in C are compiled
with gcc into a temporary folder. The worker has two backends, io_uring and epoll; beside them, in
the same rounds, runs the least that a relay in C must do (relay_yardstick.c). CPU is the
scheduler's own count of the process's time on the core, so it holds on a busy machine too; delay
and the most calls do not: read the spread, and how long the relay waited for its core while others
had it.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import MediaPort, NoPorts, Remote, Sdes
from softswitch.media.engine.naming import EPOLL, IO_URING

RELAY_CORE, LOAD_CORE = "0", "1"
HOST = "127.0.0.1"
FIRST_PHONE, PHONE_PORT = IPv4Address("127.1.0.1"), 5004
PORT_RANGES = (11_000, 21_500)
"""Taken in turn, below the ports that Linux gives out itself."""
USUAL_CALLS = 200
ROUNDS = 3
WARM, WINDOW = 0.7, 2.0
INTERVAL = 0.02
SEARCH_WINDOW = 1.5
MAX_LOSS, MAX_P99 = 0.001, 5_000
"""A core carries so many calls when less is lost, and p99 (µs) is below."""
FIRST_GUESS = 1200
SEARCH_TIME = 15.0
DISTURBED = 0.1
IDLE = 2.0
READY = 0.003
"""Seconds on the core in a tenth of a second: less than a worker with work takes."""


class Run(NamedTuple):
    """One measured window."""

    calls: int
    cpu_us: float
    """Per relayed packet."""
    core: float
    """Share of a core in use."""
    kept_waiting: float
    """Share of the time in which others had the core that the relay wanted."""
    loss: float
    p50: int
    p99: int
    wrong: int

    @property
    def carried(self) -> bool:
        return self.loss < MAX_LOSS and self.p99 < MAX_P99 and not self.wrong


class Relay(NamedTuple):
    """A relay that is up: its process, and its legs' ports."""

    pid: int
    ports: list[int]


Starter = Callable[[int, int], AbstractAsyncContextManager[Relay]]
Security = Callable[[int], Sdes | None]
"""By number of a phone: its keys."""


def compiled(folder: Path, name: str) -> Path:
    """The program made from `name`.c beside this file."""
    program = folder / name
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["gcc", "-O2", "-o", program, source], check=True)
    return program


def cpu_seconds(pid: int) -> tuple[float, float]:
    """How long a process of one thread has been on a core, and has waited for one."""
    on_core, waiting, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(on_core) / 1e9, int(waiting) / 1e9


def wake_ups(pid: int) -> int:
    """How often the process has gone to sleep of its own will."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def in_clear(_phone: int) -> None:
    """No phone has keys."""


def ours(backend: str, security: Security = in_clear) -> Starter:
    """The engine with one worker, and this many calls up."""

    @asynccontextmanager
    async def start(calls: int, first_port: int) -> AsyncIterator[Relay]:
        ports = range(first_port, first_port + 4 * calls + 256)
        engine = WorkerEngine([HOST], ports, 1, 60.0, backend=backend)
        await engine.start()
        try:
            (pid,) = engine.worker_pids
            os.sched_setaffinity(pid, {int(RELAY_CORE)})
            legs = [await _leg(engine, number, security(number)) for number in range(2 * calls)]
            for caller, callee in zip(legs[::2], legs[1::2], strict=True):
                engine.join(caller, callee)
            await _ready(pid)
            yield Relay(pid, [leg.rtp_port for leg in legs])
        finally:
            await engine.stop()

    return start


async def _ready(pid: int) -> None:
    """The worker has made all keys, and has nothing to do."""
    before = -1.0
    while (now := cpu_seconds(pid)[0]) - before > READY:
        before = now
        await asyncio.sleep(0.1)


async def _leg(engine: WorkerEngine, number: int, keys: Sdes | None) -> MediaPort:
    while True:
        try:
            port = engine.open(HOST)
        except NoPorts:
            await asyncio.sleep(0.002)  # the next block is on its way
            continue
        phone = str(FIRST_PHONE + number)
        remote = Remote(phone, PHONE_PORT, PHONE_PORT + 1, (0, 8, 101), phone, False, None)
        engine.set_remote(port, remote._replace(security=keys))
        return port


def yardstick(program: Path) -> Starter:
    """The relay in C."""

    @asynccontextmanager
    async def start(calls: int, first_port: int) -> AsyncIterator[Relay]:
        process = await asyncio.create_subprocess_exec(
            program, str(calls), str(first_port), RELAY_CORE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            ports = [int(await process.stdout.readline()) for _ in range(2 * calls)]
            yield Relay(process.pid, ports)
        finally:
            process.kill()
            await process.wait()

    return start


class Bench:
    """Runs relays under load."""

    def __init__(self, load: Path, streams: Callable[[int, int], Path] | None = None) -> None:
        """`streams` makes the file of what the phones send: so many, so many packets each."""
        self._load = load
        self._streams = streams
        self._turn = 0

    async def run(self, start: Starter, calls: int, window: float) -> Run:
        """One window, with everything fresh."""
        self._turn += 1
        first_port = PORT_RANGES[self._turn % len(PORT_RANGES)]
        packets = round((WARM + window) / INTERVAL) + 2
        more = [] if self._streams is None else [self._streams(2 * calls, packets)]
        async with start(calls, first_port) as relay:
            load = await asyncio.create_subprocess_exec(
                self._load, str(calls), str(WARM), str(window), LOAD_CORE, *more,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert load.stdin is not None
            assert load.stdout is not None
            load.stdin.write("\n".join(map(str, relay.ports)).encode() + b"\n")
            load.stdin.close()
            await load.stdout.readline()
            before = cpu_seconds(relay.pid)
            await load.stdout.readline()
            after = cpu_seconds(relay.pid)
            seen = json.loads(await load.stdout.readline())
            await load.wait()
        packets = max(1, seen["heard"])
        loss = 1 - packets / seen["offered"]
        core, kept_waiting = (end - begin for begin, end in zip(before, after, strict=True))
        return Run(
            calls=calls,
            cpu_us=core * 1e6 / packets,
            core=core / window,
            kept_waiting=kept_waiting / window,
            loss=loss,
            p50=seen["p50"],
            p99=seen["p99"],
            wrong=seen["wrong"],
        )

    async def most(self, start: Starter, guess: int, seconds: float = SEARCH_TIME) -> Run | None:
        """Search for the most calls that a core carries. Noise fails a run, never passes one: so a
        failure is tried again, and as long as time lasts when others had the core meanwhile."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        best: Run | None = None
        calls, failures = guess, 0
        while clock() < until:
            run = await self.run(start, calls, SEARCH_WINDOW)
            if run.carried:
                best = run
                calls, failures = int(calls * 1.15), 0
            elif failures == 0 or run.kept_waiting > DISTURBED:
                failures = 1
            elif best is not None:
                break
            else:
                calls, failures = int(calls * 0.85), 0
        return best


async def idle(start: Starter) -> tuple[float, float]:
    """Share of a core, and wake-ups per second, of a worker with nothing to do."""
    async with start(0, PORT_RANGES[0]) as relay:
        await asyncio.sleep(0.5)
        cpu, woken = cpu_seconds(relay.pid), wake_ups(relay.pid)
        await asyncio.sleep(IDLE)
        return (cpu_seconds(relay.pid)[0] - cpu[0]) / IDLE, (wake_ups(relay.pid) - woken) / IDLE


def spread(values: list[float], digits: int = 1) -> str:
    """The lowest and the highest."""
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low}-{high}"


def row(name: str, load: str, runs: list[Run]) -> None:
    """One line of the table."""
    print(
        f"| {name} | {load} | {spread([run.cpu_us for run in runs])} "
        f"| {spread([run.core * 100 for run in runs], 0)} "
        f"| {spread([run.kept_waiting * 100 for run in runs], 0)} "
        f"| {spread([run.loss * 100 for run in runs], 2)} "
        f"| {spread([run.p50 / 1000 for run in runs], 2)} "
        f"| {spread([run.p99 / 1000 for run in runs], 2)} |",
        flush=True,
    )


async def main() -> None:
    """Print the table."""
    backends = [EPOLL] if why_not() else [IO_URING, EPOLL]
    print(why_not() or "Both backends of the media worker, and a relay in C.", end="\n\n")
    print(
        "| relay | two-way calls | CPU µs/packet | core % | waited % | loss % | p50 ms | p99 ms |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(compiled(folder, "relay_load"))
        relays = {
            **{f"media worker, {backend}": ours(backend) for backend in backends},
            "C yardstick": yardstick(compiled(folder, "relay_yardstick")),
        }
        usual: dict[str, list[Run]] = {relay: [] for relay in relays}
        for _ in range(ROUNDS):
            for relay, start in relays.items():
                usual[relay].append(await bench.run(start, USUAL_CALLS, WINDOW))
        for relay, runs in usual.items():
            row(relay, str(USUAL_CALLS), runs)
        for relay, start in relays.items():
            best = await bench.most(start, FIRST_GUESS)
            if best is None:
                print(f"| {relay} | none carried: machine too busy? | | | | | | |", flush=True)
            else:
                row(relay, f"{best.calls} (most found)", [best])
    print()
    for backend in backends:
        core, woken = await idle(ours(backend))
        print(f"idle, {backend}: {core:.2%} of a core, {woken:.0f} wake-ups a second")


if __name__ == "__main__":
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench.relay needs two cores")
    asyncio.run(main())
