"""PINs: how they are kept, which are good ones, and how often somebody may be wrong.

What is kept is a hash (scrypt, RFC 7914), whose work is for another thread. A check does the same
work whatever is wrong: a mailbox that does not exist, one without a PIN, or the PIN (VM-15).
"""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise

from softswitch.mailbox.messages import Box

COST, BLOCK, PARALLEL = 1 << 14, 8, 1
"""16 MB and some 40 ms for each guess: four digits are soon tried, so this only protects those of
whom the file is stolen from being read at a glance; the lock is what stops callers."""
DIGEST_OCTETS = 32
SALT_OCTETS = 16

SHORTEST = 4
LONGEST = 12
TRIES_PER_CALL = 3
TRIES_PER_HOUR = 10
HOUR = 3600.0
LOCKED_FOR = 3600.0

WRONG, RIGHT, FIRST = "wrong", "right", "first"
"""What a check finds; FIRST: the one that everybody knows, of an owner who has chosen none."""

NOBODY = f"scrypt${'00' * SALT_OCTETS}${'00' * DIGEST_OCTETS}"
"""Of no PIN at all."""


NO_PIN = "-"
"""Nobody can type it."""


def hashed(pin: str, salt: bytes) -> str:
    """What is kept of a PIN."""
    return f"scrypt${salt.hex()}${_digest(pin, salt).hex()}"


def matches(pin: str, kept: str) -> bool:
    """Whether it is the PIN of which this was kept."""
    _, salt, digest = kept.split("$")
    return hmac.compare_digest(_digest(pin, bytes.fromhex(salt)), bytes.fromhex(digest))


def check(typed: str, box: Box, written: str | None, first: str | None) -> str:
    """Is it the PIN? Two hashes' worth of work in any case.

    `written` is what the configuration says: it counts until the owner chooses his own, and again
    when it is changed later (features §4.4). None: there is no such mailbox. `first` counts
    while there is no other, and everybody may know it. None: nothing does.
    """
    is_own = matches(typed, box.pin or NOBODY)
    is_as_before = matches(written or "", box.pin_instead or NOBODY)
    if written is None:
        return WRONG
    has_own = bool(box.pin) and (is_as_before if written else not box.pin_instead)
    if has_own:
        return RIGHT if is_own else WRONG
    expected = written or first or NO_PIN
    if not hmac.compare_digest(typed.encode(), expected.encode()):
        return WRONG
    return RIGHT if written else FIRST


def chosen(box: Box, pin: str, written: str, salts: tuple[bytes, bytes]) -> Box:
    """The box of an owner who has chosen a PIN."""
    return box._replace(
        pin=hashed(pin, salts[0]),
        pin_length=len(pin),
        pin_instead=hashed(written, salts[1]) if written else "",
    )


def first_pin(number: str) -> str:
    """The last four digits of a number, filled with zeros in front (features S0-11)."""
    return "".join(letter for letter in number if letter in "0123456789")[-4:].rjust(4, "0")


def is_good(pin: str, number: str) -> bool:
    """Whether an owner may choose it (VM-16): not the number, nor what thieves try first."""
    if not SHORTEST <= len(pin) <= LONGEST or not pin.isdecimal() or not pin.isascii():
        return False
    digits = "".join(letter for letter in number if letter in "0123456789")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    in_a_row = len(steps) == 1 and steps <= {0, 1, 9}
    return not in_a_row and pin not in digits and pin != first_pin(number)


def failed(box: Box, now: float) -> Box:
    """Somebody was wrong: after too many times in an hour the box is locked for one (VM-15)."""
    failures = (*(at for at in box.failures if at > now - HOUR), now)[-TRIES_PER_HOUR:]
    if len(failures) < TRIES_PER_HOUR:
        return box._replace(failures=failures)
    return box._replace(failures=(), locked_until=now + LOCKED_FOR)


def _digest(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=BLOCK, p=PARALLEL, dklen=DIGEST_OCTETS)
