"""Text files: read whatever they turn out to be (missing, a folder, binary, endless), and replaced
so that a crash leaves the old one or the new one."""

import codecs
import contextlib
import os
import tempfile
from pathlib import Path

from softswitch.config.problems import ConfigErrors, Source, Wrong

MAX_FILE = 1_000_000
"""Bytes. 10,000 users take about 700,000; a larger file is not a configuration."""

_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def shown_path(path: Path) -> str:
    """The path as messages write it: always printable."""
    return str(path).encode("utf-8", "replace").decode()


def read_bytes(path: Path, limit: int = MAX_FILE) -> bytes:
    """The file's content.

    Raises OSError where the system does not give it, Wrong where it is longer than `limit`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except ValueError as error:  # a NUL in the name
        raise OSError(str(error)) from None
    if len(data) > limit:
        raise Wrong(f"is larger than {limit} bytes", "is this the right file?")
    return data


def read_source(path: Path, *, confidential: bool = False) -> Source:
    """The file as text. Raises ConfigErrors."""
    source = Source.of(shown_path(path), "", confidential=confidential)
    try:
        data = read_bytes(path)
    except OSError as error:
        wrong = Wrong(f"cannot be read: {error.strerror or error}")
        raise ConfigErrors([source.whole(wrong)], unreadable=True) from None
    except Wrong as wrong:
        raise ConfigErrors([source.whole(wrong)]) from None
    return _decode(source, data)


def _decode(source: Source, data: bytes) -> Source:
    """UTF-8, with or without a byte order mark (CFG-4)."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        encoding = _BYTE_ORDER_MARKS.get(data[:2])
        found = f"it is {encoding}" if encoding else f"byte 0x{data[error.start]:02x} stands here"
        before = data[: error.start].decode().split("\n")
        wrong = Wrong(f"is not UTF-8: {found}", "save it as UTF-8 in your editor")
        problem = source.problem(len(before) - 1, len(before[-1]), "", wrong)
        raise ConfigErrors([problem]) from None
    return Source.of(source.file, text, confidential=source.confidential)


def replace_whole(path: Path, data: bytes, *, like: os.stat_result | None = None) -> None:
    """Put this in the place of the file, in one step that is safe when it is done.

    The mode and the owner are those of `like`, or 0600 and our own. Raises OSError.
    """
    # mkstemp makes files of mode 0600
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if like is not None:
                os.fchmod(file.fileno(), like.st_mode & 0o7777)
                if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file is on the disk; or a folder: a new name is safe only when that is.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
