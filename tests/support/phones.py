"""Real softphones for the end-to-end tests: pjsua2 and baresip behind one small interface.

Each phone is a process of its own (worker_protocol.py says why and how). Nothing here runs in the
background: events wait in the worker's pipe until a test asks for them, and every question has a
time limit, after which the error tells what had happened instead.

```python
with Phone("pjsua2", switch.sip, "100", "secret") as anna, Phone(...) as jan:
    anna.register(); jan.register()
    call = anna.dial("101")
    jan.incoming().answer()
    call.wait("answered")
```
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

STACKS = {
    "pjsua2": ("pjsua2", "tests.support.pjsua_worker"),
    "baresip": ("baresip", "tests.support.baresip_worker"),
}
"""By name: the import that must be there, and the worker's module."""
PATIENCE = 5.0
"""Seconds that a test waits for an event unless it says otherwise."""
AGAIN = 0.1
"""Seconds until a person presses a key once more."""
ENDED_WELL = 0
"""Exit code of a worker that ended as it should; minus 6 is an assertion inside PJSIP."""
ROOT = Path(__file__).parents[2]


class PhoneError(AssertionError):
    """The phone could not do that, or what was waited for did not happen."""


class Ending(NamedTuple):
    """How a call ended for this phone: the final answer it got, or 200 and the BYE's words."""

    status: int
    reason: str


def require(stack: str) -> None:
    """Skip the calling test when that phone is not installed; in CI that is a failure."""
    package = STACKS[stack][0]
    if importlib.util.find_spec(package) is None:
        reason = f"the phone {stack} is not installed; `make test` does it where it exists"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


