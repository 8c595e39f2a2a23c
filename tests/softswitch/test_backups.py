"""The daily copy of the database: whole, a few of them, and an alarm where there is none."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from softswitch.backups import BackupError, Backups, copied
from softswitch.bus import BackupFailed
from tests.support.virtual_time import run

NOON = 1_785_751_920.0
DAY = 86400.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "softswitch.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE calls (id)")
        made.execute("INSERT INTO calls VALUES (1)")
        made.commit()
    return path


@pytest.fixture(autouse=True)
def _threads_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(job: Callable[..., Any], *values: Any) -> Any:
        return job(*values)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


def rows(path: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as copy:
        return copy.execute("SELECT id FROM calls").fetchall()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "backups").iterdir())


class Office:
    def __init__(self, database: Path, keep: int = 7) -> None:
        self.events: list[object] = []
        self.backups = Backups(database, keep, wall=self.wall, publish=self.events.append)

    def wall(self) -> float:
        return NOON + asyncio.get_running_loop().time()

    def runs(self, days: float) -> None:
        async def main() -> None:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(self.backups.run())
                await asyncio.sleep(days * DAY)
                running.cancel()

        run(main())


def test_there_is_one_copy_for_each_of_the_last_days(database: Path) -> None:
    Office(database).runs(9.5)
    assert len(names(database.parent)) == 7
    first, *_, last = names(database.parent)
    assert (first, last) == ("softswitch-2026-08-06.db", "softswitch-2026-08-12.db")
    assert rows(database.parent / "backups" / last) == [(1,)]
    assert (database.parent / "backups" / last).stat().st_mode & 0o777 == 0o600
    assert (database.parent / "backups").stat().st_mode & 0o777 == 0o700


def test_what_is_written_meanwhile_is_no_obstacle(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as switch:
        switch.execute("INSERT INTO calls VALUES (2)")
        switch.commit()
        switch.execute("INSERT INTO calls VALUES (3)")  # not committed
        copied(database, tmp_path / "copy.db")
    assert rows(tmp_path / "copy.db") == [(1,), (2,)]
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]


def test_other_files_in_the_folder_are_nobodys_business(database: Path) -> None:
    folder = database.parent / "backups"
    folder.mkdir()
    (folder / "mine.db").touch()
    Office(database, keep=1).runs(2.5)
    assert names(database.parent) == ["mine.db", "softswitch-2026-08-05.db"]


def test_a_failure_is_an_alarm_once_and_tried_again(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    caplog.set_level(logging.INFO)
    office = Office(database)
    with monkeypatch.context() as patch:
        patch.setattr("softswitch.backups.sync", full)
        office.runs(0.3)
    assert names(database.parent) == []
    (event,) = office.events
    assert isinstance(event, BackupFailed)
    assert "No space left on device" in event.why
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(errors) == 1
    office.runs(0.1)
    assert names(database.parent) == ["softswitch-2026-08-03.db"]
    assert "backup: works again" in caplog.messages


def test_a_copy_that_is_damaged_is_none(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as switch:
        switch.executemany("INSERT INTO calls VALUES (?)", [("x" * 500,)] * 500)
        switch.commit()
        switch.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(database.read_bytes())
    data[8192:40960] = b"\xff" * (40960 - 8192)
    database.write_bytes(data)
    with pytest.raises(BackupError, match=r"damaged|malformed"):
        copied(database, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_folder_that_cannot_be_is_an_alarm(database: Path) -> None:
    (database.parent / "backups").touch()
    office = Office(database)
    office.runs(0.1)
    (event,) = office.events
    assert isinstance(event, BackupFailed)
