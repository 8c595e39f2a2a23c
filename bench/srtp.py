"""What encryption costs: `python -m bench.srtp` (`--quick`: without the relay).

1. A packet of 20 ms of G.711, protected and unprotected, by suite.
2. A DTLS handshake: the work of one side, and the memory that an association keeps.
3. The media worker on core 0 relays packets that were protected beforehand; the load, this process,
   runs on core 1. CPU is the scheduler's own count of the worker's time on its core.
"""

import argparse
import asyncio
import gc
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.accounting import resident_in
from bench.relay import HOST, LOAD_CORE, PORT_RANGES, RELAY_CORE, cpu_seconds
from bench.table import head, line, spread
from softswitch.media.certificate import Certificate
from softswitch.media.dtls import Association, Endpoint
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import MediaPort, NoPorts, Remote, Sdes
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.formats import STATIC
from softswitch.media.rtp import build, sequence_distance
from softswitch.media.srtp import SUITES, Receiver, Sender

ROUNDS = 3
PACKETS = 20_000
HANDSHAKES = 100
PAYLOAD = bytes(160)
CALLS = 200
SECONDS = 2.5
WARM = 0.5
INTERVAL = 0.02
USUAL = "AES_CM_128_HMAC_SHA1_80"
BURST = 8
"""Packets that are sent before the next look at what has come."""
PHONES = "127.2.0."
"""The load's addresses; its ports are whatever is free."""


def packet(sequence: int, ssrc: int = 7) -> bytes:
    """Of one stream."""
    return build(0, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc, PAYLOAD)


def per_packet(suite: str) -> tuple[float, float, float]:
    """Microseconds to protect, to unprotect, and to find out that a packet came before."""
    key = os.urandom(SUITES[suite].octets)
    sender, receiver = Sender(suite, key), Receiver(suite, key)
    packets = [packet(sequence) for sequence in range(PACKETS)]
    begun = time.process_time()
    protected = [sender.protect(data) or b"" for data in packets]
    between = time.process_time()
    buffers = [bytearray(data) for data in protected] * 2
    size = len(protected[0])
    buffer = bytearray(2048)
    times = [between - begun]
    for half in (buffers[:PACKETS], buffers[PACKETS:]):
        begun = time.process_time()
        for data in half:
            buffer[:size] = data
            receiver.unprotect(buffer, size)
        times.append(time.process_time() - begun)
    protect, unprotect, again = (total * 1e6 / PACKETS for total in times)
    return protect, unprotect, again


def packets_table() -> None:
    """Of every suite."""
    print(head(["suite", "protect µs", "unprotect µs", "refuse µs"]))
    for suite in SUITES:
        rounds = [per_packet(suite) for _ in range(ROUNDS)]
        print(line([suite, *(spread(figures) for figures in zip(*rounds, strict=True))]))


class Peers:
    """Two ends that trust each other."""

    def __init__(self) -> None:
        certificate = Certificate.make(
            datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
        )
        self._digest = bytes.fromhex(certificate.fingerprint.replace(":", ""))
        self._endpoint = Endpoint(certificate.pem)

    def shake(self) -> tuple[Association, float]:
        """The server's side of a handshake, and its seconds of work."""
        client = Association(self._endpoint, True, self._digest)
        begun = time.process_time()
        server = Association(self._endpoint, False, self._digest)
        spent = time.process_time() - begun
        datagrams = client.start(0.0)
        while datagrams:
            begun = time.process_time()
            replies = [reply for data in datagrams for reply in server.receive(data, 0.0)]
            spent += time.process_time() - begun
            datagrams = [again for data in replies for again in client.receive(data, 0.0)]
        assert server.keys is not None
        return server, spent


def resident() -> int:
    """KiB of this process."""
    return resident_in(Path("/proc/self/status").read_text())


