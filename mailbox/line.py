"""What a call is for a mailbox: somebody who hears, speaks and presses keys.

A mailbox knows no SIP. It is handed a Line, and told what happens on it; it never waits. Nothing
that an application is told comes from inside a method of its Line.

    begin ─► digit, done of play and record, later … ─► hung_up
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from softswitch.media.engine.interface import Recorded, Sound


class Connect(NamedTuple):
    """A wish to talk to a person instead: an operator, or whoever left a message."""

    target: str
    """What would be dialled: an extension or a number, or another destination."""
    principal: str
    """The user whose permission and money that takes: the owner of the mailbox (VM-17)."""


class Line(Protocol):
    """A call that the switch itself takes. No method blocks, and none raises."""

    caller: str
    """The number or name of who calls; empty when it is withheld."""
    caller_name: str
    language: str
    """Such as "en"."""
    remote: bool
    """Whether it is anything but a phone of one of our own users."""

    @property
    def codec(self) -> str:
        """In which the remote speaks, such as "PCMA"; empty while that is not known."""

    def wall(self) -> float:
        """Seconds since 1970."""

    def answer(self) -> None:
        """Take the call. What is played before is early media; answering again does nothing."""

    def play(self, sounds: Sequence[Sound], done: Callable[[bool], None]) -> None:
        """Let the remote hear this, instead of what it hears; `done` is called once.

        True: to the end; False: something else was played, or it was hushed, or it failed.
        """

    def hush(self) -> None:
        """Play no more."""

    def record(
        self, path: str, *, limit: float, silence: float, done: Callable[[Recorded], None]
    ) -> None:
        """Write what the remote says into a file, for `limit` seconds at most.

        So many seconds of `silence` end it. `done` is called at most once, after `hung_up` too.
        """

    def play_and_record(
        self,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float,
        begun: Callable[[bool], None],
        done: Callable[[Recorded], None],
    ) -> None:
        """Both of these, the recording as soon as the sounds are over, for whoever is answered.

        `begun` is that of `play`, but may be called a second late; a key that was pressed behind
        the sounds is told later still. Where they do not end by themselves, the recording is
        "stopped" before it begins.
        """

    def finish(self) -> None:
        """End the recording."""

    def connect(self, wanted: Connect, back: Callable[[], None]) -> None:
        """Ring somebody else for the remote; once he answers, the application is told `hung_up`.

        `back` is called when nobody took the call: the line is as it was, and quiet. Keys pressed
        meanwhile are nobody's.
        """

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back in a while; what is returned prevents it."""

    def hang_up(self) -> None:
        """End the call. The application is told nothing more, except what it recorded."""


class Application(Protocol):
    """Who talks with a Line. Its methods never raise."""

    def begin(self, line: Line) -> None:
        """The line is there. Called once, before everything else."""

    def digit(self, digit: str) -> None:
        """The remote pressed one of 0-9 * # A-D."""

    def hung_up(self) -> None:
        """The remote is gone: there is nobody to hear anything. Called at most once."""
