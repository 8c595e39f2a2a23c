"""Requests and responses (RFC 3261 §7), and the response that a request calls for (§8.2.6).

A message is its start line, its header fields in order, and its body. What the core needs of the
fields is parsed when it is first asked for, and then remembered: whoever changes a field after
reading it would be answered with the old value, so build first and read then.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter

from .errors import ParseError
from .fields import (
    CSeq,
    NameAddr,
    Via,
    cached_contact,
    cached_cseq,
    cached_hop,
    is_token,
    parse_number,
    read_tag,
    split_commas,
)
from .headers import Headers
from .parsed import parsed
from .reasons import REASONS
from .uri import MAX_CACHED_LENGTH, Uri

MAX_SENT_BY = 64
"""Characters of `SIP/2.0/UDP host:port`; in longer ones a stranger might be at play."""

MAX_LOGGED_LENGTH = 120
"""Characters of a URI or Call-ID in a log line."""

COPIED = ("Via", "From", "To", "Call-ID", "CSeq")
"""The fields that every response has from its request (§8.2.6.2)."""

_copied_from = itemgetter(*COPIED)

COPIED_WITH_ROUTE = frozenset({*COPIED, "Record-Route"})
"""A dialog's route set is learnt from the response that forms it (§12.1.1)."""

COPIED_WITH_TIME = frozenset({*COPIED, "Timestamp"})
"""A 100 forms no dialog, but has to show how long it took (§8.2.6.1)."""

UNUSUAL_IN_ANSWERS = frozenset({"Record-Route", "Timestamp"})
"""What some responses copy as well."""


