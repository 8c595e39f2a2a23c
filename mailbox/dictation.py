"""What an owner says into the telephone: a greeting, his name, words before a message sent on.

recording ──► shortened ──► review ──┬─ 1 ──► kept
     └─ nothing was said             ├─ 2 ──► heard
                                     ├─ 3 ──► said again
                                     └─ *, or hang-up ──► thrown away
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from softswitch.mailbox import menus
from softswitch.mailbox.session import Session
from softswitch.media.engine.interface import Clip, Recorded, Sound

SHORTEST_SOUND = 0.5
"""Seconds: less is not even a name."""
AFTER_SOUND = 0.3
"""Seconds that stay behind the last word."""


class Verdict(NamedTuple):
    """What follows; one of these is called, unless the owner hangs up."""

    keep: Callable[[str], None]
    """Hears the id of the recording, which is the caller's from then on."""
    again: Callable[[], None]
    """Leads to another recording."""
    throw_away: Callable[[], None]
    nothing: Callable[[], None]
    """There was no sound, and the owner has been told."""


class Dictation:
    """One recording at a time; whatever is not kept is dropped."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._verdict: Verdict
        self._recording = ""
        """The id of what has been recorded and is not kept yet."""

    def begin(self, verdict: Verdict) -> None:
        """Record from now on, until `#`, a silence or the limit."""
        self._verdict = verdict
        session = self._session
        recording = self._boxes.owners.new_greeting(session.mailbox)
        session.line.record(
            self._path(recording),
            limit=menus.LONGEST_GREETING,
            silence=session.settings.max_silence,
            done=partial(self._recorded, recording),
        )
        self._dialogue.menu(menus.RECORDING, self)

    def close(self) -> None:
        """Nothing more comes of it."""
        if self._recording:
            self._boxes.owners.drop_greeting(self._session.mailbox, self._recording)
            self._recording = ""

    def stop(self) -> None:
        """`#`: that was all."""
        self._session.line.finish()

    def _recorded(self, recording: str, recorded: Recorded) -> None:
        self._recording = recording
        sound = recorded.sound_ends - recorded.sound_begins
        if self._session.is_over:
            self.close()
        elif recorded.ended in ("failed", "closed") or sound < SHORTEST_SOUND:
            self.close()
            self._dialogue.tell(self._session.words("vm.no_recording"), self._verdict.nothing)
        else:
            self._dialogue.busy()
            end = recorded.sound_ends + AFTER_SOUND
            job = partial(self._boxes.blobs.shorten, self._path(recording), end)
            self._boxes.aside(job, lambda result: self._review())

    # the review's keys

    def _review(self, before: Sequence[Sound] = ()) -> None:
        if not self._session.is_over:
            self._dialogue.menu(menus.REVIEW, self, before)

    def keep(self) -> None:
        """1"""
        recording, self._recording = self._recording, ""
        self._verdict.keep(recording)

    def listen(self) -> None:
        """2"""
        self._review([Clip(self._path(self._recording))])

    def again(self) -> None:
        """3"""
        self.close()
        self._verdict.again()

    def throw_away(self) -> None:
        """`*`"""
        self.close()
        self._verdict.throw_away()

    def _path(self, recording: str) -> str:
        return self._boxes.owners.greeting_path(self._session.mailbox, recording)
