"""Octets → messages (RFC 3261 §7, §18.3). The head is decoded once, and split, not scanned.

Strict where two readers could differ on what a message says (start line, lengths, doubled
fields, line ends), lenient where RFC 4475 shows that the world is: folding, blanks, unknown
fields, any spelling of names. Values are not looked into here; `validation` does that.

Text is UTF-8 with surrogate escapes, so that octets which are not UTF-8 survive the way through.
"""

import re
from itertools import repeat

from .errors import ParseError, excerpt
from .fields import is_token, parse_number
from .headers import CANONICAL, Headers, canonical
from .message import Request, Response

MAX_START_LINE = 8 * 1024
"""Octets. Longer ones deserve 414; the URIs of phones have at most a few hundred."""
MAX_HEADER_LINE = 16 * 1024
"""Octets. The largest honest ones carry an Identity or a certificate: 2 to 8 kB."""
MAX_HEADERS = 200
"""Lines. Twice what a request has that crossed ten proxies."""
MAX_HEAD = 64 * 1024
"""Octets of all fields together: what a UDP datagram can hold."""
MAX_VIAS = 70
"""Lines. As many hops as Max-Forwards usually allows (§8.1.1.6); RFC 4475 §3.1.1.7 has 34."""
MAX_BODY = 256 * 1024
"""Octets. An SDP has 1 to 4 kB, the largest MIME bodies some 100 kB."""

VERSION = "SIP/2.0"

METHODS = frozenset(
    {
        "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK",
        "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE", "PUBLISH",
    }
)  # fmt: skip
"""Those that need no look at their spelling; others are only checked to be tokens."""

SINGLE = frozenset(
    {
        "Call-ID", "Content-Length", "Content-Type", "CSeq", "Expires", "From", "Max-Forwards",
        "Min-Expires", "Refer-To", "Replaces", "Session-Expires", "To",
    }
)  # fmt: skip
"""Fields that say one thing: a second one is an attempt to say two (RFC 4475 §3.3.8)."""

BLANKS = (" ", "\t")

ANSWERED_WITH = frozenset({"Via", "From", "To", "Call-ID", "CSeq"})

_version = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE | re.ASCII).fullmatch


def parse_datagram(data: bytes) -> Request | Response:
    """Read the one message of a datagram, or one that `stream` has cut out. Raises ParseError."""
    if data[:1] in (b"\r", b"\n"):
        data = data.lstrip(b"\r\n")  # left over from keep-alives (§7.5)
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise ParseError("no empty line behind the header fields")
    if end > MAX_START_LINE:
        _check_sizes(data[:end])
    text = data[:end].decode("utf-8", "surrogateescape")
    lines = text.split("\r\n")
    ends = len(lines) - 1
    if text.count("\r") != ends or text.count("\n") != ends:
        # They end a line for some readers and not for others: a way to smuggle header fields.
        raise ParseError("CR or LF outside a line end")
    if "\0" in text:
        _check_nul(text)
    start_line = lines[0]
    headers = _parse_headers(lines)
    body = data[end + 4 :]
    if headers.first.get("Content-Length") != str(len(body)) or len(body) > MAX_BODY:
        body = _cut_body(body, headers)
    if start_line.startswith("SIP/"):
        return _response(start_line, headers, body, data)
    return _request(start_line, headers, body, data)


def _parse_headers(lines: list[str]) -> Headers:
    """Everything after the start line."""
    if len(lines) > MAX_HEADERS + 1:
        raise ParseError(f"more than {MAX_HEADERS} header fields")
    canonical = CANONICAL
    split = map(str.partition, lines[1:], repeat(":"))
    try:
        items = [(canonical[name], value.strip(" \t")) for name, colon, value in split if colon]
    except ParseError:
        return _unfolded_headers(lines)
    if len(items) < len(lines) - 1:
        return _unfolded_headers(lines)
    first = dict(reversed(items))
    if len(first) < len(items):
        _check_repeated(items)
    return Headers(items, first)


def _unfolded_headers(lines: list[str]) -> Headers:
    """The same where a line is not a name, a colon and a value: it may continue the one before."""
    if len(lines) > 1 and lines[1][:1] in BLANKS:
        raise ParseError("the start line goes on in a second one")
    unfolded = _unfold(lines)
    if len(unfolded) < len(lines):
        return _parse_headers(unfolded)
    strange = [
        line for line in lines[1:] if not (canonical(line.partition(":")[0]) and ":" in line)
    ]
    raise ParseError(f"header line {excerpt(strange[0])} has no colon")


