"""The store in an SQLite file.

Writes are gathered and committed together: under load a transaction carries dozens of REGISTERs,
and the loop never waits for a disk. Somebody waits for a binding, so it gathers for 10 ms; nobody
does for records and traces of calls, so they take the next binding's transaction, or their own
after 250 ms. What is acknowledged survives the death of the process (WAL, synchronous=NORMAL);
after a power cut the last moments may be missing, never more. Voice messages are not among them:
their transaction is on the disk before it is acknowledged (synchronous=FULL).

    put_bindings ─┐  10 ms at most
    add_call ─────┼─► waiting ──────► one transaction ──► each caller's future
    add_trace ────┘  250 ms at most
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .connection import ROWS_FOLLOW, Connection, Rows
from .schema import prepare
from .store import BindingRow, CallRow, MailboxRow, MessageRow, OutboxRow, SettingRow, StoreError

log = logging.getLogger(__name__)

WINDOW = 0.01
"""Seconds to wait for more writes before a transaction that somebody waits for."""

PATIENCE = 0.25
"""Seconds that records of calls may wait: a transaction costs as much as a third of a call."""

BUSY_ATTEMPTS = 30
"""Of two seconds each (`schema.BUSY_TIMEOUT`); then the writes that wait are given up."""

MAX_WAITING = 10_000
"""Writes that may wait for a slow disk; beyond it new ones are refused."""


def _insert(table: str, columns: Iterable[str]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) {ROWS_FOLLOW}"


CALL_COLUMNS = ", ".join(CallRow._fields)
SETTING_COLUMNS = ", ".join(SettingRow._fields)
PUT_BINDING = _insert("bindings", BindingRow._fields)
DROP_BINDING = "DELETE FROM bindings WHERE id = ?"
ADD_CALL = _insert("calls", CallRow._fields)
ADD_TRACE = _insert("traces", ("call_id", "messages"))
PUT_MESSAGE = _insert("messages", MessageRow._fields)
DROP_MESSAGE = "DELETE FROM messages WHERE id = ?"
PUT_MAILBOX = _insert("mailboxes", MailboxRow._fields)
PUT_OUTBOX = _insert("outbox", OutboxRow._fields)
PUT_SETTING = _insert("settings", SettingRow._fields)
DROP_OUTBOX = "DELETE FROM outbox WHERE message_id = ?"


class Write:
    """Rows that are committed all or none, and who waits for them."""

    __slots__ = ("done", "durable", "statements")

    def __init__(self, statements: tuple[tuple[str, Rows], ...], *, durable: bool) -> None:
        self.statements = statements
        self.durable = durable
        """Whether a power cut must not take it back."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class SqliteStore:
    """A Store on one connection, which belongs to a thread of its own. Made by `open_store`."""

    def __init__(self, connection: Connection, path: Path, epoch: int) -> None:
        self.epoch = epoch
        self._connection = connection
        self._path = path
        self._waiting: list[Write] = []
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        """When to commit what waits."""
        self._urgent = False
        """Whether somebody waits for it."""
        self._due = asyncio.Event()
        self._ended = asyncio.Event()
        self._closed = False

    def put_bindings(
        self, put: Sequence[BindingRow], drop: Sequence[int] = ()
    ) -> asyncio.Future[None]:
        dropped = [(binding_id,) for binding_id in drop]
        return self._write((PUT_BINDING, put), (DROP_BINDING, dropped))

    def add_call(self, call: CallRow) -> asyncio.Future[None]:
        return self._write((ADD_CALL, [call]), urgent=False)

    def add_trace(self, call_id: str, data: bytes) -> asyncio.Future[None]:
        return self._write((ADD_TRACE, [(call_id, data)]), urgent=False)

    def put_messages(
        self, put: Sequence[MessageRow], drop: Sequence[str] = ()
    ) -> asyncio.Future[None]:
        dropped = [(message_id,) for message_id in drop]
        return self._write((PUT_MESSAGE, put), (DROP_MESSAGE, dropped), durable=True)

    def put_mailbox(self, mailbox: MailboxRow) -> asyncio.Future[None]:
        return self._write((PUT_MAILBOX, [mailbox]), durable=True)

    def put_outbox(
        self, put: Sequence[OutboxRow], drop: Sequence[str] = ()
    ) -> asyncio.Future[None]:
        dropped = [(message_id,) for message_id in drop]
        return self._write((PUT_OUTBOX, put), (DROP_OUTBOX, dropped), durable=True)

    async def outbox(self) -> list[OutboxRow]:
        columns = ", ".join(OutboxRow._fields)
        rows = await self._read(f"SELECT {columns} FROM outbox ORDER BY since, message_id")
        return [OutboxRow(*row) for row in rows]

    def put_settings(self, put: Sequence[SettingRow]) -> asyncio.Future[None]:
        return self._write((PUT_SETTING, put), durable=True)

    async def settings(self) -> list[SettingRow]:
        sql = f"SELECT {SETTING_COLUMNS} FROM settings WHERE ended_at = 0 ORDER BY changed_at, id"
        return [SettingRow(*row) for row in await self._read(sql)]

    async def past_settings(self, user: str, limit: int) -> list[SettingRow]:
        rows = await self._read(
            f"SELECT {SETTING_COLUMNS} FROM settings WHERE user = ? AND ended_at > 0"
            " ORDER BY ended_at DESC, id LIMIT ?",
            (user, limit),
        )
        return [SettingRow(*row) for row in rows]

    async def drop_settings(self, before: float) -> None:
        sql = "DELETE FROM settings WHERE ended_at > 0 AND ended_at < ?"
        await self._write((sql, [(before,)]))

    async def drop_traces(self, before: float) -> None:
        await self._write(("DELETE FROM traces WHERE kept_at < ?", [(before,)]))

    async def bindings(self) -> list[BindingRow]:
        columns = ", ".join(BindingRow._fields)
        rows = await self._read(f"SELECT {columns} FROM bindings ORDER BY id")
        return [BindingRow(*row) for row in rows]

    async def messages(self) -> list[MessageRow]:
        columns = ", ".join(MessageRow._fields)
        rows = await self._read(f"SELECT {columns} FROM messages ORDER BY began_at, id")
        return [MessageRow(*row) for row in rows]

    async def mailboxes(self) -> list[MailboxRow]:
        columns = ", ".join(MailboxRow._fields)
        rows = await self._read(f"SELECT {columns} FROM mailboxes ORDER BY mailbox")
        return [MailboxRow(*row) for row in rows]

    async def calls(self, limit: int, user: str | None = None) -> list[CallRow]:
        where = "" if user is None else "WHERE ? IN (caller, callee, answered_by)"
        rows = await self._read(
            f"SELECT {CALL_COLUMNS} FROM calls {where} ORDER BY arrived_at DESC LIMIT ?",
            (limit,) if user is None else (user, limit),
        )
        return [CallRow(*row) for row in rows]

    async def call(self, prefix: str) -> CallRow | None:
        rows = await self._read(
            f"SELECT {CALL_COLUMNS} FROM calls WHERE substr(call_id, 1, ?) = ?"
            " ORDER BY arrived_at DESC LIMIT 1",
            (len(prefix), prefix),
        )
        return CallRow(*rows[0]) if rows else None

    async def trace(self, call_id: str) -> bytes | None:
        rows = await self._read("SELECT messages FROM traces WHERE call_id = ?", (call_id,))
        return bytes(rows[0][0]) if rows else None

    async def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        find = "SELECT value FROM secrets WHERE name = ?"
        rows = await self._read(find, (name,))
        if not rows:
            # Whoever comes second, in another process too, takes what the first one kept.
            await self._write(("INSERT OR IGNORE INTO secrets VALUES (?, ?)", [(name, make())]))
            rows = await self._read(find, (name,))
        return bytes(rows[0][0])

    async def close(self) -> None:
        """Commit what waits. Writes that come later are refused."""
        self._closed = True
        self._due.set()
        await self._ended.wait()

    async def run(self) -> None:
        """Commit what waits, until the store is closed and nothing waits any more."""
        try:
            while not self._closed or self._waiting:
                await self._due.wait()
                if not self._closed:
                    self._due.clear()
                if self._timer is not None:
                    self._timer.cancel()
                self._timer, self._urgent = None, False
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._ended.set()

    def _gather(self, *, urgent: bool) -> None:
        """Let more writes come before the next commit: for longer, while nobody waits for it."""
        if self._urgent or (self._timer is not None and not urgent):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._urgent = urgent
        self._timer = self._loop.call_later(WINDOW if urgent else PATIENCE, self._due.set)

    async def _read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        try:
            return list(await self._connection.execute_fetchall(sql, parameters))
        except (sqlite3.Error, ValueError) as error:
            raise self._failure(error) from error

    def _write(
        self, *statements: tuple[str, Rows], urgent: bool = True, durable: bool = False
    ) -> asyncio.Future[None]:
        write = Write(statements, durable=durable)
        if self._closed:
            self._refuse(write, "the store is closed")
        elif len(self._waiting) >= MAX_WAITING:
            self._refuse(write, "too many writes wait")
        else:
            self._waiting.append(write)
            self._gather(urgent=urgent)
        return write.done

    async def _commit(self, batch: list[Write]) -> None:
        """Commit the writes together; when that fails, each alone, so that one cannot hurt all."""
        error = await self._try(batch)
        attempts = 1
        while error is not None and _is_busy(error) and attempts < BUSY_ATTEMPTS:
            if self._closed:
                break
            log.warning("%s is locked by another program; %d writes wait", self._path, len(batch))
            error = await self._try(batch)
            attempts += 1
        if error is None:
            for write in batch:
                if not write.done.done():
                    write.done.set_result(None)
        elif len(batch) > 1 and not _is_busy(error):
            for write in batch:
                await self._commit([write])
        else:
            self._fail(batch, error)

    async def _try(self, batch: list[Write]) -> Exception | None:
        together: dict[str, list[Sequence[Any]]] = {}
        for write in batch:
            for sql, rows in write.statements:
                if rows:
                    together.setdefault(sql, []).extend(rows)
        if not together:
            return None
        durable = any(write.durable for write in batch)
        return await self._connection.transact(together, durable=durable)

    def _fail(self, batch: list[Write], error: Exception) -> None:
        failure = self._failure(error)
        log.error("%s; %d writes are lost", failure, len(batch))
        for write in batch:
            if not write.done.done():
                write.done.set_exception(failure)
                write.done.exception()  # said above; nobody has to ask for it

    def _refuse(self, write: Write, why: str) -> None:
        write.done.set_exception(StoreError(f"{self._path}: {why}"))
        write.done.exception()

    def _failure(self, error: Exception) -> StoreError:
        return StoreError(f"{self._path}: {error}")


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@asynccontextmanager
async def open_store(path: Path, *, read_only: bool = False) -> AsyncIterator[SqliteStore]:
    """A store that lives as long as the context, and commits what waits at its end.

    Raises StoreError when the file cannot be used. With `read_only` nothing is written, not even
    the epoch: for commands that look at what a switch has kept, whether it runs or not.
    """
    connection, epoch = await prepare(path, read_only=read_only)
    try:
        store = SqliteStore(connection, path, epoch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store.run())
            try:
                yield store
            finally:
                await store.close()
    finally:
        await connection.close()
