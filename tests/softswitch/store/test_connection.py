"""Transactions that make the way to the connection's thread once."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from softswitch.store.connection import CHUNK, Connection, Failure, Rows

INSERT = "INSERT INTO numbers VALUES "
DELETE = "DELETE FROM numbers WHERE number = ?"


def with_connection(path: Path, use: Callable[[Connection], Awaitable[None]]) -> None:
    async def main() -> None:
        connection = Connection(path / "file")
        await connection
        try:
            await connection.execute("CREATE TABLE numbers (number INTEGER UNIQUE)")
            await use(connection)
        finally:
            await connection.close()

    asyncio.run(main())


async def transact(
    connection: Connection, statements: Mapping[str, Rows], *, durable: bool = False
) -> Failure | None:
    done: asyncio.Future[Failure | None] = asyncio.get_running_loop().create_future()
    connection.transact(statements, done.set_result, durable=durable)
    return await done


async def numbers(connection: Connection) -> list[int]:
    rows = await connection.execute_fetchall("SELECT number FROM numbers ORDER BY number")
    return [row[0] for row in rows]


def test_a_transaction_runs_each_statement_for_all_of_its_rows(tmp_path: Path) -> None:
    async def use(connection: Connection) -> None:
        rows = [(number,) for number in range(2 * CHUNK + 1)]
        assert await transact(connection, {INSERT: rows, DELETE: [(0,), (1,)]}) is None
        assert await numbers(connection) == list(range(2, 2 * CHUNK + 1))
        assert not connection.in_transaction

    with_connection(tmp_path, use)


def test_of_a_transaction_that_fails_nothing_is_left(tmp_path: Path) -> None:
    async def use(connection: Connection) -> None:
        assert await transact(connection, {INSERT: [(1,)]}) is None
        failure = await transact(connection, {DELETE: [(1,)], INSERT: [(2,), (2,)]})
        assert isinstance(failure, sqlite3.IntegrityError)
        assert await numbers(connection) == [1]
        assert not connection.in_transaction

    with_connection(tmp_path, use)


def test_a_number_that_is_too_large_fails_its_transaction_alone(
    tmp_path: Path,
) -> None:
    async def use(connection: Connection) -> None:
        assert isinstance(await transact(connection, {INSERT: [(1 << 70,)]}), OverflowError)
        assert await transact(connection, {INSERT: [(1,)]}) is None

    with_connection(tmp_path, use)


def test_a_durable_transaction_is_synced_and_those_after_it_are_not(tmp_path: Path) -> None:
    async def use(connection: Connection) -> None:
        said: list[str] = []
        await connection.set_trace_callback(said.append)
        assert await transact(connection, {INSERT: [(1,)]}, durable=True) is None
        assert said[0] == "PRAGMA synchronous = FULL"
        assert said[-2:] == ["COMMIT", "PRAGMA synchronous = NORMAL"]
        failure = await transact(connection, {INSERT: [(2,), (2,)]}, durable=True)
        assert isinstance(failure, sqlite3.IntegrityError)
        assert said[-1] == "PRAGMA synchronous = NORMAL"

    with_connection(tmp_path, use)
