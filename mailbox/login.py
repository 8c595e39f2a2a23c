"""Getting into a mailbox: a number, a PIN, and what happens to those who guess (VM-15).

What is heard, and after how long, is the same for a wrong PIN, a mailbox that does not exist and
one that is locked. Nothing that was typed is written to any log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from softswitch.mailbox import pins
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.messages import Box, Settings
from softswitch.mailbox.speech import Prompts
from softswitch.media.engine.interface import Sound

LONGEST_NUMBER = 20


class Who:
    """What is known of the mailboxes here."""

    __slots__ = ("find", "first_pin", "number", "settings")

    def __init__(
        self,
        find: Callable[[str], str | None],
        settings: Callable[[str], Settings | None],
        number: Callable[[str], str],
        first_pin: Callable[[str], str | None],
    ) -> None:
        self.find = find
        """Typed digits → a mailbox; the extension, or the telephone number in any form (S0-10)."""
        self.settings = settings
        self.number = number
        """What no PIN may be."""
        self.first_pin = first_pin
        """What counts until the owner chooses his own; None: nothing does."""


class LogIn:
    """One caller's attempts."""

    def __init__(
        self,
        dialogue: Dialogue,
        boxes: Boxes,
        prompts: Prompts,
        who: Who,
        *,
        mailbox: str | None,
        asks_number: bool,
        is_own: bool,
        done: Callable[[str, bool, bool], None],
        refused: Callable[[], None],
    ) -> None:
        """`done` hears the mailbox, whether the PIN is the first one, and whether the phone is the
        owner's; `refused` is called after too many tries."""
        self._dialogue = dialogue
        self._boxes = boxes
        self._prompts = prompts
        self._who = who
        self._given = mailbox
        self._asks_number = asks_number or mailbox is None
        self._is_own_phone = is_own
        self._done = done
        self._refused = refused
        self._mailbox = mailbox
        self._tries = 0

    def begin(self, before: Sequence[Sound] = ()) -> None:
        """Ask, unless it is a phone that needs no PIN."""
        if not self._asks_number and self._is_let_in():
            self._done(self._box().mailbox, self._has_no_pin(), True)
        elif self._asks_number:
            says = [*before, *self._prompts(["vm.mailbox_number"])]
            self._dialogue.number(says, self._numbered, most=LONGEST_NUMBER)
        else:
            self._ask_pin(before)

    def _numbered(self, digits: str) -> None:
        """`#` alone is the mailbox whose greeting was heard."""
        self._mailbox = self._who.find(digits) if digits else self._given
        self._ask_pin()

    def _ask_pin(self, before: Sequence[Sound] = ()) -> None:
        says = [*before, *self._prompts(["vm.password"])]
        self._dialogue.number(says, self._typed, most=pins.LONGEST, exactly=self._length())

    def _is_let_in(self) -> bool:
        """The owner's phone, where it is trusted or where there is no PIN yet that it could ask."""
        settings = self._settings()
        if settings is None or not self._is_own:
            return False
        return settings.trust_device or (self._has_no_pin() and self._first_pin() is None)

    def _has_no_pin(self) -> bool:
        """The owner has chosen none, and the configuration neither."""
        settings, box = self._settings(), self._box()
        return not (settings and settings.pin) and (not box.pin or bool(box.pin_instead))

    def _first_pin(self) -> str | None:
        return self._who.first_pin(self._mailbox or "")

    @property
    def _is_own(self) -> bool:
        return self._is_own_phone and self._mailbox == self._given

    def _settings(self) -> Settings | None:
        """None: there is no such mailbox, as far as this caller can know."""
        settings = None if self._mailbox is None else self._who.settings(self._mailbox)
        return settings if settings and (self._is_own or settings.remote_login) else None

    def _box(self) -> Box:
        return self._boxes.owners.box(self._mailbox or "")

    def _length(self) -> int:
        """Of the PIN where it is certain, for the owner's own phone: no `#` is needed (VM-12)."""
        settings, box = self._settings(), self._box()
        if settings is None or not self._is_own:
            return 0
        if box.pin:
            return 0 if settings.pin or box.pin_instead else box.pin_length
        return len(settings.pin) or len(self._first_pin() or "")

    def _typed(self, pin: str) -> None:
        settings = self._settings()
        first = self._first_pin()
        written = None if settings is None else settings.pin
        self._boxes.aside(partial(pins.check, pin, self._box(), written, first), self._checked)

    def _checked(self, found: object) -> None:
        box, now = self._box(), self._boxes.wall()
        is_locked = not self._is_own and now < box.locked_until
        if found in (pins.RIGHT, pins.FIRST) and not is_locked:
            self._done(box.mailbox, found == pins.FIRST, self._is_own)
            return
        if self._settings() is not None and not self._is_own and not is_locked:
            self._boxes.owners.log_in_failed(pins.failed(box, now))
        self._tries += 1
        failed = self._prompts(["vm.login_failed"])
        if self._tries == pins.TRIES_PER_CALL:
            self._dialogue.tell(failed, self._refused)
        else:
            self.begin(failed)
