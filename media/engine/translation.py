"""What becomes of a packet on its way from one remote to the other, by its payload type.

    same codec, same number      crosses as it is                                        PCMA → PCMA
    same codec, other number     the number is changed                          OPUS 96 → OPUS 111
    telephone events             as above; duration in the ticks of the target       8000 → 48000
    other audio                  decoded and encoded          PCMU → PCMA, G722 → PCMA, OPUS → PCMU
    nothing that fits            dropped

Each payload type finds its own way: a phone that may send two formats can be understood in both,
whether its peer takes both or one. Remotes whose formats are not known are believed to mean the
same by the same number.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from softswitch.media.codecs import transcoder
from softswitch.media.engine.interface import Remote
from softswitch.media.formats import COMFORT_NOISE, STATIC, TELEPHONE_EVENT, Format

Transform = Callable[[bytes], bytes]

_EVENT = struct.Struct("!BBH")
"""Event, end and volume, duration (RFC 4733 §2.3)."""
_MAX_DURATION = 0xFFFF


class Step(NamedTuple):
    """What one payload type becomes."""

    payload_type: int
    rates: tuple[int, int] | None
    """Ticks per second of the timestamps, here and there; None for what goes along with audio of
    any rate."""
    transform: Transform | None
    """Makes the payload; None when it stays."""
    crosses: bool
    """Nothing changes but the numbers of the stream."""
    translated: bool
    """Neither remote's reports say anything about the other's stream any more."""


Steps = Mapping[int, Step]

REMEMBERED = 256
"""Pairs of descriptions: phones give the same few again and again."""
_NOWHERE = Remote("", 0, 0, (), "", False, None)


def accepted(remote: Remote, peer: Remote | None) -> dict[int, Format | None]:
    """What the remote may send: payload types, and what they mean if that is known.

    It may use what either description names, since types need not be the same in both directions
    (RFC 3264 §5.1); of two meanings, that of our own description counts.
    """
    meanings: dict[int, Format | None] = {}
    for known in (*remote.expected, *remote.formats):
        meanings.setdefault(known.payload_type, known)
    understood = bool(meanings)
    types = remote.payload_types
    if peer is not None and not (understood and peer.formats):
        types += (*peer.payload_types, *(known.payload_type for known in peer.formats))
    for number in types:
        meanings.setdefault(number, STATIC.get(number) if understood else None)
    return meanings


def steps(source: Remote, target: Remote) -> Steps:
    """What packets of the source become for the target; no step: dropped.

    The same for all calls between such descriptions, and then not to be changed; but who decodes
    and encodes remembers what came before, and is made for each call.
    """
    told = _told(source)
    if not target.formats or not (told.formats or told.expected):
        known = accepted(source, target)
        return {number: Step(number, None, None, True, False) for number in known}
    shared = _shared(told, _told(target))
    return _steps(told, _told(target)) if shared is None else shared


def _told(remote: Remote) -> Remote:
    """What matters of a description here, so that others' may be the same."""
    return _NOWHERE._replace(
        payload_types=remote.payload_types, formats=remote.formats, expected=remote.expected
    )


@lru_cache(REMEMBERED)
def _shared(source: Remote, target: Remote) -> Steps | None:
    """None: each call needs its own."""
    result = _steps(source, target)
    return None if any(step.translated for step in result.values()) else result


def _steps(source: Remote, target: Remote) -> Steps:
    result: dict[int, Step] = {}
    for number, known in accepted(source, target).items():
        step = None if known is None else _step(number, known, target.formats)
        if step is not None:
            result[number] = step
    return result


def audio_rate(formats: Iterable[Format], otherwise: int) -> int:
    """Ticks per second of a stream that these are sent in: those of the first audio format."""
    for known in formats:
        if known.is_audio:
            return known.clock_rate
    return otherwise


def _step(number: int, known: Format, targets: tuple[Format, ...]) -> Step | None:
    same = [target for target in targets if known.same_codec(target)]
    if same:
        # of two numbers for one codec the same one, else the preferred
        payload_type = number if any(number == one.payload_type for one in same) else same[0][0]
        rates = (known.clock_rate, known.clock_rate) if known.is_audio else None
        return Step(payload_type, rates, None, number == payload_type, False)
    if known.encoding == TELEPHONE_EVENT:
        return _event_step(known, targets)
    return None if known.encoding == COMFORT_NOISE else _audio_step(known, targets)


def _event_step(known: Format, targets: tuple[Format, ...]) -> Step | None:
    for target in targets:
        if target.encoding == TELEPHONE_EVENT:
            stretch = _stretch(known.clock_rate, target.clock_rate)
            return Step(target.payload_type, None, stretch, False, False)
    return None


def _audio_step(known: Format, targets: tuple[Format, ...]) -> Step | None:
    for target in targets:
        transform = transcoder(known, target) if target.is_audio else None
        if transform is not None:
            rates = (known.clock_rate, target.clock_rate)
            return Step(target.payload_type, rates, transform, False, True)
    return None


def _stretch(source_rate: int, target_rate: int) -> Transform:
    """Durations in other ticks. One beyond what the field holds stays at its greatest: the event
    is longer than anybody's threshold by then (RFC 4733 §2.5.1.3)."""

    def stretch(payload: bytes) -> bytes:
        if len(payload) < _EVENT.size:
            return b""
        event, flags, duration = _EVENT.unpack_from(payload)
        scaled = min(duration * target_rate // source_rate, _MAX_DURATION)
        return _EVENT.pack(event, flags, scaled)

    return stretch
