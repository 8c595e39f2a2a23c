"""Sending a message on to another mailbox, with a few words of one's own if one likes.

number ──► introduction? ──► recording ──► review ──┬─► copied ──► told
                   └────────── # ───────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from softswitch.mailbox import audio, delivery, menus
from softswitch.mailbox.login import LONGEST_NUMBER
from softswitch.mailbox.messages import Message
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import BEEP
from softswitch.media.engine.interface import Clip, Recorded

AFTER_SOUND = 0.3
"""Seconds that stay behind the last word of an introduction."""


class Forwarding:
    """Of one message; `then` goes on with it, after saying these."""

    def __init__(self, session: Session, message: Message, then: Callable[..., None]) -> None:
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._message = message
        self._then = then
        self._targets: tuple[str, ...] = ()
        self._recording = ""
        """The id of the introduction."""

    def ask(self) -> None:
        """To whom?"""
        says = self._session.words("vm.forward_to")
        self._dialogue.number(says, self._numbered, most=LONGEST_NUMBER)

    def close(self) -> None:
        """Nothing more comes of it."""
        if self._recording:
            self._boxes.owners.drop_greeting(self._session.mailbox, self._recording)
            self._recording = ""

    def _numbered(self, digits: str) -> None:
        session = self._session
        mailbox = session.who.find(digits) if digits else None
        settings = None if mailbox is None else session.who.settings(mailbox)
        if not digits:
            self._then()
        elif mailbox is None or settings is None or mailbox == session.mailbox:
            self._dialogue.tell(session.words("vm.no_such_mailbox"), self.ask)
        elif not delivery.has_room(self._boxes, mailbox, settings):
            self._then("vm.other_mailbox_full")
        else:
            self._targets = settings.deliver_to or (mailbox,)
            self._dialogue.menu(menus.INTRODUCTION, self)

    # the introduction

    def introduce(self) -> None:
        """1"""
        says = [*self._session.words("vm.record_introduction"), BEEP]
        self._dialogue.tell(says, self._record)

    def _record(self) -> None:
        session = self._session
        recording = self._boxes.owners.new_greeting(session.mailbox)
        session.line.record(
            self._path(recording),
            limit=menus.LONGEST_GREETING,
            silence=session.settings.max_silence,
            done=partial(self._recorded, recording),
        )
        self._dialogue.menu(menus.RECORDING, self)

    def stop(self) -> None:
        """`#`: that was all."""
        self._session.line.finish()

    def _recorded(self, recording: str, recorded: Recorded) -> None:
        self._recording = recording
        is_bad = recorded.ended in ("failed", "closed") or not recorded.sound_ends
        if self._session.is_over:
            self.close()
        elif is_bad:
            self.close()
            self._dialogue.tell(self._session.words("vm.no_recording"), self.begin_again)
        else:
            self._dialogue.busy()
            job = partial(audio.shorten, self._path(recording), recorded.sound_ends + AFTER_SOUND)
            self._boxes.aside(job, lambda result: self._review())

    def _review(self) -> None:
        if self._session.is_over:
            self.close()
        else:
            self._dialogue.menu(menus.REVIEW, self)

    def begin_again(self) -> None:
        """With the question."""
        self._dialogue.menu(menus.INTRODUCTION, self)

    def keep(self) -> None:
        """1"""
        self.send()

    def listen(self) -> None:
        """2"""
        self._dialogue.menu(menus.REVIEW, self, [Clip(self._path(self._recording))])

    def again(self) -> None:
        """3"""
        self.close()
        self.introduce()

    def throw_away(self) -> None:
        """`*`"""
        self.close()
        self.begin_again()

    # the copies

    def send(self) -> None:
        """`#`, or after the introduction."""
        self._dialogue.busy()
        intro = self._path(self._recording) if self._recording else ""
        delivery.spread(
            self._boxes,
            self._message,
            self._targets,
            self._sent,
            by=self._session.mailbox,
            intro=intro,
        )

    def give_up(self) -> None:
        """`*`"""
        self._then()

    def _sent(self, fine: bool) -> None:
        self.close()
        if not self._session.is_over:
            self._then("vm.forwarded" if fine else "vm.not_possible")

    def _path(self, recording: str) -> str:
        return self._boxes.owners.greeting_path(self._session.mailbox, recording)
