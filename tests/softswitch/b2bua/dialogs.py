"""What a scripted phone remembers: its calls, its open requests, and the SDP it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from softswitch.sip.message import Request, Response
from softswitch.sip.timers import T1

if TYPE_CHECKING:
    from tests.softswitch.b2bua.reflexes import Reflexes

MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly"}


def sdp(
    host: str,
    port: int,
    *,
    direction: str = "sendrecv",
    payloads: str = "8 0 101",
    connection: str = "",
    version: int = 1,
) -> bytes:
    """A description with one audio stream."""
    lines = [
        "v=0",
        f"o=- 42 {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {connection or host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payloads}",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        f"a={direction}",
        "",
    ]
    return "\r\n".join(lines).encode()


def direction_of(body: bytes) -> str:
    """The direction that a description states."""
    for word in ("sendonly", "recvonly", "inactive"):
        if f"a={word}".encode() in body:
            return word
    return "sendrecv" if body else ""


@dataclass(eq=False)
class Asking:
    """A request of the phone that waits for its final response."""

    data: bytes
    is_invite: bool
    heard: Callable[[Response], None]
    done: bool = False
    waits: bool = True
    interval: float = T1
    since: float = 0.0
    timed_out: bool = False


@dataclass(eq=False)
class PhoneCall:
    """One dialog of a phone, and what the phone heard in it."""

    phone: Reflexes
    call_id: str
    local_tag: str
    local: str
    remote: str
    target: str
    remote_tag: str = ""
    cseq: int = 1
    remote_cseqs: dict[str, int] = field(default_factory=dict)
    """The last number that came, by our tag: one phone here may play several forks."""
    state: str = "calling"
    invite: Request | None = None
    """The INVITE that made the dialog, where the phone is called."""
    branch: str = ""
    heard: list[int] = field(default_factory=list)
    """Statuses of the answers to the phone's INVITE."""
    answers: list[int] = field(default_factory=list)
    """Statuses of the answers to later requests."""
    bodies: list[bytes] = field(default_factory=list)
    """Session descriptions that came, in order."""
    requests: list[Request] = field(default_factory=list)
    """What came in the dialog, and the INVITE."""
    responses: list[Response] = field(default_factory=list)
    byes_sent: int = 0
    byes_heard: int = 0
    acks: int = 0
    ack_bodies: list[bytes] = field(default_factory=list)
    ended_at: float | None = None
    pending: tuple[Request, Callable[[int, bytes], None]] | None = None
    """A re-INVITE that the phone thinks about."""
    late: bool = False
    """The phone's INVITE had no SDP."""

    @property
    def is_up(self) -> bool:
        return self.state == "up"

    def request(self, method: str, cseq: int, branch: str, *lines: str, body: bytes = b"") -> bytes:
        """The bytes of a request within the dialog."""
        to = f"{self.remote};tag={self.remote_tag}" if self.remote_tag else self.remote
        head = [
            f"{method} {self.target} SIP/2.0",
            f"Via: SIP/2.0/{self.phone.flow.protocol} {self.phone.host};branch={branch};rport",
            f"From: {self.local};tag={self.local_tag}",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <{self.phone.contact}>",
            "Max-Forwards: 70",
            *lines,
        ]
        if body and not any(line.startswith("Content-Type") for line in lines):
            head.append("Content-Type: application/sdp")
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def over(self) -> None:
        if self.state != "over":
            self.state = "over"
            self.ended_at = self.phone.world.now
