"""What is done once in a while: orphans, old history, backups."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from softswitch import upkeep
from softswitch.bus import Bus
from softswitch.clock import Clock
from softswitch.config import Config, User
from softswitch.config.configuration import Log, Network
from softswitch.mailboxes import open_mailboxes
from softswitch.media.blobs import FolderBlobs
from softswitch.orphans import Orphans
from softswitch.store.sqlite import SqliteStore, open_store
from softswitch.store.store import SettingRow, StoreError
from softswitch.upkeep import open_upkeep
from softswitch.voicemail import rules

pytestmark = pytest.mark.process

SETTING = SettingRow("a", "101", "dnd", "on", "", "phone *78", 1e9, 0.0, "")


def config(folder: Path) -> Config:
    users = {"102": User("102")}
    return replace(Config(folder, Network(), folder, users, Log()), backups=0)


def test_orphans_are_noted_at_the_start_and_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "LOOK", 0.01)
    looks = 0
    walls = [1e9, 0.0]

    async def failing(self: Orphans) -> None:
        nonlocal looks
        looks += 1
        raise StoreError("the disk is full")

    async def main(store: SqliteStore) -> None:
        await store.put_settings([SETTING])
        clock = Clock(lambda: walls[1], lambda: walls[0])
        blobs = FolderBlobs(tmp_path)
        boxes = await open_mailboxes(store, Bus(), blobs, wall=clock.wall, rules=rules({}))
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
            orphans = await open_upkeep(config(tmp_path), store, boxes, Bus(), clock, stack, tasks)
            assert list(orphans.handlers()) == ["delete orphan"]
            ((user, since),) = await store.orphans()
            assert (user, since) == ("101", 1e9)
            walls[0] += 1000
            clock.wall()
            await asyncio.sleep(0.05)
            ((user, since),) = await store.orphans()
            assert since == 1e9 + 1000
            monkeypatch.setattr(Orphans, "look", failing)
            monkeypatch.setattr(Orphans, "clock_moved", lambda self, jump: failing(self))
            walls[0] += 1000
            clock.wall()
            await asyncio.sleep(0.05)
        assert clock.on_jump == []

    async def opened() -> None:
        async with open_store(tmp_path / "softswitch.db") as store:
            await main(store)

    caplog.set_level(logging.INFO)
    asyncio.run(opened())
    assert looks > 1
    assert "what is over is kept for longer: the disk is full" in caplog.messages
    assert "orphans cannot be moved along with the clock: the disk is full" in caplog.messages
    assert not (tmp_path / "backups").exists()


def test_backups_are_made_where_they_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softswitch.backups.FIRST", 0.01)

    async def main() -> None:
        wanted = replace(config(tmp_path), backups=2)
        clock = Clock()
        async with open_store(tmp_path / "softswitch.db") as store:
            blobs = FolderBlobs(tmp_path)
            boxes = await open_mailboxes(store, Bus(), blobs, wall=clock.wall, rules=rules({}))
            async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
                await open_upkeep(wanted, store, boxes, Bus(), clock, stack, tasks)
                async with asyncio.timeout(5):
                    while not list(tmp_path.glob("backups/softswitch-*.db")):  # noqa: ASYNC110, ASYNC240
                        await asyncio.sleep(0.01)

    asyncio.run(main())
