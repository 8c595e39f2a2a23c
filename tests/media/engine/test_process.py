"""A worker process's life, seen from signalling."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from softswitch.media.engine import control, process
from softswitch.media.engine.process import WorkerProcess
from tests.media.engine.driver import HOST, port_range

pytestmark = pytest.mark.process

CONFIGURE = control.Configure(*port_range(), 60.0, 300.0, (HOST,))


@asynccontextmanager
async def started() -> AsyncIterator[tuple[WorkerProcess, asyncio.Queue[control.Message]]]:
    heard: asyncio.Queue[control.Message] = asyncio.Queue()
    it = WorkerProcess(heard.put_nowait)
    assert it.pid == 0
    await it.start()
    try:
        yield it, heard
    finally:
        await it.stop()


def test_a_worker_answers_lives_and_ends_with_its_channel() -> None:
    async def main() -> None:
        async with started() as (it, heard):
            assert isinstance(await heard.get(), control.Notice)
            it.send(CONFIGURE)
            it.send(control.Lend(0, 2))
            assert isinstance(await heard.get(), control.Lent)
            watch = it.watch()
            os.kill(it.pid, signal.SIGINT)
            os.kill(it.pid, signal.SIGTERM)
            it.send(control.Lend(0, 1))
            assert isinstance(await heard.get(), control.Lent)
            await it.stop()
            assert await watch == "stopped"
            it.send(control.Lend(0, 1))
            it.flush()

    asyncio.run(main())


def test_death_shows_at_once() -> None:
    async def main() -> None:
        async with started() as (it, _):
            asyncio.get_running_loop().call_later(0.01, it.kill)
            async with asyncio.timeout(0.4):
                assert await it.watch() == "died"

    asyncio.run(main())


def test_a_hung_worker_is_found_out_and_a_stop_kills_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOOK_EVERY", 0.03)

    async def main() -> None:
        async with started() as (it, heard):
            await heard.get()
            os.kill(it.pid, signal.SIGSTOP)
            assert "no sign of life" in await it.watch()
            await it.stop(patience=0.01)
            it.kill()

    asyncio.run(main())


def test_a_worker_that_never_speaks_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOOK_EVERY", 0.005)

    async def main() -> None:
        async with started() as (it, _):
            os.kill(it.pid, signal.SIGSTOP)
            assert await it.watch() == "no sign of life for 0.1 s"
            await it.stop(patience=0.01)

    asyncio.run(main())


def test_a_worker_that_does_not_read_makes_nobody_wait_and_counts_as_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "MAX_QUEUE", 2000)

    async def main() -> None:
        async with started() as (it, _):
            os.kill(it.pid, signal.SIGSTOP)
            watch = it.watch()
            for _ in range(200):
                for _ in range(1000):
                    it.send(control.Hold(0, True))
                await asyncio.sleep(0)
            assert await watch == "does not read its messages"
            await it.stop(patience=0.01)

    asyncio.run(main())


def test_messages_that_had_to_wait_arrive_when_the_worker_reads_again() -> None:
    async def main() -> None:
        async with started() as (it, heard):
            assert isinstance(await heard.get(), control.Notice)
            it.send(CONFIGURE)
            it.send(control.Lend(0, 0))
            assert isinstance(await heard.get(), control.Lent)
            os.kill(it.pid, signal.SIGSTOP)
            for _ in range(15):
                for _ in range(1000):
                    it.send(control.Lend(0, 0))
                await asyncio.sleep(0)
            assert it._queue
            os.kill(it.pid, signal.SIGCONT)
            answers = 0
            async with asyncio.timeout(2.0):
                while answers < 15_000:
                    answers += isinstance(await heard.get(), control.Lent)
            assert not it._queue

    asyncio.run(main())


def test_a_channel_that_breaks_while_written_to_counts_as_death() -> None:
    async def main() -> None:
        it = WorkerProcess(lambda _: None)
        it._theirs.close()
        it.send(CONFIGURE)
        assert await it.watch() == "died"
        await it.stop()
        it = WorkerProcess(lambda _: None)
        it.send(CONFIGURE)
        await asyncio.sleep(0)
        it._theirs.close()
        it._read()
        assert await it.watch() == "died"
        await it.stop()

    asyncio.run(main())


def test_a_message_in_no_hurry_leaves_with_the_next_urgent_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "PATIENCE", 60.0)

    async def main() -> None:
        async with started() as (it, heard):
            assert isinstance(await heard.get(), control.Notice)
            it.send(CONFIGURE, urgent=False)
            it.send(control.Lend(0, 2), urgent=False)
            await asyncio.sleep(0.05)
            assert heard.empty()
            it.send(control.Lend(0, 1))
            lent = [await heard.get(), await heard.get()]
            assert all(isinstance(message, control.Lent) for message in lent)

    asyncio.run(main())


def test_patience_is_counted_from_the_oldest_message_that_still_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "PATIENCE", 60.0)

    async def main() -> None:
        async with started() as (it, heard):
            assert isinstance(await heard.get(), control.Notice)
            it.send(CONFIGURE, urgent=False)
            it.flush()
            assert it._later is None
            it.send(control.Lend(0, 1), urgent=False)
            waits = it._later
            assert waits is not None
            it.send(control.Lend(0, 1), urgent=False)
            assert it._later is waits
            it.flush()
            assert waits.cancelled()
            assert not it._queue
            assert isinstance(await heard.get(), control.Lent)

    asyncio.run(main())


def test_messages_in_no_hurry_leave_soon_all_the_same() -> None:
    async def main() -> None:
        async with started() as (it, heard):
            assert isinstance(await heard.get(), control.Notice)
            it.send(CONFIGURE, urgent=False)
            it.send(control.Lend(0, 2), urgent=False)
            assert isinstance(await heard.get(), control.Lent)

    asyncio.run(main())
