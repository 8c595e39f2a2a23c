"""What the owners of mailboxes have decided: PINs, greetings; and who tried to get in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from softswitch.mailbox.keeping import GREETINGS, Aside, Keeper
from softswitch.mailbox.messages import Box, Recording
from softswitch.mailbox.room import Rules
from softswitch.media.blobs import BlobStore


class Owners:
    """Their decisions by mailbox, in memory and written down."""

    def __init__(
        self,
        keeper: Keeper,
        blobs: BlobStore,
        *,
        aside: Aside,
        new_id: Callable[[], str],
        locked: Callable[[str, float], None],
        rules: Callable[[str], Rules],
    ) -> None:
        self._keeper = keeper
        self._blobs = blobs
        self._aside = aside
        self._new_id = new_id
        self._locked = locked
        self._rules = rules
        self._boxes: dict[str, Box] = {}

    def load(self, boxes: Iterable[Box]) -> None:
        """Take in what was kept, at the start."""
        for box in boxes:
            self._boxes[box.mailbox] = box

    def forget(self, mailbox: str) -> None:
        """There is no owner any more: his recordings go. His row is the store's to remove."""
        box = self._boxes.pop(mailbox, Box(mailbox))
        for recording in box.greetings.values():
            self._remove(self.greeting_path(mailbox, recording.id))

    def box(self, mailbox: str) -> Box:
        """What the owner has decided, as far as it is left to him."""
        box = self._boxes.get(mailbox) or Box(mailbox)
        if self._rules(mailbox).editable:
            return box
        return Box(mailbox, failures=box.failures, locked_until=box.locked_until)

    def put_box(self, box: Box) -> None:
        """The owner has decided something. What does not count is kept until it does again."""
        kept = self._boxes.get(box.mailbox)
        if kept is not None and not self._rules(box.mailbox).editable:
            box = kept._replace(failures=box.failures, locked_until=box.locked_until)
        self._boxes[box.mailbox] = box
        self._keeper.put_box(box)

    def log_in_failed(self, box: Box) -> None:
        """Somebody was wrong; perhaps the box is locked by that (VM-15)."""
        was_locked_until = self.box(box.mailbox).locked_until
        self.put_box(box)
        if box.locked_until > was_locked_until:
            self._locked(box.mailbox, box.locked_until)

    def greeting_path(self, mailbox: str, recording_id: str) -> str:
        """The file of a greeting."""
        return self._blobs.path(GREETINGS, mailbox, f"{recording_id}.wav")

    def greeting(self, mailbox: str, kind: str, written: str = "") -> str:
        """The file that the owner has recorded, or empty.

        `written`: what the configuration names for it. When that was changed later, it counts.
        """
        recording = self.box(mailbox).greetings.get(kind)
        if recording is not None and recording.instead == written:
            return self.greeting_path(mailbox, recording.id)
        return ""

    def new_greeting(self, mailbox: str) -> str:
        """The id of a greeting that is going to be recorded at its path."""
        recording_id = self._new_id()
        self._blobs.prepare(self.greeting_path(mailbox, recording_id))
        return recording_id

    def set_greeting(self, mailbox: str, kind: str, recording: Recording | None) -> None:
        """Use a recording from now on, or none of this kind any more. The one before it goes."""
        box = self.box(mailbox)
        others = {name: value for name, value in box.greetings.items() if name != kind}
        before = box.greetings.get(kind)
        self._boxes[mailbox] = box = box._replace(
            greetings=others if recording is None else {**others, kind: recording}
        )
        committed = self._keeper.put_box(box)
        if before is not None:
            path = self.greeting_path(mailbox, before.id)
            committed.add_done_callback(
                lambda done: None if done.exception() else self._remove(path)
            )

    def drop_greeting(self, mailbox: str, recording_id: str) -> None:
        """Forget one that was recorded but not taken."""
        self._remove(self.greeting_path(mailbox, recording_id))

    def _remove(self, path: str) -> None:
        self._aside(lambda: self._blobs.remove(path), lambda result: None)
