"""Header fields: their names, and their order in a message.

RFC 3261 §7.3. A field has one spelling inside the switch: the canonical one, "Call-ID", however
the peer wrote it ("i", "CALL-ID", "call-id "). So nothing can be smuggled past a check by
spelling it differently. What is inside the fields is read by `fields`, whose names are at hand
here too.
"""

from collections.abc import Iterable, Iterator

from .errors import ParseError, excerpt
from .fields import (
    CSeq,
    NameAddr,
    Params,
    Via,
    format_params,
    is_token,
    parse_number,
    parse_params,
    quote,
    split_commas,
    unquote,
)

__all__ = [
    "CANONICAL",
    "CSeq",
    "Headers",
    "NameAddr",
    "Params",
    "Via",
    "canonical",
    "format_params",
    "is_token",
    "parse_number",
    "parse_params",
    "quote",
    "split_commas",
    "unquote",
]

COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
"""One-letter names (§7.3.3 and the registry of header fields)."""

IRREGULAR = (
    "Call-ID", "CSeq", "MIME-Version", "Min-SE", "RAck", "RSeq", "SIP-ETag", "SIP-If-Match",
    "WWW-Authenticate",
)  # fmt: skip
"""Names that are not simply capitalised."""
_BY_LOWER_NAME = {name.lower(): name for name in IRREGULAR} | COMPACT

USUAL = (
    "Accept", "Accept-Encoding", "Accept-Language", "Allow", "Allow-Events", "Authorization",
    "Contact", "Content-Disposition", "Content-Length", "Content-Type", "Date", "Event", "Expires",
    "From", "Max-Forwards", "Min-Expires", "P-Asserted-Identity", "Path", "Proxy-Authorization",
    "Proxy-Require", "Reason", "Record-Route", "Refer-To", "Replaces", "Require", "Route", "Server",
    "Session-Expires", "Subject", "Supported", "Timestamp", "To", "User-Agent", "Via", "Warning",
)  # fmt: skip
"""Known from the start, so that no flood of invented names can make these slow."""

MAX_SPELLINGS = 4096
MAX_SPELLING_LENGTH = 48
"""Together at most about 1 MB, however many names strangers invent."""


class Spellings(dict[str, str]):
    """What peers wrote → the canonical name. It learns spellings, within the limits above."""

    def __missing__(self, name: str) -> str:
        """Raises ParseError when it is not a token."""
        bare = name.rstrip(" \t")  # blanks before it would make it part of the line above
        if not is_token(bare):
            raise ParseError(f"{excerpt(name)} is not a header field name")
        lower = bare.lower()
        known = _BY_LOWER_NAME.get(lower) or "-".join(map(str.capitalize, lower.split("-")))
        if len(self) < MAX_SPELLINGS and len(name) <= MAX_SPELLING_LENGTH:
            self[name] = known
        return known


CANONICAL = Spellings({name: name for name in (*IRREGULAR, *USUAL)} | COMPACT)


def canonical(name: str) -> str:
    """The one spelling of a header field's name. Raises ParseError when it is not a token."""
    return CANONICAL[name]


class Headers:
    """The header fields of a message, in order, by canonical name.

    Our own code gives names in canonical spelling; nothing is looked up on that path. Values from
    our own code may not hold CR or LF: that is seen when the message is written, in one look at
    all of it. The parser refuses a peer's.
    """

    __slots__ = ("first", "items")

    def __init__(
        self, items: Iterable[tuple[str, str]] = (), first: dict[str, str] | None = None
    ) -> None:
        """`first`: the first value of each name, from whoever knows them already."""
        self.items = list(items)
        """All fields in order. Only to be read."""
        self.first = dict(reversed(self.items)) if first is None else first
        """The first value of each name. Only to be read: the hot path does, and spares a call."""

    def get(self, name: str) -> str | None:
        """The value of the first line of that name. O(1)."""
        return self.first.get(name)

    def all(self, name: str) -> list[str]:
        """The value of every line of that name, in order, unsplit."""
        first = self.first.get(name)
        if first is None:
            return []
        if len(self.first) == len(self.items):  # no name comes twice
            return [first]
        return [value for key, value in self.items if key == name]

    def values(self, name: str) -> list[str]:
        """Every value of a list that may be spread over lines and commas (§7.3.1)."""
        lines = self.all(name)
        if not lines:
            return []
        if len(lines) == 1:
            return split_commas(lines[0])
        return [part for line in lines for part in split_commas(line)]

    def append(self, name: str, value: str) -> None:
        """Add a line at the end."""
        self.items.append((name, value))
        self.first.setdefault(name, value)

    def prepend(self, name: str, value: str) -> None:
        """Add a line at the beginning, as each hop does with its Via."""
        self.items.insert(0, (name, value))
        self.first[name] = value

    def set(self, name: str, value: str) -> None:
        """Make this the only line of that name, in the place of the first; or append it."""
        if name not in self.first:
            self.append(name, value)
            return
        place = self._place(name)
        self.items = [item for item in self.items if item[0] != name]
        self.items.insert(place, (name, value))
        self.first[name] = value

    def replace_first(self, name: str, value: str) -> None:
        """Rewrite the first line of that name, which must be there, and leave the others."""
        place = 0 if self.items[0][0] == name else self._place(name)  # usually the topmost Via
        self.items[place] = (name, value)
        self.first[name] = value

    def remove(self, name: str) -> None:
        """Drop every line of that name, if there is any."""
        if self.first.pop(name, None) is not None:
            self.items = [item for item in self.items if item[0] != name]

    def copy(self) -> "Headers":
        """Another one with the same lines."""
        return Headers(self.items, self.first.copy())

    def _place(self, name: str) -> int:
        return next(index for index, item in enumerate(self.items) if item[0] == name)

    def __contains__(self, name: str) -> bool:
        return name in self.first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.items == other.items

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __repr__(self) -> str:
        return f"Headers({self.items!r})"
