"""Header fields: their names, their order, and the structured values that the core reads.

RFC 3261 §7.3 (form), §20 (fields), §25.1 (grammar). A field has one spelling inside the switch:
the canonical one, "Call-ID", however the peer wrote it ("i", "CALL-ID", "call-id "). So nothing
can be smuggled past a check by spelling it differently.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from .errors import ParseError, excerpt
from .uri import CACHE_SIZE, MAX_CACHED_LENGTH, Uri, parse_port, split_host_port

Params = dict[str, str | None]
"""Header parameters in order: lower-case names; values as on the wire, with their quotes."""

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

CANONICAL: dict[str, str] = {name: name for name in (*IRREGULAR, *USUAL)} | COMPACT
"""What peers wrote → the canonical name. It learns spellings, within the limits below."""
MAX_SPELLINGS = 4096
MAX_SPELLING_LENGTH = 48
"""Together at most about 1 MB, however many names strangers invent."""

_token = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+").fullmatch
_breaks_line = re.compile(r"[\r\n]").search
_comma_or_shelter = re.compile(r'"(?:[^"\\]|\\.)*+"?|<[^>]*+>?|,', re.DOTALL).finditer
_not_plain = re.compile(r'[\x00-\x20\x7f",<>]').search
_one_param = re.compile(
    r"""[ \t]*;[ \t]*
    ([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*                           # name
    (?:=[ \t]*("(?:[^"\\]|\\.)*+"|[^\x00-\x20\x7f";,<>]*))?   # quoted, or bare
    [ \t]*""",
    re.VERBOSE | re.DOTALL,
).match
_quoted = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL).match
_quoted_pair = re.compile(r"\\(.)", re.DOTALL)
_needs_escape = re.compile(r'["\\\x00-\x1f\x7f]')
_protocol = re.compile(r"\s*([^\s/]+)\s*/\s*([^\s/]+)\s*/\s*([^\s/]+)\s+(.*)", re.DOTALL).fullmatch

MAX_NUMBER_LENGTH = 10
"""Digits of the largest number in any header field (§25.1); more are an attack."""
MAX_NUMBER = 2**32 - 1


def canonical(name: str) -> str:
    """The one spelling of a header field's name. Raises ParseError when it is not a token."""
    known = CANONICAL.get(name)
    if known is not None:
        return known
    bare = name.rstrip(" \t")  # blanks before it would make it part of the line above
    if not _token(bare):
        raise ParseError(f"{excerpt(name)} is not a header field name")
    lower = bare.lower()
    known = _BY_LOWER_NAME.get(lower) or "-".join(map(str.capitalize, lower.split("-")))
    if len(CANONICAL) < MAX_SPELLINGS and len(name) <= MAX_SPELLING_LENGTH:
        CANONICAL[name] = known
    return known


def is_token(text: str) -> bool:
    """Whether this is a token (§25.1), as methods and option tags must be."""
    return _token(text) is not None


def parse_number(text: str) -> int:
    """Read a decimal number below 2³². Raises ParseError: no signs, no blanks, no other digits."""
    if text.isdigit() and text.isascii():
        if len(text) < MAX_NUMBER_LENGTH:
            return int(text)
        # Leading zeros are allowed without end (RFC 4475 §3.1.1.1), long conversions are slow.
        if not text[:-MAX_NUMBER_LENGTH].strip("0"):
            number = int(text[-MAX_NUMBER_LENGTH:])
            if number <= MAX_NUMBER:
                return number
    raise ParseError(f"{excerpt(text)} is not a number below 2**32")


def split_commas(value: str) -> list[str]:
    """The values of a list, split at commas outside quotes and <>; empty ones are left out."""
    if "," not in value:
        value = value.strip()
        return [value] if value else []
    parts = []
    start = 0
    for match in _comma_or_shelter(value):
        if match[0] == ",":
            parts.append(value[start : match.start()].strip())
            start = match.end()
    parts.append(value[start:].strip())
    return [part for part in parts if part]


def parse_params(text: str) -> Params:
    """Read `;a=b;c`; the first semicolon may be missing. Raises ParseError.

    Empty parameters and names that come twice are errors (RFC 4475 §3.1.2.1).
    """
    params: Params = {}
    if not text:
        return params
    if text[0] == ";":
        text = text[1:]
    if _not_plain(text):
        return _parse_params_with_care(";" + text)
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.lower()
        if not name or name in params:
            raise ParseError(f"parameters {excerpt(text)}: {excerpt(name)} is empty or comes twice")
        params[name] = value if equals else None
    return params


