"""Where audio files live: behind an interface, because it may be a folder or somebody's service.

A blob is written once, whole, and never changed. Its id is random and says nothing, and ids are
checked before they become paths, so that no id leads out of the folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Protocol

ID_OCTETS = 16
"""Random: nobody guesses one, and no two are the same."""

UNFINISHED = ".part"
"""How the name of a file ends while it is being written."""

_id = re.compile(r"[0-9a-f]{32}").fullmatch


class BlobError(Exception):
    """No such blob, or it cannot be kept. The text is for the operator."""


class BlobStore(Protocol):
    """Keeps octets under ids of its own. Methods raise BlobError and never block the loop."""

    async def put(self, data: bytes) -> str:
        """Keep the data, safe from a power cut; its id."""

    async def get(self, blob_id: str) -> bytes:
        """The data of that id."""

    async def delete(self, blob_id: str) -> None:
        """Forget it; harmless when there is no such blob."""


class FolderBlobStore:
    """A file for each blob, in folders by the first two digits."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, data: bytes) -> str:
        blob_id = secrets.token_hex(ID_OCTETS)
        await asyncio.to_thread(self._write, self._path(blob_id), data)
        return blob_id

    async def get(self, blob_id: str) -> bytes:
        return await asyncio.to_thread(self._read, self._path(blob_id))

    async def delete(self, blob_id: str) -> None:
        await asyncio.to_thread(self._delete, self._path(blob_id))

    async def clear_unfinished(self) -> int:
        """Remove what a crash left half written; how many files it were. Call at the start."""
        return await asyncio.to_thread(self._clear_unfinished)

    def _path(self, blob_id: str) -> Path:
        if not _id(blob_id):
            raise BlobError(f"{blob_id!r} is not the id of a blob")
        return self._root / blob_id[:2] / blob_id

    def _write(self, path: Path, data: bytes) -> None:
        """Write beside, then rename: under its own name a file is always whole."""
        unfinished = path.with_name(path.name + UNFINISHED)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            _sync_folder(path.parent)
            _sync_folder(self._root)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise BlobError(f"{path}: {error.strerror}") from error

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise BlobError(f"{path}: {error.strerror}") from error

    def _delete(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BlobError(f"{path}: {error.strerror}") from error

    def _clear_unfinished(self) -> int:
        unfinished = list(self._root.glob(f"*/*{UNFINISHED}"))
        for path in unfinished:
            path.unlink(missing_ok=True)
        return len(unfinished)


def _sync_folder(folder: Path) -> None:
    """A new name is safe only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
