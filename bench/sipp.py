"""SIPp as the load: one process per side of the scenario, on core 1.

phones' CSV ──► sipp -sf scenario ──► statistics and set-up times, read when it has ended
"""

import csv
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.switch import Switch

CORE = 1
HOST = "127.0.40.2"
SCENARIOS = Path(__file__).parent / "scenarios"
AT_ONCE = 15_000
"""Calls that SIPp may have open: never what limits the load, and few enough for its open files."""
PATIENCE = 8.0
"""Seconds after the last call has begun until what is not finished has failed."""
SOCKET_BUFFER = 4_000_000
"""Octets that wait for SIPp when it is late: its lateness must not look like loss."""


class Side(NamedTuple):
    """What one SIPp has seen."""

    succeeded: int = 0
    failed: int = 0
    retransmissions: int = 0
    times: tuple[float, ...] = ()
    """ms from a scenario's first request to the answer that counts."""


class Sipp:
    """One SIPp that runs in a folder of its own."""

    def __init__(self, switch: Switch, scenario: Path, port: int, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._command = [
            "sipp", f"{switch.host}:{switch.port}", "-sf", str(scenario), "-i", HOST,
            "-p", str(port), "-nostdin", "-l", str(AT_ONCE), "-buff_size", str(SOCKET_BUFFER),
            "-timer_resol", "1", "-trace_stat", "-stf", "statistics", "-fd", "1",
            "-trace_rtt", "-rtt_freq", "1", "-trace_err", "-error_file", "errors",
        ]  # fmt: skip

    @contextmanager
    def running(self, *options: object) -> Iterator[subprocess.Popen[bytes]]:
        """The process; it is ended behind the block at the latest."""
        with (self._folder / "screen").open("w") as screen:
            process = subprocess.Popen(
                [*self._command, *map(str, options)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                env=os.environ | {"TERM": "dumb"},
                preexec_fn=partial(os.sched_setaffinity, 0, {CORE}),
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def generate(self, count: int, rate: float, phones: Path, *options: object) -> Side:
        """Begin this many calls at this rate; what came of them."""
        bound = count / rate + PATIENCE
        load = ("-inf", phones, "-m", count, "-r", max(1, round(rate)), *options)
        with self.running(*load) as process:
            try:
                process.wait(bound)
            except subprocess.TimeoutExpired:
                self.stop(process)
        return self.seen()

    def stop(self, process: subprocess.Popen[bytes]) -> Side:
        """Let it write its figures and end."""
        for _ in range(2):  # the first asks for no new calls, the second not to wait for the old
            process.send_signal(signal.SIGUSR1)
            try:
                process.wait(1.0)
                break
            except subprocess.TimeoutExpired:
                continue
        return self.seen()

    def seen(self) -> Side:
        """What it has written."""
        times = tuple(
            time for file in self._folder.glob("*_rtt.csv") for time in times_in(file.read_text())
        )
        statistics = self._folder / "statistics"
        return side_of(statistics.read_text() if statistics.exists() else "", times)


def side_of(statistics: str, times: tuple[float, ...]) -> Side:
    """What the last line of SIPp's statistics says."""
    lines = list(csv.DictReader(statistics.splitlines(), delimiter=";"))
    if not lines:
        return Side()
    last = lines[-1]
    return Side(
        int(last["SuccessfulCall(C)"]),
        int(last["FailedCall(C)"]),
        int(last["Retransmissions(C)"]),
        times,
    )


def times_in(response_times: str) -> list[float]:
    """The ms in SIPp's file of response times."""
    return [float(line.split(";")[1]) for line in response_times.splitlines()[1:]]


def phones_csv(rows: Iterable[tuple[int, str]]) -> str:
    """SIPp's input: a line per phone, with its extension, its login, and whom it calls."""
    lines = (
        f"{extension};[authentication username={extension} password=pw{extension}];{callee}\n"
        for extension, callee in rows
    )
    return "SEQUENTIAL\n" + "".join(lines)
