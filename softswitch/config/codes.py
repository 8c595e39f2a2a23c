"""Is a number one thing alone? Service codes, each other and the users (features FC-1)."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from softswitch.config import units
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.feature_codes import feature_codes
from softswitch.routing.codes import (
    OF_A_CALENDAR,
    OF_A_NUMBER,
    OF_A_USER,
    OF_SECONDS,
    TERMINATOR,
)

SECTION: Final = "feature_codes"
ONE_MUST_CHANGE = "one of them must change"


class _Code(NamedTuple):
    """A code as it is compared: without the `#` at its end, which phones keep for themselves."""

    number: str
    written: str
    key: str

    def may_hold(self, rest: str, extensions: Mapping[str, str]) -> bool:
        """Could this stand behind the code, as what it is for?"""
        if self.key in OF_A_USER:
            return rest in extensions
        digits = rest.isascii() and rest.lstrip("+").isdigit()
        return digits and self.key in (*OF_A_NUMBER, *OF_SECONDS, *OF_A_CALENDAR)


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is dialled for two things at once. `written`: the users as the file spells them."""
    extensions = {units.extension(word): word for word in written}
    section = document.get(SECTION, {})
    codes = [
        _Code(code.removesuffix(TERMINATOR), code, key)
        for key, dialled in feature_codes(section).items()
        for code in dialled
    ]
    taken: dict[str, str] = {}
    for code in codes:
        if code.number in extensions:
            wrong = Wrong(f"{quoted(code.written)} is {code.key} ({SECTION})", ONE_MUST_CHANGE)
            yield ("users", extensions[code.number]), wrong
        elif code.number in taken:
            other = taken[code.number]
            what = f"{other} already" if other == code.key else f"both {other} and {code.key}"
            yield _place(section, code.key, other), Wrong(f"{quoted(code.written)} is {what}")
        taken[code.number] = code.key
    yield from _overlaps(codes, extensions, section)


def _overlaps(
    codes: list[_Code], extensions: Mapping[str, str], section: Mapping[str, object]
) -> Iterator[Finding]:
    """Codes with something behind them that are another code then, or an extension."""
    first = {code.number[:1] for code in codes}
    alike = {number: word for number, word in extensions.items() if number[:1] in first}
    for code in codes:
        if code.key not in (*OF_A_USER, *OF_A_NUMBER, *OF_SECONDS, *OF_A_CALENDAR):
            continue
        for number, word in alike.items():
            rest = _behind(number, code)
            if rest and code.may_hold(rest, extensions):
                wrong = f"{quoted(word)} is {code.key} {quoted(code.written)} with {rest} behind it"
                yield ("users", word), Wrong(f"{wrong} ({SECTION})", ONE_MUST_CHANGE)
        for other in codes:
            rest = _behind(other.number, code)
            if rest and code.may_hold(rest, extensions):
                wrong = f"{quoted(other.written)} is {other.key}, and {code.key}"
                place = _place(section, other.key, code.key)
                tail = f"{quoted(code.written)} with {rest} behind it"
                yield place, Wrong(f"{wrong} {tail}", ONE_MUST_CHANGE)


def _behind(number: str, code: _Code) -> str:
    return number[len(code.number) :] if number.startswith(code.number) else ""


def _place(section: Mapping[str, object], *keys: str) -> Location:
    """The first of these keys that is written; a preset stands nowhere."""
    return (SECTION, *[key for key in keys if key in section][:1])
