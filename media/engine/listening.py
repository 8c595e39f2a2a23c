"""Keys that remotes press: a department of the worker that tells signalling about them.

    telephone events ──► Receiver ──────────────► Digit
    audio ──► Ears ──► Detector, all legs at once ──► Digit, and cut out of recordings

Keys are looked for in the audio only where nothing else was agreed on: a phone that sends telephone
events may well send the tones too, and a key would be heard twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from softswitch.media.dtmf.detector import FRAME, Detector, Tone
from softswitch.media.dtmf.receiver import Digit as Heard
from softswitch.media.dtmf.receiver import Receiver
from softswitch.media.engine.department import Say
from softswitch.media.engine.ears import Ears
from softswitch.media.engine.grid import NEVER
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.stage_messages import Deafen, Digit, Listen
from softswitch.media.formats import TELEPHONE_EVENT, Format
from softswitch.media.samples import Samples

EVENT, TONE = "event", "tone"
RATE = 8000
TURN = 0.02
"""Seconds of a frame, and in which frames of many legs are gathered, to be looked at together."""
MARGIN = 0.02
"""Seconds around a key that are cut out of recordings: its edges, and packets out of step."""
LONGEST = 60.0
"""Seconds that are cut while nobody knows yet when the key is released."""

Cut = Callable[[Leg, float, float], None]
"""What came from a remote between these times is not for recordings."""


class _Listener:
    """One leg's keys."""

    __slots__ = ("_wake", "came", "heard", "in_band", "last", "leg", "receiver", "slot")

    def __init__(self, leg: Leg, wake: "Callable[[_Listener, float], None]") -> None:
        self.leg = leg
        self.receiver = Receiver()
        self.in_band = False
        self.slot = -1
        """In the detector; -1 while the audio is not listened to."""
        self.heard = 0
        """Samples of audio so far."""
        self.came = self.last = 0.0
        """When the last of them came, and what the buffer says of that."""
        self._wake = wake

    def event(
        self, payload: bytes, ssrc: int, sequence: int, timestamp: int, now: float
    ) -> Sequence[Heard]:
        """A telephone event has come."""
        digits = self.receiver.event(payload, ssrc, sequence, timestamp, now)
        self._wake(self, self.receiver.deadline)
        return digits


class Listeners:
    """A department of the worker."""

    def __init__(
        self,
        legs: Mapping[int, Leg],
        say: Say,
        clock: Callable[[], float],
        cut: Cut = lambda _leg, _began, _ended: None,
    ) -> None:
        self._legs = legs
        self._say = say
        self._clock = clock
        self._cut = cut
        self._listeners: dict[Leg, _Listener] = {}
        self._down: dict[_Listener, None] = {}
        """Who may have a key down."""
        self._release_at = NEVER
        """When the first of these may count as released."""
        self._ears = Ears(self._hear)
        self._detector = Detector()
        self._by_slot: dict[int, _Listener] = {}
        self._waiting: list[tuple[list[_Listener], Samples]] = []
        """Frames that came since the last look, at most one of each leg."""
        self._look_at = NEVER
        """Frames that come from then on are second ones."""
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {
            Listen: self._listen,
            Deafen: lambda message: self._deafen(self._legs[message.port]),
        }

    @property
    def next_deadline(self) -> float:
        """The next frame, or a key that is silent for too long."""
        return min(self._ears.next_deadline, self._release_at)

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._ears.tick(now)
        if now >= self._release_at:
            self._release(now)

    def renewed(self, leg: Leg) -> None:
        """The remote may send telephone events from now on, or no more."""
        listener = self._listeners.get(leg)
        if listener is not None:
            self._ears.renewed(leg)
            self._attend(listener)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        self._deafen(leg)

    def close(self) -> None:
        """The worker ends."""

    # what signalling says

    def _listen(self, message: Listen) -> None:
        leg = self._legs[message.port]
        listener = self._listeners.get(leg)
        if listener is None:
            listener = self._listeners[leg] = _Listener(leg, self._wake)
            leg.listen(listener, self._pressed)
        listener.in_band = message.in_band
        self._attend(listener)

    def _deafen(self, leg: Leg) -> None:
        listener = self._listeners.pop(leg, None)
        if listener is not None:
            leg.listen(None, self._pressed)
            self._down.pop(listener, None)
            self._stop_hearing(listener)

    # telephone events

    def _attend(self, listener: _Listener) -> None:
        """Listen in the way that was agreed on."""
        events = event_format(listener.leg.expected)
        if events is not None:
            listener.receiver.clock_rate = events.clock_rate
        if listener.in_band and events is None:
            self._start_hearing(listener)
        else:
            self._stop_hearing(listener)

    def _pressed(self, leg: Leg, digits: Sequence[Any]) -> None:
        for digit in digits:
            self._say(Digit(leg.id, digit.digit, digit.duration, EVENT))

    def _wake(self, listener: _Listener, deadline: float) -> None:
        if deadline < NEVER:
            self._down[listener] = None
            self._release_at = min(self._release_at, deadline)

    def _release(self, now: float) -> None:
        self._release_at = NEVER
        for listener in list(self._down):
            self._pressed(listener.leg, listener.receiver.tick(now))
            del self._down[listener]
            self._wake(listener, listener.receiver.deadline)

    # tones

    def _start_hearing(self, listener: _Listener) -> None:
        if listener.slot < 0:
            listener.slot = self._detector.open()
            listener.heard = 0
            self._by_slot[listener.slot] = listener
            self._ears.add(listener.leg, self._clock())

    def _stop_hearing(self, listener: _Listener) -> None:
        if listener.slot >= 0:
            self._look()
            self._ears.remove(listener.leg)
            del self._by_slot[listener.slot]
            self._detector.close(listener.slot)
            listener.slot = -1

    def _hear(self, legs: Sequence[Leg], frames: Samples, deadline: float) -> None:
        """A frame of some legs has come."""
        if deadline >= self._look_at:
            self._look()
        listeners = [self._listeners[leg] for leg in legs]
        for listener in listeners:
            listener.heard += FRAME
            came = self._ears.came(listener.leg, deadline)
            # a remote that says nothing stands still in its buffer, not in time
            listener.came = came if came != listener.last else listener.came + TURN
            listener.last = came
        if not self._waiting:
            self._look_at = deadline + TURN
        self._waiting.append((listeners, frames))

    def _look(self) -> None:
        """Look for keys in what has come, of all legs at once."""
        self._look_at = NEVER
        if not self._waiting:
            return
        slots = np.array([each.slot for group, _ in self._waiting for each in group])
        frames = np.concatenate([frames for _, frames in self._waiting])
        self._waiting.clear()
        for tone in self._detector.detect(slots, frames):
            self._found(self._by_slot[tone.slot], tone)

    def _found(self, listener: _Listener, tone: Tone) -> None:
        def came(sample: int) -> float:
            return listener.came - (listener.heard - sample) / RATE

        began = came(tone.begin) - MARGIN
        if tone.end is None:
            self._cut(listener.leg, began, began + LONGEST)
            return
        self._cut(listener.leg, began, came(tone.end) + MARGIN)
        duration = (tone.end - tone.begin) / RATE
        self._say(Digit(listener.leg.id, tone.digit, duration, TONE))


def event_format(formats: Sequence[Format], clock_rate: int = 0) -> Format | None:
    """That of telephone events, of those with this clock rate if there are any."""
    known = [each for each in formats if each.encoding == TELEPHONE_EVENT]
    right = [each for each in known if each.clock_rate == clock_rate]
    return next(iter(right or known), None)
