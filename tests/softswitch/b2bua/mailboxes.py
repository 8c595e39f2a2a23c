"""Mailboxes for the world of air: what is said is a name, and a store has done all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.keeping import Told
from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime, Phrases
from softswitch.mailbox.prompts import Prompts
from softswitch.media.blobs import FolderBlobs
from softswitch.voicemail import Services, rules
from softswitch.voices import Voice
from tests.softswitch.b2bua.applications import CODES
from tests.softswitch.b2bua.network import World
from tests.softswitch.settings.office import Office


class Kept:
    """A store that has done everything at once."""

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Kept:
        return self

    def put_box(self, box: object) -> Kept:
        return self

    def add_done_callback(self, fn: Any) -> None:
        fn(self)

    def exception(self) -> None:
        return None


def voice(names: Iterable[str]) -> Voice:
    """English that has these prompts."""
    return Voice(
        Prompts({name: f"/{name}" for name in names}),
        Phrases(LANGUAGES["en"], lambda at: LocalTime(2012, 8, 6, 0, 15, 19)),
    )


def take_messages(
    world: World,
    folder: Path,
    names: Iterable[str],
    changed: Callable[[object], None] = lambda _: None,
) -> None:
    """Whoever has a mailbox there gets messages, and codes are understood; `changed` hears of new
    ones."""
    spoken = voice(names)
    boxes = Boxes(
        Kept(),
        FolderBlobs(folder),
        aside=lambda job, done: done(job()),
        new_id=world.token,
        wall=world.wall,
        told=Told(lambda *change: changed(change), lambda *_: None, lambda *_: None),
        rules=rules(world.users),
    )
    board = world.calls._board
    board.codes = CODES
    desk = Office(world.users, wall=world.wall).desk(CODES)
    board.applications = Services(world.users, boxes, lambda _: spoken, bytes, desk)
