"""Leaving a message (features §2.3).

    greeting ──► instructions ──► beep ──► recording ──► kept ──► goodbye
        │ #  ─────────────────────►│           │ #, silence, limit, hang-up
        │ *  log in                            │ *  nothing is kept, log in

The greeting is the owner's own for this outcome, else the system's, and only that is followed by
instructions (VM-1). Who hangs up before the recording begins leaves nothing (VM-11); who hangs up
later leaves what he said (VM-3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from softswitch.mailbox import delivery
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.line import Connect, Line
from softswitch.mailbox.messages import (
    BUSY,
    NAME,
    TEMPORARY,
    Message,
    Settings,
    greeting_for,
    written_greeting,
)
from softswitch.mailbox.review import Review
from softswitch.mailbox.speech import BEEP, Exits, Phrases, Prompts, Speaker
from softswitch.media.engine.interface import Clip, Recorded, Sound
from softswitch.media.indications import COUNTRIES, DEFAULT

AFTER_SOUND = 0.5
"""Seconds that are left behind the last word when the silence after it is cut off."""

AT_GREETING = "at_greeting"

CONGESTION = COUNTRIES[DEFAULT].congestion
"""What a full mailbox sounds like when nobody can say it."""


class Visit(NamedTuple):
    """Why a call is here."""

    reason: str
    """busy, no_answer, unavailable or rejected"""
    called: str
    """The number that was dialled."""
    arrived_at: float
    """Wall clock seconds."""
    diverted_by: str = ""
    """Whose forward has sent the call here, the first one."""


class Deposit:
    """An Application that takes one message for a mailbox."""

    def __init__(
        self,
        boxes: Boxes,
        mailbox: str,
        *,
        settings: Settings,
        visit: Visit,
        prompts: Prompts,
        phrases: Phrases,
        exits: Exits,
    ) -> None:
        self._boxes = boxes
        self._mailbox = mailbox
        self._settings = settings
        self._visit = visit
        self._prompts = prompts
        self._phrases = phrases
        self._exits = exits
        self._line: Line
        self._speaker: Speaker
        self._draft: Message | None = None
        """What is recorded behind what is being said, or already."""
        self._message: Message | None = None
        """The same, once we know that the recording has begun."""
        self._review: Review | None = None
        """What has been recorded is judged by the caller."""
        self._is_greeting = False
        """The caller can still skip to the beep, or go elsewhere."""
        self._is_gone = False
        """The caller, or we ourselves: nothing more is said."""

    # what the line says

    def begin(self, line: Line) -> None:
        """Greet."""
        self._line = line
        self._speaker = Speaker(line)
        answers = not line.remote or self._answers_at_greeting()
        if answers:
            line.answer()
        self._is_greeting = True
        if not delivery.has_room(self._boxes, self._mailbox, self._settings):
            # VM-8: before somebody has spoken for nothing.
            full = self._prompts(["vm.mailbox_full"]) or [CONGESTION]
            self._speaker.say(full, self._hang_up)
        elif answers:
            self._say_and_record([*self._greeting(), BEEP])
        else:
            self._speaker.say(self._greeting(), self._beep)

    def _answers_at_greeting(self) -> bool:
        """VM-5: whoever may log in has to be answered, or his keys may not get through."""
        settings = self._settings
        return settings.answer == AT_GREETING or (not settings.answer and settings.remote_login)

    def digit(self, digit: str) -> None:
        """VM-2."""
        if self._is_gone:
            return
        if self._review is not None:
            self._review.digit(digit)
        elif digit == "*":
            self._log_in()
        elif digit == "0":
            self._call_operator()
        elif digit == "#" and self._message is not None:
            self._line.finish()
        elif digit == "#" and self._is_greeting:
            self._skip()

    def hung_up(self) -> None:
        """What was said until now is kept: the end of the recording is still to come, or past."""
        self._is_gone = True
        if self._review is not None:
            self._review.keep()

    # before the beep

    def _greeting(self) -> list[Sound]:
        kind = greeting_for(self._visit.reason)
        own = (
            self._boxes.owners.greeting(self._mailbox, TEMPORARY)
            or self._boxes.owners.greeting(
                self._mailbox, kind, written_greeting(self._settings, kind)
            )
            or written_greeting(self._settings, self._visit.reason)
        )
        return [Clip(own)] if own else self._system_greeting(kind)

    def _system_greeting(self, reason: str) -> list[Sound]:
        """Somebody cannot take the call: his name in his own voice, or his number."""
        name = self._boxes.owners.greeting(self._mailbox, NAME)
        who: Sequence[Sound] = (
            [Clip(name)] if name else self._prompts(self._phrases.digits(self._mailbox))
        )
        what = "vm.is_busy" if reason == BUSY else "vm.cannot_take_your_call"
        said = self._prompts([what])
        also = ["vm.press_zero"] if self._settings.operator else []
        return [*(who if said else ()), *said, *self._prompts(["vm.leave_a_message", *also])]

    def _skip(self) -> None:
        if self._draft is not None or delivery.has_room(self._boxes, self._mailbox, self._settings):
            self._stop()
            self._beep()

    def _log_in(self) -> None:
        if self._exits.log_in is not None and self._settings.remote_login:
            self._leave(self._exits.log_in)

    def _call_operator(self) -> None:
        operator = self._settings.operator
        if operator and self._is_greeting:
            self._is_greeting = False
            self._stop()
            self._line.connect(Connect(operator, self._mailbox), self._operator_gone)

    def _operator_gone(self) -> None:
        """Nobody is there either: a message can still be left."""
        self._is_greeting = True
        sorry = self._prompts(["vm.operator_not_there"])
        if delivery.has_room(self._boxes, self._mailbox, self._settings):
            self._speaker.say([*sorry, *self._prompts(["vm.leave_a_message"])], self._beep)
        else:
            self._goodbye(["vm.operator_not_there"])

    def _leave(self, way: Callable[[], None]) -> None:
        """Somebody else has the line from now on; nothing of what was said is kept."""
        self._is_gone = True
        self._is_greeting = False
        self._stop()
        way()

    def _stop(self) -> None:
        """Say no more, and record nothing: perhaps that has begun, and we do not know yet."""
        self._speaker.stop()
        if self._draft is not None:
            self._draft = None
            self._line.finish()

    def _beep(self) -> None:
        self._is_greeting = False
        self._line.answer()
        self._say_and_record([BEEP])

    # the message

    def _say_and_record(self, sounds: Sequence[Sound]) -> None:
        """In one piece: there is nothing to be done between the last word, beep and recording."""
        line, visit, settings = self._line, self._visit, self._settings
        self._draft = self._boxes.begin(
            Message(
                id="",
                mailbox=self._mailbox,
                caller=line.caller,
                caller_name=line.caller_name,
                called=visit.called,
                reason=visit.reason,
                began_at=visit.arrived_at,
                ended_at=line.wall(),
                seconds=0.0,
                diverted_by=visit.diverted_by,
                codec=line.codec,
            )
        )
        self._speaker.say_and_record(
            sounds,
            self._boxes.path(self._draft),
            limit=settings.max_message,
            silence=settings.max_silence,
            begun=partial(self._begun, self._draft),
            done=partial(self._recorded, self._draft),
        )

    def _begun(self, message: Message) -> None:
        self._is_greeting = False
        self._message = message

    def _recorded(self, message: Message, recorded: Recorded) -> None:
        if message is not self._draft or recorded.ended == "stopped":
            self._boxes.discard(message)  # VM-11, or somebody has gone elsewhere
            return
        self._draft = self._message = None
        message = message._replace(
            ended_at=self._line.wall(), seconds=recorded.seconds, loss=recorded.loss
        )
        path = self._boxes.path(message)
        if recorded.ended == "failed" or not recorded.seconds:
            # The disk is full, or the worker is gone: what is in the file tells how much there is.
            job = partial(self._boxes.blobs.rescue, path)
            self._boxes.aside(job, partial(self._rescued, message))
        elif recorded.sound_ends - recorded.sound_begins < self._settings.min_message:
            self._too_short(message)  # VM-4
        elif recorded.ended == "silence":
            end = recorded.sound_ends + AFTER_SOUND
            job = partial(self._boxes.blobs.shorten, path, end)
            self._boxes.aside(job, partial(self._shortened, message))
        elif recorded.ended == "limit":
            self._keep(message, ["vm.too_long"])
        elif recorded.ended == "finished" and self._settings.review and not self._is_gone:
            self._judge(message)
        else:
            self._keep(message, [])

    def _judge(self, message: Message) -> None:
        """He has ended it by a key, so he is there, and may be asked."""
        self._review = Review(
            self._line,
            self._prompts,
            self._boxes.path(message),
            keep=partial(self._judged, lambda: self._keep(message, [])),
            again=partial(self._judged, partial(self._say_again, message)),
            throw_away=partial(self._judged, partial(self._too_short, message)),
        )
        self._review.begin()

    def _judged(self, then: Callable[[], None]) -> None:
        self._review = None
        then()

    def _say_again(self, message: Message) -> None:
        self._boxes.discard(message)
        self._beep()

    def _shortened(self, message: Message, seconds: float | OSError) -> None:
        if isinstance(seconds, float):
            message = message._replace(seconds=seconds)
        self._keep(message, [])

    def _rescued(self, message: Message, seconds: float | OSError) -> None:
        if not isinstance(seconds, float) or seconds < self._settings.min_message:
            self._too_short(message)
        else:
            self._keep(message._replace(seconds=seconds), ["vm.interrupted"])

    def _too_short(self, message: Message) -> None:
        self._boxes.discard(message)
        self._goodbye(["vm.not_kept"])

    def _keep(self, message: Message, before: list[str]) -> None:
        delivery.deliver(self._boxes, message, self._settings, partial(self._kept, before))

    def _kept(self, before: list[str], fine: bool) -> None:
        """Only now is it true that the message is kept (G21)."""
        self._goodbye([*before, "vm.message_kept" if fine else "vm.not_kept"])

    def _goodbye(self, names: list[str]) -> None:
        if not self._is_gone:
            self._speaker.say(self._prompts([*names, "vm.goodbye"]), self._hang_up)

    def _hang_up(self) -> None:
        self._is_gone = True
        self._line.hang_up()
