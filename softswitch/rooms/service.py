"""The application of a conference room: the door, and the keys of who is inside (CF-1).

    answer ─► PIN? ─► full, locked? ─► inside: 1 mute, 8 leave; moderators: 2 lock, 3 send the
                │          │                   last one away
                └─ thrice ─┴─► why, goodbye

The keys are those of Asterisk's ConfBridge. What is typed is never written into a log.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Protocol

from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.line import Line
from softswitch.mailbox.speech import Speaker
from softswitch.media.engine.interface import Tones
from softswitch.rooms import meeting

if TYPE_CHECKING:
    from softswitch.mailbox.speech import Prompts
    from softswitch.rooms.meeting import Meetings

log = logging.getLogger(__name__)

ASK_PIN, WRONG_PIN = "room.pin", "room.wrong_pin"
MUTED, UNMUTED = "room.muted", "room.unmuted"
UNLOCKED = "room.unlocked"
REMOVED = "room.removed"
NOT_POSSIBLE = "vm.not_possible"
GOODBYE = "vm.goodbye"

TRIES = 3
"""For the PIN."""
LONGEST_PIN = 12

COMES = Tones((((440.0,), 0.12), ((660.0,), 0.12)))
GOES = Tones((((660.0,), 0.12), ((440.0,), 0.12)))
"""Short, because nobody is heard meanwhile; up for who comes, down for who goes."""


class RoomLine(Line, Protocol):
    """A call that can be in a room."""

    def meet(self, room: str, *, muted: bool) -> bool:
        """Let all others in the room be heard, and hear this one unless muted. Again: change that.

        False: it cannot be done.
        """

    def part(self) -> None:
        """Be in no room any more."""

    def entertain(self) -> None:
        """Play music until something else is played."""


class RoomCall:
    """An Application that brings its caller into a room."""

    def __init__(self, meetings: Meetings, room: str, prompts: Prompts) -> None:
        self._meetings = meetings
        self._name = room
        self._room = meetings.room(room)
        self._prompts = prompts
        self._line: RoomLine
        self._dialogue: Dialogue
        self._speaker: Speaker
        self._failures = 0
        self._is_inside = self._is_talking = False
        self.caller = ""
        self.is_moderator = self.is_muted = False
        self._keys = {"1": self._mute, "8": self._go}
        """What they do inside."""

    # what the line says

    def begin(self, line: RoomLine) -> None:
        """Answer, and open the door to who knows the PIN."""
        self._line = line
        self.caller = line.caller
        self._speaker = Speaker(line)
        self._dialogue = Dialogue(line, self._prompts, self._goodbye)
        line.answer()
        if self._room.pin or self._room.moderator_pin:
            self._ask()
        else:
            self._enter()

    def digit(self, digit: str) -> None:
        """At the door it belongs to a PIN; inside it asks for something."""
        if not self._is_inside:
            self._dialogue.digit(digit)
        elif digit in self._keys:
            self._keys[digit]()

    def hung_up(self) -> None:
        """The caller is gone, or silent for too long (CF-5)."""
        self._dialogue.end()
        self._leave()

    # the door

    def _ask(self) -> None:
        lengths = {len(pin) for pin in (self._room.pin, self._room.moderator_pin) if pin}
        exactly = max(lengths) if len(lengths) == 1 else 0
        says = self._prompts([ASK_PIN])
        self._dialogue.number(says, self._typed, most=LONGEST_PIN, exactly=exactly)

    def _typed(self, digits: str) -> None:
        room = self._room
        if room.moderator_pin and compare_digest(digits, room.moderator_pin):
            self.is_moderator = True
            self._keys |= {"2": self._lock, "3": self._remove_last}
            self._enter()
        elif compare_digest(digits, room.pin):  # of a room with none, `#` alone is right
            self._enter()
        else:
            self._failures += 1
            log.info("%s: wrong PIN for conference %s", self.caller or "somebody", self._name)
            if self._failures >= TRIES:
                self._refuse(WRONG_PIN)
            else:
                self._dialogue.tell(self._prompts([WRONG_PIN]), self._ask)

    def _enter(self) -> None:
        now = self._line.wall()
        why = self._meetings.meeting(self._name, now).refusal(self.is_moderator)
        if why:
            log.info("%s: conference %s: %s", self.caller or "somebody", self._name, why)
            self._refuse(why)
            return
        self._dialogue.busy()
        self._is_inside = True
        self._meetings.enter(self._name, self, now)

    def _refuse(self, why: str) -> None:
        self._dialogue.tell(self._prompts([why, GOODBYE]), self._line.hang_up)

    def _goodbye(self) -> None:
        self._dialogue.tell(self._prompts([GOODBYE]), self._line.hang_up)

    # what the meeting says

    def talks(self) -> None:
        """All others are heard from now on."""
        self._is_talking = True
        self._speaker.stop()
        if not self._line.meet(self._name, muted=self.is_muted):
            self._line.later(0.0, self._out_of_reach)

    def waits(self, why: str) -> None:
        """Music, and before it what for."""
        self._is_talking = False
        self._line.part()
        said = self._prompts([why]) if why else [GOES] if self._room.announce == "tone" else []
        self._speaker.say(said, self._line.entertain)

    def comes(self) -> None:
        """A tone tells that somebody has come in."""
        self._say([COMES])

    def goes(self) -> None:
        """A tone tells that somebody has left."""
        self._say([GOES])

    def removed(self) -> None:
        """A moderator has sent this one away."""
        self._depart([REMOVED, GOODBYE])

    # inside

    def _say(self, sounds: Sequence[Tones]) -> None:
        self._speaker.say(sounds, _nothing)

    def _tell(self, name: str) -> None:
        """Words; then all is as it was."""
        then = _nothing if self._is_talking else self._line.entertain
        self._speaker.say(self._prompts([name]), then)

    def _mute(self) -> None:
        self.is_muted = not self.is_muted
        if self._is_talking:
            self._line.meet(self._name, muted=self.is_muted)
        self._tell(MUTED if self.is_muted else UNMUTED)

    def _lock(self) -> None:
        going_on = self._meetings.meeting(self._name, 0.0)
        going_on.is_locked = not going_on.is_locked
        self._tell(meeting.LOCKED if going_on.is_locked else UNLOCKED)

    def _remove_last(self) -> None:
        self._meetings.meeting(self._name, 0.0).remove_last(self)

    def _go(self) -> None:
        self._leave()
        self._depart([GOODBYE])

    def _out_of_reach(self) -> None:
        log.warning("%s: no way into conference %s", self.caller, self._name)
        self._leave()
        self._depart([NOT_POSSIBLE, GOODBYE])

    def _leave(self) -> None:
        if self._is_inside:
            self._is_inside = False
            self._meetings.leave(self._name, self)

    def _depart(self, names: Sequence[str]) -> None:
        """Out of the room; what is pressed now is nobody's."""
        self._is_inside = self._is_talking = False
        self._line.part()
        self._dialogue.tell(self._prompts(names), self._line.hang_up)


def _nothing() -> None:
    """Nothing follows."""
