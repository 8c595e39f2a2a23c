"""Hearing messages, one after the other, and what becomes of them.

Messages are remembered by their ids: others may come, or be deleted elsewhere, in the meantime
(VM-19). What is discarded is only deleted when the call is over, and can be taken back until then
(VM-14).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from softswitch.mailbox import menus
from softswitch.mailbox.forwarding import Forwarding
from softswitch.mailbox.line import Connect
from softswitch.mailbox.messages import DELETED, NAME, NEW, OLD, RECORDING, Message
from softswitch.mailbox.session import Session
from softswitch.mailbox.speech import digits_of
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
    ) -> None:
        """`leave` goes to the main menu, after saying something."""
        self._session = session
        self._dialogue = session.dialogue
        self._boxes = session.boxes
        self._leave = leave
        self._settings = settings
        self._forwarding: Forwarding | None = None
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
        if self._forwarding is not None:
            self._forwarding.close()
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
        caller = self._person(message.caller)
        who = [*session.words("vm.from"), *caller] if caller else session.words("vm.unknown_caller")
        when = session.phrases.moment(message.ended_at, session.line.wall())
        says = [*who, *session.prompts(when)]
        if message.forwarded_by:
            says += [*session.words("vm.forwarded_by"), *self._person(message.forwarded_by)]
        if message.introduction:
            says.append(Clip(self._boxes.introduction_path(message)))
        return says

    def _person(self, number: str) -> Sequence[Sound]:
        """The name in the own voice, or the number."""
        name = self._boxes.owners.greeting(number, NAME)
        session = self._session
        return [Clip(name)] if name else session.prompts(session.phrases.digits(digits_of(number)))

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
        message, session = self._current(), self._session
        keys = {"3", "*"}
        if message is not None and not session.listens_only:
            keys.add("2")
            if message.caller and not session.line.remote:
                keys.add("1")  # VM-17: whoever logs in from elsewhere makes no calls
            if session.mail is not None:
                keys.add("4")
        self._dialogue.menu(menus.more(keys), self)

    def call_back(self) -> None:
        """8, 1"""
        self._dialogue.tell(self._session.words("vm.calling_back"), self._connect)

    def _connect(self) -> None:
        message = self._current()
        if message is None:
            self._after("vm.not_possible")
        else:
            wanted = Connect(message.caller, self._session.mailbox)
            self._session.line.connect(wanted, lambda: self._after("vm.nobody_answers"))

    def forward_on(self) -> None:
        """8, 2"""
        message = self._current()
        if message is None:
            self._after("vm.not_possible")
        else:
            self._forwarding = Forwarding(self._session, message, self._after)
            self._forwarding.ask()

    def envelope(self) -> None:
        """8, 3"""
        message = self._current()
        self._dialogue.menu(menus.AFTER, self, self._envelope(message) if message else ())

    def mail(self) -> None:
        """8, 4"""
        message, mail = self._current(), self._session.mail
        if message is None or mail is None:
            self._after("vm.not_possible")
        else:
            mail(message)
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
