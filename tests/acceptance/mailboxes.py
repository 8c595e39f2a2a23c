"""Messages survive the death of the switch at any moment (reliability G21).

A process takes messages with the real store and real files, and says of each when it is kept. It is
killed at a random moment, 1,000 times; after each the mailboxes are opened again, and everything
that had been said has to be there, with a file that is whole.

`python -m tests.acceptance.mailboxes 100` kills fewer times.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from softswitch.bus import Bus
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import NEW, OLD, Message
from softswitch.mailboxes import open_mailboxes
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.wave import Layout
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from softswitch.voicemail import rules

NOW = 1_800_000_000.0
LONGEST_LIFE = 0.12
"""Seconds from the start to the kill, at most."""
SOUND = b"\x7f" * 24_000
RULES = rules({})
LAYOUT = Layout("PCMU", 8000, 1)


@contextlib.asynccontextmanager
async def opened(state: Path) -> AsyncIterator[Boxes]:
    async with open_store(state / DATABASE_NAME) as store:
        yield await open_mailboxes(store, Bus(), FolderBlobs(state), wall=lambda: NOW, rules=RULES)


def record(path: str) -> None:
    """As the media worker does it: beside its name, and renamed when it is safe."""
    with open(path + ".part", "wb") as file:
        file.write(wave.header(LAYOUT, 0))
        for start in range(0, len(SOUND), 8000):
            file.write(SOUND[start : start + 8000])
            file.flush()
    FolderBlobs(Path(path).parent).rescue(path)


async def take(boxes: Boxes, say: int) -> None:
    """One message after the other, and now and then one is heard."""
    while True:
        message = boxes.begin(Message("", "101", "102", "", "101", "busy", NOW, NOW, 3.0))
        await asyncio.to_thread(record, boxes.path(message))
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        boxes.keep(message, done=done.set_result)
        if await done:
            os.write(say, f"{message.id}\n".encode())
        boxes.mark(message.id, OLD)


def live(state: Path, say: int) -> None:
    """In the process that is killed."""

    async def main() -> None:
        async with opened(state) as boxes:
            await take(boxes, say)

    asyncio.run(main())


def kill_once(state: Path) -> list[str]:
    """What it had said until it was killed."""
    hear, say = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(hear)
        with contextlib.suppress(BaseException):
            live(state, say)
        os._exit(1)
    os.close(say)
    time.sleep(random.uniform(0.005, LONGEST_LIFE))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with open(hear, "rb") as pipe:
        return pipe.read().decode().split()


def lost(state: Path, said: list[str]) -> list[str]:
    """What had been said and is not there, or not whole."""

    async def look() -> list[str]:
        async with opened(state) as boxes:
            await asyncio.sleep(0.01)
            missing = [name for name in said if not is_whole(boxes, name)]
            halves = [
                message.id
                for message in boxes.messages("101")
                if message.id not in said and not is_whole(boxes, message.id)
            ]
            return missing + halves

    return asyncio.run(look())


def is_whole(boxes: Boxes, name: str) -> bool:
    message = boxes.find(name)
    if message is None or message.state not in (NEW, OLD):
        return False
    return boxes.blobs.length(boxes.path(message)) >= 2.0


def main(kills: int) -> int:
    said: list[str] = []
    gone: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        for _ in range(kills):
            said += kill_once(state)
            gone += lost(state, said)
    sys.stdout.write(f"{kills} kills, {len(said)} messages acknowledged, {len(gone)} lost\n")
    return bool(gone) or not said


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
