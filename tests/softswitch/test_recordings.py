"""Recorded calls over the real store: kept, found again after a crash, and removed in time."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from softswitch.b2bua.taping import Take
from softswitch.config import Config, User
from softswitch.config.configuration import Log, Network
from softswitch.config.configuration import Recordings as Settings
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.engine.interface import Recorded
from softswitch.media.wave import Layout
from softswitch.recordings import FOLDER, INTERRUPTED, Recordings, examine, open_recordings
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import SqliteStore, open_store
from softswitch.store.store import RecordingRow, StoreError

pytestmark = pytest.mark.process

AUGUST = 1_786_022_303.0
"""2026-08-06 13:18:23 UTC."""
TAKE = Take("3f2a", "3f2a", "+541150316501", "101", AUGUST)
NAME = "2026-08-06_151823_+541150316501_101_3f2a.wav"
STEREO = Layout("PCMU", 8000, 2)

Use = Callable[[Recordings, SqliteStore], Awaitable[None]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some files are never finished here."""
    monkeypatch.setattr("softswitch.recordings.SETTLE_STEP", 0.001)


def run(state: Path, use: Use, *, record: str = "always", now: float = AUGUST) -> bool:
    """Whether calls are recorded; if so, it is used."""

    async def main() -> bool:
        config = Config(
            state / "a.yaml",
            Network(),
            state,
            {"100": User("100", record=record)},
            Log(),
            timezone="Europe/Warsaw",
            recordings=Settings(3600.0),
        )
        async with (
            open_store(state / DATABASE_NAME) as store,
            asyncio.TaskGroup() as tasks,
            AsyncExitStack() as stack,
        ):
            recordings = await open_recordings(config, store, lambda: now, stack, tasks)
            if recordings is not None:
                await use(recordings, store)
            await asyncio.sleep(0.05)
        return recordings is not None

    return asyncio.run(main())


def write(path: str | Path, seconds: float, layout: Layout = STEREO) -> bytes:
    sound = b"\x7f" * (int(seconds * layout.rate) * layout.block_octets)
    octets = wave.header(layout, len(sound)) + sound
    Path(path).write_bytes(octets)
    return octets


def in_the_way(path: str) -> None:
    """What cannot be removed as a file is."""
    Path(path).mkdir()


async def rows(store: SqliteStore, count: int) -> list[RecordingRow]:
    """What is known, as soon as it is so many."""
    for _ in range(100):
        found = await store.recordings(9)
        if len(found) == count:
            break
        await asyncio.sleep(0.01)
    return found


def test_a_recording_has_a_name_and_a_row(tmp_path: Path) -> None:
    """REC-2: the name of the specification, and a digest for integrity."""

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        path = recordings.path(TAKE)
        assert path == str(tmp_path / FOLDER / NAME)
        digest = hashlib.sha256(write(path, 2.0)).hexdigest()
        recordings.recorded(TAKE, Recorded(9.0, "closed"))
        recordings.recorded(TAKE._replace(id="none"), Recorded(0.0, "closed"))
        assert await rows(store, 1) == [RecordingRow(*TAKE, 2.0, NAME, digest, "")]

    assert run(tmp_path, use)
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        (Recorded(2.0, "failed", "No space left on device"), "No space left on device"),
        (Recorded(2.0, "closed", gaps=1.25), "1.2 s are missing"),
    ],
)
def test_what_is_not_whole_is_said_to_be_so(tmp_path: Path, what: Recorded, problem: str) -> None:
    """REC-3."""

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        write(recordings.path(TAKE), 2.0)
        recordings.recorded(TAKE, what)
        (row,) = await rows(store, 1)
        assert row.problem == problem

    run(tmp_path, use)


def test_names_of_people_outside_are_no_paths(tmp_path: Path) -> None:
    async def use(recordings: Recordings, store: SqliteStore) -> None:
        nasty_names = {"../../etc/x_y": "..-..-etc-x-y", "": "unknown", "9" * 99: "9" * 40}
        for nasty, plain in nasty_names.items():
            path = Path(recordings.path(TAKE._replace(caller=nasty)))
            assert path.parent == tmp_path / FOLDER
            assert path.name.split("_")[2] == plain

    run(tmp_path, use)


