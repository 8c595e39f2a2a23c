"""A copy of the database every day, in `backups` below the state (features 4.4).

    database ─► copy beside it, in a thread ─► PRAGMA quick_check ─► on the disk ─► its name
                                                    └─ wrong, or no room: alarm, try again later

SQLite's own backup reads one moment of the database while the switch writes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from softswitch.bus import BackupFailed
from softswitch.config.files import sync

log = logging.getLogger(__name__)

FOLDER = "backups"
AGAIN = 3600.0
"""Seconds from one look to the next."""
FIRST = 300.0
"""Seconds from the start to the first look: a switch that starts has other things to do."""

_NAME = re.compile(r"softswitch-\d{4}-\d\d-\d\d\.db").fullmatch


class BackupError(Exception):
    """Why there is no copy."""


def copied(database: Path, to: Path) -> None:
    """Copy a database that may be in use. Raises BackupError; nothing is left of a failure."""
    beside = to.with_name(f".{to.name}.part")
    try:
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _copy(database, beside)
        sync(beside)
        os.replace(beside, to)
        sync(to.parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise BackupError(f"{to}: {error}") from error


def _copy(database: Path, to: Path) -> None:
    with (
        contextlib.closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        ) as source,
        contextlib.closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whoever opens it
        problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {problem}")


class Backups:
    """Makes one each day, and keeps the last of them."""

    def __init__(
        self,
        database: Path,
        keep: int,
        *,
        wall: Callable[[], float],
        publish: Callable[[object], None],
    ) -> None:
        """`publish` tells the bus when there is none today."""
        self._database = database
        self._folder = database.parent / FOLDER
        self._keep = keep
        self._wall = wall
        self._publish = publish
        self._failing = False

    async def run(self) -> None:
        """Until it is cancelled."""
        wait = FIRST
        while True:
            await asyncio.sleep(wait)
            wait = AGAIN
            await self.look()

    async def look(self) -> None:
        """Make today's, if there is none yet."""
        now = self._wall()
        today = self._folder / f"softswitch-{datetime.fromtimestamp(now):%Y-%m-%d}.db"
        try:
            made = await asyncio.to_thread(self._made, today)
        except BackupError as error:
            self._failed(str(error))
            return
        if self._failing:
            self._failing = False
            log.info("backup: works again")
        if made:
            log.info("backup: %s", today)

    def _made(self, today: Path) -> bool:
        """In the thread."""
        if today.exists():
            return False
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise BackupError(f"{self._folder}: {error.strerror}") from error
        copied(self._database, today)
        old = sorted(path for path in self._folder.iterdir() if _NAME(path.name))
        for path in old[: -self._keep]:
            with contextlib.suppress(OSError):
                path.unlink()
        return True

    def _failed(self, why: str) -> None:
        """An alarm, once until it works again."""
        if not self._failing:
            self._failing = True
            log.error("backup: none today: %s", why)
            self._publish(BackupFailed(why, self._wall()))
