"""Messages as browsers can play them: MP3, made by the jobs process and kept for a while.

A player asks for one part after the other; each would be the same work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import BinaryIO, NamedTuple

from softswitch.jobs.client import JobFailed

LARGEST = 16_000_000
"""Octets of all that are kept: some hours of messages."""
MOST_WAITING = 12
"""Who come when so many wait already are sent away."""


class TooBusy(Exception):
    """Too many sounds are wanted at once."""


class Sound(NamedTuple):
    """What a browser gets."""

    data: bytes
    kind: str
    """audio/mpeg; or audio/wav, where MP3 cannot be made."""
    suffix: str


class Sounds:
    """The last ones."""

    def __init__(
        self,
        encode: Callable[[str, int], Awaitable[bytes]],
        read: Callable[[str], BinaryIO],
    ) -> None:
        """`encode` makes MP3 of a file of ours; `read` opens one."""
        self._encode = encode
        self._read = read
        self._kept: dict[tuple[str, int], Sound] = {}
        self._one = asyncio.Lock()
        self._waiting = 0

    async def of(self, path: str, kilobits: int) -> Sound:
        """The sound in a file of ours. Raises OSError and TooBusy."""
        key = (path, kilobits)
        if key not in self._kept:
            if self._waiting >= MOST_WAITING:
                raise TooBusy
            self._waiting += 1
            try:
                async with self._one:
                    if key not in self._kept:
                        return self._keep(key, await self._made(path, kilobits))
            finally:
                self._waiting -= 1
        return self._keep(key, self._kept.pop(key))

    async def _made(self, path: str, kilobits: int) -> Sound:
        try:
            return Sound(await self._encode(path, kilobits), "audio/mpeg", "mp3")
        except JobFailed:
            return Sound(await asyncio.to_thread(self._whole, path), "audio/wav", "wav")

    def _whole(self, path: str) -> bytes:
        with self._read(path) as file:
            return file.read()

    def _keep(self, key: tuple[str, int], sound: Sound) -> Sound:
        self._kept[key] = sound
        size = sum(len(one.data) for one in self._kept.values())
        while size > LARGEST and self._kept:
            size -= len(self._kept.pop(next(iter(self._kept))).data)
        return sound
