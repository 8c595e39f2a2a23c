"""The application of a service code: ask what is missing, do it, say what holds, hang up (FC-3).

*92102   answer ─► may he? ─► is there 102? ─► keep it ─► "When you do not answer, calls are now
                      │              │            │         forwarded to one zero two"
                      └──────────────┴────────────┴──────► or why not
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from softswitch.mailbox.dialogue import Dialogue
from softswitch.settings import features, keys, layers, speech

if TYPE_CHECKING:
    from softswitch.config import User
    from softswitch.mailbox.line import Line
    from softswitch.mailbox.speech import Phrases, Prompts
    from softswitch.routing.decision import Feature
    from softswitch.settings.calendars import Hours
    from softswitch.settings.settings import Settings
    from softswitch.settings.targets import Targets

log = logging.getLogger(__name__)

LONGEST_NUMBER = 30
LONGEST_TIME = 4
"""Digits."""


class Desk:
    """What all these calls share; remembers who has just switched off a forward."""

    def __init__(self, settings: Settings, targets: Targets, hours: Hours | None = None) -> None:
        self.settings = settings
        self.hours = hours
        self.targets = targets
        self._off_at: dict[str, float] = {}

    def function(self, user: str, function: str, now: float) -> str:
        """What a function means; of the second of two, all forwards are off."""
        if function != features.ALWAYS_OFF:
            return function
        before = self._off_at.pop(user, None)
        if before is not None and 0.0 <= now - before <= features.AGAIN:
            return features.ALL_OFF
        self._off_at[user] = now
        return function


class CodeCall:
    """An Application that does what one code asks for."""

    def __init__(self, desk: Desk, dialled: Feature, prompts: Prompts, phrases: Phrases) -> None:
        self._desk = desk
        self._dialled = dialled
        self._prompts = prompts
        self._phrases = phrases
        self._line: Line
        self._dialogue: Dialogue
        self._feature: features.Feature

    # what the line says

    def begin(self, line: Line) -> None:
        """Answer, and ask for what is missing."""
        self._line = line
        line.answer()
        self._dialogue = Dialogue(line, self._prompts, line.hang_up)
        function = self._desk.function(line.caller, self._dialled.function, line.wall())
        self._feature = feature = features.feature(function)
        if feature.tells:
            self._say(self._told())
        elif not self._may_change():
            self._say([speech.NOT_CHANGEABLE])
        elif feature.needs_number and not self._dialled.argument:
            self._ask(speech.WHICH_NUMBER, self._forward_to, LONGEST_NUMBER)
        elif feature.needs_seconds and not self._dialled.argument:
            self._ask(speech.HOW_MANY_SECONDS, self._ring_for, LONGEST_TIME)
        elif feature.needs_number:
            self._forward_to(self._dialled.argument)
        elif feature.needs_seconds:
            self._ring_for(self._dialled.argument)
        else:
            self._change(features.changes(feature, self._user, ""))

    def digit(self, digit: str) -> None:
        """For a number that is asked for."""
        self._dialogue.digit(digit)

    def hung_up(self) -> None:
        """What has been done stays done."""
        self._dialogue.end()

    # inside

    @property
    def _user(self) -> User:
        return self._desk.settings.users[self._line.caller]

    def _may_change(self) -> bool:
        configured = self._desk.settings.configured[self._line.caller]
        some = [*self._feature.keys, *([keys.RING_TIME] if self._dialled.seconds else [])]
        return all(layers.may_change(configured, key) for key in some)

    def _told(self) -> Sequence[str]:
        line, feature = self._line, self._feature
        if feature.subject == features.CLOCK:
            return self._phrases.moment(line.wall(), line.wall())
        if feature.subject == features.MY_NUMBER:
            return speech.number(line.caller, self._phrases.digits)
        return speech.state(feature, self._user, self._phrases)

    def _ask(self, prompt: str, done: Callable[[str], None], most: int) -> None:
        self._dialogue.number(self._prompts([prompt]), done, most=most)

    def _forward_to(self, number: str) -> None:
        value, refused, why = self._desk.targets(number, self._line.caller)
        if refused:
            log.info("%s may not forward calls: %s", self._line.caller, why)
            self._say([refused])
            return
        values = features.changes(self._feature, self._user, value)
        if self._dialled.seconds:
            seconds = features.ring_time(self._dialled.seconds)
            if seconds is None:
                self._say([speech.WRONG_TIME])
                return
            values[keys.RING_TIME] = seconds
        self._change(values)

    def _ring_for(self, seconds: str) -> None:
        value = features.ring_time(seconds)
        if value is None:
            self._say([speech.WRONG_TIME])
        else:
            self._change(features.changes(self._feature, self._user, value))

    def _change(self, values: dict[str, str]) -> None:
        caller = self._line.caller
        source = f"phone {self._dialled.code} by {caller}"
        self._desk.settings.change(caller, values, source, self._changed)

    def _changed(self, fine: bool) -> None:
        """Only now is it true."""
        if not fine:
            self._say([speech.NOT_POSSIBLE])
            return
        said = speech.state(self._feature, self._user, self._phrases)
        if self._dialled.seconds:
            ring_time = features.Feature(keys.RING_TIME, features.SET)
            said += speech.state(ring_time, self._user, self._phrases)
        self._say(said)

    def _say(self, names: Sequence[str]) -> None:
        self._dialogue.tell(self._prompts(names), self._line.hang_up)
