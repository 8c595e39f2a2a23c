"""The SQLite store: the contract, and what can go wrong with files."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from softswitch.store import writer
from softswitch.store.sqlite import SqliteStore, open_store
from softswitch.store.store import StoreError

from . import contract

pytestmark = pytest.mark.process


def with_store(path: Path, use: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_store(path) as store:
            await use(store)

    asyncio.run(main())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "switch.db"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records need not wait for company here."""
    monkeypatch.setattr(writer, "PATIENCE", 0.001)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_contract(check: contract.Check, path: Path) -> None:
    with_store(path, check)


def test_everything_is_there_after_a_restart(path: Path) -> None:
    async def write(store: SqliteStore) -> None:
        assert store.epoch == 1
        store.put_bindings([contract.binding(1)])
        store.add_call(contract.call())
        await store.secret("key", lambda: b"1")

    async def read(store: SqliteStore) -> None:
        assert store.epoch == 2
        assert await store.bindings() == [contract.binding(1)]
        assert await store.calls(9) == [contract.call()]
        assert await store.secret("key", lambda: b"2") == b"1"

    with_store(path, write)
    with_store(path, read)


def test_one_write_that_cannot_be_kept_does_not_hurt_the_others(path: Path) -> None:
    async def use(store: SqliteStore) -> None:
        good = store.put_bindings([contract.binding(1)])
        bad = store.put_bindings([contract.binding(2), contract.binding(3, "\ud800")])
        also_good = store.put_bindings([contract.binding(4)])
        with pytest.raises(StoreError, match=r"switch\.db"):
            await bad
        await good
        await also_good
        assert [row.id for row in await store.bindings()] == [1, 4]

    with_store(path, use)


def test_a_write_that_nobody_waits_for_any_more_is_kept_all_the_same(path: Path) -> None:
    async def use(store: SqliteStore) -> None:
        given_up = store.put_bindings([contract.binding(1)])
        given_up.cancel()
        refused = store.put_bindings([contract.binding(2, "\ud800")])
        refused.cancel()
        await store.put_bindings([contract.binding(3)])
        assert [row.id for row in await store.bindings()] == [1, 3]

    with_store(path, use)


def test_writes_wait_while_another_program_has_the_file_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softswitch.store.schema.BUSY_TIMEOUT", 10)

    async def use(store: SqliteStore) -> None:
        other = sqlite3.connect(path)
        other.execute("BEGIN EXCLUSIVE")
        write = store.put_bindings([contract.binding(1)])
        await asyncio.wait([write], timeout=0.05)
        assert not write.done()
        other.rollback()
        other.close()
        await write

    with_store(path, use)


def test_a_lock_that_stays_fails_the_writes_and_not_the_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softswitch.store.schema.BUSY_TIMEOUT", 1)
    monkeypatch.setattr(writer, "BUSY_ATTEMPTS", 2)

    async def use(store: SqliteStore) -> None:
        other = sqlite3.connect(path)
        other.execute("BEGIN EXCLUSIVE")
        writes = [store.put_bindings([contract.binding(n)]) for n in (1, 2)]
        for write in writes:
            with pytest.raises(StoreError, match="locked"):
                await write
        other.rollback()
        await store.put_bindings([contract.binding(3)])
        other.execute("BEGIN EXCLUSIVE")
        store.put_bindings([contract.binding(4)])
        await store.close()  # does not wait for the lock
        other.rollback()
        other.close()

    with_store(path, use)


def test_a_full_disk_fails_the_write_and_later_ones_succeed(path: Path) -> None:
    async def use(store: SqliteStore) -> None:
        await store._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StoreError, match="full"):
            await store.add_trace("c1", bytes(100_000))
        await store._connection.execute("PRAGMA max_page_count = 100000")
        await store.add_trace("c1", bytes(100_000))

    with_store(path, use)


