"""The store in an SQLite file.

Writes are gathered and committed together by `writer`, in the connection's thread: the loop never
waits for a disk. What is acknowledged survives the death of the process (WAL, synchronous=NORMAL);
after a power cut the last moments may be missing, never more. Voice messages are not among them:
their transaction is on the disk before it is acknowledged (synchronous=FULL).

    put_bindings ─┐  12 ms at most
    add_call ─────┼─► waiting ──────► one transaction ──► each caller's future
    add_trace ────┘  250 ms at most
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .connection import ROWS_FOLLOW, Connection
from .schema import prepare
from .store import (
    BindingRow,
    CalendarRow,
    CallRow,
    MailboxRow,
    MessageRow,
    OrphanRow,
    OutboxRow,
    PortalRow,
    RecordingRow,
    SettingRow,
    StoreError,
)
from .writer import Writer


def _insert(table: str, columns: Iterable[str]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) {ROWS_FOLLOW}"


CALL_COLUMNS = ", ".join(CallRow._fields)
BEGUN = "recording"
"""The state of a message that somebody speaks into: too short yet to be one, so nobody waits."""

RECORDING_COLUMNS = ", ".join(RecordingRow._fields)
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
PUT_PORTAL = _insert("portal", PortalRow._fields)
TRIM_SETTINGS = """
    DELETE FROM settings WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY user, key ORDER BY ended_at DESC, id) AS nth
            FROM settings WHERE ended_at > 0
        ) WHERE nth > ?
    )"""
OWNERS = """
    SELECT mailbox FROM messages UNION SELECT mailbox FROM mailboxes
    UNION SELECT user FROM settings UNION SELECT user FROM portal"""
PUT_CALENDAR = _insert("calendars", CalendarRow._fields)
PUT_ORPHAN = _insert("orphans", OrphanRow._fields)
DROP_ORPHAN = "DELETE FROM orphans WHERE user = ?"
OF_A_MAILBOX = ("messages", "mailboxes", "outbox")
OF_A_USER = ("settings", "portal", "bindings", "orphans")
PUT_RECORDING = _insert("recordings", RecordingRow._fields)
DROP_RECORDING = "DELETE FROM recordings WHERE id = ?"
DROP_OUTBOX = "DELETE FROM outbox WHERE message_id = ?"


class SqliteStore:
    """A Store on one connection, which belongs to a thread of its own. Made by `open_store`."""

    def __init__(self, connection: Connection, path: Path, epoch: int) -> None:
        self.epoch = epoch
        self._connection = connection
        self._path = path
        self._writer = Writer(connection, path)
        self._write = self._writer.write

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
        urgent = bool(drop) or any(row.state != BEGUN for row in put)
        return self._write((PUT_MESSAGE, put), (DROP_MESSAGE, dropped), urgent=urgent, durable=True)

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

    async def settings_of(self, user: str) -> list[SettingRow]:
        sql = f"SELECT {SETTING_COLUMNS} FROM settings WHERE user = ? ORDER BY changed_at, id"
        return [SettingRow(*row) for row in await self._read(sql, (user,))]

    async def drop_settings(self, before: float, most: int) -> None:
        sql = "DELETE FROM settings WHERE ended_at > 0 AND ended_at < ?"
        await self._write((sql, [(before,)]), (TRIM_SETTINGS, [(most,)]))

    def put_calendar(self, calendar: CalendarRow) -> asyncio.Future[None]:
        return self._write((PUT_CALENDAR, [calendar]), durable=True)

    async def calendars(self) -> list[CalendarRow]:
        columns = ", ".join(CalendarRow._fields)
        rows = await self._read(f"SELECT {columns} FROM calendars ORDER BY name")
        return [CalendarRow(*row) for row in rows]

    async def owners(self) -> set[str]:
        return {row[0] for row in await self._read(OWNERS)}

    def put_orphans(
        self, put: Sequence[OrphanRow], drop: Sequence[str] = ()
    ) -> asyncio.Future[None]:
        dropped = [(user,) for user in drop]
        return self._write((PUT_ORPHAN, put), (DROP_ORPHAN, dropped), durable=True)

    async def orphans(self) -> list[OrphanRow]:
        rows = await self._read("SELECT user, since FROM orphans ORDER BY user")
        return [OrphanRow(*row) for row in rows]

    def forget_user(self, user: str) -> asyncio.Future[None]:
        one = [(user,)]
        return self._write(
            *((f"DELETE FROM {table} WHERE mailbox = ?", one) for table in OF_A_MAILBOX),
            *((f"DELETE FROM {table} WHERE user = ?", one) for table in OF_A_USER),
            ("DELETE FROM secrets WHERE name = ?", [(f"first PIN of {user}",)]),
            durable=True,
        )

    def put_recording(self, recording: RecordingRow) -> asyncio.Future[None]:
        return self._write((PUT_RECORDING, [recording]), urgent=False)

    def drop_recordings(self, drop: Sequence[str]) -> asyncio.Future[None]:
        return self._write((DROP_RECORDING, [(one,) for one in drop]), urgent=False)

    async def recordings(self, limit: int) -> list[RecordingRow]:
        rows = await self._read(
            f"SELECT {RECORDING_COLUMNS} FROM recordings ORDER BY began_at DESC, id LIMIT ?",
            (limit,),
        )
        return [RecordingRow(*row) for row in rows]

    async def old_recordings(self, before: float) -> list[RecordingRow]:
        rows = await self._read(
            f"SELECT {RECORDING_COLUMNS} FROM recordings WHERE began_at < ? ORDER BY began_at",
            (before,),
        )
        return [RecordingRow(*row) for row in rows]

    def put_portal(self, account: PortalRow) -> asyncio.Future[None]:
        return self._write((PUT_PORTAL, [account]), durable=True)

    async def portal(self) -> list[PortalRow]:
        columns = ", ".join(PortalRow._fields)
        rows = await self._read(f"SELECT {columns} FROM portal ORDER BY user")
        return [PortalRow(*row) for row in rows]

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
        await self._writer.close()

    async def _read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        try:
            return list(await self._connection.execute_fetchall(sql, parameters))
        except (sqlite3.Error, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> StoreError:
        return StoreError(f"{self._path}: {error}")


@asynccontextmanager
async def open_store(path: Path, *, read_only: bool = False) -> AsyncIterator[SqliteStore]:
    """A store that lives as long as the context, and commits what waits at its end.

    Raises StoreError when the file cannot be used. With `read_only` nothing is written, not even
    the epoch: for commands that look at what a switch has kept, whether it runs or not.
    """
    connection, epoch = await prepare(path, read_only=read_only)
    try:
        store = SqliteStore(connection, path, epoch)
        try:
            yield store
        finally:
            await store.close()
    finally:
        await connection.close()
