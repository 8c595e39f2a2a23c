"""What encryption costs: `python -m bench.srtp` (`--quick`: without the relay).

1. A packet of 20 ms of G.711, protected and unprotected, by suite.
2. A DTLS handshake: the work of one side, and the memory that an association keeps.
3. The media worker on core 0 relays packets that were protected beforehand; the load, this process,
   runs on core 1. CPU is the scheduler's own count of the worker's time on its core.
"""

import argparse
import asyncio
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.accounting import resident_in
from bench.relay import HOST, LOAD_CORE, PORT_RANGES, RELAY_CORE, cpu_seconds
from bench.table import head, line, spread
from softswitch.media.certificate import Certificate
from softswitch.media.dtls import Association, Endpoint
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import MediaPort, NoPorts, Remote, Sdes
from softswitch.media.formats import STATIC
from softswitch.media.rtp import build
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
    loss: float


async def relay(kinds: tuple[str | None, str | None], calls: int, first_port: int) -> Relayed:
    """So many calls between phones of these kinds: suites, or None for plain RTP."""
    packets = round(SECONDS / INTERVAL)
    phones = [Phone(number, kinds[number % 2], packets) for number in range(2 * calls)]
    engine = WorkerEngine([HOST], range(first_port, first_port + 4 * calls + 256), 1, 60.0)
    await engine.start()
    try:
        (pid,) = engine.worker_pids
        os.sched_setaffinity(pid, {int(RELAY_CORE)})
        ports = [await _open(engine, phone.remote) for phone in phones]
        for one, other in zip(ports[::2], ports[1::2], strict=True):
            engine.join(one, other)
        await asyncio.sleep(0.2)
        return _measure(pid, phones, [(HOST, port.rtp_port) for port in ports])
    finally:
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


def _measure(pid: int, phones: list[Phone], targets: list[tuple[str, int]]) -> Relayed:
    """Send everything in time, a leg after the other within each interval; count what arrives."""
    poll = select.epoll()
    for phone in phones:
        poll.register(phone.socket, select.EPOLLIN)
    sockets = {phone.socket.fileno(): phone.socket for phone in phones}
    step = INTERVAL / len(phones)
    total = len(phones) * len(phones[0].stream)
    warm = round(WARM / step)
    sent = heard = heard_before = 0
    begun = time.monotonic()
    cpu_before = 0.0
    while sent < total:
        due = min(total, int((time.monotonic() - begun) / step) + 1)
        for number in range(sent, due):
            leg = number % len(phones)
            phones[leg].socket.sendto(phones[leg].stream[number // len(phones)], targets[leg])
        if sent < warm <= due:
            cpu_before, heard_before = cpu_seconds(pid)[0], heard
        sent = due
        heard += _drain(poll, sockets, 0.0)
    cpu, in_window = cpu_seconds(pid)[0] - cpu_before, heard - heard_before
    heard += _drain(poll, sockets, 0.2)
    poll.close()
    return Relayed(cpu * 1e6 / max(1, in_window), cpu / (SECONDS - WARM), 1 - heard / total)


def _drain(poll: select.epoll, sockets: dict[int, socket.socket], wait: float) -> int:
    """How many packets have come."""
    heard = 0
    while events := poll.poll(wait, 4096):
        for descriptor, _ in events:
            sockets[descriptor].recv(2048)
        heard += len(events)
    return heard


async def relay_table(calls: int) -> None:
    """Plain beside secured, in the same rounds."""
    kinds: dict[str, tuple[str | None, str | None]] = {
        "RTP to RTP": (None, None),
        "SRTP to RTP, both ways": (USUAL, None),
        f"SRTP to SRTP, {USUAL}": (USUAL, USUAL),
        "SRTP to SRTP, AEAD_AES_128_GCM": ("AEAD_AES_128_GCM", "AEAD_AES_128_GCM"),
    }
    seen: dict[str, list[Relayed]] = {name: [] for name in kinds}
    for turn in range(ROUNDS):
        for place, (name, pair) in enumerate(kinds.items()):
            first_port = PORT_RANGES[(turn + place) % len(PORT_RANGES)]
            seen[name].append(await relay(pair, calls, first_port))
    print("\n" + head(["relay", "two-way calls", "CPU µs/packet", "core %", "loss %"]))
    for name, runs in seen.items():
        figures: list[Callable[[Relayed], float]] = [
            lambda run: run.cpu_us,
            lambda run: run.core * 100,
            lambda run: run.loss * 100,
        ]
        print(line([name, calls, *(spread([figure(run) for run in runs]) for figure in figures)]))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the relay")
    parser.add_argument("--calls", type=int, default=CALLS, help="relayed at once")
    options = parser.parse_args()
    packets_table()
    handshakes_table()
    if not options.quick:
        if len(os.sched_getaffinity(0)) < 2:
            sys.exit("the relay needs two cores")
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        asyncio.run(relay_table(options.calls))


if __name__ == "__main__":
    main()