class Message:
    """What requests and responses have in common. Properties raise ParseError."""

    headers: Headers
    body: bytes
    data: bytes
    """The octets as they came; b"" for a message of our own making."""

    @parsed
    def call_id(self) -> str:
        """With From tag and To tag, the dialog's identifier."""
        return self._required("Call-ID")

    @parsed
    def cseq(self) -> CSeq:
        """Number and method."""
        return CSeq.parse(self._required("CSeq"))

    @parsed
    def via(self) -> Via:
        """The topmost Via: on a request, who sent it; on a response, ourselves."""
        line = self.headers.first.get("Via") or self._required("Via")
        if "," not in line:
            return Via.parse(line)
        elements = split_commas(line)
        if not elements:
            raise ParseError("the topmost Via is empty")
        return Via.parse(elements[0])

    @parsed
    def branch(self) -> str:
        """The topmost Via's branch; "" when it has none."""
        return self.via.branch

    @parsed
    def sent_by(self) -> tuple[str, int | None]:
        """Host and port in the topmost Via: where its writer says that it is."""
        return self.via.host, self.via.port

    @parsed
    def from_(self) -> NameAddr:
        """Who says it is calling."""
        return NameAddr.parse(self._required("From"))

    @parsed
    def to(self) -> NameAddr:
        """Who was called."""
        return NameAddr.parse(self._required("To"))

    @parsed
    def from_tag(self) -> str:
        """The tag of From; "" from RFC 2543 peers. The rest of From is checked with it."""
        return read_tag(self._required("From"))

    @parsed
    def to_tag(self) -> str:
        """The tag of To; "" outside a dialog. The rest of To is checked with it."""
        return read_tag(self._required("To"))

    @parsed
    def contacts(self) -> list[NameAddr]:
        """All Contacts, over all lines; none for the `*` of a REGISTER (§10.2.2). To be read only:
        other messages may have the same."""
        headers = self.headers
        line = headers.first.get("Contact")
        is_one = line and "," not in line and len(headers.first) == len(headers.items)
        if line and is_one and line != "*" and len(line) <= MAX_CACHED_LENGTH:
            return [cached_contact(line)]  # nearly always so
        values = headers.values("Contact")
        return [] if values == ["*"] else [NameAddr.parse(value) for value in values]

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact."""
        contacts = self.contacts
        return contacts[0] if contacts else None

    @parsed
    def content_type(self) -> str:
        """Type and subtype of the body, lower case, without parameters; "" when not said."""
        value = self.headers.first.get("Content-Type") or ""
        if value == "application/sdp":
            return value  # hardly any message has something else
        return "".join(value.partition(";")[0].split()).lower()

    def identify(self) -> None:
        """Read what tells a message from others, and is asked of each: all at once is cheapest.

        Afterwards `call_id`, `from_tag`, `to_tag`, `cseq` are there, and From and To are sound.
        """
        first, known = self.headers.first, vars(self)
        try:
            known["call_id"] = first["Call-ID"] or self._required("Call-ID")
            known["from_tag"] = read_tag(first["From"])
            known["to_tag"] = read_tag(first["To"])
            cseq = first["CSeq"]
            short = len(cseq) <= MAX_CACHED_LENGTH
            known["cseq"] = cached_cseq(cseq) if short else CSeq.parse(cseq)
        except KeyError as missing:
            raise ParseError(f"no {missing.args[0]}") from None

    def _required(self, name: str) -> str:
        value = self.headers.first.get(name)
        if not value:
            raise ParseError(f"no {name}")
        return value

    def _serialize(self, start_line: str) -> bytes:
        fields: Collection[tuple[str, str]] = self.headers.items
        if "Content-Length" in self.headers.first:  # a peer's, or somebody's idea of it
            fields = [field for field in fields if field[0] != "Content-Length"]
        length = f"Content-Length: {len(self.body)}"
        head = "\r\n".join([start_line, *map(": ".join, fields), length, "", ""])
        ends = len(fields) + 3
        if head.count("\r") != ends or head.count("\n") != ends:
            raise ValueError(f"line break within a line of {head!r}")
        return head.encode("utf-8", "surrogateescape") + self.body


class Request(Message):
    """A request: a method, and the URI that it is for."""

    def __init__(
        self,
        method: str,
        uri: str,
        headers: Headers,
        body: bytes = b"",
        data: bytes = b"",
        version: str = "SIP/2.0",
    ) -> None:
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
        self.data = data
        self.version = version

    @property
    def request_uri(self) -> Uri:
        """The Request-URI, parsed; `Uri` remembers it."""
        return Uri.parse(self.uri)

    def read_sender(self) -> bool:
        """Whether the topmost Via stands alone in its line and is as nearly all phones write it,
        ending in `;branch=…;rport`. Then `branch` and `sent_by` are read, and nothing else is in
        it. Raises ParseError."""
        sent, _, rest = self.headers.first.get("Via", "").partition(";")
        branch = rest[7:-6]
        if rest[:7] != "branch=" or rest[-6:] != ";rport" or not is_token(branch):
            return False
        if len(sent) > MAX_SENT_BY or "," in sent:
            return False
        known = vars(self)
        known["branch"], known["sent_by"] = branch, cached_hop(sent)[1:]
        return True

    @parsed
    def max_forwards(self) -> int | None:
        """Hops still allowed; None from RFC 2543 peers."""
        value = self.headers.first.get("Max-Forwards")
        return None if value is None else parse_number(value)

    def serialize(self) -> bytes:
        """The octets to send. Content-Length is that of the body."""
        return self._serialize(f"{self.method} {self.uri} {self.version}")

    def __str__(self) -> str:
        return f"{printable(self.method)} {printable(self.uri)} {_named(self)}"


class Response(Message):
    """A response: a status code, and a phrase for people."""

    def __init__(
        self, status: int, reason: str, headers: Headers, body: bytes = b"", data: bytes = b""
    ) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.data = data

    @parsed
    def branch(self) -> str:
        """The topmost Via's branch. It is one of ours or of no use, so where it is written as we
        write it the rest of the Via is not looked at. Raises ParseError."""
        line = self.headers.first.get("Via") or self._required("Via")
        return line.partition(";branch=")[2].partition(";")[0] or self.via.branch

    @property
    def is_final(self) -> bool:
        """Whether it ends its transaction: all but 1xx."""
        return self.status >= 200

    def serialize(self) -> bytes:
        """The octets to send. Content-Length is that of the body."""
        return self._serialize(f"SIP/2.0 {self.status} {self.reason}")

    def __str__(self) -> str:
        cseq = printable(self.headers.get("CSeq") or "")
        return f"{self.status} {printable(self.reason)} ({cseq}) {_named(self)}"


def respond(
    request: Request,
    status: int,
    reason: str = "",
    *,
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "application/sdp",
) -> Response:
    """The response to a request, with what it has to copy from it (§8.2.6, §12.1.1).

    Takes requests that are broken, too: what they lack, the response lacks.
    """
    items = _to_copy(request, status)
    known = vars(request)
    tag = known["to_tag"] if "to_tag" in known else _to_tag(request)
    if to_tag and not tag and status > 100 and (to := request.headers.first.get("To")) is not None:
        items[items.index(("To", to))] = ("To", f"{to};tag={to_tag}")
        tag = to_tag
    items += headers
    if body:
        items.append(("Content-Type", content_type))
    response = Response(status, reason or REASONS.get(status, "Unknown"), Headers(items), body)
    if tag:
        vars(response)["to_tag"] = tag  # which spares reading it
    return response


def _to_copy(request: Request, status: int) -> list[tuple[str, str]]:
    """The fields of the request that its response has as well."""
    theirs = request.headers
    first = theirs.first
    if len(first) == len(theirs.items) and first.keys().isdisjoint(UNUSUAL_IN_ANSWERS):
        try:
            return [*zip(COPIED, _copied_from(first), strict=True)]
        except KeyError:
            pass  # it lacks one
    names = _copied(request.method, status)
    return [item for item in theirs.items if item[0] in names]


def _copied(method: str, status: int) -> Collection[str]:
    if status < 300 and method == "SUBSCRIBE":
        return COPIED_WITH_ROUTE
    if status < 300 and method == "INVITE":
        return COPIED_WITH_ROUTE if status > 100 else COPIED_WITH_TIME
    return COPIED


def _to_tag(request: Request) -> str:
    try:
        return request.to_tag
    except ParseError:  # whatever else is wrong with it
        return (request.headers.get("To") or "").partition(";tag=")[2]


def _named(message: Message) -> str:
    return f"Call-ID {printable(message.headers.get('Call-ID') or '-')}"


def printable(text: str) -> str:
    """A peer's text for a log line: control characters escaped, cut to a sane length."""
    text = text[:MAX_LOGGED_LENGTH]
    return text if text.isprintable() else repr(text)[1:-1]
