"""One media worker as signalling sees it: a process, its channel, and whether it lives.

The channel never makes signalling wait: messages queue here when the worker is behind, and a
worker that is too far behind counts as dead. So does one whose heartbeat fails; death itself shows
at once, since the channel closes.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from softswitch.media.engine import control
from softswitch.media.engine.naming import AUTO

MODULE = "softswitch.media.engine.worker"
LOOK_EVERY = 0.5
"""Seconds between looks for a sign of life, once there should have been one."""
AT_EASE = 3
"""The first look comes only so many times later after such a sign, and then counts as so many:
while heartbeats come, once a second, nobody is woken to look for them."""
HUNG_AFTER = 5
"""Looks in vain after which a worker is killed. Counted in looks, not in time: when the whole
machine stood still, or our own loop, nobody is to blame."""
SLOW_START = 20
"""The same for the first sign of life: a busy small machine takes its time to start Python."""
MAX_QUEUE = 20_000
"""Messages; ten per call, so the calls of a busy minute."""
STOP_WITHIN = 1.0
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""numpy's matrix products would start a thread per core, and let it spin: a worker has one core."""
PATIENCE = 0.1
"""Seconds that a message may wait for others which concerns nobody who talks. Most leave with the
next call that is joined."""


class WorkerProcess:
    """`start`, then `watch` until it ends; `stop` in any case."""

    def __init__(self, on_message: Callable[[control.Message], None], backend: str = AUTO) -> None:
        self._on_message = on_message
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._channel, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.setblocking(False)
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._queue: list[bytes] = []
        self.flushing = False
        """Whether the queue leaves in this turn of the loop, or as soon as the channel has room."""
        self._writing = False
        """Whether the loop tells when the channel has room."""
        self._later: asyncio.TimerHandle | None = None
        """When the queue leaves at the latest."""
        self._in_vain, self._patience = 0, SLOW_START
        """Looks for a sign of life in vain, and how many are too many."""
        self._looking: asyncio.TimerHandle | None = None
        """While somebody watches."""
        self._renew_at = 0.0
        """From when on a sign of life puts the look off."""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """0 before it is started."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Returns when the process exists. Raises OSError when the machine refuses it."""
        descriptor = self._theirs.fileno()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            str(descriptor),
            self._backend,
            pass_fds=(descriptor,),
            env={**os.environ, **ENVIRONMENT},
        )
        self._theirs.close()
        self._loop.add_reader(self._channel, self._read)

    def send(self, message: control.Message, *, urgent: bool = True) -> None:
        """Queue a message; it leaves with all others of this turn of the loop, or somewhat later.

        Each time something leaves, the worker wakes up, which costs more than what it then does.
        """
        if self._ended.done():
            return
        self._queue.append(control.encode(message))
        if len(self._queue) > MAX_QUEUE:
            self._end("does not read its messages")
        elif urgent and not self.flushing:
            self.flushing = True
            self._loop.call_soon(self.flush)
        elif not self.flushing and self._later is None:
            self._later = self._loop.call_later(PATIENCE, self.flush)

    async def watch(self) -> str:
        """Returns why the worker ended, once it has, or has to."""
        self._looking = self._loop.call_later(LOOK_EVERY, self._look)
        try:
            return await asyncio.shield(self._ended)
        finally:
            self._looking.cancel()
            self._looking = None

    async def stop(self, patience: float = STOP_WITHIN) -> None:
        """Close the channel, which tells the worker to end; kill it when it does not."""
        self._end("stopped")
        for sock in (self._channel, self._theirs):
            sock.close()
        if self._process is None:
            return
        try:
            async with asyncio.timeout(patience):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)

    def _look(self) -> None:
        """For a sign of life."""
        self._renew_at = 0.0
        self._read()  # our own loop may have stood still
        if self._ended.done() or self._renew_at:
            return
        self._in_vain += 1
        if self._in_vain >= self._patience:
            self._end(f"no sign of life for {self._in_vain * LOOK_EVERY:g} s")
        else:
            self._looking = self._loop.call_later(LOOK_EVERY, self._look)

    def _lives(self) -> None:
        """There was a sign of life: no need to look for one in a while."""
        self._patience = HUNG_AFTER
        now = self._loop.time()
        if self._looking is not None and now >= self._renew_at:
            self._looking.cancel()
            self._in_vain = AT_EASE - 1
            self._renew_at = now + LOOK_EVERY
            self._looking = self._loop.call_later(AT_EASE * LOOK_EVERY, self._look)

    def _read(self) -> None:
        """One datagram. If there are more, the loop calls again: that costs less than to ask."""
        if self._ended.done():
            return
        try:
            datagram = self._channel.recv(control.MAX_DATAGRAM)
        except BlockingIOError:
            return
        except ConnectionError:
            datagram = b""
        if not datagram:
            self._end("died")
            return
        self._lives()
        for message in control.decode(datagram):
            self._on_message(message)

    def flush(self) -> None:
        """Let everything leave that is queued."""
        if self._later is not None:
            self._later.cancel()  # or it would wake us up for nothing
            self._later = None
        if self._ended.done():
            return
        waiting = control.datagrams(self._queue)
        try:
            while waiting:
                self._channel.send(waiting[0])
                del waiting[0]
        except BlockingIOError:
            self.flushing = self._writing = True
            self._loop.add_writer(self._channel, self.flush)
        except OSError:
            self._end("died")
        else:
            self.flushing = False
            if self._writing:
                self._writing = False
                self._loop.remove_writer(self._channel)
        self._queue = waiting
