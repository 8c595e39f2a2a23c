"""JSON lines between a test and the process that runs a phone for it.

```
test   → worker   {"do": "dial", "number": "101"}                  one line, one command
worker → test     {"reply": {"call": 1}}    or    {"error": "…"}   exactly one line for each
worker → test     {"event": "ringing", "call": 1}                  whenever something happens
```

Every worker speaks the same words, whatever SIP stack it is built on:

| event | fields |
| --- | --- |
| `registered`, `unregistered`, `refused` | status, reason |
| `incoming` | call, caller, headers (the whole INVITE where the stack shows it) |
| `ringing`, `progress`, `answered` | call |
| `held`, `resumed` | call: the far end did it |
| `digit` | call, digit |
| `ended` | call, status, reason |
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

Handler = Callable[..., dict[str, Any] | None]


class Channel:
    """The worker's side. The protocol takes over stdout, so that no library can write into it."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self._unread = b""

    def event(self, name: str, **fields: Any) -> None:
        self._write({"event": name, **fields})

    def reply(self, fields: dict[str, Any] | None) -> None:
        self._write({"reply": fields or {}})

    def error(self, problem: BaseException) -> None:
        """The command failed; the whole story goes to the worker's log."""
        traceback.print_exception(problem, file=sys.stderr)
        self._write({"error": f"{type(problem).__name__}: {problem}"})

    def commands(self) -> list[dict[str, Any]] | None:
        """What has arrived on stdin, which is readable now. None: the test has hung up on us."""
        data = os.read(0, 65536)
        if not data:
            return None
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def _write(self, line: dict[str, Any]) -> None:
        self._out.write(json.dumps(line) + "\n")