class Phone:
    """A phone that is switched on. `server` is `host:port`; it registers when told to."""

    def __init__(
        self,
        stack: str,
        server: str,
        extension: str,
        password: str,
        *,
        transport: str = "udp",
        codec: str = "PCMU",
        encryption: str = "off",
        **settings: Any,
    ) -> None:
        """`codec` is the only encoding that it knows: PCMU, PCMA, G722, L16, and OPUS on baresip.

        `encryption`: off, wish (keys under a plain profile), sdes, and dtls on baresip. Other
        settings are for one kind of phone: see its worker.
        """
        require(stack)
        self.extension = extension
        self.server = server
        self._events: list[dict[str, Any]] = []
        self._unread = b""
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the phone
        self._process = subprocess.Popen(
            [sys.executable, "-m", STACKS[stack][1]],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        self.do(
            "start",
            extension=extension,
            password=password,
            server=server,
            transport=transport,
            codec=codec,
            encryption=encryption,
            **settings,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def register(self) -> None:
        """Register and wait until the switch has agreed."""
        self.do("register")
        event = self._wait(("registered", "refused"))
        if event["event"] == "refused":
            raise PhoneError(f"{self.extension} was refused: {event['status']} {event['reason']}")

    def refused(self) -> int:
        """Register and be refused; the status that the phone was left with."""
        self.do("register")
        event = self._wait(("registered", "refused"))
        assert event["event"] == "refused", event
        return int(event["status"])

    def unregister(self) -> None:
        self.do("unregister")
        self._wait(("unregistered",))

    def dial(self, number: str) -> PhoneCall:
        return PhoneCall(self, int(self.do("dial", number=number)["call"]))

    def incoming(self, timeout: float = PATIENCE) -> PhoneCall:
        """The next call that rings here."""
        event = self._wait(("incoming",), timeout=timeout)
        return PhoneCall(self, int(event["call"]), str(event["caller"]), str(event["headers"]))

    def lamp(self, timeout: float = PATIENCE) -> tuple[bool, str]:
        """The next that the phone is told of its mailbox: is the lamp lit, how many messages?"""
        event = self._wait(("lamp",), timeout=timeout)
        return bool(event["lit"]), str(event["count"])

    def rings(self) -> bool:
        """Has a call come in that no test has asked for yet?"""
        self._read(0)
        return any(event["event"] == "incoming" for event in self._events)

    def close(self) -> None:
        """Switch off politely, and insist that the worker ended well."""
        if self._process.poll() is None:
            with contextlib.suppress(PhoneError):
                self.do("stop")
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._forget()
        if code != ENDED_WELL:
            raise PhoneError(f"phone {self.extension} ended with {code}")

    def kill(self) -> None:
        """Pull the plug: no BYE, no un-REGISTER, no more RTP."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._forget()

    def do(self, name: str, **arguments: Any) -> dict[str, Any]:
        """One command of the worker, and its reply."""
        assert self._process.stdin is not None
        line = json.dumps({"do": name, **arguments}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PhoneError(self._story(f"{name}: the phone is gone")) from None
        end = time.monotonic() + 2 * PATIENCE
        while True:
            for index, message in enumerate(self._events):
                if "reply" in message or "error" in message:
                    del self._events[index]
                    if "error" in message:
                        raise PhoneError(self._story(f"{name}: {message['error']}"))
                    return dict(message["reply"])
            self._read_until(end, name)

    def _wait(
        self, names: tuple[str, ...], timeout: float = PATIENCE, call: int | None = None
    ) -> dict[str, Any]:
        """The oldest event of these names that nobody has taken; takes it."""
        end = time.monotonic() + timeout
        while True:
            for index, event in enumerate(self._events):
                if event.get("event") in names and event.get("call") == (call or event.get("call")):
                    return self._events.pop(index)
            self._read_until(end, " or ".join(names))

    def _read_until(self, end: float, wanted: str) -> None:
        if not self._read(end - time.monotonic()):
            raise PhoneError(self._story(f"no {wanted}"))

    def _read(self, timeout: float) -> bool:
        """Take what the worker has said. False: nothing in time, or it is gone."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, timeout))[0]:
            return False
        data = os.read(descriptor, 65536)
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._events += [json.loads(line) for line in lines]
        return bool(data)

    def _story(self, problem: str) -> str:
        self._log.seek(0)
        tail = self._log.read()[-3000:]
        return (
            f"phone {self.extension}: {problem}; not taken: {self._events}; "
            f"exit code {self._process.poll()}\n{tail}"
        )

    def _forget(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class PhoneCall:
    """One call on one phone, with the buttons that a person has."""

    def __init__(self, phone: Phone, number: int, caller: str = "", headers: str = "") -> None:
        self._phone = phone
        self._number = number
        self.caller = caller
        self.headers = headers

    def wait(self, event: str, timeout: float = PATIENCE) -> None:
        """Until that happens: `ringing`, `progress`, `answered`, `held` or `resumed`."""
        self._phone._wait((event,), timeout, self._number)

    def ended(self, timeout: float = PATIENCE) -> Ending:
        event = self._phone._wait(("ended",), timeout, self._number)
        return Ending(int(event["status"]), str(event["reason"]))

    def ring(self) -> None:
        self._do("ring")

    def answer(self) -> None:
        """Pick up, and wait until the ACK is there too."""
        self._do("answer")
        self.wait("answered")

    def reject(self, status: int = 486) -> None:
        self._do("reject", status=status)

    def hangup(self) -> None:
        self._do("hangup")

    def hold(self) -> None:
        self._insist("hold")

    def resume(self) -> None:
        self._insist("resume")

    def play(self, path: Path) -> None:
        self._do("play", path=str(path))

    def record(self, path: Path) -> None:
        self._do("record", path=str(path))

    def stop_recording(self) -> None:
        self._do("stop_recording")

    def send_digits(self, digits: str) -> None:
        self._do("send_digits", digits=digits)

    def digits(self, count: int, timeout: float = PATIENCE) -> str:
        """The next so many digits that the far end has sent."""
        taken = (self._phone._wait(("digit",), timeout, self._number) for _ in range(count))
        return "".join(event["digit"] for event in taken)

    def packets_sent(self) -> int:
        """Of RTP, on pjsua2."""
        return int(self._phone.do("packets_sent", call=self._number)["packets"])

    def _insist(self, name: str) -> None:
        """Press again while an earlier re-INVITE is on its way: phones allow one at a time."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self._do(name)
            except PhoneError:
                if time.monotonic() > end:
                    raise
                time.sleep(AGAIN)

    def _do(self, name: str, **arguments: Any) -> None:
        self._phone.do(name, call=self._number, **arguments)
