"""Session descriptions: the lines of RFC 8866, split once and kept in order.

Lenient where phones are sloppy (bare LF, blank lines, a missing `s=` or `t=`, lines out of order
behind `v=`), strict where a mistake could hurt: sizes, numbers, addresses. What a line of no
interest here means is nobody's business here: it is kept as it is.

    v= o= s= … c= b= t= a= …          lines of the session
    m=audio 40000 RTP/AVP 8 101       a MediaDescription, and
    c= b= a= …                        its lines

Text is held as Latin-1, which any octets survive, there and back.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

MAX_OCTETS = 16_384
"""Ten times the largest offer of a browser with every codec; a desk phone sends 400 octets."""

MAX_MEDIA = 64
"""Media descriptions. Browsers in a conference reach 30; each costs us a line in the answer."""

MAX_FORMATS = 128
"""Formats of one media description: payload types have seven bits (RFC 3550 §5.1)."""

MAX_PORT = 65_535
TOO_LARGE = 413


class SdpError(ValueError):
    """This body is no description that we can use. `status` is what to answer: 400, 413 or 488."""

    def __init__(self, problem: str, status: int = 400) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status


@dataclass(slots=True)
class MediaDescription:
    """One `m=` line and what follows it, up to the next."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    lines: list[str] = field(default_factory=list)
    port_count: int = 1

    @classmethod
    def parse(cls, line: str) -> "MediaDescription":
        """Of a whole `m=` line (RFC 8866 §5.14). Raises SdpError.

        Formats may be missing: some leave them out of a stream with port 0.
        """
        words = line[2:].split()
        if len(words) < 3:
            raise SdpError(f"media line has {len(words)} words, expected at least 4")
        if len(words) > MAX_FORMATS + 3:
            raise SdpError(f"media line has {len(words) - 3} formats, at most {MAX_FORMATS}", 488)
        port, _, count = words[1].partition("/")
        return cls(
            words[0],
            number(port, MAX_PORT, "media port"),
            words[2],
            words[3:],
            port_count=number(count, MAX_PORT, "number of ports") if count else 1,
        )

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """The `a=` lines as name and value, in order; the value of a flag is empty."""
        return attributes(self.lines)

    @property
    def connection(self) -> str | None:
        """The address of its own `c=` line."""
        return connection(self.lines)

    def serialize(self) -> list[str]:
        """Its lines, the `m=` line first."""
        count = f"/{self.port_count}" if self.port_count != 1 else ""
        head = " ".join([f"m={self.kind} {self.port}{count}", self.protocol, *self.formats])
        return [head, *self.lines]


@dataclass(slots=True)
class SessionDescription:
    """A whole description: the session's lines, then the media."""

    lines: list[str]
    media: list[MediaDescription]

    @classmethod
    def parse(cls, body: bytes) -> "SessionDescription":
        """Raises SdpError and nothing else, whatever the octets."""
        if len(body) > MAX_OCTETS:
            raise SdpError(f"description has {len(body)} octets, at most {MAX_OCTETS}", TOO_LARGE)
        if b"\0" in body:
            raise SdpError("description contains a NUL octet")
        session: list[str] = []
        media: list[MediaDescription] = []
        lines = session
        for line in split_lines(body):
            if line[1:2] != "=" or not line[0].isalpha():
                raise SdpError(f"line {line[:40]!r} is not of the form <letter>=<value>")
            if line[0] == "m":
                if len(media) == MAX_MEDIA:
                    raise SdpError(f"more than {MAX_MEDIA} media descriptions", 488)
                one = MediaDescription.parse(line)
                media.append(one)
                lines = one.lines
            else:
                lines.append(line)
        if not session or session[0] != "v=0":
            raise SdpError("description does not begin with v=0")
        return cls(session, media)

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """The session's `a=` lines as name and value."""
        return attributes(self.lines)

    @property
    def connection(self) -> str | None:
        """The address of the session's `c=` line, which media without one use (RFC 8866 §5.7)."""
        return connection(self.lines)

    def serialize(self) -> bytes:
        """As octets, with CRLF behind every line."""
        lines = [*self.lines, *(line for one in self.media for line in one.serialize()), ""]
        return "\r\n".join(lines).encode("latin-1")


def split_lines(body: bytes) -> list[str]:
    """Lines without their ends, blank ones left out.

    A lone CR ends a line too: were it kept inside one, some phone behind us would break the line
    there and read what nobody here has checked.
    """
    text = body.decode("latin-1").replace("\r", "\n")
    return [line for line in text.split("\n") if line]


def attributes(lines: list[str]) -> list[tuple[str, str]]:
    """The `a=` lines among those given, as name and value."""
    found = []
    for line in lines:
        if line[0] == "a":
            name, _, value = line[2:].partition(":")
            found.append((name, value))
    return found


def connection(lines: list[str]) -> str | None:
    """The address of the first `c=` line among those given, else None. Raises SdpError."""
    for line in lines:
        if line[0] == "c":
            return connection_address(line)
    return None


def connection_address(line: str) -> str:
    """The address (or host name) in a `c=` line, without TTL. Raises SdpError."""
    words = line[2:].split()
    if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in ("IP4", "IP6"):
        raise SdpError(f"connection line {line[:60]!r} is not c=IN IP4|IP6 <address>")
    return words[2].partition("/")[0]


def number(text: str, most: int, what: str) -> int:
    """A decimal number of 0 to `most`. Raises SdpError; digits of other scripts are none."""
    # Length first: int() of a very long text costs time that grows faster than the text.
    if len(text) <= 10 and text.isascii() and text.isdigit():
        value = int(text)
        if value <= most:
            return value
    raise SdpError(f"{what} is {text[:20]!r}, expected 0 to {most}")


UNSPECIFIED = "unspecified"
UNICAST = "unicast"
PRIVATE = "private"
UNREACHABLE = "unreachable"
NAME = "name"


_OCTET = re.compile("[1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]")
_NARROW = frozenset({"0.0.0", "192.0.0", "255.255.255"})
"""IPv4 networks of 256 addresses that are not all of one kind."""


def address_kind(address: str) -> str:
    """What an address of a description is: NAME, UNSPECIFIED, PRIVATE, UNICAST or UNREACHABLE.

    PRIVATE cannot be reached from everywhere: RFC 1918, unique local, link-local, loopback,
    shared (RFC 6598). UNREACHABLE can never be a phone's: multicast, broadcast, reserved.
    """
    network, _, last = address.rpartition(".")
    if network not in _NARROW and ":" not in network and _OCTET.fullmatch(last):
        address = f"{network}.1"  # of the same kind, and remembered for all neighbours
    return _kind(address)


@lru_cache(maxsize=4096)  # phones keep their networks; a flood of others only evicts
def _kind(address: str) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return NAME
    if "%" in address:  # a zone means something to its sender only (RFC 4007 §6)
        return NAME
    if ip.is_unspecified:
        return UNSPECIFIED
    if ip.is_multicast or (ip.is_reserved and ip.version == 4):
        return UNREACHABLE
    return UNICAST if ip.is_global else PRIVATE


def address_type(address: str) -> str:
    """`IP4` or `IP6`, as `c=` and `o=` want it."""
    return "IP6" if ":" in address else "IP4"
