"""The process that does jobs, as the switch sees it: one job at a time, begun anew when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "softswitch.jobs")
PATIENCE = 60.0
"""Seconds for one job: an hour of sound takes a tenth of it."""


class JobFailed(Exception):
    """Why there is no result, for the log."""


class Jobs:
    """Starts the process when there is something to do."""

    def __init__(self, command: Sequence[str] = COMMAND, patience: float = PATIENCE) -> None:
        self._command = command
        self._patience = patience
        self._process: Process | None = None
        self._one = asyncio.Lock()

    async def mp3(self, path: str, kilobits: int) -> bytes:
        """The sound of a file as MP3 of so many kbit/s. Raises JobFailed."""
        async with self._one:
            try:
                async with asyncio.timeout(self._patience):
                    return await self._ask(path, kilobits)
            except TimeoutError:
                await self._end()
                raise JobFailed(f"no result after {self._patience:g} s") from None
            except (OSError, EOFError, ValueError) as error:
                await self._end()
                raise JobFailed(f"the process is gone: {error}") from None
            except asyncio.CancelledError:
                await self._end()
                raise

    async def close(self) -> None:
        """End the process."""
        async with self._one:
            await self._end()

    async def _ask(self, path: str, kilobits: int) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE
            )
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps([path, kilobits]).encode() + b"\n")
        await requests.drain()
        head = json.loads(await answers.readline())
        if "error" in head:
            raise JobFailed(head["error"])
        return await answers.readexactly(head["octets"])

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
