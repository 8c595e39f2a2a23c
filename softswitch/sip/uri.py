"""SIP and SIPS URIs (RFC 3261 §19.1). Other schemes are kept, unread, in `opaque`.

    sip:alice:secret@[2001:db8::1]:5061;transport=tcp?Subject=hello
    scheme user password host      port params        headers

What is kept as on the wire: escapes in the user part, the headers. What is folded: the case of
scheme, host and parameter names.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from .errors import ParseError, excerpt
from .familiar import familiar

MAX_CACHED_LENGTH = 128
"""Longer URIs are parsed each time, so that strangers cannot fill memory with them."""
MAX_PORT = 65535

Parameters = tuple[tuple[str, str | None], ...]

_forbidden = re.compile(r'[\x00-\x20\x7f<>"]').search
_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*").fullmatch
# Underscores are in no RFC's host names, but on many office networks. Of an IPv6 reference only
# the alphabet is checked: RFC 5118 §4.10 asks us to bear a colon too many.
_host = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]").fullmatch
_escape = re.compile(r"%([0-9A-Fa-f]{2})")
PLAIN_USER = r"[A-Za-z0-9_.+*~-]+"
PLAIN_HOST = r"[A-Za-z0-9._-]+"
PLAIN_PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}"
"""As nearly all are: what is written so needs no closer look. (Ports from 60000 on do.)"""
_plain = re.compile(rf"(sips?):({PLAIN_USER})@({PLAIN_HOST})(?::({PLAIN_PORT}))?").fullmatch

SIP_SCHEMES = frozenset({"sip", "sips"})
RESERVED = frozenset(";/?:@&=+$,%")
"""Characters that mean something else escaped than they do bare (§19.1.4)."""
DECISIVE_PARAMETERS = frozenset({"user", "ttl", "method", "maddr", "transport"})
"""Named in only one of two URIs, these keep them from being equivalent (§19.1.4)."""


class Uri(NamedTuple):
    """A parsed URI. Equality compares the text's parts; `equivalent` is the RFC's comparison."""

    scheme: str
    user: str = ""
    """As on the wire, escapes kept; `username` has them decoded."""
    host: str = ""
    """Lower case; an IPv6 address keeps its brackets."""
    port: int | None = None
    params: Parameters = ()
    headers: str = ""
    password: str | None = None
    opaque: str = ""
    """What follows the colon of a scheme other than sip and sips."""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Read a URI without brackets around it. Raises ParseError."""
        return _parse_cached(text) if len(text) <= MAX_CACHED_LENGTH else _parse(text)

    def __str__(self) -> str:
        if not self.host:
            return f"{self.scheme}:{self.opaque}"
        user = self.user if self.password is None else f"{self.user}:{self.password}"
        port = "" if self.port is None else f":{self.port}"
        text = f"{self.scheme}:{user}{'@' if user else ''}{self.host}{port}"
        for name, value in self.params:
            text += f";{name}" if value is None else f";{name}={value}"
        return f"{text}?{self.headers}" if self.headers else text

    @property
    def is_sip(self) -> bool:
        """Whether the scheme is sip or sips, so that there is a host to send to."""
        return self.scheme in SIP_SCHEMES

    @property
    def username(self) -> str:
        """The user part with its escapes decoded, once."""
        return unquote(self.user, errors="surrogateescape") if "%" in self.user else self.user

    @property
    def address(self) -> str:
        """The host without brackets, as sockets want it."""
        return self.host.strip("[]")

    def param(self, name: str) -> str | None:
        """The value of a URI parameter; None when it is absent or has none."""
        for key, value in self.params:
            if key == name:
                return value
        return None

    def has_param(self, name: str) -> bool:
        """Whether the parameter is there, with or without a value (`lr`)."""
        return any(key == name for key, _ in self.params)

    def equivalent(self, other: "Uri") -> bool:
        """Whether both name the same resource (§19.1.4)."""
        return (
            self.scheme == other.scheme
            and self.host == other.host
            # No port and the default port are different: the first leaves room for SRV records.
            and self.port == other.port
            and self.opaque == other.opaque
            and _unescaped(self.user) == _unescaped(other.user)
            and _unescaped(self.password or "") == _unescaped(other.password or "")
            and _params_agree(self.params, other.params)
            and _header_set(self.headers) == _header_set(other.headers)
        )


