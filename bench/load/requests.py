"""The SIP that the load's own phones say: requests, answers to challenges, descriptions.

    Line: a phone's socket and the switch ─► request() ─► octets

Reading, answering and the digest's arithmetic are the switch's own library, which is tested against
foreign phones. The digest's uri is the request's, as RFC 3261 §22.4 wants; SIPp, which makes the
rest of the load, writes the switch's host there.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from bench.load.sound import RTP_PORT, phone_of
from softswitch.sip.digest import Challenge, Credentials, ha1, response_of
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response

CHALLENGES = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
"""Where the challenge is, and where its answer goes."""

Field = tuple[str, str]


class Line(NamedTuple):
    """What a phone talks to, and from where."""

    switch_host: str
    switch_port: int
    host: str
    port: int

    def uri(self, extension: object = "") -> str:
        """Of the switch, or of an extension on it."""
        user = f"{extension}@" if extension else ""
        return f"sip:{user}{self.switch_host}:{self.switch_port}"

    def address(self, extension: object) -> str:
        """For From and To."""
        return f"<sip:{extension}@{self.switch_host}>"

    def contact(self, extension: object) -> str:
        """Where the phone itself is reached."""
        return f"<sip:{extension}@{self.host}:{self.port}>"


class Names(NamedTuple):
    """What stays the same in all requests of a dialog, or of a registration."""

    call_id: str
    from_: str
    contact: str

    @classmethod
    def new(cls, line: Line, extension: int) -> "Names":
        """Of something that begins."""
        address = f"{line.address(extension)};tag={token()}"
        return cls(f"{token()}@{line.host}", address, line.contact(extension))


def token() -> str:
    """That nothing else has."""
    return os.urandom(8).hex()


def request(
    method: str,
    uri: str,
    line: Line,
    names: Names,
    number: int,
    to: str,
    *,
    branch: str = "",
    more: Iterable[Field] = (),
    body: str = "",
) -> bytes:
    """The octets. Without a branch, a new transaction."""
    via = f"SIP/2.0/UDP {line.host}:{line.port};branch={branch or 'z9hG4bK' + token()};rport"
    fields = [
        ("Via", via),
        ("Max-Forwards", "70"),
        ("From", names.from_),
        ("To", to),
        ("Call-ID", names.call_id),
        ("CSeq", f"{number} {method}"),
        ("Contact", names.contact),
        *more,
    ]
    if body:
        fields.append(("Content-Type", "application/sdp"))
    return Request(method, uri, Headers(fields), body.encode()).serialize()


def credentials(challenge: Response, method: str, uri: str, extension: int) -> Field:
    """The field that answers a 401 or 407. Raises ParseError for what we cannot answer."""
    asked, answered = CHALLENGES[challenge.status]
    theirs = Challenge.parse(challenge.headers.first.get(asked, ""))
    mine = Credentials(
        str(extension), theirs.realm, theirs.nonce, uri, "", theirs.algorithm, opaque=theirs.opaque
    )
    if theirs.qop:
        mine.qop, mine.nc, mine.cnonce = "auth", "00000001", token()
    secret = ha1(str(extension), theirs.realm, f"pw{extension}", theirs.algorithm)
    mine.response = response_of(mine, secret, method)
    return answered, str(mine)


def description(leg: int) -> str:
    """What the phone of this leg hears, and where: PCMU at its own address."""
    host = phone_of(leg)
    return (
        f"v=0\r\no=- {leg} 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {RTP_PORT} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n"
    )


def place_in(body: bytes) -> tuple[str, int] | None:
    """Host and port of the audio in a description; None without any."""
    host, port = "", 0
    for text in body.decode("utf-8", "replace").splitlines():
        kind, _, value = text.partition("=")
        if kind == "c":
            host = value.split()[-1]  # that of the medium comes after that of the session
        elif kind == "m" and value.startswith("audio "):
            port = int(value.split()[1])
    return (host, port) if host and port else None


def routes_of(response: Response) -> list[Field]:
    """The Route fields of requests in the dialog that this answer forms (RFC 3261 §12.1.2)."""
    return [("Route", value) for value in reversed(response.headers.values("Record-Route"))]
