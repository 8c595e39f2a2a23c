"""Where audio files live: messages, greetings, recorded calls. An interface: it may be elsewhere.

media worker: writes beside ─► syncs ─► renames      under its name a file is always whole
signalling:   links, shortens, reads, removes        and what is done here keeps that so
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from softswitch.media import wave
from softswitch.media.engine.recordings import UNFINISHED, recover, sync_folder

NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.EMLINK)
MODE = 0o700
"""What people said is for nobody else on the machine."""


class BlobStore(Protocol):
    """Files by their path, which media workers write and play.

    All but `path` and `prepare` are jobs for another thread, each to be run whole, and raise
    OSError where that cannot be done.
    """

    def path(self, *names: str) -> str:
        """Of a file, or a folder: the names that lead there."""

    def prepare(self, path: str) -> None:
        """A recording is to follow there: if there can be no room for it, that fails later."""

    def open(self, path: str) -> BinaryIO:
        """Read a file."""

    def length(self, path: str) -> float:
        """Seconds of sound in a file of ours; 0.0 when there is none, or it is not ours."""

    def shorten(self, path: str, seconds: float) -> float:
        """Leave out what comes after so many seconds; how long the file is now."""

    def link(self, files: Iterable[tuple[str, str]]) -> None:
        """Give each of these files a second path."""

    def remove(self, *paths: str) -> None:
        """Forget files, finished or not; harmless where there is none."""

    def names(self, folder: str) -> list[str]:
        """Of the whole files in a folder, sorted."""

    def unfinished(self, folder: str) -> list[str]:
        """Paths of what a crash has left half written in a folder, sorted."""

    def clear(self, folder: str) -> None:
        """Remove what a crash has left half written in the folders of this one."""

    def rescue(self, path: str) -> float:
        """Take in what a crash has left of a recording; how long it is, 0.0 when it is nothing."""


class FolderBlobs:
    """The BlobStore on a disk of this machine, below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)

    def path(self, *names: str) -> str:
        """Of a file, or a folder: the names that lead there."""
        return "/".join((self._root, *names))

    def prepare(self, path: str) -> None:
        """Make the folder of a recording that is to follow, if that is possible."""
        folder = path.rpartition("/")[0]
        if not os.path.isdir(folder):  # nearly always it is, and not to make it takes longer
            with contextlib.suppress(OSError):
                Path(folder).mkdir(mode=MODE, parents=True, exist_ok=True)

    def open(self, path: str) -> BinaryIO:
        """Read a file."""
        return open(path, "rb")

    def length(self, path: str) -> float:
        """Seconds of sound in a file of ours; 0.0 when there is none, or it is not ours."""
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            layout = wave.read(file.read(wave.HEADER_SIZE))
            if layout is not None:
                octets = os.fstat(file.fileno()).st_size - wave.HEADER_SIZE
                return octets / (layout.block_octets * layout.rate)
        return 0.0

    def shorten(self, path: str, seconds: float) -> float:
        """Leave out what comes after so many seconds; how long the file is now.

        The header says so first: whatever a crash leaves behind it does not count.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            layout = wave.read(os.pread(descriptor, wave.HEADER_SIZE, 0))
            size = os.fstat(descriptor).st_size - wave.HEADER_SIZE
            if layout is None:
                return 0.0
            per_second = layout.block_octets * layout.rate
            # A file of G.711 has an even number of octets, as every chunk of a WAV has.
            block = max(2, layout.block_octets)
            octets = int(seconds * layout.rate) * layout.block_octets
            octets = min(size, octets - octets % block)
            if octets < size:
                os.pwrite(descriptor, wave.header(layout, octets), 0)
                os.ftruncate(descriptor, wave.HEADER_SIZE + octets)
                os.fsync(descriptor)
            return octets / per_second
        finally:
            os.close(descriptor)

    def link(self, files: Iterable[tuple[str, str]]) -> None:
        """Give each of these files a second name; the sound is on the disk only once, safe there.

        When that is done the new names are, too. A file system that knows no second names gets a
        copy.
        """
        for old, new in files:
            try:
                os.link(old, new)
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                _copy(old, new)
            sync_folder(Path(new).parent)

    def remove(self, *paths: str) -> None:
        """Forget files, finished or not; harmless where there is none."""
        for path in paths:
            for name in (path, path + UNFINISHED):
                Path(name).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """Of the whole files in a folder, sorted."""
        return sorted(path.name for path in Path(folder).glob("*.wav"))

    def unfinished(self, folder: str) -> list[str]:
        """Paths of what a crash has left half written in a folder, sorted."""
        found = Path(folder).glob(f"*{UNFINISHED}")
        return sorted(str(path).removesuffix(UNFINISHED) for path in found)

    def clear(self, folder: str) -> None:
        """Remove what a crash has left half written in the folders of this one."""
        for unfinished in Path(folder).glob(f"*/*{UNFINISHED}"):
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def rescue(self, path: str) -> float:
        """Take in what a crash has left of a recording; how long it is, 0.0 when it is nothing."""
        unfinished = Path(path + UNFINISHED)
        if unfinished.exists():
            recover(unfinished)
        return self.length(path)


def _copy(old: str, new: str) -> None:
    """Whole under its name, or not there, as every file of ours."""
    beside = new + UNFINISHED
    with open(old, "rb") as source, open(beside, "wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    os.rename(beside, new)
