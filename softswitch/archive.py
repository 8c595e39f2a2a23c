"""The state of a switch in one tar file, and back: database, messages, greetings, recordings.

    export:  database as it is at one moment ─► sound ─► what the archive holds, with digests
    import:  unpack beside the state ─► check all of it ─► the folders change names

An archive is not believed: names, kinds, sizes and digests are checked before anything of it takes
a place where the switch would look. Until then nothing of the state has changed.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from softswitch.backups import BackupError, copied
from softswitch.config.files import sync
from softswitch.store import DATABASE_NAME
from softswitch.store.schema import APPLICATION_ID, migrations

FORMAT = 1
"""Of the archive; the database has a number of its own."""
MANIFEST = "manifest.json"
MAX_MANIFEST = 256 * 1024 * 1024
"""Octets: that of a million files has a hundred million."""
SOUND = ("voicemail", "greetings", "recordings")
"""Folders."""
CHUNK = 1 << 20
ROOM = 64 * 1024 * 1024
"""Octets of the disk that an import leaves free."""

HERE, EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of <fcntl.h> and <linux/fs.h>."""

_SOUND_FILE = re.compile(rf"(?:{'|'.join(SOUND)})(?:/[^/\0.][^/\0]*){{1,2}}\.wav").fullmatch


class ArchiveError(Exception):
    """Why there is no archive, or why it is not taken. For a person."""


class Held(NamedTuple):
    """What an archive holds."""

    files: int
    octets: int


# export


def export(state: Path, to: Path) -> Held:
    """Write the state, of a switch that may be running.

    Raises ArchiveError; then there is no file.
    """
    if to.exists():
        raise ArchiveError(f"{to} is there already")
    database = state / DATABASE_NAME
    if not database.exists():
        raise ArchiveError(f"{database}: no switch has kept anything there yet")
    part = to.with_name(f".{to.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=".export-") as folder:
            copy = Path(folder) / DATABASE_NAME
            copied(database, copy)
            held = _written(state, copy, part)
        os.replace(part, to)
        sync(to.parent)
    except (OSError, BackupError) as error:
        raise ArchiveError(f"{to}: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return held


def _written(state: Path, database: Path, part: Path) -> Held:
    part.unlink(missing_ok=True)
    digests: dict[str, list[Any]] = {}
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        digests[DATABASE_NAME] = _add(tar, DATABASE_NAME, database)
        for path in _sounds(state):
            name = path.relative_to(state).as_posix()
            with contextlib.suppress(FileNotFoundError):  # deleted since the copy was made
                digests[name] = _add(tar, name, path)
        manifest = json.dumps({"format": FORMAT, "files": digests}).encode()
        with tempfile.TemporaryFile() as text:
            text.write(manifest)
            text.seek(0)
            tar.addfile(_info(MANIFEST, len(manifest), 0.0), text)
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    return Held(len(digests), sum(size for size, _ in digests.values()))


def _sounds(state: Path) -> Iterator[Path]:
    """Finished files: one that is being recorded is no message yet."""
    for folder in SOUND:
        for path in sorted((state / folder).rglob("*.wav")):
            if path.is_file() and not path.is_symlink():
                yield path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> list[Any]:
    """Size and digest of what was written."""
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        reader = _Digesting(file, stat.st_size)
        tar.addfile(_info(name, stat.st_size, stat.st_mtime), reader)
    return [stat.st_size, reader.digest.hexdigest()]


class _Digesting:
    """Reads as far as the file went when it was opened; digests what goes by."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.digest.update(data)
        return data


def _info(name: str, size: int, at: float) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(at)
    return info


# import


def unpacked(archive: Path, state: Path) -> tuple[Path, Held]:
    """A folder beside the state with what the archive holds, all of it checked.

    Raises ArchiveError; then there is no folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=".import-", dir=state.parent))
    try:
        found = _unpack(archive, folder)
        manifest = folder / MANIFEST
        _compare(found, manifest)
        _check_database(folder / DATABASE_NAME)
        manifest.unlink()
    except (OSError, tarfile.TarError, EOFError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ArchiveError(f"{archive}: {error}") from error
    except ArchiveError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ArchiveError(f"{archive}: {error}") from None
    found.pop(MANIFEST)
    return folder, Held(len(found), sum(size for size, _ in found.values()))


def _unpack(archive: Path, folder: Path) -> dict[str, list[Any]]:
    """Size and digest of each file."""
    found: dict[str, list[Any]] = {}
    room = shutil.disk_usage(folder).free - ROOM
    with tarfile.open(archive, "r:") as tar:
        for member in tar:
            _check_member(member, found)
            room -= member.size
            if room < 0:
                raise ArchiveError("there is no room for it on the disk")
            data = tar.extractfile(member)
            if data is None:  # cannot be: it is an ordinary file
                raise ArchiveError(f"{member.name!r} cannot be read")
            found[member.name] = _write(data, folder / member.name, member.size)
    return found


def _check_member(member: tarfile.TarInfo, found: dict[str, list[Any]]) -> None:
    name = member.name
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise ArchiveError(f"{name!r} is no ordinary file")
    if name not in (DATABASE_NAME, MANIFEST) and not _SOUND_FILE(name):
        raise ArchiveError(f"{name!r} does not belong into a state")
    if name in found:
        raise ArchiveError(f"{name!r} is there twice")
    if name == MANIFEST and member.size > MAX_MANIFEST:
        raise ArchiveError(f"{name} is too large")


def _write(data: IO[bytes], path: Path, size: int) -> list[Any]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), size
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := data.read(min(CHUNK, left)):
            digest.update(chunk)
            file.write(chunk)
            left -= len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if left:
        raise ArchiveError(f"{path.name} is cut off")
    return [size, digest.hexdigest()]


