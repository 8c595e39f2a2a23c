"""The connection to the file, with a thread of its own: what aiosqlite has, and transactions.

aiosqlite goes to the thread and back for every statement. Each way costs two wake-ups and twice
Python's lock, more than the statement itself, so a transaction makes the way once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import aiosqlite

FETCHED_AT_ONCE = 64
"""Rows that a cursor asks the thread for; aiosqlite's own default."""

ROWS_FOLLOW = "VALUES "
"""How an INSERT ends whose rows are written behind it."""

CHUNK = 64
"""Rows of one INSERT. The sqlite3 module gives Python's lock away for each statement, and waiting
to get it back from a busy loop costs more than a dozen rows."""

Rows = Sequence[Sequence[Any]]

Failure = Exception
"""Of the database, or ValueError and OverflowError for what cannot be kept at all."""


class Connection(aiosqlite.Connection):
    """Made with the arguments of sqlite3.connect; await it, and close it in any case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(lambda: sqlite3.connect(*args, **kwargs), FETCHED_AT_ONCE)

    def transact(
        self,
        statements: Mapping[str, Rows],
        done: Callable[[Failure | None], None],
        *,
        durable: bool = False,
    ) -> None:
        """Run each statement for its rows, all or nothing; `done` hears why it was nothing.

        With `durable` it is on the disk then, and not only with the kernel. Raises ValueError when
        the connection is closed.
        """
        transact = _transact_durably if durable else _transact
        connection, loop = self._conn, asyncio.get_running_loop()

        def work() -> None:
            loop.call_soon_threadsafe(done, transact(connection, statements))

        self._tx.put_nowait((None, work))


def _transact(connection: sqlite3.Connection, statements: Mapping[str, Rows]) -> Failure | None:
    """In the thread."""
    try:
        for sql, rows in statements.items():
            if sql.endswith(ROWS_FOLLOW):
                _insert(connection, sql, rows)
            else:
                connection.executemany(sql, rows)
        connection.commit()
    except Exception as error:  # somebody waits in the loop: whatever it is, he hears of it
        with suppress(sqlite3.Error):
            connection.rollback()
        return error
    return None


def _transact_durably(
    connection: sqlite3.Connection, statements: Mapping[str, Rows]
) -> Failure | None:
    """In the thread. In WAL mode a FULL commit syncs the log, a NORMAL one does not."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        return _transact(connection, statements)
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


def _insert(connection: sqlite3.Connection, sql: str, rows: Rows) -> None:
    marks = f"({', '.join('?' * len(rows[0]))})"
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        values = [value for row in chunk for value in row]
        connection.execute(sql + ", ".join([marks] * len(chunk)), values)