def _parse_params_with_care(text: str) -> Params:
    """The same with blanks and quoted strings."""
    params: Params = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _one_param(text, position)
        name = match[1].lower() if match else ""
        if match is None or name in params:
            raise ParseError(f"parameters end in nonsense: {excerpt(text[position:])}")
        params[name] = match[2]
        position = match.end()
    return params


def format_params(params: Params) -> str:
    """`;a=b;c`, or nothing."""
    if not params:
        return ""
    return "".join(
        [f";{name}" if value is None else f";{name}={value}" for name, value in params.items()]
    )


def quote(text: str) -> str:
    """A quoted string (§25.1). Line breaks cannot be in one: ValueError."""
    if _breaks_line(text):
        raise ValueError(f"line break in {text!r}")
    return '"' + _needs_escape.sub(r"\\\g<0>", text) + '"'


def unquote(text: str) -> str:
    """The text inside a quoted string; any other text as it is."""
    match = _quoted(text)
    if match is None or match.end() != len(text):
        return text
    return _quoted_pair.sub(r"\1", match[1]) if "\\" in text else match[1]


class CSeq(NamedTuple):
    """Orders the requests of a dialog (§20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """Read `4711 INVITE`. Raises ParseError."""
        parts = text.split()
        if len(parts) != 2 or not _token(parts[1]):
            raise ParseError(f"CSeq {excerpt(text)} is not a number and a method")
        return cls(parse_number(parts[0]), parts[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(slots=True)
class Via:
    """One hop that a request took, and so the way back for its responses (§20.42)."""

    protocol: str
    """The transport, upper case: UDP, TCP …"""
    host: str
    port: int | None = None
    params: Params = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Read one Via value. Raises ParseError."""
        sent, semicolon, tail = text.partition(";")
        protocol, _, sent_by = sent.partition(" ")
        if protocol[:8] != "SIP/2.0/" or not sent_by or " " in sent_by or "\t" in sent:
            # Blanks may stand around each slash and the colon (§25.1, RFC 4475 §3.1.1.1).
            match = _protocol(sent)
            if match is None:
                raise ParseError(f"Via {excerpt(text)} has no protocol and host")
            protocol, sent_by = f"SIP/2.0/{match[3]}", "".join(match[4].split())
        host, port = split_host_port(sent_by)
        if not semicolon:
            return cls(protocol[8:].upper(), host, port, {})
        if not tail:
            raise ParseError(f"Via {excerpt(text)} ends in a semicolon")
        params = parse_params(tail)
        if params.get("rport"):
            parse_port(params["rport"] or "")
        return cls(protocol[8:].upper(), host, port, params)

    @property
    def branch(self) -> str:
        """The transaction's identifier; "" from RFC 2543 peers."""
        return self.params.get("branch") or ""

    @property
    def received(self) -> str | None:
        """The address that the request really came from (§18.2.1), without brackets."""
        received = self.params.get("received")
        # Both spellings of an IPv6 address are about (RFC 5118 §4.5).
        return received.strip("[]") if received else None

    @property
    def rport(self) -> int | None:
        """The port that the request really came from (RFC 3581); None while only asked for."""
        rport = self.params.get("rport")
        return int(rport) if rport else None

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.protocol} {self.host}{port}{format_params(self.params)}"


