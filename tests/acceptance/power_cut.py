"""Power may go at any moment (goal G22): `python -m tests.acceptance.power_cut`.

A message is taken with the real code, and each of its file operations is noted: what is written,
what is synced, what gets another name. From that follow all states in which a disk may be found:
after every operation, each write that was not synced is there, is not, or half of it is; each new
name that was not synced is there or not; the row of the database is there or not until its commit.
SQLite itself is trusted: a commit is there as a whole (it has tests of its own for that).

In each state the mailboxes are opened again, with the real code. Whatever was acknowledged has to
be there as it was said; what is offered has to be a whole file with nothing in it that nobody said;
nothing half is left. Likewise for mails: whatever commits a power cut leaves, those that were not
sent are due again.

Exits with 1 when the goal is missed.
"""

import asyncio
import itertools
import logging
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from softswitch.bus import Bus
from softswitch.mailbox.messages import NEW, RECORDING, Message
from softswitch.mailboxes import open_mailboxes
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.engine.recordings import UNFINISHED, Recording
from softswitch.media.wave import Layout
from softswitch.outbox import SENT, WAITING, Outbox
from softswitch.store.store import MailboxRow, MessageRow, OutboxRow
from softswitch.voicemail import rules
from tests.media.engine.lanes import Inline

NOON = 1_800_000_000.0
BOX, NAME = "101", "m1"
LAYOUT = Layout("PCMU", 8000)
SOUND = bytes(1 + octet % 251 for octet in range(40_000))
"""Without a zero, which is what a hole in a file reads as."""
PIECE = 8000
RULES = rules({})
DRAFT = Message(NAME, BOX, "102", "", BOX, "busy", NOON, NOON, 3.0, RECORDING)


class Write(NamedTuple):
    """So many octets at a place of a file."""

    file: int
    at: int
    octets: bytes


class Cut(NamedTuple):
    file: int
    size: int


class Sync(NamedTuple):
    file: int


class Named(NamedTuple):
    """A file has this name from now on; the name before is free, if there was one."""

    file: int
    name: str
    before: str


class SyncFolder(NamedTuple):
    """All names are safe."""


Operation = Write | Cut | Sync | Named | SyncFolder


