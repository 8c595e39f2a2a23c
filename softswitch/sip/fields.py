"""The values inside header fields: numbers, lists, parameters, CSeq, Via, addresses.

RFC 3261 §20 (fields), §25.1 (grammar). Which field a value stands in is `headers`' business.
Everything here takes text from strangers: each reader takes linear time, and raises ParseError
and nothing else.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from .errors import ParseError, excerpt
from .familiar import familiar
from .uri import (
    MAX_CACHED_LENGTH,
    PLAIN_HOST,
    PLAIN_PORT,
    PLAIN_USER,
    Uri,
    parse_plain,
    parse_port,
    split_host_port,
)

Params = dict[str, str | None]
"""Header parameters in order: lower-case names; values as on the wire, with their quotes."""

is_token = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+").fullmatch
"""Something true for a token (§25.1), as methods and option tags must be."""
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
_plain_value = re.compile(r'[^\x00-\x20\x7f",;<>]*').fullmatch
_name = r"""(?:"[^"\\]*"|[A-Za-z0-9 ._-]*)[ ]?"""
_tag = r"""(?:;tag=([A-Za-z0-9\-.!%*_+`'~]+))?"""
_plain_party = re.compile(
    rf"{_name}<sips?:{PLAIN_USER}@{PLAIN_HOST}(?::(?:{PLAIN_PORT}))?>{_tag}"
).fullmatch
_quoted_pair = re.compile(r"\\(.)", re.DOTALL)
_needs_escape = re.compile(r'["\\\x00-\x1f\x7f]')
_protocol = re.compile(r"\s*([^\s/]+)\s*/\s*([^\s/]+)\s*/\s*([^\s/]+)\s+(.*)", re.DOTALL).fullmatch

MAX_NUMBER_LENGTH = 10
"""Digits of the largest number in any header field (§25.1); more are an attack."""
MAX_NUMBER = 2**32 - 1
CSEQS = 2048
"""That are remembered."""


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
    parts = text.split(";")
    for part in parts:
        name, equals, value = part.partition("=")
        params[name.lower()] = value if equals else None
    if len(params) < len(parts) or "" in params:
        raise ParseError(f"parameters {excerpt(text)}: one is empty or comes twice")
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
        return cached_cseq(text) if len(text) <= MAX_CACHED_LENGTH else _cseq(text)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def _cseq(text: str) -> CSeq:
    parts = text.split()
    if len(parts) != 2 or not is_token(parts[1]):
        raise ParseError(f"CSeq {excerpt(text)} is not a number and a method")
    return CSeq(parse_number(parts[0]), parts[1])


cached_cseq = lru_cache(CSEQS)(_cseq)
"""Most phones count from 1 in each dialog, so all of them together write few CSeqs. For short texts
only."""


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
        protocol, host, port = (cached_hop if len(sent) <= MAX_CACHED_LENGTH else _hop)(sent)
        if not semicolon:
            return cls(protocol, host, port, {})
        if not tail:
            raise ParseError(f"Via {excerpt(text)} ends in a semicolon")
        params = parse_params(tail)
        if params.get("rport"):
            parse_port(params["rport"] or "")
        return cls(protocol, host, port, params)

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


def _hop(text: str) -> tuple[str, str, int | None]:
    """The protocol, host and port of `SIP/2.0/UDP host:5060`."""
    protocol, _, sent_by = text.partition(" ")
    if protocol[:8] != "SIP/2.0/" or not sent_by or " " in sent_by or "\t" in text:
        # Blanks may stand around each slash and the colon (§25.1, RFC 4475 §3.1.1.1).
        match = _protocol(text)
        if match is None:
            raise ParseError(f"Via {excerpt(text)} has no protocol and host")
        protocol, sent_by = f"SIP/2.0/{match[3]}", "".join(match[4].split())
    return protocol[8:].upper(), *split_host_port(sent_by)


cached_hop = familiar(_hop)
"""Each phone has one; new in a Via is its branch. For short texts only."""


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
        if text[:1] == "<" and text[-1:] == ">":
            plain = parse_plain(text[1:-1])
            if plain is not None:
                return cls("", plain, {})
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


_address_cached = familiar(_address)

cached_contact = familiar(NameAddr.parse)
"""A phone writes the same Contact into all that it sends. For short texts only; nobody may change
what comes out."""


def read_tag(value: str) -> str:
    """The tag of a From or To; "" without one. Raises ParseError when the rest of it is unsound.

    The same as `NameAddr.parse(value).tag`, but cheap for `"Alice" <sip:alice@host>;tag=1`.
    """
    match = _plain_party(value)
    return match[1] or "" if match is not None else NameAddr.parse(value).tag