def test_a_slow_disk_does_not_fill_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING", 2)

    async def use(store: SqliteStore) -> None:
        writes = [store.put_bindings([contract.binding(n)]) for n in (1, 2)]
        with pytest.raises(StoreError, match="too many"):
            await store.put_bindings([contract.binding(3)])
        await contract.all_done(*writes)

    with_store(path, use)


def test_a_closed_store_refuses(path: Path) -> None:
    async def main() -> None:
        async with open_store(path) as store:
            await store.close()
            with pytest.raises(StoreError, match="closed"):
                await store.put_bindings([contract.binding(1)])
        with pytest.raises(StoreError):
            await store.bindings()

    asyncio.run(main())


def test_what_waits_is_committed_when_the_program_fails(path: Path) -> None:
    async def fail(store: SqliteStore) -> None:
        store.put_bindings([contract.binding(1)])
        raise RuntimeError("a bug")

    async def read(store: SqliteStore) -> None:
        assert len(await store.bindings()) == 1

    with pytest.raises(RuntimeError):
        with_store(path, fail)
    with_store(path, read)


def test_reading_only_changes_nothing_and_writes_nothing(path: Path) -> None:
    async def main() -> None:
        async with open_store(path) as store:
            await store.add_call(contract.call())
            async with open_store(path, read_only=True) as reader:
                assert reader.epoch == 1
                assert await reader.calls(1) == [contract.call()]
                with pytest.raises(StoreError, match="readonly"):
                    await reader.add_call(contract.call())

    asyncio.run(main())


CHILD = """
import asyncio, sys
from pathlib import Path
from softswitch.store.sqlite import open_store
from tests.softswitch.store.contract import binding

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        number = max((row.id for row in await store.bindings()), default=0)
        while True:
            await asyncio.gather(*(store.put_bindings([binding(number + n)]) for n in (1, 2, 3)))
            number += 3
            print(number, flush=True)

asyncio.run(main())
"""


def test_what_was_acknowledged_survives_kill_9(path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(5):
                child.stdout.readline()
            os.kill(child.pid, signal.SIGKILL)
            left = child.stdout.read().split()
        acknowledged = max(acknowledged + 15, *map(int, left), 0) if left else acknowledged + 15

        async def check(store: SqliteStore, expected: int = acknowledged) -> None:
            ids = {row.id for row in await store.bindings()}
            assert set(range(1, expected + 1)) <= ids

        with_store(path, check)


def test_the_loop_runs_on_while_the_disk_is_slow(path: Path) -> None:
    """SQLite is asked in another thread: a statement that takes long holds nobody up."""
    released = threading.Event()

    async def use(store: SqliteStore) -> None:
        await store._connection.create_function("wait", 0, released.wait)
        slow = asyncio.gather(store._read("SELECT wait()"))
        write = store.put_bindings([contract.binding(1)])
        await asyncio.wait([write], timeout=0.02)
        assert not write.done()
        released.set()
        await slow
        await write

    with_store(path, use)


def test_a_record_waits_for_company_and_a_binding_takes_it_along(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 60.0)

    async def use(store: SqliteStore) -> None:
        trace = store.add_trace("c1", b"messages")
        await asyncio.sleep(0.03)
        assert not trace.done()
        await store.put_bindings([])
        assert trace.done()

    with_store(path, use)


def test_a_record_without_company_is_kept_soon(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.01)

    async def use(store: SqliteStore) -> None:
        await store.add_trace("c1", b"messages")
        assert await store.trace("c1") == b"messages"

    with_store(path, use)


def test_a_message_that_begins_waits_for_company_and_one_that_is_there_does_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # VM-6
    monkeypatch.setattr(writer, "PATIENCE", 60.0)

    async def use(store: SqliteStore) -> None:
        begun = store.put_messages([contract.message("a", state="recording")])
        await asyncio.sleep(0.03)
        assert not begun.done()
        await store.put_messages([contract.message("b", state="new")])
        assert begun.done()
        assert [row.id for row in await store.messages()] == ["a", "b"]

    with_store(path, use)
