"""Files of messages and greetings: jobs for another thread, each to be run whole.

The media worker writes a file beside its name, syncs it, and gives it its name: under its name a
file is always whole. What is done to it here keeps that so. A job that cannot be done raises
OSError.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from softswitch.media import wave
from softswitch.media.engine.recordings import UNFINISHED, recover

NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.EMLINK)
MODE = 0o700
"""What people said is for nobody else on the machine."""


def make_folder(path: str) -> None:
    """Make the folder of a file."""
    Path(path).parent.mkdir(mode=MODE, parents=True, exist_ok=True)


def try_folder(path: str) -> None:
    """The same where a recording is to follow: if it cannot be made, that fails, and says so."""
    with contextlib.suppress(OSError):
        make_folder(path)


def link(files: Iterable[tuple[str, str]]) -> None:
    """Give each of these files a second name; the sound is on the disk only once, and safe there.

    When that is done the new names are, too. A file system that knows no second names gets a copy.
    """
    for old, new in files:
        try:
            os.link(old, new)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            _copy(old, new)
        folder = os.open(Path(new).parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _copy(old: str, new: str) -> None:
    """Whole under its name, or not there, as every file of ours."""
    beside = new + UNFINISHED
    with open(old, "rb") as source, open(beside, "wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    os.rename(beside, new)


def rescue(path: str) -> float:
    """Take in what a crash has left of a recording; how long it is, 0.0 when there is nothing."""
    unfinished = Path(path + UNFINISHED)
    if unfinished.exists():
        recover(unfinished)
    return length(path)


def length(path: str) -> float:
    """Seconds of sound in a file of ours; 0.0 when there is none, or it is not ours."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        layout = wave.read(file.read(wave.HEADER_SIZE))
        if layout is not None:
            octets = os.fstat(file.fileno()).st_size - wave.HEADER_SIZE
            return octets / (layout.block_octets * layout.rate)
    return 0.0


def shorten(path: str, seconds: float) -> float:
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


def clear(folder: str) -> None:
    """Remove what a crash has left half written in the folders of this one, and nobody knows of."""
    for unfinished in Path(folder).glob(f"*/*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            unfinished.unlink()


def remove(*paths: str) -> None:
    """Forget files, finished or not; harmless where there is none."""
    for path in paths:
        for name in (path, path + UNFINISHED):
            Path(name).unlink(missing_ok=True)
