"""Recordings on the disk: safe from a crash at any moment, and never in the way of packets.

    packets' thread                          writing lane
    Recording.write(octets)  ──► queue ──►   _File.append        NAME.part: header of nothing, sound
    Recording.finish()       ──► queue ──►   _File.finish        header, fsync, rename, fsync folder
                                                    └──► done    only now anybody is told

The queue is bounded in seconds: when the disk stands still for longer, sound is dropped, and the
recording has silence there, so that its time line stays true. When the disk refuses, the recording
ends; what is on it until then is kept.

A crash leaves NAME.part, of which `recover` makes NAME.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from softswitch.media import wave
from softswitch.media.engine.files import Lane
from softswitch.media.wave import Layout

UNFINISHED = ".part"
"""How the name of a file ends while it is being written."""
MAX_WAITING = 10.0
"""Seconds of sound that may wait for the disk."""
AT_ONCE = 0.5
"""Seconds of sound that are worth a write: each is a quarrel over Python's lock."""
LEAST_FREE, ENOUGH_FREE = 0.05, 1 << 30
"""Share of the disk, and octets: with less than both, nothing more is recorded (REC-3). The rest
is for what must be written, the switch's own books."""
LOOK_EVERY = 5.0
"""Seconds of a recording between two looks at that, however many are written at a time."""
FILL = 1 << 16
"""Octets of silence written at a time."""
MODE = 0o600
"""What people said is for nobody else on the machine."""


class _File:
    """In the writing lane. Raises nothing: the first problem is kept and ends the writing."""

    def __init__(self, path: str, layout: Layout) -> None:
        self._path = Path(path)
        self._unfinished = Path(path + UNFINISHED)
        self._layout = layout
        self._descriptor = -1
        self._octets = 0
        """Of sound, on the disk as far as we know."""
        self._between_looks = round(LOOK_EVERY * layout.rate) * layout.block_octets
        self._look_at = self._between_looks
        self.taken = 0
        """Octets that do not wait any more. The other thread reads it."""
        self.problem = ""

    def open(self) -> None:
        """The file is there from the first moment, with a header of nothing."""
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            self._descriptor = os.open(self._unfinished, flags, MODE)
            self._look()
            os.write(self._descriptor, wave.header(self._layout, 0))
        except OSError as error:
            self._fail(error)

    def append(self, octets: bytes, missing: int) -> None:
        """These, then so many octets of silence."""
        if not self.problem:
            try:
                self._add(octets)
                self._fill(missing)
                if self._octets >= self._look_at:
                    self._look_at = self._octets + self._between_looks
                    self._look()
            except OSError as error:
                self._fail(error)
        self.taken += len(octets)

    def finish(self) -> str:
        """Whole, under its own name, and safe. Returns the problem, if there was one.

        A full disk has room for a header that is there already.
        """
        try:
            odd = self._octets % max(2, self._layout.block_octets)
            self._octets -= odd
            if self._descriptor >= 0 and (self._octets or not self.problem):
                if odd:
                    os.ftruncate(self._descriptor, wave.HEADER_SIZE + self._octets)
                os.pwrite(self._descriptor, wave.header(self._layout, self._octets), 0)
                os.fsync(self._descriptor)
                self._unfinished.rename(self._path)
                sync_folder(self._path.parent)
            elif self._descriptor >= 0:
                self._unfinished.unlink()
        except OSError as error:
            self._fail(error)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        return self.problem

    def _fill(self, missing: int) -> None:
        block = self._layout.silence * (FILL // self._layout.sample_octets)
        for at in range(0, missing, FILL):
            self._add(block[: missing - at])

    def _add(self, octets: bytes) -> None:
        rest = memoryview(octets)[: wave.LARGEST - self._octets]
        while rest:  # a disk that is nearly full takes a part, and refuses the rest
            written = os.write(self._descriptor, rest)
            self._octets += written
            rest = rest[written:]

    def _look(self) -> None:
        if nearly_full(os.fstatvfs(self._descriptor)):
            raise OSError(errno.ENOSPC, "the disk is nearly full")

    def _fail(self, error: OSError) -> None:
        self.problem = self.problem or f"{self._path.name}: {error.strerror}"


class Recording:
    """In the packets' thread: one file that is being written."""

    __slots__ = (
        "_at_once",
        "_dropped",
        "_file",
        "_given",
        "_kept",
        "_lane",
        "_limit",
        "_missing",
        "_per_second",
        "_size",
    )

    def __init__(self, lane: Lane, path: str, layout: Layout) -> None:
        self._lane = lane
        self._file = _File(path, layout)
        self._limit = round(MAX_WAITING * layout.rate) * layout.block_octets
        self._at_once = round(AT_ONCE * layout.rate) * layout.block_octets
        self._kept: list[bytes] = []
        """Not handed to the lane yet."""
        self._size = 0
        """Octets of that."""
        self._given = 0
        """Octets handed to the lane."""
        self._missing = 0
        """Octets dropped since, for which silence is to be written."""
        self._dropped = 0
        """Octets dropped in all."""
        self._per_second = layout.rate * layout.block_octets
        lane.post(self._file.open)

    @property
    def problem(self) -> str:
        """Why nothing is written any more."""
        return self._file.problem

    @property
    def missed(self) -> float:
        """Seconds that are silent in the file because the disk was too slow."""
        return self._dropped / self._per_second

    @property
    def waiting(self) -> int:
        """Octets that the disk has still to take."""
        return self._size + self._given - self._file.taken

    def write(self, octets: bytes) -> bool:
        """Append; False when the disk is too far behind and this will be silence."""
        if self.waiting + len(octets) > self._limit:
            self._missing += len(octets)
            self._dropped += len(octets)
            return False
        if self._missing:
            self._hand_over()
        self._kept.append(octets)
        self._size += len(octets)
        if self._size >= self._at_once:
            self._hand_over()
        return True

    def finish(self, done: Callable[[str], None]) -> None:
        """No more comes. `done` hears the problem, or "" when the file is safe on the disk."""
        self._hand_over()
        self._lane.submit(self._file.finish, lambda problem: done(str(problem)))

    def _hand_over(self) -> None:
        """What is kept, and then silence for what was dropped since."""
        file, octets, missing = self._file, b"".join(self._kept), self._missing
        self._given += len(octets)
        self._kept.clear()
        self._size = self._missing = 0
        self._lane.post(lambda: file.append(octets, missing))


def nearly_full(disk: os.statvfs_result) -> bool:
    """Is there too little room for recordings?"""
    free = disk.f_bavail * disk.f_frsize
    return free < ENOUGH_FREE and disk.f_bavail < LEAST_FREE * disk.f_blocks


def recover(unfinished: Path) -> Path | None:
    """Make a file of what a crash has left of its writing; None when nothing was said in it.

    Raises OSError.
    """
    path = Path(str(unfinished).removesuffix(UNFINISHED))
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        head = wave.recovered(os.pread(descriptor, wave.HEADER_SIZE, 0), size)
        if head is None or size <= wave.HEADER_SIZE:
            unfinished.unlink()
            return None
        os.pwrite(descriptor, head, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.rename(path)
    sync_folder(path.parent)
    return path


def sync_folder(folder: Path) -> None:
    """A new name is safe only when its folder is. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
