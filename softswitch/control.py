"""The local control socket: how `softswitch show` and `softswitch trace` ask the running switch.

A Unix socket in the state folder, for the switch's own user only (mode 0600). One line of JSON in,
one out, as often as the client likes:

    {"ask": "calls"}                     {"answer": [{"call_id": "3f2a…", …}]}
    {"ask": "trace", "call": "3f2a"}     {"error": "no call begins with 3f2a"}

The server knows no subject; it is given a handler for each.
"""

import asyncio
import contextlib
import inspect
import json
import logging
import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"

MAX_PATH = 107
"""Octets of a Unix socket's path on Linux: sun_path has 108 with the NUL."""

MAX_REQUEST = 4_096
"""Octets of a request line. A client that sends more is cut off."""

MAX_CLIENTS = 16
"""At once. They are commands of one administrator."""

ANSWER_TIMEOUT = 10.0
"""Seconds a command waits for the switch."""

MAX_ANSWER = 64 * 1024 * 1024
"""Octets of an answer line that a command accepts: 100,000 registrations."""

Handler = Callable[[Mapping[str, Any]], Any]
"""Gets the whole request, returns (or awaits) what JSON can hold; CannotAnswer for a clear no."""


class CannotAnswer(Exception):
    """A handler's refusal, in words for whoever typed the command."""


class ControlError(Exception):
    """The socket cannot be had, by the server (path, already running) or by a client."""


class NotRunning(ControlError):
    """Nobody listens on the socket."""


class ControlServer:
    """Listens from start() to stop()."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self.path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._inode = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Take the socket; one left behind by a dead switch is replaced. Raises ControlError."""
        bound = _bind(self.path)
        self._inode = self.path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._serve, sock=bound, limit=MAX_REQUEST)

    async def stop(self) -> None:
        """Stop listening, hang up on clients, and remove the socket if it is still ours."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()
        self._server = None
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it goes, errs, or the switch stops."""
        if len(self._writers) >= MAX_CLIENTS:
            writer.close()
            return
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except ValueError:
            log.warning("a control client sent a line of more than %d octets", MAX_REQUEST)
        except ConnectionError:
            log.debug("a control client went away")
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"error": "the request is not JSON"}
        ask = request.get("ask") if isinstance(request, dict) else None
        handler = self._handlers.get(ask) if isinstance(ask, str) else None
        if handler is None:
            return {"error": f"asked for {ask!r}, expected one of: {', '.join(self._handlers)}"}
        try:
            answer = handler(request)
            return {"answer": await answer if inspect.isawaitable(answer) else answer}
        except CannotAnswer as refusal:
            return {"error": str(refusal)}
        except Exception:
            log.exception("the control request %r failed", ask)
            return {"error": "the switch failed to answer; its log says why"}


def _bind(path: Path) -> socket.socket:
    """A socket bound to the path with mode 0600, so that nobody else can ever connect."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise ControlError(
            f"{path}: too long for a Unix socket ({MAX_PATH} octets); set `state:` to a shorter one"
        )
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(os.fspath(path))
    except OSError as error:
        bound.close()
        raise ControlError(f"{path}: {error.strerror}") from None
    finally:
        os.umask(before)
    return bound


def _remove_stale(path: Path) -> None:
    """Remove the socket of a dead process. Raises ControlError for a live one, or another file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # nothing there, or bind() will say what is wrong
    if not stat.S_ISSOCK(mode):
        raise ControlError(f"{path}: is in the way and not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ControlError(f"{path}: {error.strerror}") from None
        else:
            raise ControlError(f"{path}: a switch is already running on this state folder")


def ask(path: Path, subject: str, **details: object) -> Any:
    """Ask the running switch; for the command line, so it blocks.

    Raises NotRunning, CannotAnswer with the switch's refusal, or ControlError.
    """
    request = json.dumps({"ask": subject, **details}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(ANSWER_TIMEOUT)
        try:
            client.connect(os.fspath(path))
            client.sendall(request)
            with client.makefile("rb") as answers:
                line = answers.readline(MAX_ANSWER)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NotRunning("the switch is not running") from None
        except TimeoutError:
            raise ControlError(f"the switch did not answer in {ANSWER_TIMEOUT:g} s") from None
        except OSError as error:
            raise ControlError(f"{path}: {error.strerror or error}") from None
    return _read_answer(line)


def _read_answer(line: bytes) -> Any:
    try:
        answer = json.loads(line)
    except ValueError:
        raise ControlError("the switch broke off its answer") from None
    if "error" in answer:
        raise CannotAnswer(answer["error"])
    return answer["answer"]
