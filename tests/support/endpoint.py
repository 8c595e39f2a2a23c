"""A small SIP and RTP endpoint of our own, for what no real phone can be told to do.

It says exactly what a test tells it to, octet by octet, and shows exactly what comes back. It
shares no line with the switch's own parser, so that a mistake cannot hide on both sides.
Synchronous, one socket for SIP and one for RTP; retransmissions of what was seen are dropped.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
from collections.abc import Iterable
from typing import Self

from tests.support.rtp_socket import LARGEST, PATIENCE, Address, Nothing, Rtp

Fields = Iterable[tuple[str, str]]


class Message:
    """A request or a response: first line, fields in order, body."""

    def __init__(self, first: str, fields: Fields, body: bytes = b"") -> None:
        self.first = first
        self.fields = list(fields)
        self.body = body

    @classmethod
    def parse(cls, data: bytes) -> Self:
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = re.sub(r"\r\n[ \t]+", " ", head.decode()).split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(first, [(name.strip(), value.strip()) for name, _, value in pairs], body)

    def __bytes__(self) -> bytes:
        fields = [(name, value) for name, value in self.fields if name != "Content-Length"]
        fields.append(("Content-Length", str(len(self.body))))
        lines = [self.first, *(f"{name}: {value}" for name, value in fields), "", ""]
        return "\r\n".join(lines).encode() + self.body

    def __repr__(self) -> str:
        return f"<{self.first} | {self.get('CSeq')}>"

    def get(self, name: str) -> str:
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.get("CSeq").partition(" ")[2]

    @property
    def what(self) -> int | str:
        """The status of a response, the method of a request."""
        return self.status or self.first.partition(" ")[0]


class Endpoint:
    """One extension's device. Its SDP points at its own RTP socket, `rtp`."""

    def __init__(
        self,
        extension: str,
        password: str,
        server: tuple[str, int],
        *,
        transport: str = "UDP",
        host: str = "",
    ) -> None:
        self.extension = extension
        self.transport = transport
        self.server = Address(*server)
        self._password = password
        self._family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        host = host or server[0]
        if transport == "TCP":
            self._socket = socket.socket(self._family, socket.SOCK_STREAM)
            self._socket.bind((host, 0))
            self._socket.connect(server)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self._socket = socket.socket(self._family, socket.SOCK_DGRAM)
            self._socket.bind((host, 0))
        self.address = Address(host, self._socket.getsockname()[1])
        self.rtp = Rtp(host)
        self._seen: set[bytes] = set()
        self._unread = b""
        self.sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()
        self.rtp.close()

    def send(self, message: Message | bytes) -> None:
        if self.transport == "TCP":
            self._socket.sendall(bytes(message))
        else:
            self._socket.sendto(bytes(message), self.server)

    def receive(self, timeout: float = PATIENCE) -> Message:
        """The next message that is no repetition, and no news of a lamp. Raises Nothing."""
        while True:
            data = self._stream(timeout) if self.transport == "TCP" else self._datagram(timeout)
            if data not in self._seen:
                self._seen.add(data)
                message = Message.parse(data)
                if message.what != "NOTIFY":
                    return message
                self.reply(message, 200)

    def expect(self, what: int | str, timeout: float = PATIENCE) -> Message:
        """The next message, which must be that; 100 is passed over, and keep-alives answered."""
        while True:
            message = self.receive(timeout)
            if message.what == "OPTIONS" and what != "OPTIONS":
                self.reply(message, 200)
            elif message.status != 100 or what == 100:
                assert message.what == what, f"wanted {what}, got {message!r}"
                return message

    def quiet(self, seconds: float) -> bool:
        """Does nothing new come for so long?"""
        try:
            message = self.receive(seconds)
        except Nothing:
            return True
        raise AssertionError(f"not quiet: {message!r}")

    def request(
        self,
        method: str,
        uri: str,
        fields: Fields = (),
        body: bytes = b"",
        *,
        branch: str = "",
        sequence: int = 0,
    ) -> Message:
        """A request with this endpoint's Via; the rest is what the test gives."""
        self.sequence = sequence or self.sequence + 1
        via = f"SIP/2.0/{self.transport} {self.address};branch={branch or new_branch()};rport"
        own = [("Via", via), ("Max-Forwards", "70"), ("CSeq", f"{self.sequence} {method}")]
        return Message(f"{method} {uri} SIP/2.0", [*own, *fields], body)

    def reply(
        self, request: Message, status: int, fields: Fields = (), body: bytes = b"", tag: str = ""
    ) -> None:
        """Answer: Via, From, To, Call-ID and CSeq are the request's."""
        copied = [
            (name, f"{value};tag={tag}" if name == "To" and tag and ";tag=" not in value else value)
            for name, value in request.fields
            if name in ("Via", "From", "To", "Call-ID", "CSeq", "Record-Route")
        ]
        if body:
            fields = [*fields, ("Content-Type", "application/sdp")]
        self.send(Message(f"SIP/2.0 {status} Scripted", [*copied, *fields], body))

    @property
    def contact(self) -> str:
        suffix = ";transport=tcp" if self.transport == "TCP" else ""
        return f"<sip:{self.extension}@{self.address}{suffix}>"

    @property
    def aor(self) -> str:
        return f"sip:{self.extension}@{self.server}"

    def credentials(self, challenge: Message, method: str, uri: str) -> tuple[str, str]:
        """The field that answers the 401 (RFC 7616 §3.4, the first algorithm offered)."""
        offer = challenge.get("WWW-Authenticate")
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', offer.partition(" ")[2]))
        algorithm = given.get("algorithm", "MD5")
        hashed = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5

        def digest(*parts: str) -> str:
            return hashed(":".join(parts).encode()).hexdigest()

        cnonce = secrets.token_hex(8)
        secret = digest(self.extension, given["realm"], self._password)
        response = digest(secret, given["nonce"], "00000001", cnonce, "auth", digest(method, uri))
        value = (
            f'Digest username="{self.extension}", realm="{given["realm"]}", '
            f'nonce="{given["nonce"]}", uri="{uri}", response="{response}", '
            f'algorithm={algorithm}, qop=auth, nc=00000001, cnonce="{cnonce}"'
        )
        return ("Authorization", value)

    def register(self, fields: Fields = (), contact: str | None = None) -> Message:
        """Register, challenge and all; the 200. An empty contact only asks for the list."""
        uri = f"sip:{self.server}"
        own = [
            ("From", f"<{self.aor}>;tag={secrets.token_hex(4)}"),
            ("To", f"<{self.aor}>"),
            ("Call-ID", f"register-{self.extension}-{self.address.port}"),
            *fields,
        ]
        if contact != "":
            own.append(("Contact", contact or self.contact))
        self.send(self.request("REGISTER", uri, own))
        challenge = self.expect(401)
        self.send(
            self.request("REGISTER", uri, [*own, self.credentials(challenge, "REGISTER", uri)])
        )
        return self.expect(200)

    def sdp(self, *, direction: str = "sendrecv", extra: str = "") -> bytes:
        """An offer or answer of PCMU and telephone-events at our RTP socket."""
        version = "IP6" if ":" in self.address.host else "IP4"
        lines = [
            "v=0", f"o=- 1 {secrets.randbelow(10**9)} IN {version} {self.address.host}", "s=-",
            f"c=IN {version} {self.address.host}", "t=0 0",
            f"m=audio {self.rtp.address.port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000", f"a={direction}",
        ]  # fmt: skip
        return ("\r\n".join(lines) + "\r\n" + extra).encode()

    def fax(self) -> bytes:
        """The same place, for T.38."""
        version = "IP6" if ":" in self.address.host else "IP4"
        lines = [
            "v=0", f"o=- 1 {secrets.randbelow(10**9)} IN {version} {self.address.host}", "s=-",
            f"c=IN {version} {self.address.host}", "t=0 0",
            f"m=image {self.rtp.address.port} udptl t38", "a=T38FaxVersion:0",
            "a=T38MaxBitRate:14400", "a=T38FaxRateManagement:transferredTCF",
            "a=T38FaxMaxDatagram:400", "a=T38FaxUdpEC:t38UDPRedundancy",
        ]  # fmt: skip
        return ("\r\n".join(lines) + "\r\n").encode()

    def _datagram(self, timeout: float) -> bytes:
        self._socket.settimeout(timeout)
        try:
            return self._socket.recv(LARGEST)
        except TimeoutError:
            raise Nothing(f"{self.extension}: no message in {timeout} s") from None

    def _stream(self, timeout: float) -> bytes:
        self._socket.settimeout(timeout)
        while True:
            self._unread = self._unread.lstrip(b"\r\n")
            head, end, rest = self._unread.partition(b"\r\n\r\n")
            length = re.search(rb"\nContent-Length:\s*(\d+)", head)
            size = int(length[1]) if length else 0
            if end and len(rest) >= size:
                self._unread = rest[size:]
                return head + end + rest[:size]
            try:
                data = self._socket.recv(LARGEST)
            except TimeoutError:
                raise Nothing(f"{self.extension}: no message in {timeout} s") from None
            if not data:
                raise Nothing(f"{self.extension}: the connection was closed")
            self._unread += data


def new_branch() -> str:
    return f"z9hG4bK{secrets.token_hex(8)}"


def media_address(body: bytes) -> Address:
    """Where an SDP wants its audio, or its fax."""
    text = body.decode()
    host = re.search(r"c=IN IP[46] (\S+)", text)
    port = re.search(r"m=(?:audio|image) ([1-9]\d*)", text) or re.search(r"m=\w+ (\d+)", text)
    assert host, text
    assert port, text
    return Address(host[1], int(port[1]))


def tag_of(value: str) -> str:
    found = re.search(r";tag=([^;>\s]+)", value)
    return found[1] if found else ""


def uri_of(value: str) -> str:
    found = re.search(r"<([^>]+)>", value)
    return found[1] if found else value.partition(";")[0].strip()
