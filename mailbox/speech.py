"""What is said on a line, and when it is over.

What is said are names of prompts; what they sound like in the caller's language is somebody else's
business, and so is whether there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from softswitch.media.engine.interface import Recorded, Sound
from softswitch.media.indications import COUNTRIES, DEFAULT

if TYPE_CHECKING:
    from softswitch.mailbox.line import Line

Prompts = Callable[[Sequence[str]], Sequence[Sound]]
"""The sounds of these names; those that are not there are left out."""

BEEP = COUNTRIES[DEFAULT].beep


class Phrases(Protocol):
    """What is put together of prompts, as the language wants it."""

    def count(self, new: int, old: int) -> Sequence[str]:
        """Two new messages, five old."""

    def digits(self, number: str) -> Sequence[str]:
        """One after the other."""

    def seconds(self, count: int) -> Sequence[str]:
        """Twenty-five seconds."""

    def moment(self, at: float, now: float) -> Sequence[str]:
        """Today, 15:19."""


class Exits(NamedTuple):
    """Where else a call can go. None: nowhere, and the key that leads there does nothing.

    The line is quiet when one is called, and the application leaves it alone from then on.
    """

    log_in: Callable[[], None] | None = None


class Speaker:
    """Says one thing at a time on a line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._turn = 0

    def say(self, sounds: Sequence[Sound], then: Callable[[], None]) -> None:
        """Say this instead of what is being said; `then` is called at its end, or if it fails."""
        self._turn += 1
        turn = self._turn

        def done(whole: bool) -> None:
            if turn == self._turn:
                then()

        if sounds:
            self._line.play(sounds, done)
        else:
            self._line.later(0.0, lambda: done(True))

    def say_and_record(
        self,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float,
        begun: Callable[[], None],
        done: Callable[[Recorded], None],
    ) -> None:
        """Say this, and record what is answered; `begun` is called when that begins, or somewhat
        later, unless something else is said by then."""
        self._turn += 1
        turn = self._turn

        def said(whole: bool) -> None:
            if turn == self._turn:
                begun()

        self._line.play_and_record(
            sounds, path, limit=limit, silence=silence, begun=said, done=done
        )

    def stop(self) -> None:
        """Say no more; what was to come then does not come."""
        self._turn += 1
        self._line.hush()


def digits_of(number: str) -> str:
    """A number as its digits can be said."""
    return "".join(letter for letter in number if letter in "0123456789")
