"""What signalling and a media worker say about sounds, recordings, keys and rooms.

Whoever asks for something that ends gives it a serial number of his own, by which its end is told.
"""

import math
from typing import Any, NamedTuple

from softswitch.media.engine import wire
from softswitch.media.engine.interface import Clip, Pause, Sound, Tones


class Record(NamedTuple):
    """Write what the remote says; ended by Ended."""

    port: int
    serial: int
    path: str
    limit: float
    silence: float | None


class Play(NamedTuple):
    """Send sounds; ended by Ended."""

    port: int
    serial: int
    repeat: bool
    sounds: tuple[Sound, ...]
    then: Record | None = None
    """What is done as soon as all has been sent. The end of the sounds is not worth a wake-up of
    signalling then: it is told with what is said next. If they end in another way, so does this,
    as "stopped"."""


class Hush(NamedTuple):
    """Stop the sounds."""

    port: int


class Ended(NamedTuple):
    """Sounds or a recording have ended: the fields of `Played` or `Recorded`."""

    serial: int
    result: tuple[Any, ...]


class Finish(NamedTuple):
    """End the recording, as of a time that may be past: messages wait for company."""

    port: int
    at: float = math.inf
    """Monotonic seconds, which all processes of a machine share."""
    closed: bool = False
    """Because the port is about to be closed."""


class RecordCall(NamedTuple):
    """Write both sides; ended by Ended."""

    one: int
    other: int
    serial: int
    path: str


class FinishCall(NamedTuple):
    """End the recording of the call."""

    one: int


class Listen(NamedTuple):
    """Say Digit for every key."""

    port: int
    in_band: bool


class Deafen(NamedTuple):
    """Say Digit no more."""

    port: int


class Digit(NamedTuple):
    """A key was pressed: the fields of `DigitHeard`."""

    port: int
    digit: str
    duration: float
    source: str


class SendDigits(NamedTuple):
    """Press keys."""

    port: int
    digits: str
    duration: float
    gap: float


class Mix(NamedTuple):
    """Into the room."""

    port: int
    room: str
    muted: bool


class Leave(NamedTuple):
    """Out of the room."""

    port: int


class Talks(NamedTuple):
    """Somebody in a room has begun or ceased to speak."""

    port: int
    talking: bool


Message = (
    Play
    | Hush
    | Ended
    | Record
    | Finish
    | RecordCall
    | FinishCall
    | Listen
    | Deafen
    | Digit
    | SendDigits
    | Mix
    | Leave
    | Talks
)

_SOUNDS = (Clip, Tones, Pause)


def _encode_play(message: Play) -> bytes:
    sounds = tuple((_SOUNDS.index(type(sound)), tuple(sound)) for sound in message.sounds)
    return wire.pack((*message[:3], sounds, tuple(message.then or ())))


def _decode_play(body: bytes) -> Play:
    port, serial, repeat, written, then = wire.unpack(body)
    sounds = tuple(_SOUNDS[kind](*fields) for kind, fields in written)
    return Play(port, serial, repeat, sounds, Record(*then) if then else None)


CODECS: tuple[wire.Codec, ...] = (
    (Play, _encode_play, _decode_play),
    wire.values(Ended),
    wire.values(Record),
    wire.values(RecordCall),
    wire.values(Digit),
    wire.values(SendDigits),
    wire.values(Mix),
    wire.numbers(Hush, "I"),
    wire.numbers(Finish, "Id?"),
    wire.numbers(FinishCall, "I"),
    wire.numbers(Listen, "I?"),
    wire.numbers(Deafen, "I"),
    wire.numbers(Leave, "I"),
    wire.numbers(Talks, "I?"),
)
