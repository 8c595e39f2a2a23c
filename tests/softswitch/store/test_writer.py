"""When what the store is to keep is committed, and with what."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from softswitch.store.connection import Connection, Failure, Rows
from softswitch.store.store import StoreError
from softswitch.store.writer import GRACE, PATIENCE, WINDOW, Writer
from tests.support import virtual_time

ONE, OTHER = "INSERT INTO one VALUES ", "INSERT INTO other VALUES "


class Thread:
    """Takes transactions as a connection does, and says when it is done with them."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, dict[str, list[object]]]] = []
        self.takes = 0.0
        """Seconds for each."""
        self.bad: object = None
        """A row that cannot be kept."""

    def transact(
        self,
        statements: Mapping[str, Rows],
        done: Callable[[Failure | None], None],
        *,
        durable: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        rows: dict[str, list[object]] = {sql: list(rows) for sql, rows in statements.items()}
        self.taken.append((loop.time(), rows))
        is_bad = any(self.bad in kept for kept in rows.values())
        loop.call_later(self.takes, done, ValueError("bad row") if is_bad else None)


def play(story: Callable[[Writer, Thread], Coroutine[Any, Any, None]]) -> Thread:
    thread = Thread()

    async def main() -> None:
        writer = Writer(cast("Connection", thread), Path("file"))
        await story(writer, thread)
        await writer.close()

    virtual_time.run(main())
    return thread


def times(thread: Thread) -> list[float]:
    first = thread.taken[0][0]
    return [round(time - first, 6) for time, _ in thread.taken]


def test_the_first_write_after_a_while_goes_at_once_and_others_wait_for_company() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        for _ in range(4):
            writer.write((ONE, [(1,)]))
            await asyncio.sleep(WINDOW / 5)
        await asyncio.sleep(1.0)
        writer.write((ONE, [(1,)]))
        await asyncio.sleep(0.0)

    thread = play(story)
    assert times(thread) == [0.0, WINDOW + GRACE, round(1.0 + 4 * WINDOW / 5, 6)]
    assert [len(rows[ONE]) for _, rows in thread.taken] == [1, 3, 1]


def test_behind_the_window_the_next_write_takes_all_along_at_once() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        for _ in range(3):
            writer.write((ONE, [(1,)]))
            writer.write((ONE, [(1,)]), urgent=False)
            await asyncio.sleep(WINDOW / 2 + 0.0001)
        await asyncio.sleep(1.0)

    thread = play(story)
    assert times(thread) == [0.0, round(WINDOW + 0.0002, 6)]
    assert [len(rows[ONE]) for _, rows in thread.taken] == [2, 4]


def test_nobody_waits_for_records_so_they_wait_for_others() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        record = writer.write((ONE, [(1,)]), urgent=False)
        await asyncio.sleep(PATIENCE / 2)
        assert not record.done()
        assert not thread.taken
        await writer.write((OTHER, [(2,)]))
        assert record.done()
        await writer.write((ONE, [(3,)]), urgent=False)

    thread = play(story)
    assert [rows for _, rows in thread.taken] == [{ONE: [(1,)], OTHER: [(2,)]}, {ONE: [(3,)]}]
    assert times(thread) == [0.0, PATIENCE]


def test_what_comes_while_the_disk_is_slow_goes_together_behind_it() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        thread.takes = 1.0
        writes = [writer.write((ONE, [(0,)]))]
        for number in range(1, 4):
            await asyncio.sleep(2 * WINDOW)
            writes.append(writer.write((ONE, [(number,)])))
        await asyncio.gather(*writes)

    thread = play(story)
    assert [rows[ONE] for _, rows in thread.taken] == [[(0,)], [(1,), (2,), (3,)]]
    assert times(thread) == [0.0, 1.0]


def test_a_row_that_cannot_be_kept_costs_its_own_write_alone() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        thread.bad = (2,)
        writes = [writer.write((ONE, [(number,)])) for number in (1, 2, 3)]
        await asyncio.wait(writes)
        assert [write.exception() is None for write in writes] == [True, False, True]
        with pytest.raises(StoreError, match="file: bad row"):
            await writes[1]

    thread = play(story)
    assert [rows[ONE] for _, rows in thread.taken] == [[(1,), (2,), (3,)], [(1,)], [(2,)], [(3,)]]


def test_a_write_without_rows_needs_no_thread() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        await writer.write((ONE, []))

    assert not play(story).taken


def test_closing_commits_what_waits_and_what_the_thread_has() -> None:
    async def story(writer: Writer, thread: Thread) -> None:
        thread.takes = 0.5
        writes = [writer.write((ONE, [(1,)]))]
        await asyncio.sleep(0.1)
        writes += [writer.write((ONE, [(2,)])), writer.write((OTHER, [(3,)]), urgent=False)]
        await writer.close()
        await writer.close()
        assert all(write.done() for write in writes)
        with pytest.raises(StoreError, match="closed"):
            await writer.write((ONE, [(4,)]))

    assert [rows for _, rows in play(story).taken] == [{ONE: [(1,)]}, {ONE: [(2,)], OTHER: [(3,)]}]
