"""The number plan: which number of the world is meant, and what kind it is (OUT-2).

    600100100        +48600100100   mobile          (country: PL)
    00 1 876 …       +1876…         international, Jamaica: +1 is shared by 25 countries
    0112, 112        112            emergency

A number is judged after it has been made E.164, and what is sent to a trunk is that form: no way
of writing a number gets it past a permission. The tables are those of the `phonenumbers` package,
which is imported when the first number is asked for: a switch without trunks does not carry it.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAX_DIGITS = 32
"""Of anything that could still be a number: 15 of E.164, prefixes, and carrier codes."""

EUROPEAN_EMERGENCY = "112"
"""Reaches help from everywhere in Europe, and from every mobile network."""

LONGEST_EMERGENCY = 6
"""Digits; to look no further is cheaper."""

REMEMBERED = 1000
"""Numbers of which it is known what they are: 0.3 MB at most."""

INTERNATIONAL_PREFIXES = ("00", "011")
"""Of most countries and of North America: understood everywhere, where they leave no doubt."""

SEPARATORS = frozenset(" -./()\u00a0\u2010\u2011\u2012\u2013\u2014\u2212\u200b\u2060")
"""What people put between digits."""

NORTH_AMERICA = 1
"""A country code that says nothing about the country."""

SHORTEST_UNKNOWN = 1_000_000
"""Shorter numbers have to be in the plan, or they are slips of the finger."""

NETWORKS = {
    "800": "toll_free",
    "808": "shared_cost",
    "870": "satellite",
    "878": "premium",
    "881": "satellite",
    "882": "satellite",
    "883": "satellite",
    "888": "premium",
    "979": "premium",
}
"""Codes of networks that belong to no country."""


class Number(NamedTuple):
    """A number outside."""

    e164: str
    """With `+`, or the digits as they were dialled when they are no public number."""
    kind: str
    """emergency, toll_free, local, national, mobile, shared_cost, premium, international,
    satellite, or unknown: abroad, but nobody knows where."""
    country: str = ""
    """ISO 3166-1; empty: that of no country."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How numbers are dialled in this office."""

    country: str
    """ISO 3166-1."""
    area_code: str = ""
    """Of the office; numbers that begin with it are local, and may be dialled without it."""
    prefix: str = ""
    """What is dialled for a line, if anything."""

    def normalise(self, dialled: str) -> Number | None:
        """The number that is meant; None when it is none."""
        digits = cleaned(dialled)
        return None if digits is None else _meant(self, digits)

    def meant(self, digits: str) -> Number | None:
        """The same of what has been cleaned."""
        readings = tuple(dict.fromkeys(self._readings(digits)))
        for one in readings:
            if is_emergency(one, self.country):
                return Number(one, "emergency", self.country)
        for one in (*readings, *self._nearby(digits)):
            found = self._public(one)
            if found is not None and found[1]:
                return found[0]
        for one in readings:
            short = self._short(one)
            if short is not None:
                return short
        return next(filter(None, map(self._possible, readings)), None)

    def _possible(self, digits: str) -> Number | None:
        """A number that is not in the plan, but long enough: plans grow."""
        found = self._public(digits)
        return None if found is None else found[0]

    def _nearby(self, digits: str) -> tuple[str, ...]:
        """A number of the same town, dialled without its area code."""
        return () if digits.startswith("+") or not self.area_code else (self.area_code + digits,)

    def _readings(self, digits: str) -> Iterator[str]:
        """What the digits may mean, the likeliest first."""
        if self.prefix and digits.startswith(self.prefix):
            yield digits.removeprefix(self.prefix)
        yield digits
        if digits.startswith("+"):
            return
        for prefix in INTERNATIONAL_PREFIXES:
            for one in (digits, digits.removeprefix(self.prefix)):
                if one.startswith(prefix):
                    yield f"+{one.removeprefix(prefix)}"
        if digits.startswith("0"):
            yield digits[1:]  # the prefix of long distance, where it is no more

    def _public(self, digits: str) -> tuple[Number, bool] | None:
        """A number of the world and whether the plan has it; None when it cannot be one."""
        import phonenumbers

        try:
            parsed = phonenumbers.parse(digits, self.country)
        except phonenumbers.NumberParseException:
            return None
        reason = phonenumbers.is_possible_number_with_reason(parsed)
        if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
            return None
        e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        is_valid = phonenumbers.is_valid_number(parsed)
        network = NETWORKS.get(str(parsed.country_code))
        if network is not None:
            return Number(e164, network), is_valid
        if is_valid:
            country = phonenumbers.region_code_for_number(parsed) or ""
            kind = _kinds(at_home=country == self.country)[phonenumbers.number_type(parsed)]
            if kind == "national" and self._is_local(str(parsed.national_number)):
                kind = "local"
            return Number(e164, kind, country), True
        if parsed.italian_leading_zero or int(parsed.national_number or 0) < SHORTEST_UNKNOWN:
            return None
        home = phonenumbers.country_code_for_region(self.country)
        if parsed.country_code == home != NORTH_AMERICA:
            return Number(e164, "national", self.country), False
        return Number(e164, "unknown"), False

    def _is_local(self, national: str) -> bool:
        return bool(self.area_code) and national.startswith(self.area_code.lstrip("0"))

    def _short(self, digits: str) -> Number | None:
        """A number that only this country has, such as that of a directory service."""
        import phonenumbers
        from phonenumbers import shortnumberinfo

        try:
            parsed = phonenumbers.parse(digits, self.country)
        except phonenumbers.NumberParseException:
            return None
        if not shortnumberinfo.is_valid_short_number_for_region(parsed, self.country):
            return None
        cost = shortnumberinfo.expected_cost_for_region(parsed, self.country)
        kinds = {
            phonenumbers.ShortNumberCost.TOLL_FREE: "toll_free",
            phonenumbers.ShortNumberCost.STANDARD_RATE: "national",
            phonenumbers.ShortNumberCost.PREMIUM_RATE: "premium",
        }
        return Number(digits, kinds.get(cost, "shared_cost"), self.country)