def _compare(found: dict[str, list[Any]], manifest: Path) -> None:
    """Is there exactly what there should be?"""
    try:
        said = json.loads(manifest.read_bytes())
        files, form = dict(said["files"]), said["format"]
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        raise ArchiveError(f"no {MANIFEST}: this is no state, or it is cut off") from None
    if form != FORMAT:
        raise ArchiveError(f"it was made by a newer version of this program (format {form})")
    for name in sorted({*files, *found} - {MANIFEST}):
        if files.get(name) != found.get(name):
            raise ArchiveError(f"{name!r} is not what was exported")
    if DATABASE_NAME not in files:
        raise ArchiveError("there is no database in it")


def _check_database(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            ours = database.execute("PRAGMA application_id").fetchone()[0]
            version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise ArchiveError(f"the database is damaged: {error}") from None
    if problem != "ok":
        raise ArchiveError(f"the database is damaged: {problem}")
    if ours != APPLICATION_ID:
        raise ArchiveError("the database is that of another program")
    if version > len(migrations()):
        raise ArchiveError("the database was written by a newer version of this program")


def swapped(folder: Path, state: Path, before: Path) -> None:
    """Put the folder in the place of the state, which is `before` from then on.

    Raises ArchiveError; then the state is where it was.
    """
    try:
        _own(folder, state)
        if _exchanged(folder, state):
            _put_aside(folder, state, before)
            return
        os.rename(state, before)
    except OSError as error:
        raise ArchiveError(f"{state} cannot be put aside: {error.strerror}") from error
    try:
        os.rename(folder, state)
    except OSError as error:
        os.rename(before, state)
        raise ArchiveError(f"{state} cannot be replaced: {error.strerror}") from error
    sync(state.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether each of two folders has got the other's name, in one step, so that a power cut
    leaves no moment without a state; old kernels and some file systems cannot do it."""
    names = os.fsencode(one), os.fsencode(other)
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and not rename(HERE, names[0], HERE, names[1], EXCHANGE)


def _put_aside(old: Path, state: Path, before: Path) -> None:
    try:
        os.rename(old, before)
    except OSError:
        _exchanged(old, state)
        raise
    sync(state.parent)


def _own(folder: Path, like: Path) -> None:
    """Whose the state is, his are the new files."""
    was = like.stat()
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, was.st_uid, was.st_gid)
