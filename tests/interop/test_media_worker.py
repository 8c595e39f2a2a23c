"""The media worker as a process: what it costs when idle, and what a stall costs its calls."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import MediaPort, Remote
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.rtp import build
from tests.media.engine.driver import HOST, port_range

BACKENDS = [
    pytest.param(
        IO_URING, marks=pytest.mark.skipif(bool(why_not()), reason=f"NOT TESTED: {why_not()}")
    ),
    EPOLL,
]
LOOK = 2.0
"""Seconds in which an idle worker is watched."""
MAX_WAKE_UPS, MAX_SHARE = 20.0, 0.01
"""Per second; of a core."""
LEGS, FRAME = 20, 0.02
STALL = 1.0


@asynccontextmanager
async def engine(backend: str) -> AsyncIterator[WorkerEngine]:
    it = WorkerEngine([HOST], range(*port_range(2 * LEGS)), 1, 60.0, backend=backend)
    await it.start()
    try:
        yield it
    finally:
        await it.stop()


def wake_ups(pid: int) -> int:
    """How often the process has gone to sleep of its own will."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def on_core(pid: int) -> float:
    """Seconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("legs", [0, LEGS], ids=["no legs", "silent legs"])
def test_an_idle_worker_sleeps(backend: str, legs: int) -> None:
    async def main() -> None:
        async with engine(backend) as it:
            for _ in range(legs):
                it.open(HOST)
            await asyncio.sleep(0.5)
            (pid,) = it.worker_pids
            woken, used = wake_ups(pid), on_core(pid)
            await asyncio.sleep(LOOK)
            assert (wake_ups(pid) - woken) / LOOK <= MAX_WAKE_UPS
            assert (on_core(pid) - used) / LOOK < MAX_SHARE

    asyncio.run(main())


class Phones:
    """One socket a leg, each on an address of its own."""

    def __init__(self, ports: list[MediaPort]) -> None:
        self.ports = ports
        self.sequence = 0
        self.sockets = []
        for number in range(len(ports)):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            sock.bind((f"127.0.3.{number + 1}", 0))
            sock.setblocking(False)
            self.sockets.append(sock)

    def remote(self, number: int) -> Remote:
        host, port = self.sockets[number].getsockname()
        return Remote(host, port, port + 1, (0,), host, False, None, rtcp=False)

    def speak(self) -> None:
        """One frame each."""
        for sock, port in zip(self.sockets, self.ports, strict=True):
            stamp = self.sequence * 160
            sock.sendto(build(0, self.sequence, stamp, 7, bytes(160)), (HOST, port.rtp_port))
        self.sequence += 1

    async def speak_for(self, seconds: float) -> None:
        due = time.monotonic()
        for _ in range(round(seconds / FRAME)):
            self.speak()
            due += FRAME
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def heard(self) -> list[int]:
        """How many packets each has got since it was last asked."""
        counts = []
        for sock in self.sockets:
            count = 0
            try:
                while sock.recv(2048):
                    count += 1
            except BlockingIOError:
                counts.append(count)
        return counts

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_that_stood_still_for_a_second_loses_at_most_that_second(backend: str) -> None:
    async def main() -> None:
        async with engine(backend) as it:
            phones = Phones([it.open(HOST) for _ in range(LEGS)])
            for number, port in enumerate(phones.ports):
                it.set_remote(port, phones.remote(number))
            for one, other in zip(phones.ports[::2], phones.ports[1::2], strict=True):
                it.join(one, other)
            await asyncio.sleep(0.2)
            await phones.speak_for(0.2)
            (pid,) = it.worker_pids
            os.kill(pid, signal.SIGSTOP)
            await phones.speak_for(STALL)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.3)
            before = phones.heard()
            assert min(before) >= 10
            await phones.speak_for(0.6)
            await asyncio.sleep(0.3)
            assert set(phones.heard()) == {30}
            assert it.worker_pids == (pid,)
            phones.close()

    asyncio.run(main())
