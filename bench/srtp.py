"""What encryption costs: `python -m bench.srtp` (`--quick`: without the relay).

1. A packet of 20 ms of G.711, protected and unprotected, by suite.
2. A DTLS handshake: the work of one side, and the memory that an association keeps.
3. The media worker on core 0 relays packets that were protected beforehand; the load (relay_load.c)
   runs on core 1. CPU is the scheduler's own count of the worker's time on its core. Then the most
   calls with keys on both sides.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.accounting import resident_in
from bench.relay import WINDOW, Bench, Run, compiled, ours, row
from bench.table import head, line, spread
from softswitch.media.certificate import Certificate
from softswitch.media.dtls import Association, Endpoint
from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.interface import Sdes
from softswitch.media.engine.naming import EPOLL, IO_URING
from softswitch.media.rtp import build
from softswitch.media.srtp import SUITES, Receiver, Sender

ROUNDS = 3
PACKETS = 20_000
HANDSHAKES = 100
PAYLOAD = bytes(160)
CALLS = 200
FIRST_GUESS = 600
SEARCH_TIME = 30.0
USUAL = "AES_CM_128_HMAC_SHA1_80"
PLACE = 256
"""Octets that relay_load.c gives a packet, with its size before it."""


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


class Phones:
    """Who relays packets between which phones, and what those send, protected beforehand."""

    def __init__(self, folder: Path, kinds: tuple[str | None, str | None]) -> None:
        """Suites of callers and of callees, None for RTP in clear."""
        self._file = folder / "streams"
        self._kinds = kinds
        self._keys: dict[int, Sdes] = {}
        self._places: dict[tuple[int, int], bytes] = {}
        """By phone and number of packets."""

    def security(self, phone: int) -> Sdes | None:
        """The phone's keys."""
        suite = self._kinds[phone % 2]
        if suite is None:
            return None
        if phone not in self._keys:
            ours, theirs = (os.urandom(SUITES[suite].octets) for _ in range(2))
            self._keys[phone] = Sdes(suite, ours, theirs)
        return self._keys[phone]

    def streams(self, phones: int, packets: int) -> Path:
        """The file for relay_load.c."""
        with self._file.open("wb") as file:
            for phone in range(phones):
                made = phone, packets
                if made not in self._places:
                    self._places[made] = b"".join(self._stream(phone, packets))
                file.write(self._places[made])
        return self._file

    def _stream(self, phone: int, packets: int) -> Iterator[bytes]:
        keys = self.security(phone)
        protect = bytes if keys is None else Sender(keys.suite, keys.receive_key).protect
        for sequence in range(packets):
            data = protect(packet(sequence, 1000 + phone)) or b""
            yield (len(data).to_bytes(2, "little") + data).ljust(PLACE, b"\0")


async def relay_table(calls: int, backends: list[str], folder: Path) -> None:
    """Plain beside secured, in the same rounds; then the most calls with keys on both sides."""
    kinds: dict[str, tuple[str | None, str | None]] = {
        "RTP to RTP": (None, None),
        "SRTP to RTP, both ways": (USUAL, None),
        f"SRTP to SRTP, {USUAL}": (USUAL, USUAL),
        "SRTP to SRTP, AEAD_AES_128_GCM": ("AEAD_AES_128_GCM", "AEAD_AES_128_GCM"),
    }
    load = compiled(folder, "relay_load")
    columns = ["relay", "two-way calls", "CPU µs/packet", "core %"]
    print("\n" + head([*columns, "waited %", "loss %", "p50 ms", "p99 ms"]))
    phones = {name: Phones(folder, suites) for name, suites in kinds.items()}
    benches = {name: Bench(load, those.streams) for name, those in phones.items()}
    starters = {
        (name, backend): ours(backend, those.security)
        for name, those in phones.items()
        for backend in backends
    }
    seen: dict[tuple[str, str], list[Run]] = {which: [] for which in starters}
    for _ in range(ROUNDS):
        for which, start in starters.items():
            seen[which].append(await benches[which[0]].run(start, calls, WINDOW))
    for (name, backend), runs in seen.items():
        row(f"{name}, {backend}", str(calls), runs)
    for (name, backend), start in starters.items():
        if None in kinds[name]:
            continue
        best = await benches[name].most(start, FIRST_GUESS, SEARCH_TIME)
        if best is None:
            print(f"| {name}, {backend} | none carried: machine too busy? | | | | | | |")
        else:
            row(f"{name}, {backend}", f"{best.calls} (most found)", [best])


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
        with tempfile.TemporaryDirectory() as name:
            asyncio.run(relay_table(options.calls, options.backend or backends, Path(name)))


if __name__ == "__main__":
    main()
