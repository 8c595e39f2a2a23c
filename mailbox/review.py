"""A caller hears what he has said, and keeps it or says it again (VM-3).

review ──┬─ 1, silence, hang-up ──► kept
         ├─ 2 ──► heard
         ├─ 3 ──► beep, said again
         └─ * ──► thrown away
"""

from __future__ import annotations

from collections.abc import Callable

from softswitch.mailbox import menus
from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.line import Line
from softswitch.mailbox.speech import Prompts
from softswitch.media.engine.interface import Clip


class Review:
    """Of one recording."""

    def __init__(
        self,
        line: Line,
        prompts: Prompts,
        path: str,
        *,
        keep: Callable[[], None],
        again: Callable[[], None],
        throw_away: Callable[[], None],
    ) -> None:
        """One of the three is called, once."""
        self._dialogue = Dialogue(line, prompts, self.keep)
        self._path = path
        self._keep = keep
        self._again = again
        self._throw_away = throw_away

    def begin(self) -> None:
        """Ask."""
        self._dialogue.menu(menus.REVIEW, self)

    def digit(self, digit: str) -> None:
        """A key was pressed."""
        self._dialogue.digit(digit)

    def listen(self) -> None:
        """2"""
        self._dialogue.menu(menus.REVIEW, self, [Clip(self._path)])

    def keep(self) -> None:
        """1, or nobody says anything, or the caller is gone."""
        self._dialogue.end()
        self._keep()

    def again(self) -> None:
        """3"""
        self._dialogue.end()
        self._again()

    def throw_away(self) -> None:
        """`*`"""
        self._dialogue.end()
        self._throw_away()