def test_nobody_is_recorded_unless_somebody_wants_it(tmp_path: Path) -> None:
    async def use(recordings: Recordings, store: SqliteStore) -> None:
        raise AssertionError

    assert not run(tmp_path, use, record="off")
    assert not (tmp_path / FOLDER).exists()
    (tmp_path / FOLDER).mkdir()
    assert not run(tmp_path, use, record="off")


def test_without_a_folder_calls_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """REC-3."""
    (tmp_path / FOLDER).write_text("")

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        raise AssertionError

    assert not run(tmp_path, use)
    assert "File exists: calls are not recorded" in caplog.text


def test_what_a_crash_has_left_is_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """REC-2: of files and of rows; what is no recording is let alone."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    unfinished = folder / f"{NAME}.part"
    header = wave.header(STEREO, 0)
    unfinished.write_bytes(header + b"\x7f" * 16000)
    whole = folder / "2026-08-06_160000_100_101_77aa-2.wav"
    write(whole, 3.0)
    os.utime(whole, (AUGUST, AUGUST))
    write(folder / "song.wav", 3.0)
    (folder / "2026-08-06_160000_100_101_88bb.wav").write_bytes(b"no sound")
    (folder / "2026-08-06_160000_100_101_99cc.wav.part").write_bytes(header)
    (folder / "2026-08-06_170000_100_101_99dd.wav.part").mkdir()

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        found = {row.id: row for row in await rows(store, 2)}
        assert set(found) == {"3f2a", "77aa-2"}
        assert found["3f2a"][1:4] == ("3f2a", "+541150316501", "101")
        assert (found["3f2a"].seconds, found["3f2a"].problem) == (1.0, INTERRUPTED)
        second = found["77aa-2"]
        assert (second.call_id, second.began_at, second.problem) == ("77aa", AUGUST - 3.0, "")

    run(tmp_path, use)
    assert not unfinished.exists()
    assert "99dd.wav: " in caplog.text
    run(tmp_path, use)


def test_old_recordings_are_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """REC-2: retention."""

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        for number, began_at in (
            ("a", AUGUST - 9),
            ("b", AUGUST),
            ("c", AUGUST - 8),
            ("d", AUGUST - 7),
        ):
            take = TAKE._replace(id=number, began_at=began_at)
            if number == "c":
                in_the_way(recordings.path(take))
            elif number != "d":
                write(recordings.path(take), 1.0)
            file = Path(recordings.path(take)).name
            await store.put_recording(RecordingRow(*take, 1.0, file, "", ""))
        await recordings.sweep(AUGUST - 1)
        assert [row.id for row in await rows(store, 2)] == ["b", "c"]

    run(tmp_path, use)
    assert len(list((tmp_path / FOLDER).glob("*.wav"))) == 2


def test_a_store_that_cannot_say_what_is_old_keeps_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Any, before: float) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(Recordings, "sweep", broken)

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        await asyncio.sleep(0)

    run(tmp_path, use)
    assert "old recordings are kept for longer: the disk is gone" in caplog.text


def test_a_file_that_cannot_be_read_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blobs = FolderBlobs(tmp_path)
    assert examine(blobs, str(tmp_path)) is None
    assert "Is a directory" in caplog.text
    assert examine(blobs, blobs.path("x.wav")) is None


def test_a_switch_that_stops_waits_for_the_disk_but_not_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """REC-2: what is recorded when the switch is stopped is in the index."""

    async def use(recordings: Recordings, store: SqliteStore) -> None:
        write(recordings.path(TAKE), 1.0)
        loop = asyncio.get_running_loop()
        loop.call_later(0.003, recordings.recorded, TAKE, Recorded(1.0, "closed"))
        await recordings.settle()
        assert len(await rows(store, 1)) == 1
        recordings.path(TAKE._replace(id="lost"))

    run(tmp_path, use)
    assert "recordings: 1 are not safe yet" in caplog.text
