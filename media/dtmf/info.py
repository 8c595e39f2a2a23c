"""Digits in SIP INFO: the bodies that phones send (never standardised, everywhere alike).

    Content-Type: application/dtmf-relay        Content-Type: application/dtmf

    Signal=5                                    5
    Duration=160

Written by many hands: spaces around the `=`, any case, missing durations, event codes 10 … 16
instead of `*`, `#`, A … D and flash are all met with, and read. Nothing raises on what a peer sent.
"""

from typing import NamedTuple

from softswitch.media.dtmf.digits import CODES, DIGITS, FLASH, FLASH_CODE

RELAY = "application/dtmf-relay"
PLAIN = "application/dtmf"
TYPES = frozenset({RELAY, PLAIN})

USUAL_DURATION = 0.1
"""Seconds, where the body does not say."""
LONGEST = 10.0
"""Seconds that a body is believed."""
MAX_BODY = 256
"""Octets; two short lines are usual."""


class Signal(NamedTuple):
    """One key, pressed for so long."""

    digit: str
    duration: float
    """Seconds."""


def parse(content_type: str, body: bytes) -> Signal | None:
    """The digit of a body; None when there is none in it, or it is of another type."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in TYPES or len(body) > MAX_BODY:
        return None
    signal, duration = "", ""
    for line in body.decode("ascii", "replace").splitlines():
        name, equals, value = line.partition("=")
        name = name.strip().lower()
        if name == "signal" and equals:
            signal = value.strip()
        elif name == "duration" and equals:
            duration = value.strip()
        elif kind == PLAIN and not signal and not equals:
            signal = name
    digit = _digit(signal)
    return Signal(digit, _seconds(duration)) if digit else None


def relay(digit: str, duration: float) -> tuple[str, bytes]:
    """Content type and body that say a digit of `digits.DIGITS`, or a flash."""
    milliseconds = max(1, round(min(duration, LONGEST) * 1000))
    signal = str(CODES[digit]) if digit == FLASH else digit
    return RELAY, f"Signal={signal}\r\nDuration={milliseconds}\r\n".encode()


def _digit(signal: str) -> str:
    """What a signal means; "" when it means no key."""
    signal = signal.strip("\"'").upper()
    if len(signal) == 1 and signal in DIGITS + FLASH:
        return signal
    if len(signal) == 2 and signal.isascii() and signal.isdigit():
        code = int(signal)
        if 10 <= code <= FLASH_CODE:
            return (DIGITS + FLASH)[code]
    return FLASH if signal in ("FLASH", "HF") else ""


def _seconds(duration: str) -> float:
    """Of a number of milliseconds."""
    if not (duration.isascii() and duration.isdigit()) or not int(duration[:6]):
        return USUAL_DURATION
    return min(int(duration[:6]) / 1000, LONGEST)
