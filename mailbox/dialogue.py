"""Asking somebody who has only keys: menus and numbers, with keys that are typed ahead (VM-12).

menu    something is said; one of its keys ends that, and an action follows
number  something is said; the first digit ends that, and `#` or a pause the number
busy    something takes a while; keys are kept for what comes next
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from softswitch.mailbox.line import Line
from softswitch.mailbox.speech import Prompts, Speaker
from softswitch.media.engine.interface import Sound

PATIENCE = 6.0
"""Seconds after a menu was said, until it is said again."""
FIRST_DIGIT, NEXT_DIGIT = 10.0, 3.0
"""Seconds that somebody has for them."""
ROUNDS = 3
"""Times that something is said to somebody who presses nothing."""
MOST_AHEAD = 32

Action = Callable[[], None]


class Menu(NamedTuple):
    """A state in which keys mean something."""

    says: tuple[str, ...]
    keys: Mapping[str, str]
    """key → the name of an action"""
    at_end: str = ""
    """The action when all was said and `patience` is over; none: it is said again."""
    patience: float = PATIENCE


class Dialogue:
    """With the remote of a line."""

    def __init__(self, line: Line, prompts: Prompts, give_up: Action) -> None:
        """`give_up` is called when nobody seems to be there."""
        self._line = line
        self._speaker = Speaker(line)
        self._prompts = prompts
        self._give_up = give_up
        self._ahead: deque[str] = deque(maxlen=MOST_AHEAD)
        self._hear: Callable[[str], bool] | None = None
        """Takes a key and tells whether it meant something; None: busy."""
        self._cancel: Action | None = None
        self._rounds = 0
        self._is_complete = False
        """The last number had all its digits: a `#` behind it is a habit, and means nothing."""
        self._is_over = False

    def digit(self, digit: str) -> None:
        """A key was pressed."""
        was_complete, self._is_complete = self._is_complete, False
        if was_complete and digit == "#":
            return
        if self._hear is None:
            self._ahead.append(digit)
        elif self._hear(digit):
            self._rounds = 0

    def menu(self, menu: Menu, actions: object, before: Sequence[Sound] = ()) -> None:
        """Say this, and do what the key says; `actions` has a method for each."""
        deeds: dict[str, Action] = {key: getattr(actions, name) for key, name in menu.keys.items()}
        at_end: Action | None = getattr(actions, menu.at_end) if menu.at_end else None

        def hear(digit: str) -> bool:
            if digit in deeds:
                self.busy()
                deeds[digit]()
            return digit in deeds

        def say(before: Sequence[Sound] = ()) -> None:
            self._speaker.say([*before, *self._prompts(menu.says)], wait)

        def wait() -> None:
            if at_end is None:
                self._later(menu.patience, lambda: self._again(say))
            else:
                self._later(menu.patience, lambda: self._go(at_end))

        self._listen(hear, lambda: say(before))

    def number(
        self,
        says: Sequence[Sound],
        done: Callable[[str], None],
        *,
        most: int,
        exactly: int = 0,
    ) -> None:
        """Say this, and take digits until `#`, a pause, or as many as there can be.

        `*` begins anew. Nothing but `#` is an empty number.
        """
        typed: list[str] = []

        def end() -> None:
            self.busy()
            done("".join(typed))

        def hear(digit: str) -> bool:
            if digit not in "0123456789*#":
                return False
            self._stop()
            if digit == "*":
                typed.clear()
                say()
            elif digit == "#":
                end()
            else:
                typed.append(digit)
                if len(typed) == (exactly or most):
                    self._complete()
                    end()
                else:
                    self._later(NEXT_DIGIT, end)
            return True

        def say() -> None:
            self._speaker.say(says, lambda: self._later(FIRST_DIGIT, lambda: self._again(say)))

        self._listen(hear, say)

    def tell(self, names: Sequence[Sound], then: Action) -> None:
        """Say this to its end; keys are kept for what comes next."""
        self.busy()
        if not self._is_over:
            self._speaker.say(names, then)

    def busy(self) -> None:
        """Something takes a while: say nothing, and keep the keys."""
        if not self._is_over:
            self._stop()
            self._hear = None

    def end(self) -> None:
        """The line may be gone: whatever is asked or said from now on is not."""
        self._is_over = True
        self._drop_timer()
        self._ahead.clear()
        self._hear = lambda digit: False

    # inside

    def _listen(self, hear: Callable[[str], bool], say: Action) -> None:
        """From now on keys are for this; those that were typed ahead come first."""
        if self._is_over:
            return
        self._hear = hear
        is_heard = False
        while self._ahead and self._hear is hear:
            is_heard |= hear(self._ahead.popleft())
        if not is_heard:
            say()

    def _complete(self) -> None:
        if self._ahead and self._ahead[0] == "#":
            self._ahead.popleft()
        elif not self._ahead:
            self._is_complete = True
            self._line.later(NEXT_DIGIT, self._forget_habit)

    def _forget_habit(self) -> None:
        self._is_complete = False

    def _again(self, say: Action) -> None:
        self._cancel = None
        self._rounds += 1
        if self._rounds >= ROUNDS:
            self.busy()
            self._give_up()
        else:
            say()

    def _go(self, action: Action) -> None:
        self.busy()
        action()

    def _later(self, seconds: float, action: Action) -> None:
        self._drop_timer()
        self._cancel = self._line.later(seconds, action)

    def _stop(self) -> None:
        self._drop_timer()
        self._speaker.stop()

    def _drop_timer(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
