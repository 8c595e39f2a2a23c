"""The sound of the load's phones: `rtp_load.c`, compiled with gcc, told what to do line by line.

Every call that our phones make or answer is a leg, with a phone of its own at 127.1.0.0 + leg + 1.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from bench.sipp import CORE

SOURCE = Path(__file__).with_name("rtp_load.c")
FIRST_PHONE = IPv4Address("127.1.0.1")
RTP_PORT = 5104
LEGS = 8192
"""As rtp_load.c has them."""
OVERTIME = 10.0
"""Seconds that a window may end later than it should, until the generator counts as stuck."""


class SoundFailed(Exception):
    """The generator does not do what it is there for."""


def phone_of(leg: int) -> str:
    """The address of a leg's phone."""
    return str(FIRST_PHONE + leg)


class Sound:
    """The generator, while it runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self._unread = b""

    def add(self, leg: int, place: tuple[str, int], *, stamped: bool) -> None:
        """The leg's phone begins to send. What is not stamped is a plain tone, not measured."""
        kind = "stamped" if stamped else "plain"
        self._say(f"add {leg} {place[0]} {place[1]} {kind}")

    def remove(self, leg: int) -> None:
        """It falls silent."""
        self._say(f"remove {leg}")

    def measure(
        self,
        seconds: float,
        wait: Callable[[float], None],
        began: Callable[[], None],
        ended: Callable[[], None],
    ) -> dict[str, Any]:
        """What a window of so many seconds has shown, rtp_load.c tells in which figures.

        `wait` lets the phones' signalling go on meanwhile. Raises SoundFailed.
        """
        self._say(f"measure {seconds}")
        self._next_line(OVERTIME, wait)
        began()
        self._next_line(seconds + OVERTIME, wait)
        ended()
        figures: dict[str, Any] = json.loads(self._next_line(OVERTIME, wait))
        return figures

    def _say(self, command: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{command}\n".encode())
        except BrokenPipeError:
            raise SoundFailed("the sound generator has ended") from None

    def _next_line(self, patience: float, wait: Callable[[float], None]) -> str:
        assert self._process.stdout is not None
        step = 0.02
        for _ in range(round(patience / step)):
            self._unread += self._process.stdout.read() or b""
            line, end, rest = self._unread.partition(b"\n")
            if end:
                self._unread = rest
                return line.decode()
            wait(step)
        raise SoundFailed("the sound generator says nothing")


@contextmanager
def sound() -> Iterator[Sound]:
    """A generator on the load's core. Raises SoundFailed without gcc."""
    with tempfile.TemporaryDirectory(prefix="bench-sound-") as folder:
        program = Path(folder) / "rtp_load"
        try:
            subprocess.run(["gcc", "-O2", "-o", program, SOURCE, "-lm"], check=True)
        except FileNotFoundError:
            raise SoundFailed("gcc is missing (apt install gcc)") from None
        process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            preexec_fn=partial(os.sched_setaffinity, 0, {CORE}),
        )
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        try:
            yield Sound(process)
        finally:
            process.kill()
            process.communicate()