def handshakes_table() -> None:
    """Of the side that we are in most calls: the server."""
    peers = Peers()
    peers.shake()
    rounds = [[peers.shake()[1] for _ in range(HANDSHAKES)] for _ in range(ROUNDS)]
    costs = [sum(spent) * 1000 / HANDSHAKES for spent in rounds]
    before = resident()
    kept = [peers.shake()[0] for _ in range(HANDSHAKES)]
    memory = (resident() - before) / len(kept)
    print("\n" + head(["DTLS handshake", "CPU ms", "per second and core", "KiB kept"]))
    rates = [1000 / cost for cost in costs]
    print(line(["as server", spread(costs), spread(rates, 0), f"{memory:.0f}"]))


class Phone:
    """One leg's remote: its socket, and all that it will send, protected beforehand."""

    def __init__(self, number: int, suite: str | None, packets: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((f"{PHONES}{1 + number % 250}", 0))
        keys = None
        stream = [packet(sequence, 1000 + number) for sequence in range(packets)]
        if suite is not None:
            ours, theirs = (os.urandom(SUITES[suite].octets) for _ in range(2))
            sender = Sender(suite, theirs)
            stream = [sender.protect(data) or b"" for data in stream]
            keys = Sdes(suite, ours, theirs)
        self.stream = stream
        address, port = self.socket.getsockname()
        formats = (STATIC[0],)
        self.remote = Remote(
            address, port, port + 1, (0,), address, False, None, formats=formats, security=keys
        )


class Relayed(NamedTuple):
    """One measured window."""

    cpu_us: float
    core: float
    kept_waiting: float
    """Share of the time in which others had the core that the relay wanted."""
    loss: float
    p50: float
    """Milliseconds that the relay adds, and the load before it looks."""
    p99: float


async def relay(
    kinds: tuple[str | None, str | None], calls: int, first_port: int, backend: str
) -> Relayed:
    """So many calls between phones of these kinds: suites, or None for plain RTP."""
    packets = round(SECONDS / INTERVAL)
    phones = [Phone(number, kinds[number % 2], packets) for number in range(2 * calls)]
    ports = range(first_port, first_port + 4 * calls + 256)
    engine = WorkerEngine([HOST], ports, 1, 60.0, backend=backend)
    await engine.start()
    try:
        (pid,) = engine.worker_pids
        os.sched_setaffinity(pid, {int(RELAY_CORE)})
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        legs = [await _open(engine, phone.remote) for phone in phones]
        for one, other in zip(legs[::2], legs[1::2], strict=True):
            engine.join(one, other)
        await asyncio.sleep(0.2)
        load = Load(phones, [(HOST, leg.rtp_port) for leg in legs])
        return load.measure(pid)
    finally:
        os.sched_setaffinity(0, {int(RELAY_CORE), int(LOAD_CORE)})
        await engine.stop()
        for phone in phones:
            phone.socket.close()


async def _open(engine: WorkerEngine, remote: Remote) -> MediaPort:
    while True:
        try:
            port = engine.open(HOST)
        except NoPorts:
            await asyncio.sleep(0.002)  # the next block is on its way
            continue
        engine.set_remote(port, remote)
        return port


class Load:
    """Sends everything in time, a leg after the other within each interval, and hears it again."""

    def __init__(self, phones: list[Phone], targets: list[tuple[str, int]]) -> None:
        self._phones = phones
        self._targets = targets
        self._legs = {phone.socket.fileno(): leg for leg, phone in enumerate(phones)}
        self._poll = select.epoll()
        for phone in phones:
            self._poll.register(phone.socket, select.EPOLLIN)
        self._sent_at: list[list[float]] = [[] for _ in phones]
        self._heard: list[list[tuple[int, float]]] = [[] for _ in phones]
        """By leg: the sequence numbers of what it has heard, and when."""

    def measure(self, pid: int) -> Relayed:
        """Of the window behind the time to warm up. A packet is told by its sequence number."""
        packets, legs = len(self._phones[0].stream), len(self._phones)
        step, total, warm = INTERVAL / legs, packets * legs, round(WARM / INTERVAL)
        begun = time.monotonic()
        sent, before = 0, (-1.0, 0.0)
        while sent < total:
            due = min(total, int((time.monotonic() - begun) / step) + 1)
            for number in range(sent, min(due, sent + BURST)):
                self._send(number % legs, number // legs)
            sent = min(due, sent + BURST)
            if before[0] < 0.0 and sent >= warm * legs:
                before = cpu_seconds(pid)
            self._hear(0.0)
        after = cpu_seconds(pid)
        cpu, waited = (end - begin for begin, end in zip(before, after, strict=True))
        self._hear(0.2)
        self._poll.close()
        delays = sorted(self._delays(warm))
        heard, offered = max(1, len(delays)), (packets - warm) * legs
        p50, p99 = (delays[int(share * heard)] * 1000 if delays else 0.0 for share in (0.5, 0.99))
        window = SECONDS - WARM
        loss = 1 - heard / offered
        return Relayed(cpu * 1e6 / heard, cpu / window, waited / window, loss, p50, p99)

    def _send(self, leg: int, packet: int) -> None:
        phone = self._phones[leg]
        self._sent_at[leg].append(time.monotonic())
        phone.socket.sendto(phone.stream[packet], self._targets[leg])

    def _hear(self, wait: float) -> None:
        while events := self._poll.poll(wait, 64):
            for descriptor, _ in events:
                leg = self._legs[descriptor]
                data = self._phones[leg].socket.recv(2048)
                self._heard[leg].append((data[2] << 8 | data[3], time.monotonic()))
            if not wait:
                return

    def _delays(self, warm: int) -> Iterator[float]:
        """Seconds, of all but the first packets. Of the first of all none is missing, but some may
        have overtaken others."""
        for leg, heard in enumerate(self._heard):
            sent_at = self._sent_at[leg ^ 1]
            some = heard[:10]
            first = min(
                (sequence_distance(sequence, some[0][0]) for sequence, _ in some), default=0
            )
            for sequence, at in heard:
                packet = sequence_distance(sequence, some[0][0]) - first
                if packet >= warm:
                    yield at - sent_at[packet]


async def relay_table(calls: int, backends: list[str]) -> None:
    """Plain beside secured, in the same rounds."""
    kinds: dict[str, tuple[str | None, str | None]] = {
        "RTP to RTP": (None, None),
        "SRTP to RTP, both ways": (USUAL, None),
        f"SRTP to SRTP, {USUAL}": (USUAL, USUAL),
        "SRTP to SRTP, AEAD_AES_128_GCM": ("AEAD_AES_128_GCM", "AEAD_AES_128_GCM"),
    }
    rows = [(name, backend) for name in kinds for backend in backends]
    seen: dict[tuple[str, str], list[Relayed]] = {row: [] for row in rows}
    for turn in range(ROUNDS):
        for place, (name, backend) in enumerate(rows):
            first_port = PORT_RANGES[(turn + place) % len(PORT_RANGES)]
            run = await relay(kinds[name], calls, first_port, backend)
            seen[name, backend].append(run)
    columns = ["relay", "backend", "two-way calls", "CPU µs/packet", "core %"]
    print("\n" + head([*columns, "waited %", "loss %", "p50 ms", "p99 ms"]))
    for row, runs in seen.items():
        figures: list[Callable[[Relayed], float]] = [
            lambda run: run.cpu_us,
            lambda run: run.core * 100,
            lambda run: run.kept_waiting * 100,
            lambda run: run.loss * 100,
            lambda run: run.p50,
            lambda run: run.p99,
        ]
        print(line([*row, calls, *(spread([figure(run) for run in runs]) for figure in figures)]))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the relay")
    parser.add_argument("--calls", type=int, default=CALLS, help="relayed at once")
    parser.add_argument("--backend", action="append", choices=[IO_URING, EPOLL], help="only this")
    parser.add_argument("--relay", action="store_true", help="only the relay")
    options = parser.parse_args()
    if not options.relay:
        packets_table()
        handshakes_table()
    if not options.quick:
        if len(os.sched_getaffinity(0)) < 2:
            sys.exit("the relay needs two cores")
        backends = [EPOLL] if why_not() else [IO_URING, EPOLL]
        gc.disable()  # it would stop the load for longer than the relay is allowed to
        asyncio.run(relay_table(options.calls, options.backend or backends))


if __name__ == "__main__":
    main()
