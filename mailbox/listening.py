"""Hearing messages, one after the other, and what becomes of them.

Messages are remembered by their ids: others may come, or be deleted elsewhere, in the meantime
(VM-19). What is discarded is only deleted when the call is over, and can be taken back until then
(VM-14).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from softswitch.mailbox import menus
from softswitch.mailbox.messages import DELETED, NAME, NEW, OLD, RECORDING, Message
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import told
from softswitch.media.engine.interface import Clip, Sound

HEARD = 0.8
"""Share of a message after which it is old (VM-13)."""
STEP = 5.0
"""Seconds back or forward."""
PARTS = 10
"""Of a second: how finely is remembered what has been heard."""


class Listening:
    """The messages of one session."""

    def __init__(
        self,
        session: Session,
        *,
        leave: Callable[[Sequence[Sound]], None],
        settings: Callable[[], None],
        mail: Callable[[Message], None] | None,
    ) -> None:
        """`leave` goes to the main menu, after saying something."""
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._leave = leave
        self._settings = settings
        self._mail = mail
        self._ids: list[str] = []
        self._at = 0
        self._discarded: set[str] = set()
        self._position = 0.0
        """Seconds into the message, when `_since` was."""
        self._since: float | None = None
        """Since when it plays."""
        self._parts: set[int] = set()
        """What has been heard of it."""

    def open(self, state: str) -> None:
        """Hear what is new, or old."""
        messages = self._boxes.messages(self._session.mailbox)
        self._ids = [message.id for message in messages if message.state == state]
        self._at = 0
        if self._ids:
            self._announce()
        else:
            self._leave(self._session.words("vm.no_messages"))

    def close(self) -> None:
        """The call is over: now they are deleted."""
        self._account()
        for message_id in self._discarded:
            self._boxes.delete(message_id)
        self._discarded.clear()

    # one message

    def _current(self) -> Message | None:
        """None: somebody has deleted it."""
        message = self._boxes.find(self._ids[self._at]) if self._ids else None
        return None if message is None or message.state in (DELETED, RECORDING) else message

    def _announce(self) -> None:
        message = self._current()
        if message is None:
            self.following()
            return
        self._position, self._parts = 0.0, set()
        kind = "vm.new_message" if message.state == NEW else "vm.old_message"
        says = [*self._session.words(kind), *self._envelope(message)]
        self._dialogue.menu(menus.ANNOUNCED, self, says)

    def _envelope(self, message: Message) -> list[Sound]:
        """Who, and when (VM-18): a colleague's name in his own voice, if he has recorded it."""
        session = self._session
        name = self._boxes.owners.greeting(message.caller, NAME)
        digits = told(message)
        who = session.words("vm.unknown_caller")
        if name:
            who = [*session.words("vm.from"), Clip(name)]
        elif digits:
            who = [*session.words("vm.from"), *session.prompts(session.phrases.digits(digits))]
        when = session.phrases.moment(message.ended_at, session.line.wall())
        return [*who, *session.prompts(when)]

    def start(self) -> None:
        """From the beginning."""
        self._play(0.0)

    def _play(self, position: float) -> None:
        message = self._current()
        if message is None:
            self.following()
            return
        self._position = min(max(0.0, position), max(0.0, message.seconds - 0.1))
        self._since = self._session.line.wall()
        clip = Clip(self._boxes.path(message), self._position)
        self._dialogue.menu(menus.PLAYING, self, [clip])

    def _account(self) -> None:
        """It plays no more: what has been heard until now? The clock may have been set."""
        message = self._current()
        if self._since is None or message is None:
            self._since = None
            return
        elapsed = max(0.0, self._session.line.wall() - self._since)
        end = min(message.seconds, self._position + elapsed)
        self._parts.update(range(round(self._position * PARTS), round(end * PARTS)))
        self._position, self._since = end, None
        if len(self._parts) >= HEARD * message.seconds * PARTS - 1:
            self._boxes.mark(message.id, OLD)

    # keys

    def played(self) -> None:
        """The message is over."""
        self._after()

    def pause(self) -> None:
        """5"""
        self._account()
        self._dialogue.menu(menus.PAUSED, self)

    def go_on(self) -> None:
        """5 again"""
        self._play(self._position)

    def back(self) -> None:
        """`*`"""
        self._account()
        self._play(self._position - STEP)

    def forward(self) -> None:
        """`#`"""
        self._account()
        self._play(self._position + STEP)

    def restart(self) -> None:
        """2, or 1 and 5 after it"""
        self._account()
        self._play(0.0)

    def previous(self) -> None:
        """4"""
        self._account()
        self._at = max(0, self._at - 1)
        if self._current() is None:
            self.following()
        else:
            self._announce()

    def following(self) -> None:
        """6: those that have come meanwhile stand at the end."""
        self._account()
        self._at += 1
        if self._at >= len(self._ids):
            self._ids += [
                message.id
                for message in self._boxes.messages(self._session.mailbox)
                if message.state == NEW and message.id not in self._ids
            ]
        if self._at < len(self._ids):
            self._announce()
        else:
            self._at = max(0, len(self._ids) - 1)
            self._leave(self._session.words("vm.no_more_messages"))

    def discard(self) -> None:
        """7, and again 7: no."""
        message = self._current()
        if message is None or self._session.listens_only:
            self._after("vm.not_possible")
        elif message.id in self._discarded:
            self._discarded.remove(message.id)
            self._after("vm.restored")
        else:
            self._discarded.add(message.id)
            self._after("vm.discarded")

    def save(self) -> None:
        """9"""
        message = self._current()
        self._account()
        if message is None or self._session.listens_only:
            self._after("vm.not_possible")
        else:
            self._discarded.discard(message.id)
            self._boxes.mark(message.id, OLD)
            self._dialogue.tell(self._session.words("vm.saved"), self.following)

    def more(self) -> None:
        """8"""
        self._account()
        self._dialogue.menu(menus.MORE if self._mail is None else menus.MORE_WITH_MAIL, self)

    def envelope(self) -> None:
        """8, 3"""
        message = self._current()
        self._dialogue.menu(menus.AFTER, self, self._envelope(message) if message else ())

    def mail(self) -> None:
        """8, 4"""
        message = self._current()
        if message is not None and self._mail is not None:
            self._mail(message)
        self._after("vm.mailed")

    def back_to_message(self) -> None:
        """8, `*`"""
        self._after()

    def settings(self) -> None:
        """0"""
        self._account()
        self._settings()

    def main(self) -> None:
        """`*` or `#` after a message"""
        self._account()
        self._leave(())

    def _after(self, *names: str) -> None:
        self._account()
        self._dialogue.menu(menus.AFTER, self, self._session.words(*names))