def split_host_port(text: str) -> tuple[str, int | None]:
    """Read `host` or `host:port`, of a URI or a Via. Raises ParseError."""
    host, colon, port = text, "", ""
    if text.startswith("["):
        end = text.find("]") + 1
        host, colon, port = text[:end], text[end : end + 1], text[end + 1 :]
        if colon not in ("", ":"):
            raise ParseError(f"host {excerpt(text)} has something after its address")
    elif ":" in text:
        host, colon, port = text.partition(":")
    if not _host(host):
        raise ParseError(f"{excerpt(text)} is not a host")
    return host.lower(), parse_port(port) if colon else None


def parse_port(text: str) -> int:
    """Read a port from 1 to 65535. Raises ParseError."""
    if text.isdigit() and text.isascii() and len(text) <= 5 and 0 < int(text) <= MAX_PORT:
        return int(text)
    raise ParseError(f"{excerpt(text)} is not a port")


def parse_plain(text: str) -> Uri | None:
    """The URI of a user at a place, as nearly all are; None when there may be more to it.

    Quick enough for those of ten thousand phones, none of which is still remembered from before.
    """
    match = _plain(text)
    if match is None:
        return None
    scheme, user, host, port = match.groups()
    return Uri(scheme, user, host.lower(), int(port) if port else None)


def _parse(text: str) -> Uri:
    plain = parse_plain(text)
    if plain is not None:
        return plain
    scheme, colon, rest = text.partition(":")
    if not colon or not _scheme(scheme) or _forbidden(rest):
        raise ParseError(f"{excerpt(text)} is not a URI")
    scheme = scheme.lower()
    if scheme not in SIP_SCHEMES:
        return Uri(scheme, opaque=rest)
    # The user part may hold ; ? and / bare, so it is cut off first (RFC 4475 §3.1.1.9).
    userinfo, at, place = rest.rpartition("@")
    user, password_mark, password = userinfo.partition(":")
    if "@" in userinfo or (at and not user):
        raise ParseError(f"{excerpt(text)} is not a SIP URI: check its user part")
    place, _, headers = place.partition("?")
    hostport, _, params = place.partition(";")
    host, port = split_host_port(hostport)
    return Uri(
        scheme,
        user,
        host,
        port,
        _parse_params(params) if params else (),
        headers,
        password if password_mark else None,
    )


_parse_cached = familiar(_parse)


def _parse_params(text: str) -> Parameters:
    """Read `a=b;lr`. Empty ones are passed over; a name that comes twice is a ParseError."""
    params: dict[str, str | None] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = _unescaped(name).lower()
        if name in params:
            raise ParseError(f"URI parameter {excerpt(name)} comes twice")
        if name:
            params[name] = value if equals else None
    return tuple(params.items())


def _unescaped(text: str) -> str:
    """Decode the escapes that change nothing, and write the others alike."""
    return _escape.sub(_decode_harmless, text) if "%" in text else text


def _decode_harmless(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return match[0].upper() if character in RESERVED or character >= "\x80" else character


def _params_agree(ours: Parameters, theirs: Parameters) -> bool:
    if ours == theirs:
        return True
    one, other = dict(ours), dict(theirs)
    return all(
        _unescaped(one[name] or "").lower() == _unescaped(other[name] or "").lower()
        if name in one and name in other
        else name not in DECISIVE_PARAMETERS
        for name in one.keys() | other.keys()
    )


def _header_set(headers: str) -> list[str]:
    """The headers component as something whose order does not matter, names in lower case."""
    if not headers:
        return []
    pairs = (field.partition("=") for field in headers.split("&"))
    return sorted(f"{_unescaped(name).lower()}={_unescaped(value)}" for name, _, value in pairs)
