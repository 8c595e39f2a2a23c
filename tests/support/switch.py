"""The real switch as a process, on free ports of the loopback interface, for one test module.

```python
with Switch(tmp_path, users=("100", "101")) as switch:
    phone = Phone("pjsua2", switch.sip, "100", switch.password("100"))
```

Leaving the block stops it as Ctrl-C does, and insists on what an operator would: exit code 0, and
no traceback in the log.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from softswitch.control import SOCKET_NAME, ask
from tests.support.ports import free_port, free_ports

READY = "The switch is ready"
START_TIMEOUT = 30.0
"""Seconds; one suffices where the disk has nothing else to do."""
COMMAND_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
"""Seconds; ending calls politely may take five of them."""
RTP_PORTS = 200
"""Even and odd: a hundred streams, fifty calls."""
ROOT = Path(__file__).parents[2]


class Switch:
    """One switch. `sip` is what a phone has as its server: `host:port`, for UDP and TCP.

    `user` is what holds for every user, `each` what holds for one of them, `more` what else is
    written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Iterable[str] = ("100", "101", "102", "103"),
        user: Mapping[str, Any] | None = None,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        network: Mapping[str, Any] | None = None,
        host: str = "127.0.0.1",
        backend: str = "auto",
        rtp_ports: int = RTP_PORTS,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port(host)
        self.address = (host, port)
        self.sip = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.file = folder / "switch.yaml"
        self.log_file = folder / "switch.log"
        self.rtp_ports = free_ports(rtp_ports, host)
        settings = {
            "network": {
                "sip": {"udp": self.sip, "tcp": self.sip},
                "rtp": f"{self.rtp_ports[0]}-{self.rtp_ports[-1]}",
                **(network or {}),
            },
            "media": {"backend": backend},
            "state": "./state",
            "users": {
                extension: {
                    "name": f"User {extension}",
                    "password": self.password(extension),
                    **(each or {}).get(extension, {}),
                }
                for extension in users
            },
            # Callers who are not answered hear so, unless a test is about mailboxes.
            "defaults": {"voicemail": "off", **(user or {})},
            "log": {"level": "info"},
            **(more or {}),
        }
        self.file.write_text(yaml.safe_dump(settings, sort_keys=False))
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def password(extension: str) -> str:
        return f"a long secret of {extension}".replace(" ", "-")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def start(self) -> float:
        """Start, and wait until phones may come. Seconds that it took."""
        begin = time.monotonic()
        already = self.log().count(READY)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "softswitch", "run", str(self.file)],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            while self.log().count(READY) == already:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < begin + START_TIMEOUT, self.log()
                time.sleep(0.02)
        except BaseException:
            self.kill()
            raise
        return time.monotonic() - begin

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop as an operator does, and look at what is left behind."""
        process = self.process
        process.send_signal(how)
        try:
            code = process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        self._process = None
        assert code == 0, f"exit code {code}\n{self.log()[-4000:]}"
        self.check_log()

    def kill(self) -> None:
        """What a power cut does to it."""
        self.process.kill()
        self.process.wait()
        self._process = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the switch is not running"
        return self._process

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def check_log(self) -> None:
        """Nothing went wrong that a traceback would show."""
        log = self.log()
        place = log.find("Traceback")
        assert place < 0, log[max(0, place - 1000) : place + 3000]

    def wait_for_log(self, words: str, timeout: float = 5.0) -> None:
        end = time.monotonic() + timeout
        while words not in self.log():
            assert time.monotonic() < end, f"{words!r} is not in the log:\n{self.log()[-4000:]}"
            time.sleep(0.02)

    def wait_for_state(self, state: str, timeout: float = 5.0) -> None:
        """Until a call is `ringing`, `talking` or `held`."""
        end = time.monotonic() + timeout
        while state not in (calls := [call["state"] for call in self.calls()]):
            assert time.monotonic() < end, f"no call is {state}: {calls}"
            time.sleep(0.02)

    def calls(self) -> list[dict[str, Any]]:
        """What the switch says about its calls."""
        return self._ask("calls")

    def registrations(self) -> list[dict[str, Any]]:
        """What the switch says about its phones."""
        return self._ask("registrations")

    def _ask(self, what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = ask(self.file.parent / "state" / SOCKET_NAME, what)
        return rows

    def command(self, *words: str) -> str:
        """What `softswitch WORDS FILE` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "softswitch", *words, str(self.file)],
            cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def workers(self) -> list[int]:
        """Process ids of the media workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [pid for pid in map(int, children.split()) if b"worker" in _command_line(pid)]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def end(pid: int) -> None:
    """SIGKILL for a process of the switch."""
    os.kill(pid, signal.SIGKILL)