_plain = re.compile(rf"\+?[0-9]{{1,{MAX_DIGITS}}}", re.ASCII).fullmatch


def cleaned(dialled: str) -> str | None:
    """Digits, and `+` in front of them or not; None when there is anything else.

    Parameters (`;postd=`, `;ext=`) go, digits of all scripts become ours, and letters those of
    the key they stand on (E.161), if a digit stands in front of them.
    """
    if _plain(dialled):
        return dialled
    text = unicodedata.normalize("NFKC", dialled.partition(";")[0])
    text = "".join(one for one in text if one not in SEPARATORS)
    if not text[:1].isdecimal() and not text.startswith("+"):
        return None
    text = "".join(map(_digit, text))
    plus, digits = text[:1] == "+", text.lstrip("+")
    fine = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    return f"+{digits}" if fine and plus else digits if fine else None


_KEYS = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999", strict=True),
)


def _digit(one: str) -> str:
    decimal = unicodedata.decimal(one, None)
    return str(decimal) if decimal is not None else _KEYS.get(one.upper(), one)


@functools.lru_cache(maxsize=REMEMBERED)
def _meant(numbering: Numbering, digits: str) -> Number | None:
    """Remembered, because the same few numbers come and are called again and again."""
    return numbering.meant(digits)


def is_emergency(digits: str, country: str) -> bool:
    """Does this call for help?"""
    if digits == EUROPEAN_EMERGENCY:
        return True
    if len(digits) > LONGEST_EMERGENCY or digits.startswith("+"):
        return False
    from phonenumbers import shortnumberinfo

    return bool(shortnumberinfo.is_emergency_number(digits, country))


@functools.cache
def _kinds(at_home: bool) -> dict[int, str]:
    """What the types of the package are to us. A number abroad that is free or cheap there is
    neither when it is called from here; personal numbers (+44 70) are dear everywhere."""
    from phonenumbers import PhoneNumberType as Type

    near = "national" if at_home else "international"
    kinds = dict.fromkeys(Type.values(), near)
    kinds[Type.MOBILE] = kinds[Type.PAGER] = "mobile" if at_home else "international"
    kinds[Type.TOLL_FREE] = "toll_free" if at_home else "international"
    kinds[Type.SHARED_COST] = kinds[Type.UAN] = "shared_cost" if at_home else "premium"
    kinds[Type.PREMIUM_RATE] = kinds[Type.PERSONAL_NUMBER] = "premium"
    return kinds
