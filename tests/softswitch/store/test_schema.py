"""Opening a store's file."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from softswitch.store import schema
from softswitch.store.sqlite import open_store
from softswitch.store.store import MessageRow, StoreError

from . import contract


def open_once(path: Path, *, read_only: bool = False) -> int:
    async def main() -> int:
        async with open_store(path, read_only=read_only) as store:
            return store.epoch

    return asyncio.run(main())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "switch.db"


def run_sql(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    open_once(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_start_has_its_own_epoch(path: Path) -> None:
    assert [open_once(path) for _ in range(3)] == [1, 2, 3]
    assert open_once(path, read_only=True) == 3


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    open_once(path)
    run_sql(path, "PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer version"):
        open_once(path)


def test_a_new_migration_is_applied_to_an_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_once(path)
    newer = [*schema.migrations(), "CREATE TABLE extra (x)"]
    monkeypatch.setattr(schema, "migrations", lambda: newer)
    with pytest.raises(StoreError, match="old form"):
        open_once(path, read_only=True)
    assert open_once(path) == 2
    run_sql(path, "INSERT INTO extra VALUES (1)")


def test_of_a_message_that_is_older_nobody_knows_what_was_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # VM-7
    scripts = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: scripts[:11])
    open_once(path)
    run_sql(
        path,
        "INSERT INTO messages (id, mailbox, caller, caller_name, called, reason, began_at,"
        " ended_at, seconds, state, deleted_at)"
        " VALUES ('m', '101', '', '', '', 'busy', 1, 2, 1, 'new', 0)",
    )
    monkeypatch.setattr(schema, "migrations", lambda: scripts)

    async def main() -> list[MessageRow]:
        async with open_store(path) as store:
            return await store.messages()

    (row,) = asyncio.run(main())
    assert (row.id, row.loss) == ("m", None)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_once(path)
    good = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: [*good, "CREATE TABLE extra (x); NONSENSE"])
    with pytest.raises(StoreError, match="NONSENSE"):
        open_once(path)
    monkeypatch.setattr(schema, "migrations", lambda: good)
    assert open_once(path) == 2
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        run_sql(path, "SELECT * FROM extra")


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    run_sql(path, "CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="another program"):
        open_once(path)
    path.unlink()
    run_sql(path, "PRAGMA application_id = 7")
    with pytest.raises(StoreError, match="another program"):
        open_once(path)


def test_a_file_that_is_no_database_is_refused_in_words(path: Path) -> None:
    path.write_bytes(b"once upon a time there was no database " * 100)
    with pytest.raises(StoreError, match=r"switch\.db is damaged .*\.recover"):
        open_once(path)


def test_damage_anywhere_is_refused_or_harmless(path: Path) -> None:
    """Every page of a small file has octets flipped in turn: nothing else than StoreError."""

    async def fill() -> None:
        async with open_store(path) as store:
            await store.put_bindings([contract.binding(n) for n in range(1, 60)])

    asyncio.run(fill())
    whole = path.read_bytes()
    refused = 0
    for place in range(0, len(whole), 1777):
        damaged = bytearray(whole)
        for offset in range(place, min(place + 8, len(whole))):
            damaged[offset] ^= 0xFF
        for side_file in path.parent.glob("switch.db-*"):
            side_file.unlink()
        path.write_bytes(damaged)
        with suppress(StoreError):
            open_once(path)
            continue
        refused += 1
    assert refused > 0


def test_a_folder_that_cannot_be_made_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"switch\.db: (File exists|Not a directory)"):
        open_once(tmp_path / "file" / "switch.db")


def test_reading_a_store_that_does_not_exist_makes_none(path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        open_once(path, read_only=True)
    assert not path.exists()


def test_a_lock_at_the_start_is_a_plain_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_TIMEOUT", 1)
    open_once(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            open_once(path)
