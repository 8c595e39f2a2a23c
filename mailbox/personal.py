"""What an owner changes by phone: greetings, his name, the PIN; and the first set-up (VM-20).

dictation ──► kept, in use from now on
    └─ hang-up, or `*`: the greeting before it stays
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from softswitch.mailbox import menus, pins
from softswitch.mailbox.dictation import Dictation, Verdict
from softswitch.mailbox.messages import (
    BUSY,
    NAME,
    NO_ANSWER,
    TEMPORARY,
    Box,
    Recording,
    written_greeting,
)
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import BEEP
from softswitch.media.engine.interface import Clip, Sound


class Personal:
    """The menu of greetings and settings."""

    def __init__(self, session: Session, leave: Callable[[], None]) -> None:
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._dictation = Dictation(session)
        self._mailbox = session.mailbox
        self._leave = leave
        self._kind = NO_ANSWER
        """What is being recorded."""
        self._deletes = False
        """What is to be done with the greeting that is asked for."""
        self._then: Callable[[], None] = self.settings
        """After a recording or a PIN."""
        self._otherwise: Callable[[], None] = leave
        """After nothing."""
        self._pin = ""

    def open(self) -> None:
        """The menu; without a key a greeting is recorded (S4-13)."""
        self._then, self._otherwise = self.settings, self._leave
        self._dialogue.menu(menus.SETTINGS, self)

    def set_up(self, done: Callable[[], None]) -> None:
        """The first time: a PIN, then a name and a greeting for whoever wants them (VM-20)."""
        greeting = partial(self._offer, NO_ANSWER, "vm.record_greeting", done)
        name = partial(self._offer, NAME, "vm.record_name", greeting)
        self._then = self._otherwise = name
        self._ask_pin("vm.welcome")

    def close(self) -> None:
        """The call is over: what has not been kept is not kept."""
        self._dictation.close()

    # the menu's keys

    def settings(self, before: Sequence[Sound] = ()) -> None:
        """What else?"""
        self._then, self._otherwise = self.settings, self._leave
        self._dialogue.menu(menus.SETTINGS_AGAIN, self, before)

    def leave(self) -> None:
        """Back to the messages."""
        self._leave()

    def record_no_answer(self) -> None:
        """1"""
        self._record(NO_ANSWER)

    def record_busy(self) -> None:
        """2"""
        self._record(BUSY)

    def record_name(self) -> None:
        """3"""
        self._record(NAME)

    def record_temporary(self) -> None:
        """4"""
        self._record(TEMPORARY)

    def change_pin(self) -> None:
        """5"""
        self._ask_pin()

    def hear_which(self) -> None:
        """6"""
        self._deletes = False
        self._dialogue.menu(menus.WHICH, self)

    def delete_which(self) -> None:
        """7"""
        self._deletes = True
        self._dialogue.menu(menus.WHICH, self)

    def which_no_answer(self) -> None:
        """1"""
        self._chosen(NO_ANSWER)

    def which_busy(self) -> None:
        """2"""
        self._chosen(BUSY)

    def which_name(self) -> None:
        """3"""
        self._chosen(NAME)

    def which_temporary(self) -> None:
        """4"""
        self._chosen(TEMPORARY)

    def _chosen(self, kind: str) -> None:
        written = written_greeting(self._session.settings, kind)
        own = self._boxes.owners.greeting(self._mailbox, kind, written)
        words = self._session.words
        if not self._deletes:
            current = own or written
            self.settings([Clip(current)] if current else words("vm.no_recording"))
        elif own:
            self._boxes.owners.set_greeting(self._mailbox, kind, None)
            self.settings(words("vm.deleted"))
        else:
            self.settings(words("vm.no_recording"))

    # recordings

    def _record(self, kind: str) -> None:
        self._kind = kind
        name = "vm.record_name" if kind == NAME else "vm.record_greeting"
        self._dialogue.tell(self._session.words(name), self.begin_recording)

    def _offer(self, kind: str, name: str, then: Callable[[], None]) -> None:
        """Record this, or press `#` and do not."""
        self._kind = kind
        self._then = self._otherwise = then
        words = self._session.words(name, "vm.skip_with_hash")
        self._dialogue.menu(menus.SKIP, self, words)

    def skip(self) -> None:
        """Do not record that."""
        self._otherwise()

    def begin_recording(self) -> None:
        """Beep."""
        self._dialogue.tell([BEEP], self._start)

    def _start(self) -> None:
        self._dictation.begin(
            Verdict(
                keep=self._keep,
                again=self.begin_recording,
                throw_away=self._then,
                nothing=self._otherwise,
            )
        )

    def _keep(self, recording: str) -> None:
        kind = self._kind
        instead = written_greeting(self._session.settings, kind)
        self._boxes.owners.set_greeting(self._mailbox, kind, Recording(recording, instead))
        self._dialogue.tell(self._session.words("vm.kept"), self._then)

    # the PIN

    def _ask_pin(self, *before: str) -> None:
        says = self._session.words(*before, "vm.new_password")
        self._dialogue.number(says, self._typed, most=pins.LONGEST)

    def _typed(self, pin: str) -> None:
        is_needed = self._then != self.settings
        if not pin and not is_needed:
            self.settings()
        elif not pins.is_good(pin, self._session.who.number(self._mailbox)):
            self._ask_pin("vm.password_refused")
        else:
            self._pin = pin
            says = self._session.words("vm.password_again")
            self._dialogue.number(says, self._repeated, most=pins.LONGEST, exactly=len(pin))

    def _repeated(self, pin: str) -> None:
        if pin != self._pin:
            self._ask_pin("vm.passwords_differ")
            return
        session = self._session
        salts = session.salt(), session.salt()
        box = self._boxes.owners.box(self._mailbox)
        job = partial(pins.chosen, box, pin, session.settings.pin, salts)
        self._boxes.aside(job, self._hashed)

    def _hashed(self, chosen: Box | OSError) -> None:
        """Kept even when the caller is gone: he has typed it twice."""
        if isinstance(chosen, Box):
            self._boxes.owners.put_box(
                self._boxes.owners.box(self._mailbox)._replace(
                    pin=chosen.pin,
                    pin_length=chosen.pin_length,
                    pin_instead=chosen.pin_instead,
                    pin_at=self._boxes.wall(),
                )
            )
        said = "vm.password_changed" if isinstance(chosen, Box) else "vm.not_possible"
        if not self._session.is_over:
            self._dialogue.tell(self._session.words(said), self._then)
