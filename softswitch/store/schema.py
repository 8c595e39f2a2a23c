"""Opening the file: is it ours, is it whole, is it of our version; and bringing it there.

Migrations are numbered SQL files. Each is applied in one transaction together with the file's
new number (`PRAGMA user_version`), so that a switch killed in between finds the old file whole.
"""

from __future__ import annotations

import os
import sqlite3
from importlib import resources
from pathlib import Path

from .connection import Connection
from .store import StoreError

APPLICATION_ID = 0x50425831
"""Marks our files (`PRAGMA application_id`), so that nobody else's database is migrated."""

BUSY_TIMEOUT = 2000
"""Milliseconds to wait while another program, a backup perhaps, has locked the file."""

CACHED_STATEMENTS = 256
"""An INSERT is another statement for each number of rows, up to 64 of them for three tables."""

CACHE_KIB = 8192
"""For pages of bindings and recent calls."""


async def prepare(path: Path, *, read_only: bool) -> tuple[Connection, int]:
    """Open the file, in its newest form, and count the start. Raises StoreError."""
    try:
        connection = Connection(
            _uri(path, read_only=read_only), uri=True, cached_statements=CACHED_STATEMENTS
        )
        await connection
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: {_plain(error)}") from error
    try:
        return connection, await _ready(connection, path, read_only=read_only)
    except BaseException as error:
        await connection.close()
        if isinstance(error, sqlite3.Error):
            raise StoreError(_diagnosis(path, error)) from error
        if isinstance(error, UnicodeError):  # of what should be the text of the schema
            raise StoreError(_damaged(path, "text that is none")) from error
        raise


def _uri(path: Path, *, read_only: bool) -> str:
    """What to open. Raises OSError when it cannot be; a new file is made, if it may be.

    Keys and call records are nobody else's business; SQLite gives its other files the same mode.
    """
    if not read_only:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Tried here, because a connection that fails to open leaves its thread behind.
    access = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
    os.close(os.open(path, access, 0o600))
    return f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"


async def _ready(connection: Connection, path: Path, *, read_only: bool) -> int:
    # Before anything else: the other pragmas already may have to wait for a lock.
    await connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    await _check(connection, path)
    if not read_only:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = NORMAL")
        await connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        await connection.execute("PRAGMA temp_store = MEMORY")
    await _migrate(connection, path, read_only=read_only)
    if not read_only:
        await connection.execute("UPDATE node SET epoch = epoch + 1")
        await connection.commit()
    return await _number(connection, "SELECT epoch FROM node")


async def _check(connection: Connection, path: Path) -> None:
    """Refuse files that are damaged, or somebody else's."""
    problems = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
    if problems[0][0] != "ok":
        raise StoreError(_damaged(path, str(problems[0][0])))
    marked = await _number(connection, "PRAGMA application_id")
    tables = await _number(connection, "SELECT count(*) FROM sqlite_master")
    if marked != APPLICATION_ID and (marked or tables):
        raise StoreError(f"{path} is the database of another program")


async def _migrate(connection: Connection, path: Path, *, read_only: bool) -> None:
    scripts = migrations()
    version = await _number(connection, "PRAGMA user_version")
    if version > len(scripts):
        raise StoreError(
            f"{path} was written by a newer version of this program"
            f" (form {version}, this one knows {len(scripts)})"
        )
    if read_only and version < len(scripts):
        raise StoreError(f"{path} has an old form; the switch renews it when it starts")
    for number, script in enumerate(scripts[version:], start=version + 1):
        await connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {number}; COMMIT;"
        )


def migrations() -> list[str]:
    """All scripts in their order."""
    folder = resources.files(__package__) / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


async def _number(connection: Connection, sql: str) -> int:
    rows = list(await connection.execute_fetchall(sql))
    return int(rows[0][0])


def _diagnosis(path: Path, error: sqlite3.Error) -> str:
    if isinstance(error, sqlite3.OperationalError):
        return f"{path}: {error}"
    return _damaged(path, str(error))


def _damaged(path: Path, problem: str) -> str:
    first_line = problem.splitlines()[0]
    return (
        f"{path} is damaged ({first_line}). Put a backup in its place, or save what can be read:"
        f' sqlite3 {path} ".recover" | sqlite3 {path}.recovered'
    )


def _plain(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