@dataclass(slots=True)
class NameAddr:
    """A URI with a display name before it and parameters behind it: From, To, Contact, Route."""

    display: str
    """Unquoted."""
    uri: Uri
    params: Params = field(default_factory=dict)
    """Header parameters: they belong to the field, not to the URI."""

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Read `"Alice" <sip:alice@host;lr>;tag=1` or `sip:alice@host;tag=1`. Raises ParseError."""
        start = 0
        if '"' in text:
            text = text.strip()
            if text[0] == '"':
                match = _quoted(text)
                if match is None:
                    raise ParseError(f"unfinished quoted string in {excerpt(text)}")
                start = match.end()
        end = text.find(">", start) + 1
        semicolon = text.find(";", start)
        if end and (semicolon < 0 or text.find("<", start) < semicolon):
            address, tail = text[:end], text[end:].strip()
        elif semicolon >= 0:
            # Without <> all parameters are the field's (§20).
            address, tail = text[:semicolon], text[semicolon:].rstrip()
        else:
            address, tail = text, ""
        display, uri = (_address_cached if len(address) <= MAX_CACHED_LENGTH else _address)(address)
        if not tail:
            return cls(display, uri, {})
        if tail[0] != ";" or len(tail) == 1:
            raise ParseError(f"no parameter behind the address in {excerpt(text)}")
        return cls(display, uri, parse_params(tail))

    @property
    def tag(self) -> str:
        """The tag parameter; "" when there is none."""
        return self.params.get("tag") or ""

    def __str__(self) -> str:
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{format_params(self.params)}"


def _address(text: str) -> tuple[str, Uri]:
    """The display name and URI of `"Alice" <sip:alice@host>` or of `sip:alice@host`."""
    text = text.strip()
    match = _quoted(text)
    if match is not None:
        display, rest = unquote(match[0]), text[match.end() :].lstrip()
    else:
        display, angle, rest = text.partition("<")
        display, rest = display.rstrip(), angle + rest
        if not angle:
            if "?" in text or "," in text:
                # Nobody can tell whose they are (§20, RFC 4475 §3.1.2.13).
                raise ParseError(f"{excerpt(text)} has to stand in <>")
            return "", Uri.parse(text)
    if rest[:1] != "<" or rest[-1] != ">" or (match is None and '"' in display):
        raise ParseError(f"{excerpt(text)} is not a name and a <URI>")
    return display, Uri.parse(rest[1:-1].strip())


_address_cached = lru_cache(CACHE_SIZE)(_address)


class Headers:
    """The header fields of a message, in order, by canonical name.

    Our own code gives names in canonical spelling; nothing is looked up on that path. Values from
    our own code may not hold CR or LF (ValueError: a bug of ours); the parser refuses a peer's.
    """

    __slots__ = ("_first", "_items")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = []
        self._first: dict[str, str] = {}
        for name, value in items:
            self.append(name, value)

    @classmethod
    def adopt(cls, items: list[tuple[str, str]], first: dict[str, str]) -> "Headers":
        """Take over what the parser has checked: all fields, and the first of each name."""
        headers = cls.__new__(cls)
        headers._items = items
        headers._first = first
        return headers

    def get(self, name: str) -> str | None:
        """The value of the first line of that name. O(1)."""
        return self._first.get(name)

    def all(self, name: str) -> list[str]:
        """The value of every line of that name, in order, unsplit."""
        first = self._first.get(name)
        if first is None:
            return []
        if len(self._first) == len(self._items):  # no name comes twice
            return [first]
        return [value for key, value in self._items if key == name]

    def values(self, name: str) -> list[str]:
        """Every value of a list that may be spread over lines and commas (§7.3.1)."""
        lines = self.all(name)
        if len(lines) == 1:
            return split_commas(lines[0])
        return [part for line in lines for part in split_commas(line)]

    def append(self, name: str, value: str) -> None:
        """Add a line at the end."""
        _refuse_line_breaks(name, value)
        self._items.append((name, value))
        self._first.setdefault(name, value)

    def prepend(self, name: str, value: str) -> None:
        """Add a line at the beginning, as each hop does with its Via."""
        _refuse_line_breaks(name, value)
        self._items.insert(0, (name, value))
        self._first[name] = value

    def set(self, name: str, value: str) -> None:
        """Make this the only line of that name, in the place of the first; or append it."""
        if name not in self._first:
            self.append(name, value)
            return
        _refuse_line_breaks(name, value)
        place = self._place(name)
        self._items = [item for item in self._items if item[0] != name]
        self._items.insert(place, (name, value))
        self._first[name] = value

    def replace_first(self, name: str, value: str) -> None:
        """Rewrite the first line of that name, which must be there, and leave the others."""
        _refuse_line_breaks(name, value)
        self._items[self._place(name)] = (name, value)
        self._first[name] = value

    def remove(self, name: str) -> None:
        """Drop every line of that name, if there is any."""
        if self._first.pop(name, None) is not None:
            self._items = [item for item in self._items if item[0] != name]

    def copy(self) -> "Headers":
        """Another one with the same lines."""
        return Headers.adopt(self._items.copy(), self._first.copy())

    def _place(self, name: str) -> int:
        return next(index for index, item in enumerate(self._items) if item[0] == name)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


def _refuse_line_breaks(name: str, value: str) -> None:
    if "\n" in value or "\r" in value or "\n" in name or "\r" in name:
        raise ValueError(f"line break in header field {name!r}: {value!r}")
