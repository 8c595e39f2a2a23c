"""What the store is to keep: gathered, and committed together.

Each transaction wakes the database's thread and then the loop again, which costs as much as a
third of a call; so under load one carries dozens of REGISTERs. The first that comes after a while
goes at once, those that follow it wait for the rest of a `WINDOW`, and then for the next that
comes: it has woken the loop already. For records of calls nobody waits: they take the next
transaction that somebody waits for, or their own after `PATIENCE`.

    write ──► waiting ──► one transaction ──┬─► each write's future
                 ▲                          └─ failed: each write alone, so that one hurts no other
                 └── while it is in the thread, others gather
"""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .connection import Connection, Failure, Rows
from .store import StoreError

log = logging.getLogger(__name__)

WINDOW = 0.008
"""Seconds from one transaction that somebody waits for to the next: somewhat less than between two
looks at a busy socket."""

GRACE = 0.004
"""Seconds to wait for one more behind the window."""

PATIENCE = 0.25
"""Seconds that records of calls may wait."""

BUSY_ATTEMPTS = 30
"""Of two seconds each (`schema.BUSY_TIMEOUT`); then the writes that wait are given up."""

MAX_WAITING = 10_000
"""Writes that may wait for a slow disk; beyond it new ones are refused."""


class Write:
    """Rows that are committed all or none, and who waits for them."""

    __slots__ = ("done", "durable", "statements")

    def __init__(
        self, statements: tuple[tuple[str, Rows], ...], done: asyncio.Future[None], *, durable: bool
    ) -> None:
        self.statements = statements
        self.durable = durable
        """Whether a power cut must not take it back."""
        self.done = done


class Writer:
    """Commits writes over a connection, in the order in which they came."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Write] = []
        self._timer: asyncio.TimerHandle | None = None
        """When to commit what waits."""
        self._urgent = False
        """Whether somebody waits for it."""
        self._next_at = 0.0
        """The loop's time from which on somebody's write is committed at once; infinite while that
        is about to be done."""
        self._batch: list[Write] = []
        """What the thread has."""
        self._attempts = 0
        """How often it was given to the thread."""
        self._alone: deque[Write] = deque()
        """Writes of a transaction that failed: they go one by one."""
        self._overdue = False
        """Whether it was time to commit while the thread had something else."""
        self._closed = False
        self._ended = asyncio.Event()

    def write(
        self, *statements: tuple[str, Rows], urgent: bool = True, durable: bool = False
    ) -> asyncio.Future[None]:
        """Keep rows; the future is done when they are kept, and fails with StoreError.

        `urgent`: somebody waits. `durable`: a power cut must not take it back.
        """
        write = Write(statements, self._loop.create_future(), durable=durable)
        if self._closed:
            self._refuse(write, "the store is closed")
        elif len(self._waiting) >= MAX_WAITING:
            self._refuse(write, "too many writes wait")
        else:
            self._waiting.append(write)
            self._gather(urgent=urgent)
        return write.done

    async def close(self) -> None:
        """Commit what waits. Writes that come later are refused."""
        if not self._closed:
            self._closed = True
            self._begin()
        await self._ended.wait()

    def _gather(self, *, urgent: bool) -> None:
        """Let more writes come before the next commit: for longer, while nobody waits for it."""
        loop, wait = self._loop, PATIENCE
        if urgent:
            wait = self._next_at - loop.time() + GRACE
            if wait <= GRACE:
                self._next_at = math.inf
                loop.call_soon(self._begin)
                return
        if self._urgent or wait == math.inf or (self._timer is not None and not urgent):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._urgent = urgent
        self._timer = loop.call_later(wait, self._begin)

    def _begin(self) -> None:
        """It is time: give the thread all that waits, as soon as it has nothing else."""
        if self._batch:
            self._overdue = True
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._urgent or self._next_at == math.inf:
            self._next_at = self._loop.time() + WINDOW
        self._timer, self._urgent, self._overdue = None, False, False
        batch, self._waiting = self._waiting, []
        if batch:
            self._give(batch)
        elif self._closed:
            self._ended.set()

    def _give(self, batch: list[Write]) -> None:
        """To the thread."""
        self._batch = batch
        self._attempts = 1
        self._try()

    def _try(self) -> None:
        together: dict[str, list[Sequence[Any]]] = {}
        for write in self._batch:
            for sql, rows in write.statements:
                if rows:
                    together.setdefault(sql, []).extend(rows)
        if together:
            durable = any([write.durable for write in self._batch])
            self._connection.transact(together, self._tried, durable=durable)
        else:
            self._tried(None)

    def _tried(self, failure: Failure | None) -> None:
        """The thread is done with the batch."""
        batch = self._batch
        if failure is None:
            for write in batch:
                if not write.done.done():
                    write.done.set_result(None)
        elif _is_busy(failure) and self._attempts < BUSY_ATTEMPTS and not self._closed:
            log.warning("%s is locked by another program; %d writes wait", self._path, len(batch))
            self._attempts += 1
            self._try()
            return
        elif len(batch) > 1 and not _is_busy(failure):
            self._alone.extend(batch)
        else:
            self._fail(batch, failure)
        self._batch = []
        if self._alone:
            self._give([self._alone.popleft()])
        elif self._overdue or self._closed:
            self._begin()

    def _fail(self, batch: list[Write], error: Failure) -> None:
        failure = StoreError(f"{self._path}: {error}")
        log.error("%s; %d writes are lost", failure, len(batch))
        for write in batch:
            if not write.done.done():
                write.done.set_exception(failure)
                write.done.exception()  # said above; nobody has to ask for it

    def _refuse(self, write: Write, why: str) -> None:
        write.done.set_exception(StoreError(f"{self._path}: {why}"))
        write.done.exception()


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
