"""Recorded calls: their files in a folder below the state, and what is known of each in the store.

    taping ──► path ──► the engine writes ──► recorded ──► a thread: digest ──► store
    at the start: what a crash has interrupted is made whole, and kept as well
    each hour:    what is older than `recordings.keep` is removed

2026-08-06_151823_+541150316501_101_3f2a81c09d5e4b67.wav      when, who called, who answered, id
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from os.path import basename
from typing import TYPE_CHECKING, NamedTuple, Protocol

from softswitch.b2bua.taping import Take
from softswitch.config.places import Zone
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.store.store import RecordingRow, StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from softswitch.config import Config
    from softswitch.media.blobs import BlobStore
    from softswitch.media.engine.interface import Recorded
    from softswitch.store.store import Committed

log = logging.getLogger(__name__)

FOLDER = "recordings"
SWEEP = 3600.0
"""Seconds between looks for recordings that are too old to keep."""
SETTLE_STEP, SETTLE_LOOKS = 0.05, 40
"""Seconds between looks whether the disk has all, and how many there are: two seconds."""
MAX_PARTY = 40
"""Characters of a number in the name of a file."""
DIGEST_BLOCK = 1 << 20
_UNSUITABLE = re.compile(r"[^A-Za-z0-9+.-]")
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{6}_([^_]+)_([^_]+)_([^_]+)\.wav")
INTERRUPTED = "the switch was interrupted"


class Rows(Protocol):
    """What recordings need of the store."""

    def put_recording(self, recording: RecordingRow) -> Committed: ...

    async def old_recordings(self, before: float) -> list[RecordingRow]: ...

    def drop_recordings(self, drop: Sequence[str]) -> Committed: ...


class Recordings:
    """Keeps them. Nothing here raises: a call does not end because it is not recorded."""

    def __init__(
        self,
        blobs: BlobStore,
        store: Rows,
        shown: Callable[[float], datetime],
        tasks: asyncio.TaskGroup,
    ) -> None:
        """`shown` makes local time of wall clock seconds."""
        self._blobs = blobs
        self._store = store
        self._shown = shown
        self._tasks = tasks
        self._under_way: set[str] = set()
        """Ids of what is being recorded."""

    def path(self, take: Take) -> str:
        """The file to write."""
        self._under_way.add(take.id)
        return self._file(take)

    def recorded(self, take: Take, what: Recorded) -> None:
        """It is over, and what is there of it is on the disk."""
        self._under_way.discard(take.id)
        file = self._file(take)
        problem = what.problem or (f"{what.gaps:.1f} s are missing" if what.gaps else "")
        self._tasks.create_task(self._index(take, file, problem))

    async def settle(self) -> None:
        """Wait until all is on the disk, for a while: the switch stops, and all calls are over."""
        for _ in range(SETTLE_LOOKS):
            if not self._under_way:
                return
            await asyncio.sleep(SETTLE_STEP)
        log.warning("recordings: %d are not safe yet", len(self._under_way))

    def _file(self, take: Take) -> str:
        return self._blobs.path(FOLDER, name_of(take, self._shown(take.began_at)))

    async def _index(self, take: Take, file: str, problem: str) -> None:
        """Keep what is known of a file; without one, nobody has said anything."""
        found = await asyncio.to_thread(examine, self._blobs, file)
        if found is not None:
            row = RecordingRow(*take, found.seconds, basename(file), found.sha256, problem)
            self._store.put_recording(row)

    async def rescue(self) -> None:
        """Find what a crash has left, of files and of rows. Raises StoreError."""
        known = {row.file for row in await self._store.old_recordings(math.inf)}
        for name, problem in await asyncio.to_thread(left_behind, self._blobs, known):
            named = _NAME.fullmatch(name)
            if named is None:
                continue  # somebody else has put it there
            caller, callee, number = named.groups()
            file = self._blobs.path(FOLDER, name)
            took = await asyncio.to_thread(examine, self._blobs, file)
            if took is not None:
                call_id = number.partition("-")[0]
                take = Take(number, call_id, caller, callee, took.ended_at - took.seconds)
                await self._index(take, file, problem)
                log.info("recordings: %s was found, %.0f s", name, took.seconds)

    async def sweep(self, before: float) -> None:
        """Remove what began before this time. Raises StoreError."""
        old = await self._store.old_recordings(before)
        files = [self._blobs.path(FOLDER, row.file) for row in old]
        gone = await asyncio.to_thread(remove, self._blobs, files)
        drop = [row.id for row, is_gone in zip(old, gone, strict=True) if is_gone]
        if drop:
            self._store.drop_recordings(drop)
            log.info("recordings: %d were too old and are removed", len(drop))


async def open_recordings(
    config: Config,
    store: Rows,
    wall: Callable[[], float],
    stack: AsyncExitStack,
    tasks: asyncio.TaskGroup,
) -> Recordings | None:
    """Who keeps recordings; None: nobody's calls are recorded. Old ones are removed all the same.

    Raises StoreError.
    """
    folder = config.state / FOLDER
    wanted = any(user.record != "off" for user in config.users.values())
    if not wanted and not folder.is_dir():
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        log.error("recordings: %s: %s: calls are not recorded", folder, error.strerror)
        return None
    blobs = FolderBlobs(config.state)
    recordings = Recordings(blobs, store, Zone(config.timezone).shown, tasks)
    await recordings.rescue()
    sweeping = tasks.create_task(_sweep(recordings, wall, config.recordings.keep))
    stack.callback(sweeping.cancel)
    stack.push_async_callback(recordings.settle)
    return recordings if wanted else None


async def _sweep(recordings: Recordings, wall: Callable[[], float], keep: float) -> None:
    while True:
        try:
            await recordings.sweep(wall() - keep)
        except StoreError as error:
            log.error("old recordings are kept for longer: %s", error)
        await asyncio.sleep(SWEEP)


def name_of(take: Take, at: datetime) -> str:
    """The file of a recording that began at this local time."""
    moment = at.strftime("%Y-%m-%d_%H%M%S")
    return "_".join([moment, _part(take.caller), _part(take.callee), take.id]) + ".wav"


def _part(number: str) -> str:
    """A number as a part of a file's name, whatever somebody outside has called himself."""
    return _UNSUITABLE.sub("-", number)[:MAX_PARTY] or "unknown"