class Notes:
    """Does what it is asked to, and notes it."""

    def __init__(self, folder: Path) -> None:
        self.done: list[Operation] = []
        self._folder = str(folder)
        self._open: dict[int, int] = {}
        """File by descriptor; -1: a folder."""
        self._at: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._real = {
            name: getattr(os, name)
            for name in ("open", "write", "pwrite", "ftruncate", "fsync", "rename")
        }

    def patches(self) -> Iterator[Any]:
        for name in self._real:
            yield mock.patch.object(os, name, getattr(self, name))

    def open(self, path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        descriptor: int = self._real["open"](path, flags, mode, **options)
        text = str(path)
        if flags & os.O_DIRECTORY:
            self._open[descriptor] = -1
        elif text.startswith(self._folder):
            if text not in self._names:
                self._names[text] = len(self._names)
                self.done.append(Named(self._names[text], text, ""))
            self._open[descriptor] = self._names[text]
            self._at[descriptor] = 0
        return descriptor

    def write(self, descriptor: int, octets: Any) -> int:
        count: int = self._real["write"](descriptor, octets)
        at = self._at[descriptor]
        self.done.append(Write(self._open[descriptor], at, bytes(octets[:count])))
        self._at[descriptor] = at + count
        return count

    def pwrite(self, descriptor: int, octets: bytes, at: int) -> int:
        self.done.append(Write(self._open[descriptor], at, bytes(octets)))
        return int(self._real["pwrite"](descriptor, octets, at))

    def ftruncate(self, descriptor: int, size: int) -> None:
        self.done.append(Cut(self._open[descriptor], size))
        self._real["ftruncate"](descriptor, size)

    def fsync(self, descriptor: int) -> None:
        file = self._open[descriptor]
        self.done.append(SyncFolder() if file < 0 else Sync(file))
        self._real["fsync"](descriptor)

    def rename(self, old: Any, new: Any) -> None:
        self._real["rename"](old, new)
        file = self._names.pop(str(old))
        self._names[str(new)] = file
        self.done.append(Named(file, str(new), str(old)))


def record(path: Path) -> list[Operation]:
    """What the media worker does to a disk when it records."""
    notes, lane = Notes(path.parent), Inline()
    with ExitStack() as stack:
        for patch in notes.patches():
            stack.enter_context(patch)
        recording = Recording(lane, str(path), LAYOUT)
        for at in range(0, len(SOUND), PIECE):
            recording.write(SOUND[at : at + PIECE])
            lane.collect()
        told: list[str] = []
        recording.finish(told.append)
        lane.collect()
    assert told == [""]
    return notes.done


class Disk(NamedTuple):
    """What is found after a power cut: the octets of each name."""

    files: tuple[tuple[str, bytes], ...]


def disks(done: Sequence[Operation]) -> Iterator[Disk]:
    """All states in which these operations may have left it."""
    synced = [
        max((at for at, one in enumerate(done) if one == Sync(file)), default=-1)
        for file in range(1)
    ]
    safe_names = max((at for at, one in enumerate(done) if isinstance(one, SyncFolder)), default=-1)
    changes = [(at, one) for at, one in enumerate(done) if isinstance(one, Write | Cut)]
    loose = [one for at, one in changes if at > synced[0]]
    firm = [one for at, one in changes if at <= synced[0]]
    names = [(at, one) for at, one in enumerate(done) if isinstance(one, Named)]
    sure = sum(at <= safe_names for at, _ in names)
    for fates in itertools.product((1.0, 0.0, 0.5), repeat=len(loose)):
        content = bytearray()
        for one in firm:
            _apply(content, one, 1.0)
        for one, fate in zip(loose, fates, strict=True):
            _apply(content, one, fate)
        for known in range(sure, len(names) + 1):
            name = names[known - 1][1].name if known else ""
            yield Disk(((name, bytes(content)),) if name else ())


def _apply(content: bytearray, change: Write | Cut, fate: float) -> None:
    """All of it, nothing, or half."""
    if isinstance(change, Cut):
        if fate == 1.0:
            del content[change.size :]
        return
    octets = change.octets[: int(len(change.octets) * fate)]
    if octets:
        content.extend(bytes(max(0, change.at - len(content))))
        content[change.at : change.at + len(octets)] = octets


class Rows:
    """The store after a power cut: what was committed."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.kept = {message.id: message for message in messages}

    async def messages(self) -> list[MessageRow]:
        return [MessageRow(*message) for message in self.kept.values()]

    async def mailboxes(self) -> list[MailboxRow]:
        return []

    def put_messages(self, put: Sequence[MessageRow], drop: Sequence[str] = ()) -> Any:
        self.kept.update((row.id, Message(*row)) for row in put)
        for name in drop:
            self.kept.pop(name, None)
        return self

    def put_mailbox(self, mailbox: MailboxRow) -> Any:
        return self

    def add_done_callback(self, tell: Callable[[Any], object]) -> None:
        tell(self)

    def exception(self) -> None:
        return None


async def check(state: Path, disk: Disk, row: Message | None, *, told: bool) -> str:
    """Open the mailboxes as they are then; what is wrong."""
    folder = state / "voicemail" / BOX
    shutil.rmtree(state / "voicemail", ignore_errors=True)
    folder.mkdir(parents=True)
    for name, octets in disk.files:
        (folder / Path(name).name).write_bytes(octets)
    rows = Rows([] if row is None else [row])
    boxes = await open_mailboxes(rows, Bus(), FolderBlobs(state), wall=lambda: NOON, rules=RULES)
    await asyncio.sleep(0)
    offered = boxes.messages(BOX)
    return _judged(folder, [Path(boxes.path(message)) for message in offered], told=told)


def _judged(folder: Path, offered: Sequence[Path], *, told: bool) -> str:
    """What is wrong. A whole file whose row was never committed is nobody's, and not offered."""
    wrong = next(filter(None, map(_unfit, offered)), "")
    if wrong:
        return wrong
    whole = wave.header(LAYOUT, len(SOUND)) + SOUND
    if told and [path.read_bytes() for path in offered] != [whole]:
        return "an acknowledged message is not as it was said"
    return "a half file is left" if list(folder.glob(f"*{UNFINISHED}")) else ""


def _unfit(path: Path) -> str:
    if not path.exists():
        return "a message without a file is offered"
    data = path.read_bytes()
    octets = len(data) - wave.HEADER_SIZE
    if not data.startswith(wave.header(LAYOUT, octets)):
        return "a message is offered whose file is not whole"
    sound = data[wave.HEADER_SIZE :]
    said = all(found in (0, octet) for found, octet in zip(sound, SOUND, strict=False))
    return "" if said and octets <= len(SOUND) else "a message has what nobody said"


async def messages() -> tuple[int, list[str]]:
    """All states of a message; how many, and what is wrong in which."""
    wrong: list[str] = []
    seen: set[tuple[Disk, bool, bool]] = set()
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        path = state / "voicemail" / BOX / f"{NAME}.wav"
        path.parent.mkdir(parents=True)
        done = record(path)
        for count in range(len(done) + 1):
            for disk in disks(done[:count]):
                over = count == len(done)
                for begun, told in ((False, False), (True, False), (True, True)):
                    case = (disk, begun, told)
                    if case in seen or (told and not over):
                        continue
                    seen.add(case)
                    row = DRAFT._replace(state=NEW if told else RECORDING) if begun else None
                    problem = await check(state, disk, row, told=told)
                    if problem:
                        wrong.append(f"after {count} operations: {problem}")
    return len(seen), wrong


class Commits:
    """The rows of an outbox, commit by commit."""

    def __init__(self) -> None:
        self.rows: list[OutboxRow] = []

    def put_outbox(self, put: Sequence[OutboxRow], drop: Sequence[str] = ()) -> Any:
        self.rows += put
        return self


def mails(rounds: int = 200) -> tuple[int, list[str]]:
    """Mails over power cuts: after any commit, a message without a sent mail is due."""
    wrong: list[str] = []
    chance, states = random.Random(22), 0
    for _ in range(rounds):
        commits = Commits()
        outbox = Outbox(commits, [], is_gone=lambda _: False)
        now = NOON
        for number in range(5):
            outbox.add(f"m{number}", BOX, now)
        for _ in range(10):
            now += 90.0
            for row in outbox.due(now):
                if chance.random() < 0.5:
                    outbox.sent(row, ["anna@example.com"])
                else:
                    outbox.failed(row, [], "451 later", now)
        for count in range(len(commits.rows) + 1):
            states += 1
            left = {row.message_id: row for row in commits.rows[:count]}
            again = Outbox(Commits(), left.values(), is_gone=lambda _: False)
            due = {row.message_id for row in again.due(now + 8 * 3600.0)}
            unsent = {name for name, row in left.items() if row.state == WAITING}
            if due != unsent or any(row.state not in (WAITING, SENT) for row in left.values()):
                wrong.append(f"after {count} commits: {due} are due, {unsent} unsent")
    return states, wrong


def main() -> int:
    logging.disable(logging.WARNING)
    states, wrong = asyncio.run(messages())
    mail_states, wrong_mails = mails()
    for problem in dict.fromkeys(wrong + wrong_mails):
        sys.stdout.write(f"MISSED: {problem}\n")
    sys.stdout.write(
        f"{states} states of a message, {len(wrong)} wrong; "
        f"{mail_states} of mails, {len(wrong_mails)} wrong\n"
    )
    return bool(wrong or wrong_mails)


if __name__ == "__main__":
    sys.exit(main())
