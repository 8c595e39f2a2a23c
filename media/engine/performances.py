"""What signalling asks of a port beyond relaying: sounds, recordings, keys, rooms.

play, record … ──► Performances ──► the port's worker
Ended          ◄──────────────────── by serial number
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import (
    DigitHeard,
    MediaPort,
    Played,
    Recorded,
    Sound,
    Talking,
)

Waiting = tuple[int, type[Played] | type[Recorded], Callable[[Any], None]]
"""The worker's serial number, what it will tell, and who waits for it."""


class Performances:
    """A part of the engine. `say` tells a port's worker something, unless that is gone."""

    def __init__(self, say: Callable[[MediaPort, stage_messages.Message], bool]) -> None:
        """`say` returns whether the port is open still, on a worker that lives."""
        self._say = say
        self._tickets = count(1)
        self._waiting: dict[int, Waiting] = {}

    def play(
        self,
        port: MediaPort,
        sounds: Sequence[Sound],
        *,
        repeat: bool = False,
        done: Callable[[Played], None],
    ) -> None:
        """Send sounds to the remote, for ever with `repeat`. Sounds before are stopped."""
        serial = self._wait(port, Played, done)
        if not self._say(port, stage_messages.Play(port.id, serial, repeat, tuple(sounds))):
            self.ended(stage_messages.Ended(serial, ("closed",)))

    def hush(self, port: MediaPort) -> None:
        """Stop the sounds."""
        self._say(port, stage_messages.Hush(port.id))

    def record(
        self,
        port: MediaPort,
        path: str,
        *,
        limit: float,
        silence: float | None,
        done: Callable[[Recorded], None],
    ) -> None:
        """Write what the remote says into a file, mono."""
        serial = self._wait(port, Recorded, done)
        if not self._say(port, stage_messages.Record(port.id, serial, path, limit, silence)):
            self.ended(stage_messages.Ended(serial, (0.0, "closed")))

    def play_and_record(
        self,
        port: MediaPort,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float | None,
        played: Callable[[Played], None],
        done: Callable[[Recorded], None],
    ) -> None:
        """Send sounds, and record from their end on."""
        first, second = self._wait(port, Played, played), self._wait(port, Recorded, done)
        then = stage_messages.Record(port.id, second, path, limit, silence)
        if not self._say(port, stage_messages.Play(port.id, first, False, tuple(sounds), then)):
            self.ended(stage_messages.Ended(first, ("closed",)))
            self.ended(stage_messages.Ended(second, (0.0, "closed")))

    def finish(self, port: MediaPort) -> None:
        """End the recording."""
        self._say(port, stage_messages.Finish(port.id))

    def record_call(
        self, one: MediaPort, other: MediaPort, path: str, done: Callable[[Recorded], None]
    ) -> None:
        """Write both sides of a joined call into a file, `one` on the left."""
        serial = self._wait(one, Recorded, done)
        if not self._say(one, stage_messages.RecordCall(one.id, other.id, serial, path)):
            self.ended(stage_messages.Ended(serial, (0.0, "closed")))

    def finish_call(self, one: MediaPort) -> None:
        """End the recording of the call."""
        self._say(one, stage_messages.FinishCall(one.id))

    def listen(self, port: MediaPort, *, in_band: bool) -> None:
        """Say `DigitHeard` for every key; with `in_band` for those in the audio too."""
        self._say(port, stage_messages.Listen(port.id, in_band))

    def deafen(self, port: MediaPort) -> None:
        """Listen for keys no more."""
        self._say(port, stage_messages.Deafen(port.id))

    def send_digits(
        self, port: MediaPort, digits: str, *, duration: float = 0.1, gap: float = 0.1
    ) -> None:
        """Press keys, one after the other (seconds each)."""
        self._say(port, stage_messages.SendDigits(port.id, digits, duration, gap))

    def mix(self, port: MediaPort, room: str, *, muted: bool = False) -> None:
        """Let the remote hear, and unless muted be heard by, all others of the room."""
        self._say(port, stage_messages.Mix(port.id, room, muted))

    def leave(self, port: MediaPort) -> None:
        """Leave the room."""
        self._say(port, stage_messages.Leave(port.id))

    # what workers say

    def ended(self, message: stage_messages.Ended) -> None:
        """Tell whoever waits; once."""
        waiting = self._waiting.pop(message.serial, None)
        if waiting is not None:
            _, kind, done = waiting
            done(kind(*message.result))

    def lost(self, worker: int) -> list[stage_messages.Ended]:
        """A worker is gone: what it would say of all that it was doing."""
        return [
            stage_messages.Ended(serial, ("closed",) if kind is Played else (0.0, "closed"))
            for serial, (where, kind, _) in self._waiting.items()
            if where == worker
        ]

    def _wait(
        self, port: MediaPort, kind: type[Played] | type[Recorded], done: Callable[[Any], None]
    ) -> int:
        serial = next(self._tickets)
        self._waiting[serial] = (port.worker, kind, done)
        return serial


def event(
    port: MediaPort, message: stage_messages.Digit | stage_messages.Talks
) -> DigitHeard | Talking:
    """What a worker noticed, for signalling."""
    kind = DigitHeard if isinstance(message, stage_messages.Digit) else Talking
    return kind(port, *message[1:])
