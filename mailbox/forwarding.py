"""Sending a message on to another mailbox, with a few words of one's own if one likes.

number ──► introduction? ──► dictation ──┬─► copied ──► told
                   └───────── # ────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from softswitch.mailbox import delivery, menus
from softswitch.mailbox.dictation import Dictation, Verdict
from softswitch.mailbox.login import LONGEST_NUMBER
from softswitch.mailbox.messages import Message
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import BEEP


class Forwarding:
    """Of one message; `then` goes on with it, after saying these."""

    def __init__(self, session: Session, message: Message, then: Callable[..., None]) -> None:
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._dictation = Dictation(session)
        self._message = message
        self._then = then
        self._targets: tuple[str, ...] = ()

    def ask(self) -> None:
        """To whom?"""
        says = self._session.words("vm.forward_to")
        self._dialogue.number(says, self._numbered, most=LONGEST_NUMBER)

    def close(self) -> None:
        """Nothing more comes of it."""
        self._dictation.close()

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
        self._dictation.begin(
            Verdict(
                keep=self._send,
                again=self.introduce,
                throw_away=self._begin_again,
                nothing=self._begin_again,
            )
        )

    def _begin_again(self) -> None:
        """With the question."""
        self._dialogue.menu(menus.INTRODUCTION, self)

    # the copies

    def send(self) -> None:
        """`#`: without an introduction."""
        self._send("")

    def _send(self, introduction: str) -> None:
        """Though the owner hangs up now. `introduction`: the id of what he said, or empty."""
        owners, mailbox = self._boxes.owners, self._session.mailbox
        self._dialogue.busy()
        delivery.spread(
            self._boxes,
            self._message,
            self._targets,
            partial(self._sent, introduction),
            by=mailbox,
            intro=owners.greeting_path(mailbox, introduction) if introduction else "",
        )

    def give_up(self) -> None:
        """`*`"""
        self._then()

    def _sent(self, introduction: str, fine: bool) -> None:
        if introduction:
            self._boxes.owners.drop_greeting(self._session.mailbox, introduction)
        if not self._session.is_over:
            self._then("vm.forwarded" if fine else "vm.not_possible")
