"""A switch to measure: started on core 0 in a temporary folder, and ended by its process ids.

Every run starts with an empty database. It listens on an address of its own within 127.0.0.0/8,
at a port that was free.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.accounting import Processes
from bench.config import configuration

CORE = 0
HOST = "127.0.40.1"
RTP_PORTS = "10000-31999"
"""11,000 pairs, below the ports that Linux gives out itself."""
READY = "The switch is ready"
START_TIME = 30.0
"""Seconds until it must be ready, on a busy machine too."""
GREETING = "beep-only.wav"
"""What callers hear in voicemail before the beep: as good as nothing."""
ROOT = Path(__file__).parent.parent


class Switch(NamedTuple):
    """A switch that runs."""

    host: str
    port: int
    processes: Processes
    extensions: int
    state: Path = Path()
    """Its folder of what it keeps."""


class DidNotStart(Exception):
    """With what the switch had to say."""


@contextmanager
def running(
    extensions: int, mailboxes: range = range(0), mail: str = "", backend: str = ""
) -> Iterator[Switch]:
    """A fresh switch, ready for phones, which mails messages to a server at `mail`, and relays by
    the `backend` of that name, or by its own choice. Raises DidNotStart."""
    with tempfile.TemporaryDirectory(prefix="bench-switch-") as name:
        folder = Path(name)
        port = free_port(HOST)
        file = folder / "switch.yaml"
        short = folder / GREETING
        silence(short)
        listen = f"{HOST}:{port}"
        text = configuration(
            extensions, listen, RTP_PORTS, "warning", mailboxes=mailboxes, greeting=short.name,
            mail=mail,
        )  # fmt: skip
        if backend:
            text += f"media: {{backend: {backend}}}\n"
        file.write_text(text)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "softswitch", "run", file],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=partial(os.sched_setaffinity, 0, {CORE}),
            )
        try:
            _wait_until_ready(process, folder / "log")
            yield Switch(HOST, port, Processes.of(process.pid), extensions, folder / "var")
        finally:
            _end(process)


def silence(file: Path) -> None:
    """A twentieth of a second of it."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(2 * 400))


def free_port(host: str) -> int:
    """A port that is free for UDP and TCP alike; somebody may still be quicker."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((host, 0))
            port = int(udp.getsockname()[1])
            with suppress(OSError):
                tcp.bind((host, port))
                return port


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_TIME
    while READY not in log.read_text():
        if process.poll() is not None or time.monotonic() > until:
            raise DidNotStart(log.read_text() or "it said nothing")
        time.sleep(0.02)


def _end(process: subprocess.Popen[bytes]) -> None:
    """At once: its calls need no goodbye. The worker last, or it would be replaced."""
    workers = Processes.of(process.pid).workers
    process.kill()
    process.wait()
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