def _unfold(lines: list[str]) -> list[str]:
    """Join each continuation line to the header field that it belongs to (§7.3.1)."""
    unfolded = lines[:1]
    for line in lines[1:]:
        if line[:1] not in BLANKS:
            unfolded.append(line)
        else:
            unfolded[-1] += " " + line.strip(" \t")
    return unfolded


def _check_repeated(items: list[tuple[str, str]]) -> None:
    """Refuse what may come only once, and Vias without end."""
    names = [name for name, _ in items]
    for name in SINGLE.intersection(names):
        if names.count(name) > 1:
            raise ParseError(f"more than one {name}")
    if names.count("Via") > MAX_VIAS:
        raise ParseError(f"more than {MAX_VIAS} Vias")


def _request(start_line: str, headers: Headers, body: bytes, data: bytes) -> Request:
    parts = start_line.split(" ")
    if len(parts) != 3 or not parts[1]:
        raise ParseError(f"start line {excerpt(start_line)} is not METHOD URI {VERSION}")
    method, uri, version = parts
    if method not in METHODS and not is_token(method):
        raise ParseError(f"{excerpt(method)} is not a method")
    if version != VERSION:
        if not _version(version):
            raise ParseError(f"{excerpt(version)} is not a SIP version")
        version = version.upper()
    return Request(method, uri, headers, body, data, version)


def _response(start_line: str, headers: Headers, body: bytes, data: bytes) -> Response:
    version, _, rest = start_line.partition(" ")
    status, _, reason = rest.partition(" ")
    if version != VERSION or len(status) != 3 or not status.isdigit() or not status.isascii():
        raise ParseError(f"start line {excerpt(start_line)} is not {VERSION} STATUS reason")
    if not 100 <= int(status) <= 699:
        raise ParseError(f"status {status} is in no class")
    return Response(int(status), reason, headers, body, data)


def _cut_body(body: bytes, headers: Headers) -> bytes:
    """The body, as long as Content-Length says; without one, to the end (§18.3)."""
    length_text = headers.first.get("Content-Length")
    if length_text is not None:
        length = parse_number(length_text)
        if length > len(body):
            raise ParseError(f"body has {len(body)} octets, Content-Length says {length}")
        if length < len(body):
            body = body[:length]
    if len(body) > MAX_BODY:
        raise ParseError(f"body of {len(body)} octets", 513)
    return body


def _check_sizes(head: bytes) -> None:
    """Refuse the long lines that only a large head can have."""
    lines = head.split(b"\r\n")
    if len(lines[0]) > MAX_START_LINE:
        raise ParseError(f"start line of {len(lines[0])} octets", 414)
    if len(head) > MAX_HEAD:
        raise ParseError(f"header fields of {len(head)} octets", 513)
    if max(map(len, lines)) > MAX_HEADER_LINE:
        raise ParseError(f"header line of more than {MAX_HEADER_LINE} octets", 513)


def _check_nul(text: str) -> None:
    """NUL is allowed only as a quoted pair (§25.1, RFC 4475 §3.1.1.2)."""
    if "\0" in text.replace("\\\\", "").replace("\\\0", ""):
        raise ParseError("NUL in the header fields")


def salvage(data: bytes) -> Request | None:
    """What is left of a request that does not parse: enough to answer it, or None.

    For the 400 that a ParseError deserves. None for responses, for an ACK (never answered), and
    for what has no Via to answer by. Nothing in it may be used but by `respond`.
    """
    head = data[:MAX_HEAD].lstrip(b"\r\n").partition(b"\r\n\r\n")[0]
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    lines = _unfold(lines[: MAX_HEADERS + 1])
    method, _, rest = lines[0].partition(" ")
    if method == "ACK" or not is_token(method) or " SIP/" not in rest.upper():
        return None
    headers = Headers()
    for line in lines[1:]:
        _salvage_line(line, headers)
    vias = headers.all("Via")
    if not 0 < len(vias) <= MAX_VIAS:
        return None
    return Request(method, "", headers, b"", data)


def _salvage_line(line: str, headers: Headers) -> None:
    """Keep a line if an answer has to repeat it and can."""
    spelling, _, value = line.partition(":")
    value = value.strip(" \t")
    try:
        name = canonical(spelling)
    except ParseError:
        return
    if name not in ANSWERED_WITH or (name != "Via" and name in headers):
        return
    if value and len(line) <= MAX_HEADER_LINE and not re.search(r"[\0\r\n]", value):
        headers.append(name, value)
