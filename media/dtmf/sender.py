"""Telephone events as they go out (RFC 4733): digits in, a schedule of packets out.

    at        0   20   40   60   80  100  120      200  220 …       ms
    duration 160  320  480  640  800  800  800      160  320 …       ticks, 8 kHz
    marker    M                                      M
    end                          E    E    E
    timestamp 0    0    0    0    0    0    0      1600 1600 …       ticks from the start

A digit keeps the timestamp of its beginning; its durations rise; the last packet goes out three
times (§2.5.1.4), its repetitions into the pause. Between packets the stream is free for audio.
"""

from collections.abc import Iterator
from typing import NamedTuple

from softswitch.media.dtmf.digits import CODES, only_digits

SHORTEST = 0.1
"""Seconds that a digit lasts at least: half of it may be lost and it is still one."""
LONGEST = 10.0
SHORTEST_GAP = 0.05
"""Seconds between two digits at least, so that gateways can make sound of them (Q.24)."""
LONGEST_GAP = 10.0
FINALS = 3
"""How often the last packet is sent (§2.5.1.4)."""
VOLUME = 10
"""-10 dBm0: the level of a telephone's keys."""

_END = 0x80
_LAST_TICK = 0xFFFF
"""What the duration can express; there a segment ends and the next begins (§2.5.1.3)."""


class EventPacket(NamedTuple):
    """What to send, and when."""

    at: float
    """Seconds from the start of the schedule."""
    payload: bytes
    timestamp: int
    """Ticks from the start of the schedule: that of the stream then is to be added."""
    marker: bool


def schedule(
    digits: str,
    *,
    duration: float = SHORTEST,
    gap: float = SHORTEST,
    ptime: int = 20,
    clock_rate: int = 8000,
) -> Iterator[EventPacket]:
    """The packets of these digits, one per `ptime` ms (10 … 120); what is no digit is left out.

    Duration and gap (seconds) are rounded up to whole packets, and bounded.
    """
    sounding, silent = _packets(duration, gap, ptime)
    ticks = clock_rate * ptime // 1000
    begin = 0
    for digit in only_digits(digits):
        marker = True
        for step, timestamp, payload in _digit(CODES[digit], sounding, ticks, begin * ticks):
            yield EventPacket((begin + step) * ptime / 1000, payload, timestamp, marker)
            marker = False
        begin += sounding + silent


def length(
    digits: str, *, duration: float = SHORTEST, gap: float = SHORTEST, ptime: int = 20
) -> float:
    """Seconds that the schedule takes, the last pause included."""
    return len(only_digits(digits)) * sum(_packets(duration, gap, ptime)) * ptime / 1000


def _packets(duration: float, gap: float, ptime: int) -> tuple[int, int]:
    """Of a digit and of the pause after it, which has room for the repeated ends."""
    sounding = round(1000 * min(max(duration, SHORTEST), LONGEST))
    silent = round(1000 * min(max(gap, SHORTEST_GAP), LONGEST_GAP))
    return -(-sounding // ptime), max(FINALS - 1, -(-silent // ptime))


def _digit(code: int, packets: int, ticks: int, begin: int) -> Iterator[tuple[int, int, bytes]]:
    """Steps, timestamps and payloads of one digit. The packet of step 0 reports the first `ticks`:
    what lasts less than one packet cannot be said."""
    whole = packets * ticks
    first = start = 0
    while whole - start > _LAST_TICK:
        step = (start + _LAST_TICK - 1) // ticks
        yield from _rising(code, range(first, step), ticks, begin, start)
        # The segment is full. That is said, without an end; the next begins where it ends.
        for _ in range(FINALS):
            yield step, begin + start, _payload(code, _LAST_TICK)
        first, start = step, start + _LAST_TICK
    yield from _rising(code, range(first, packets - 1), ticks, begin, start)
    for repetition in range(FINALS):
        yield packets - 1 + repetition, begin + start, _payload(code, whole - start, _END)


def _rising(
    code: int, steps: range, ticks: int, begin: int, start: int
) -> Iterator[tuple[int, int, bytes]]:
    """The packets of a segment while the key is down."""
    for step in steps:
        yield step, begin + start, _payload(code, (step + 1) * ticks - start)


def _payload(code: int, duration: int, end: int = 0) -> bytes:
    return bytes((code, end | VOLUME, duration >> 8, duration & 0xFF))
