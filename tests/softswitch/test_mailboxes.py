"""Mailboxes over the real store: loaded, recovered, told on the bus."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from softswitch.bus import Bus, MailboxChanged, MailboxFilling, MailboxLocked, SettingChanged
from softswitch.config import User
from softswitch.config.messaging import Voicemail
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import Box, Message, Recording
from softswitch.mailboxes import aside, box_of, finished, open_mailboxes, row_of
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.wave import Layout
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from softswitch.voicemail import rules
from tests.mailbox.world import NOON, write_sound

pytestmark = pytest.mark.process

USERS = {"101": User("101", voicemail=Voicemail(max_messages=1))}

Use = Callable[[Boxes, list[object]], Awaitable[None]]


def run(state: Path, use: Use, now: float = NOON) -> None:
    async def main() -> None:
        told: list[object] = []
        bus = Bus()
        for kind in (MailboxChanged, MailboxFilling, MailboxLocked, SettingChanged):
            bus.subscribe(kind, told.append)
        async with open_store(state / DATABASE_NAME) as store:
            blobs = FolderBlobs(state)
            boxes = await open_mailboxes(store, bus, blobs, wall=lambda: now, rules=rules(USERS))
            await use(boxes, told)
            await asyncio.sleep(0.05)

    asyncio.run(main())


async def kept(boxes: Boxes, message: Message) -> bool:
    done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    write_sound(boxes.path(message), message.seconds)
    boxes.keep(message, done.set_result)
    return await done


def draft(mailbox: str = "101") -> Message:
    return Message("", mailbox, "102", "Żółć", mailbox, "busy", NOON, NOON + 8, 8.0)


def files(state: Path) -> list[str]:
    return [path.name for path in state.rglob("*.wav*")]


def interrupt(path: str, seconds: float | None) -> None:
    """Leave what a crash leaves of a recording; None: something that nobody can read."""
    unfinished = Path(path + ".part")
    if seconds is None:
        unfinished.mkdir()
    elif seconds:
        octets = b"\x7f" * int(8000 * seconds)
        unfinished.write_bytes(wave.header(Layout("PCMU", 8000, 1), 0) + octets)


def test_a_message_outlives_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # S0-1
    async def leave(boxes: Boxes, told: list[object]) -> None:
        assert await kept(boxes, boxes.begin(draft()))
        assert told == [MailboxChanged("101", 1, 0), MailboxFilling("101", 100)]
        boxes.owners.log_in_failed(Box("101", locked_until=NOON + 1))
        assert told[2:] == [MailboxLocked("101", NOON + 1)]

    async def look(boxes: Boxes, told: list[object]) -> None:
        (message,) = boxes.messages("101")
        assert message.caller_name == "Żółć"
        assert files(tmp_path) == [f"{message.id}.wav"]
        assert boxes.owners.box("101").locked_until == NOON + 1
        assert told == []

    run(tmp_path, leave)
    assert "mailbox 101: too many wrong PINs" in caplog.text
    run(tmp_path, look)


def test_what_an_owner_decides_is_told_when_it_is_kept(tmp_path: Path) -> None:  # features 4.4
    async def decide(boxes: Boxes, told: list[object]) -> None:
        owners = boxes.owners
        owners.put_box(Box("101", pin="scrypt:x"))
        owners.put_box(Box("101", pin="scrypt:x", failures=(NOON,)))
        owners.set_greeting("101", "busy", Recording("g1", ""))
        owners.set_greeting("101", "busy", None)
        await asyncio.sleep(0.1)
        assert told == [
            SettingChanged("101", "voicemail.pin", "****", "owner of 101", NOON),
            SettingChanged("101", "voicemail.greeting.busy", "recorded", "owner of 101", NOON),
            SettingChanged("101", "voicemail.greeting.busy", "off", "owner of 101", NOON),
        ]

    async def again(boxes: Boxes, told: list[object]) -> None:
        boxes.owners.put_box(Box("101", pin="scrypt:x", failures=(NOON,)))
        await asyncio.sleep(0.05)
        assert told == []

    run(tmp_path, decide)
    run(tmp_path, again)


def test_what_a_crash_has_interrupted_is_taken_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # VM-6
    async def crash(boxes: Boxes, told: list[object]) -> None:
        for seconds in (3.0, 1.0, 0.0):
            interrupt(boxes.path(boxes.begin(draft())), seconds)
        interrupt(boxes.owners.greeting_path("101", boxes.owners.new_greeting("101")), 3.0)

    async def look(boxes: Boxes, told: list[object]) -> None:
        await asyncio.sleep(0.1)
        (message,) = boxes.messages("101")
        assert message.seconds == 3.0
        assert told[-2:] == [MailboxChanged("101", 1, 0), MailboxFilling("101", 100)]
        assert files(tmp_path) == [f"{message.id}.wav"]

    run(tmp_path, crash)
    run(tmp_path, look)
    assert "an interrupted message is kept" in caplog.text


def test_a_recording_that_cannot_be_read_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def crash(boxes: Boxes, told: list[object]) -> None:
        interrupt(boxes.path(boxes.begin(draft())), None)

    async def look(boxes: Boxes, told: list[object]) -> None:
        assert boxes.messages("101") == []

    run(tmp_path, crash)
    run(tmp_path, look)
    assert "Is a directory" in caplog.text


def test_what_was_deleted_long_ago_is_gone(tmp_path: Path) -> None:  # VM-14
    async def leave(boxes: Boxes, told: list[object]) -> None:
        message = boxes.begin(draft())
        await kept(boxes, message)
        boxes.delete(message.id)

    async def look(boxes: Boxes, told: list[object]) -> None:
        await asyncio.sleep(0.1)
        assert boxes.deleted("101") == []
        assert files(tmp_path) == []

    run(tmp_path, leave)
    run(tmp_path, look, NOON + Voicemail().deleted_kept + 1)


def test_what_owners_decide_comes_back_from_its_row() -> None:
    box = Box("101", "scrypt", 4, "x", (1.5, 2.5), 3.5, {"busy": Recording("g1", "/a.wav")})
    assert box_of(row_of(box)) == box
    assert box_of(row_of(Box("102"))) == Box("102", greetings={})


def test_jobs_run_in_another_thread_and_their_errors_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> list[object]:
        results: list[object] = []
        here = threading.get_ident()

        def fail() -> None:
            raise OSError("the disk is full")

        def break_down() -> None:
            raise ValueError("oh")

        aside(lambda: threading.get_ident() != here, results.append)
        await asyncio.sleep(0.05)
        aside(fail, results.append)
        await asyncio.sleep(0.05)
        aside(break_down, results.append)
        await asyncio.sleep(0.05)
        return results

    first, full, broken = asyncio.run(main())
    assert first is True
    assert str(full) == "the disk is full"
    assert isinstance(broken, OSError)
    assert "a job failed" in caplog.text


def test_a_job_that_is_given_up_tells_nothing() -> None:
    async def main() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        results: list[object] = []
        finished(results.append, future)
        assert results == []

    asyncio.run(main())
