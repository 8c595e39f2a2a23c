"""SIPp scenarios, its stock ones and ours, played against the running switch.

```python
with Sipp("callee.xml", switch, "101", folder) as callee:
    callee.register()
    callee.play()
    caller.play(); caller.finish(); callee.finish()
```

SIPp's stock scenarios know no login; `with_login` puts the challenge and its answer into them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import pytest

from tests.support.ports import free_port, free_ports

OWN = Path(__file__).parent.parent / "interop" / "scenarios"
PATIENCE = 20.0
"""Seconds that a scenario may take; it gives up by itself a little earlier."""


def require_sipp() -> str:
    """Where SIPp is; skips the test without it, and in CI fails."""
    found = shutil.which("sipp")
    if found is None:
        reason = "SIPp is not installed (Debian: sip-tester)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Server(Protocol):
    """What is called, or registered at; `sip` is its `host:port`."""

    @property
    def sip(self) -> str: ...

    def password(self, extension: str) -> str: ...


class Sipp:
    """One SIPp that is or calls an extension. Its scenario is text, so that it can be adapted."""

    def __init__(
        self,
        scenario: str,
        switch: Server,
        extension: str,
        folder: Path,
        *,
        calls: str = "",
        transport: str = "u1",
        address: str = "127.0.0.1",
        port: int = 0,
        echo: bool = False,
        program: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        """`address` and `port`: where it lives, if that matters. `echo`: all RTP is sent back.

        `program`: the command of another SIPp than the machine's, which begins in the same folder.
        """
        self._program = list(program) or [require_sipp()]
        self._switch = switch
        self._extension = extension
        self._service = calls or extension
        self._transport = transport
        self._scenario = scenario
        self._folder = folder / f"sipp-{extension}"
        self._folder.mkdir()
        self._address = address
        self._port = port or free_port(address)
        # An echo is made of a second stream, too, two ports above.
        self._media_port = free_ports(4, address).start
        self._options = [*(["-rtp_echo"] if echo else []), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def register(self) -> None:
        """Register the address at which the scenario will be played."""
        self._start((OWN / "register.xml").read_text(), "register")
        self.finish()

    def play(self) -> None:
        self._start(self._scenario, "scenario")

    def finish(self) -> None:
        """The scenario went as it is written."""
        code = self.ended()
        assert code == 0, f"SIPp ended with {code}\n{self._story()}"

    def ended(self) -> int:
        """Its exit code, as soon as it has ended."""
        assert self._process is not None
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def messages(self) -> str:
        """What was sent and received."""
        return self._read("messages.log")

    def wait_for(self, words: str, count: int) -> None:
        """Until that stands in its messages so often."""
        end = time.monotonic() + PATIENCE
        while self.messages().count(words) < count:
            assert time.monotonic() < end, f"no {words}\n{self._story()}"
            time.sleep(0.05)

    def _start(self, scenario: str, name: str) -> None:
        file = self._folder / f"{name}.xml"
        file.write_text(scenario, encoding="iso-8859-1")
        command = [
            *self._program, self._switch.sip, "-sf", file.name, "-s", self._service, "-m", "1",
            "-i", self._address, "-p", str(self._port), "-mp", str(self._media_port),
            "-t", self._transport, "-au", self._extension,
            "-ap", self._switch.password(self._extension),
            "-key", "me", self._extension, "-aa",
            "-nostdin", "-timeout", f"{PATIENCE - 5:.0f}s", "-timeout_error",
            "-trace_msg", "-message_file", "messages.log",
            "-trace_err", "-error_file", "errors.log", *self._options,
        ]  # fmt: skip
        with (self._folder / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen
            )

    def _story(self) -> str:
        return self._read("errors.log") + self.messages()[-5000:]

    def _read(self, name: str) -> str:
        file = self._folder / name
        return file.read_text(errors="replace") if file.exists() else ""


def with_login(scenario: str) -> str:
    """A stock caller's scenario with the 401 and its answer after the first INVITE.

    Everything after it counts one CSeq further, as the RFC wants it (RFC 3261 §22.2).
    """
    end = scenario.index("</send>") + len("</send>")
    begin = scenario.index("<send")
    invite, rest = scenario[begin:end], scenario[end:]
    again = _later(invite).replace("Max-Forwards:", "[authentication]\n      Max-Forwards:")
    ack = re.sub(r"INVITE (sip:)", r"ACK \1", invite)
    ack = ack.replace(" INVITE\n", " ACK\n").replace("[branch]", "[branch-2]")
    ack = re.sub(r"\n\s+v=0.*(?=\]\]>)", "\n\n    ", ack, flags=re.S)
    ack = re.sub(r"Content-Type:.*\n\s+", "", ack).replace("[len]", "0")
    ack = re.sub(r"To: .*", "[last_To:]", ack).replace(' retrans="500"', "")
    login = f'\n  <recv response="401" auth="true"/>\n  {ack}\n  {again}'
    return scenario[:end] + login + _later(rest)


def _later(text: str) -> str:
    return re.sub(r"CSeq: (\d+)", lambda found: f"CSeq: {int(found[1]) + 1}", text)
