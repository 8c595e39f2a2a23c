"""Parts of a file that a browser asks for (RFC 9110 §14): players jump in what they play."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_one = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})").fullmatch


class Part(NamedTuple):
    """From the first octet up to the one before `stop`."""

    start: int
    stop: int


NOTHING: Final = Part(0, 0)
"""What is asked for is not there (416)."""


def asked(field: str, size: int) -> Part | None:
    """The part of so many octets that a Range field asks for; None: all of them.

    What is malformed, in other units, or of several parts is as if it had not come (§14.2).
    """
    found = _one(field.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return Part(max(0, size - int(last)), size) if int(last) and size else NOTHING
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < start:
        return None
    return Part(start, stop) if start < size else NOTHING
