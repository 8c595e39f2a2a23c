"""An owner hears his messages (features §2.4).

    log in ──► (first set-up) ──► count ──► new messages, by themselves ──► main menu ──► goodbye
                                    └─ 0, at any time: greetings and settings ─┘

Which key does what is in `menus`. A call that hears no key ends by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from softswitch.mailbox import menus
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.line import Line
from softswitch.mailbox.listening import Listening
from softswitch.mailbox.login import LogIn, Who
from softswitch.mailbox.messages import NEW, OLD, TEMPORARY, Message, Settings
from softswitch.mailbox.personal import Personal
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import Phrases, Prompts
from softswitch.media.engine.interface import Sound


class Retrieval:
    """An Application for whoever wants to hear messages."""

    def __init__(
        self,
        boxes: Boxes,
        mailbox: str | None,
        *,
        asks_number: bool,
        is_own: bool,
        find: Callable[[str], str | None],
        settings: Callable[[str], Settings | None],
        number: Callable[[str], str],
        first_pin: Callable[[str], str | None],
        prompts: Prompts,
        phrases: Phrases,
        salt: Callable[[], bytes],
        mail: Callable[[str], Callable[[Message], None] | None] = lambda mailbox: None,
    ) -> None:
        """`mailbox`: the one that is probably meant; `is_own`: the call comes from its owner's
        phone. `find`: typed digits → a mailbox; `settings`: None where there is none; `number`:
        what no PIN may be; `first_pin`: what counts until a PIN is chosen, None where nothing does;
        `mail`: what sends a message to the owner of a mailbox, None where nothing can."""
        self._boxes = boxes
        self._mailbox = mailbox
        self._asks_number = asks_number
        self._is_own = is_own
        self._who = Who(find, settings, number, first_pin)
        self._prompts = prompts
        self._phrases = phrases
        self._salt = salt
        self._mail = mail
        self._line: Line
        self._dialogue: Dialogue
        self._session: Session | None = None
        self._listening: Listening
        self._personal: Personal
        self._is_over = False

    # what the line says

    def begin(self, line: Line) -> None:
        """Answer, and ask who it is."""
        self._line = line
        line.answer()
        self._dialogue = Dialogue(line, self._prompts, self.finish)
        LogIn(
            self._dialogue,
            self._boxes,
            self._prompts,
            self._who,
            mailbox=self._mailbox,
            asks_number=self._asks_number,
            is_own=self._is_own and not line.remote,
            done=self._logged_in,
            refused=self.finish,
        ).begin()

    def digit(self, digit: str) -> None:
        """A key was pressed."""
        if not self._is_over:
            self._dialogue.digit(digit)

    def hung_up(self) -> None:
        """The caller is gone; what he has decided holds."""
        self._is_over = True
        self._dialogue.end()
        self._close()

    # the way in

    def _logged_in(self, mailbox: str, is_first: bool, is_own: bool) -> None:
        settings = self._who.settings(mailbox)
        if self._is_over or settings is None:
            return
        session = self._session = Session(
            mailbox=mailbox,
            line=self._line,
            dialogue=self._dialogue,
            boxes=self._boxes,
            settings=settings,
            prompts=self._prompts,
            phrases=self._phrases,
            who=self._who,
            salt=self._salt,
            mail=self._mail(mailbox),
            listens_only=is_first and not is_own,
        )
        self._personal = Personal(session, self.main)
        self._listening = Listening(session, leave=self._main, settings=self.settings)
        if is_first and is_own and settings.editable:
            self._personal.set_up(self._count)
        else:
            self._count()

    def _count(self) -> None:
        session = self._session
        assert session is not None
        new, old = self._boxes.summary(session.mailbox)
        says = [
            *session.words("vm.you_have"),
            *session.prompts(session.phrases.count(new, old)),
        ]
        if self._boxes.owners.greeting(session.mailbox, TEMPORARY):
            says += session.words("vm.temporary_greeting_on")
        self._dialogue.menu(menus.COUNT if new else menus.MAIN, self, says)

    # the main menu's keys

    def main(self) -> None:
        """`*`"""
        self._main(())

    def _main(self, before: Sequence[Sound]) -> None:
        self._dialogue.menu(menus.MAIN, self, before)

    def hear_new(self) -> None:
        """1"""
        self._listening.open(NEW)

    def hear_old(self) -> None:
        """2"""
        self._listening.open(OLD)

    def settings(self) -> None:
        """0"""
        session = self._session
        if session is not None and session.listens_only:
            self._main(session.words("vm.not_possible"))
        elif session is not None and not session.settings.editable:
            self._main(session.words("code.not_changeable"))
        else:
            self._personal.open()

    def finish(self) -> None:
        """`#`, or nobody seems to be there."""
        self._close()
        self._dialogue.tell(self._prompts(["vm.goodbye"]), self._hang_up)

    def _hang_up(self) -> None:
        self._is_over = True
        self._dialogue.end()
        self._close()
        self._line.hang_up()

    def _close(self) -> None:
        """The session is over: what was discarded is deleted (VM-14)."""
        if self._session is not None and not self._session.is_over:
            self._session.is_over = True
            self._listening.close()
            self._personal.close()
