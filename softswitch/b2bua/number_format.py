"""How numbers are written to a carrier, and how it writes them to us (features CLI-2, CLI-6).

e164+      +48600100100        national    600100100
e164       48600100100         0national   0600100100
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PLUS = "e164+"
E164 = "e164"
NATIONAL = "national"
ZERO_NATIONAL = "0national"

ABROAD = "00"
"""Before the country code, where numbers are written as at home (ITU-T E.123)."""

SHORTEST = 8
"""Digits of a number with its country code; shorter ones are special services."""


def written(number: str, style: str, home: Sequence[str]) -> str:
    """A number as the trunk wants it. `home`: numbers of the trunk, which tell its country.

    Whatever does not begin with `+` is no public number, and goes out as it is.
    """
    if style == PLUS or not number.startswith("+"):
        return number
    digits = number[1:]
    if style == E164:
        return digits
    code, national = _parts(number)
    if not code or not home or _parts(home[0])[0] != code:
        return ABROAD + digits
    return f"0{national}" if style == ZERO_NATIONAL else national


def read(number: str, style: str) -> str:
    """A number of the trunk's with a `+`, if it is clear that only that is missing."""
    if style == E164 and number.isdecimal() and len(number) >= SHORTEST and number[0] != "0":
        return f"+{number}"
    return number


def at_home(number: str, country: str) -> str:
    """The digits of an E.164 number as people of that country write it; of a number abroad with
    the prefix that leads there."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if phonenumbers.region_code_for_number(parsed) != country:
        return ABROAD + number[1:]
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(filter(str.isdecimal, written))


def _parts(number: str) -> tuple[str, str]:
    """Country code and the rest; nothing when it is no number of any country."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "", ""
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed)