class Found(NamedTuple):
    """What a file holds."""

    seconds: float
    sha256: str
    """In hexadecimal digits."""
    ended_at: float
    """When it was written last, wall clock seconds."""


def examine(blobs: BlobStore, file: str) -> Found | None:
    """Read a recording; None when there is none, or none of ours."""
    digest = hashlib.sha256()
    try:
        with blobs.open(file) as sound:
            head = sound.read(wave.HEADER_SIZE)
            digest.update(head)
            while block := sound.read(DIGEST_BLOCK):
                digest.update(block)
            size, ended_at = sound.tell(), os.fstat(sound.fileno()).st_mtime
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.error("recordings: %s: %s", basename(file), error.strerror)
        return None
    layout = wave.read(head)
    if layout is None:
        return None
    blocks = (size - wave.HEADER_SIZE) // layout.block_octets
    return Found(blocks / layout.rate, digest.hexdigest(), ended_at)


def left_behind(blobs: BlobStore, known: Collection[str]) -> list[tuple[str, str]]:
    """Files that nobody knows of, and what is wrong with each; those whose writer died are made
    whole first."""
    interrupted = []
    for file in blobs.unfinished(blobs.path(FOLDER)):
        try:
            seconds = blobs.rescue(file)
        except OSError as error:
            log.error("recordings: %s: %s", basename(file), error.strerror)
        else:
            interrupted += [basename(file)] if seconds else []
    unknown = [name for name in blobs.names(blobs.path(FOLDER)) if name not in known]
    return [(name, INTERRUPTED if name in interrupted else "") for name in unknown]


def remove(blobs: BlobStore, files: Sequence[str]) -> list[bool]:
    """Whether each is gone."""
    return [_remove(blobs, file) for file in files]


def _remove(blobs: BlobStore, file: str) -> bool:
    try:
        blobs.remove(file)
    except OSError as error:
        log.error("recordings: %s: %s", basename(file), error.strerror)
        return False
    return True
