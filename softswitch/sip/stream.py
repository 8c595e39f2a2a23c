"""Cuts a TCP stream into messages (RFC 3261 §18.3, RFC 5626 §4.4.1).

    octets ──► start of message ──► head, up to the empty line ──► body, Content-Length octets ──┐
                    ▲  CRLFCRLF: keep-alive                                                      │
                    └────────────────────────────────────────────────────────────────────────────┘

Each octet is looked at a fixed number of times, however small the pieces that it comes in, and
what does not fit into the limits is refused before it is kept.
"""

import enum
import re

from .errors import ParseError
from .fields import parse_number
from .parser import MAX_BODY, MAX_HEAD, MAX_START_LINE

MAX_PARTIAL = MAX_START_LINE + MAX_HEAD
"""Octets that may wait for the end of their head."""
LINE_END = b"\r\n"
PING_LENGTH = 4
"""CRLFCRLF: the peer wants to know whether we are there."""
BLANK_PIECE = 4096
"""Octets of a flood of line ends that are looked at together."""

# Spelled as in `headers.canonical`: any case, compact, blanks before the colon, folded.
_content_length = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:((?:[^\r]|\r\n[ \t])*+)", re.IGNORECASE
).findall


class Keepalive(enum.Enum):
    """Not a message."""

    PING = enum.auto()
    """Answer with one CRLF. A run of them in one piece is one: an answer each would amplify."""


class FramingError(ParseError):
    """Where the next message starts can no longer be known: answer if possible, and close."""

    def __init__(
        self, error: ParseError, before: "list[bytes | Keepalive]", remains: bytes
    ) -> None:
        super().__init__(error.problem, error.status)
        self.before = before
        """What was whole before it, and is to be handled first."""
        self.remains = remains
        """The octets it was found in, for `parser.salvage`."""


class StreamFramer:
    """The octets of one connection, in order, as messages."""

    __slots__ = ("_blank", "_buffer", "_end", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        """Octets of the buffer known not to hold the end of the head."""
        self._end = 0
        """Length of the message; 0 until its head is there."""
        self._blank = 0
        """Octets of CR and LF since the last message or keep-alive."""

    @property
    def buffered(self) -> int:
        """Octets that wait for the rest of their message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> "list[bytes | Keepalive]":
        """Take what came, and return what is whole now. Raises FramingError; then close."""
        self._buffer += data
        found: list[bytes | Keepalive] = []
        try:
            while self._buffer:
                if not self._searched and self._buffer[0] in LINE_END:
                    if self._skip_blank() and found[-1:] != [Keepalive.PING]:
                        found.append(Keepalive.PING)
                elif self._head_is_whole() and len(self._buffer) >= self._end:
                    found.append(self._cut())
                else:
                    break
        except ParseError as error:
            raise FramingError(error, found, bytes(self._buffer)) from None
        return found

    def _skip_blank(self) -> bool:
        """Drop line ends before a message (§7.5); True when they make a keep-alive."""
        start = self._buffer[:BLANK_PIECE]
        length = len(start) - len(start.lstrip(LINE_END))
        del self._buffer[:length]
        pings, self._blank = divmod(self._blank + length, PING_LENGTH)
        return pings > 0

    def _head_is_whole(self) -> bool:
        """Find the end of the head, going on where the last search ended."""
        if self._end:
            return True
        buffer = self._buffer
        # The end may have begun within the last three octets.
        position = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._check_start(len(buffer) if position < 0 else position)
        if position < 0:
            self._searched = len(buffer)
            return False
        self._end = position + 4 + _body_length(bytes(buffer[:position]))
        return True

    def _check_start(self, length: int) -> None:
        """Refuse what can be no message, before more of it is kept."""
        buffer = self._buffer
        if not self._searched and not 0x20 < buffer[0] < 0x7F:
            raise ParseError("this is not text: TLS, or another protocol")
        # Once, when the limit is passed: a start line that is not over by then is too long.
        if (
            self._searched <= MAX_START_LINE < length
            and b"\r\n" not in buffer[: MAX_START_LINE + 2]
        ):
            raise ParseError(f"start line of more than {MAX_START_LINE} octets", 414)
        if length > MAX_PARTIAL:
            raise ParseError(f"no empty line within {MAX_PARTIAL} octets", 513)

    def _cut(self) -> bytes:
        """Take the whole message from the buffer's front, which moves no octets."""
        message = bytes(self._buffer[: self._end])
        del self._buffer[: self._end]
        self._searched = self._end = self._blank = 0
        return message


def _body_length(head: bytes) -> int:
    """What Content-Length says. On a stream there is no other way to know (§20.14)."""
    lengths = _content_length(head)
    if len(lengths) != 1:
        raise ParseError(f"{len(lengths)} Content-Length fields on a stream")
    text: bytes = lengths[0].strip(b" \t\r\n")
    length = parse_number(text.decode("latin-1"))
    if length > MAX_BODY:
        raise ParseError(f"a body of {length} octets is announced", 513)
    return length
