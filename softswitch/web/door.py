"""Accepts connections for a web server, and ends those that are too slow (slow loris).

    accept ──► Crowd ──► TLS, 10 s at most ──► Guard ──► the server's protocol

The server says of each connection when a request is answered and when that is done; whoever takes
too long to say what he wants, or to take an answer, is cut off.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import cast

from softswitch.bans import origin
from softswitch.sip.udp import bind
from softswitch.web.crowd import Crowd

log = logging.getLogger(__name__)

BACKLOG = 64
HANDSHAKE = 10.0
"""Seconds for TLS."""
GOODBYE = 2.0
"""Seconds for the end of TLS."""
ASKING = 15.0
"""Seconds without a whole request."""
ANSWERING = 300.0
"""Seconds for a request and its answer; a message may be long, and a mobile network slow."""
LOOK = 2.5
"""Seconds between looks for slow ones."""
RECOVERY = 1.0
"""Seconds until connections are accepted again when there were no descriptors left."""

Factory = Callable[[], asyncio.Protocol]


class Guard(asyncio.Protocol):
    """One connection; all it does is passed on."""

    def __init__(self, inner: asyncio.Protocol, now: Callable[[], float]) -> None:
        self.inner = inner
        self.is_answering = False
        self.is_stranger = True
        """Whether it has never asked for anything so far."""
        self.since = now()
        """When it began to be asked or answered."""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self.inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.inner.connection_lost(exc)
        if not self.over.done():
            self.over.set_result(None)

    def is_slow(self, now: float) -> bool:
        """Whether it has taken too long."""
        return now - self.since > (ANSWERING if self.is_answering else ASKING)


class Door:
    """All connections of a web server."""

    def __init__(self, factory: Factory, tls: ssl.SSLContext, tasks: asyncio.TaskGroup) -> None:
        self._factory = factory
        self._tls = tls
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()
        self._crowd = Crowd()
        self._guards: dict[object, Guard] = {}
        """By what they guard, the oldest first."""
        self._served: dict[asyncio.Task[None], tuple[Guard, str]] = {}
        """What serves each connection, for whom, and from where; the oldest first."""
        self._work: set[asyncio.Task[None]] = set()
        self._listening: list[socket.socket] = []

    def open(self, host: str, port: int) -> tuple[str, int]:
        """Accept connections here; the address, with its real port. Raises OSError."""
        listening = bind(socket.SOCK_STREAM, host, port)
        listening.listen(BACKLOG)
        if not self._work:
            self._begin(self._watch())
        self._listening.append(listening)
        self._begin(self._accept(listening))
        local: Sequence[object] = listening.getsockname()
        return str(local[0]), int(str(local[1]))

    async def close(self) -> None:
        """Let nobody in any more, and end all that are there."""
        for task in list(self._work):
            task.cancel()
        for guard in self._guards.values():
            if guard.transport is not None:
                guard.transport.abort()
        await asyncio.gather(*self._work, return_exceptions=True)
        for listening in self._listening:
            listening.close()

    def answering(self, inner: object, *, begins: bool) -> None:
        """The server begins to answer a request of this protocol, or has done so."""
        guard = self._guards.get(inner)
        if guard is not None:
            guard.is_answering, guard.since = begins, self._loop.time()
            guard.is_stranger = False

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                accepted, address = await self._loop.sock_accept(listening)
            except OSError as error:
                log.warning("portal: cannot accept a connection: %s", error.strerror)
                await asyncio.sleep(RECOVERY)
                continue
            source = address[0]
            if self._crowd.comes(source, self._loop.time()) and await self._make_room(source):
                self._crowd.enter(source)
                guard = Guard(self._factory(), self._loop.time)
                self._guards[guard.inner] = guard
                task = self._begin(self._serve(guard, accepted))
                self._served[task] = (guard, source)
                task.add_done_callback(self._left)
            else:
                accepted.close()

    async def _make_room(self, source: str) -> bool:
        """Whether one more of this address can be served: the oldest that has never asked for
        anything goes for it, of its own address if that has too many."""
        of_its_own = self._crowd.is_full_of(source)
        if not of_its_own and not self._crowd.is_full():
            return True
        for task, (guard, where) in self._served.items():
            if guard.is_stranger and (not of_its_own or origin(where) == origin(source)):
                task.cancel()
                if guard.transport is not None:
                    guard.transport.abort()
                await asyncio.wait([task])
                return True
        return False

    def _left(self, task: asyncio.Task[None]) -> None:
        guard, source = self._served.pop(task)
        del self._guards[guard.inner]
        self._crowd.leave(source)

    async def _serve(self, guard: Guard, accepted: socket.socket) -> None:
        # What is not TLS, too slow for it or gone meanwhile is no news, whatever it raises.
        with suppress(Exception):
            await self._loop.connect_accepted_socket(
                lambda: guard,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE,
                ssl_shutdown_timeout=GOODBYE,
            )
            await guard.over

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            now = self._loop.time()
            for guard in list(self._guards.values()):
                if guard.transport is not None and guard.is_slow(now):
                    guard.transport.abort()
