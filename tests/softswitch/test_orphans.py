"""Who is no user any more keeps everything for 30 days (features 4.4)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from softswitch.bus import Bus
from softswitch.config import User
from softswitch.control import CannotAnswer
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import Box, Message, Recording
from softswitch.mailboxes import open_mailboxes
from softswitch.media.blobs import FolderBlobs
from softswitch.orphans import KEPT, Orphans, listed
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import SqliteStore, open_store
from softswitch.store.store import SettingRow
from softswitch.voicemail import rules
from tests.mailbox.world import NOON, write_sound

pytestmark = pytest.mark.process

DAY = 86400.0
SETTING = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", NOON, 0.0, "")
Use = Callable[[SqliteStore, Boxes, Orphans], Awaitable[None]]


def start(folder: Path, now: float, *users: str, use: Use | None = None) -> None:
    """A switch with these users at that time, and its first look."""
    known = {user: User(user) for user in users}

    async def main() -> None:
        async with open_store(folder / DATABASE_NAME) as store:
            blobs = FolderBlobs(folder)
            boxes = await open_mailboxes(store, Bus(), blobs, wall=lambda: now, rules=rules(known))
            orphans = Orphans(known, store, boxes, lambda: now)
            await orphans.look()
            if use is not None:
                await use(store, boxes, orphans)

    asyncio.run(main())


async def fill(store: SqliteStore, boxes: Boxes, orphans: Orphans) -> None:
    """A message, a greeting, a PIN and a setting of 101."""
    draft = Message("", "101", "102", "Jan", "101", "busy", NOON, NOON + 8, 8.0)
    message = boxes.begin(draft)
    write_sound(boxes.path(message), 8.0)
    kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    boxes.keep(message, kept.set_result)
    assert await kept
    boxes.owners.put_box(Box("101", pin="scrypt:x"))
    recording = Recording(boxes.owners.new_greeting("101"), "")
    write_sound(boxes.owners.greeting_path("101", recording.id), 2.0)
    boxes.owners.set_greeting("101", "busy", recording)
    await store.put_settings([SETTING])


def sounds(folder: Path) -> int:
    return len(list(folder.rglob("*.wav")))


async def whole(store: SqliteStore, boxes: Boxes, orphans: Orphans) -> None:
    assert len(boxes.messages("101")) == 1
    assert boxes.owners.box("101").pin == "scrypt:x"
    assert boxes.owners.greeting("101", "busy")
    assert await store.settings() == [SETTING]


async def gone(store: SqliteStore, boxes: Boxes, orphans: Orphans) -> None:
    assert boxes.messages("101") == []
    assert boxes.owners.box("101") == Box("101")
    assert await store.owners() == set()
    assert await store.orphans() == []


def test_a_slip_of_the_pen_costs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "softswitch.orphans")
    start(tmp_path, NOON, "101", "102", use=fill)
    start(tmp_path, NOON + 1, "1O1", "102", use=whole)
    assert caplog.messages == [
        "101 is no user any more; what is kept of 101 goes in 30 days",
    ]
    start(tmp_path, NOON + 2, "102", use=whole)
    start(tmp_path, NOON + 29 * DAY, "101", "102", use=whole)
    assert caplog.messages[1:] == ["101 is a user again, and has everything back"]
    start(tmp_path, NOON + 60 * DAY, "101", "102", use=whole)
    assert sounds(tmp_path) == 2


def test_after_thirty_days_all_of_it_goes_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start(tmp_path, NOON, "101", use=fill)
    start(tmp_path, NOON, "102")
    caplog.clear()
    start(tmp_path, NOON + KEPT - 1, "102", use=whole)
    assert [line for line in caplog.messages if "removed" in line] == []
    caplog.clear()
    start(tmp_path, NOON + KEPT, "102", use=gone)
    assert [line for line in caplog.messages if "101" in line] == [
        "101: 1 message and all settings are removed: nobody has been that for 30 days"
    ]
    assert sounds(tmp_path) == 0


def test_the_days_begin_with_the_first_start_without_the_user(tmp_path: Path) -> None:
    start(tmp_path, NOON, "101", use=fill)
    start(tmp_path, NOON + 100 * DAY, "102", use=whole)  # was off for all that time


def test_they_are_listed_and_deleted_when_somebody_says_so(tmp_path: Path) -> None:
    async def use(store: SqliteStore, boxes: Boxes, orphans: Orphans) -> None:
        await whole(store, boxes, orphans)
        assert await listed(store, {"102"}) == [
            {
                "user": "101",
                "since": NOON + 5,
                "messages": 1,
                "pin": True,
                "greetings": True,
                "settings": 1,
            }
        ]
        delete = orphans.handlers()["delete orphan"]
        with pytest.raises(CannotAnswer, match="102 is a user of this switch"):
            await delete({"user": "102"})
        with pytest.raises(CannotAnswer, match="nothing is kept of 555"):
            await delete({"user": "555"})
        assert await delete({"user": "101"}) == (
            "101: 1 message and all settings are removed: as somebody has asked for"
        )
        await gone(store, boxes, orphans)

    start(tmp_path, NOON, "101", use=fill)
    start(tmp_path, NOON + 5, "102", use=use)
    assert sounds(tmp_path) == 0


def test_a_clock_that_is_set_takes_no_days_away(tmp_path: Path) -> None:
    async def use(store: SqliteStore, boxes: Boxes, orphans: Orphans) -> None:
        await orphans.clock_moved(56 * 365 * DAY)

    start(tmp_path, 0.0, "101", use=fill)
    start(tmp_path, 10.0, "102", use=use)  # a machine that believes it is 1970
    start(tmp_path, 56 * 365 * DAY + 20, "102", use=whole)
