"""Scripted phones: SIP user agents of the simplest kind, on a network of their own making.

    call = alice.invites("101")      bob.rings()      bob.answers()      alice.hangs_up()

A phone does by itself what every phone does: repeats requests until they are answered and a 2xx
until it is acknowledged, answers what comes within a call, and acknowledges. Attributes switch
these reflexes off. It keeps a diary of statuses, and complains about what no phone may be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram
from softswitch.sip.timers import T1, T2

if TYPE_CHECKING:
    from tests.softswitch.b2bua.network import World

NEVER_CROSSES = ("P-Asserted-Identity", "P-Preferred-Identity", "Diversion", "X-Secret")
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

    phone: Phone
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


class Phone:
    """A user agent with an address, and reflexes."""

    def __init__(
        self,
        world: World,
        extension: str,
        host: str = "",
        *,
        protocol: str = "UDP",
        registered: bool = True,
        path: tuple[str, ...] = (),
    ) -> None:
        self.world = world
        self.extension = extension
        self.host = host or f"10.0.0.{len(world.network.phones) + 10}"
        self.connection = 0
        self.flow = Flow(protocol, ("0.0.0.0", 5060), (self.host, 5060))
        self.contact = f"sip:{extension}@{self.host}:5060"
        if protocol == "TCP":
            self.connects()
        self.calls: list[PhoneCall] = []
        self.reflexes = {"ack", "bye", "reinvite", "info", "trying", "cancel"}
        self.payloads = "8 0 101"
        self.allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
        self.deaf = False
        self.complaints: list[str] = []
        self._asking: dict[tuple[str, str], Asking] = {}
        self._answered: dict[tuple[str, str], bytes] = {}
        self._finals: dict[tuple[str, str], int] = {}
        self._unacknowledged: dict[tuple[str, str, int], list[float]] = {}
        self._numbers = 0
        world.network.phones[self.flow.remote] = self
        if registered:
            world.register(self, self.flow, self.contact, path)

    # What a person does

    @property
    def call(self) -> PhoneCall:
        """The one that came or was made last."""
        return self.calls[-1]

    def invites(
        self,
        number: str,
        *lines: str,
        offer: bytes | None = None,
        hops: int = 70,
        contact: str = "",
    ) -> PhoneCall:
        """Call a number. `offer` b"" is a late offer."""
        name = self.word()
        call = PhoneCall(
            self,
            call_id=f"{name}@{self.host}",
            local_tag=f"t{name}",
            local=f'"Mr {self.extension}" <sip:{self.extension}@192.0.2.1>',
            remote=f"<sip:{number}@192.0.2.1>",
            target=f"sip:{number}@192.0.2.1",
        )
        call.branch = f"z9hG4bK{name}"
        body = self.sdp() if offer is None else offer
        call.late = not body
        self.calls.append(call)
        data = call.request("INVITE", 1, call.branch, f"Allow: {self.allow}", *lines, body=body)
        if hops != 70:
            data = data.replace(b"Max-Forwards: 70", b"Max-Forwards: %d" % hops)
        self._ask(data, call.branch, "INVITE", lambda response: self._invited(call, response, 1))
        return call

    def cancels(self, *lines: str, call: PhoneCall | None = None) -> None:
        """Give up an INVITE that is not answered."""
        call = call or self.call
        data = call.request("CANCEL", 1, call.branch, *lines)
        data = b"\r\n".join(
            line.partition(b";tag=")[0] if line.startswith(b"To: ") else line
            for line in data.split(b"\r\n")
        )
        self._ask(
            data, call.branch, "CANCEL", lambda response: call.answers.append(response.status)
        )

    def rings(self, status: int = 180, *lines: str, body: bytes = b"", tag: str = "") -> None:
        self._answer(self.call, status, *lines, body=body, tag=tag)

    def answers(self, *lines: str, body: bytes | None = None, tag: str = "") -> PhoneCall:
        """Pick up."""
        call = self.call
        call.state = "up"
        self._answer(
            call, 200, *lines, body=self.answer_to(call) if body is None else body, tag=tag
        )
        return call

    def rejects(self, status: int = 486, *lines: str) -> None:
        self.call.over()
        self._answer(self.call, status, *lines)

    def hangs_up(self, *lines: str, call: PhoneCall | None = None) -> None:
        call = call or self.call
        call.byes_sent += 1
        call.over()
        self.asks("BYE", *lines, call=call)

    def holds(self, direction: str = "sendonly", **changes: str) -> None:
        self.reinvites(self.sdp(direction=direction, **changes))

    def resumes(self) -> None:
        self.reinvites(self.sdp())

    def reinvites(self, body: bytes, *lines: str) -> None:
        call = self.call
        call.late = not body
        call.cseq += 1
        cseq = call.cseq
        branch = f"z9hG4bK{self.word()}"
        call.branch = branch
        data = call.request("INVITE", cseq, branch, *lines, body=body)
        self._ask(data, branch, "INVITE", lambda response: self._reinvited(call, response, cseq))

    def cancels_reinvite(self) -> None:
        call = self.call
        data = call.request("CANCEL", call.cseq, call.branch)
        self._ask(data, call.branch, "CANCEL", lambda response: None)

    def asks(
        self, method: str, *lines: str, body: bytes = b"", call: PhoneCall | None = None
    ) -> None:
        """Any other request within the call."""
        call = call or self.call
        call.cseq += 1
        branch = f"z9hG4bK{self.word()}"
        data = call.request(method, call.cseq, branch, *lines, body=body)

        def heard(response: Response) -> None:
            call.answers.append(response.status)
            call.responses.append(response)
            if response.body:
                call.bodies.append(response.body)

        self._ask(data, branch, method, heard)

    def decides(
        self, status: int, body: bytes | None = None, call: PhoneCall | None = None
    ) -> None:
        """Answer the re-INVITE that the phone thinks about."""
        call = call or self.call
        assert call.pending is not None
        request, answer = call.pending
        call.pending = None
        mirrored = self._mirror(request.body)
        answer(status, (mirrored if body is None else body) if status == 200 else b"")

    def connects(self) -> None:
        """Open a TCP connection, perhaps again; the old one is not closed by this."""
        self.connection = self.world.network.world.agent.token().__hash__() % 10**6 + 1
        port = 30000 + self.connection % 30000
        self.flow = Flow("TCP", ("0.0.0.0", 5060), (self.host, port), self.connection)
        self.world.network.phones[self.flow.remote] = self

    def disconnects(self) -> None:
        self.world.network.closed.add(self.connection)
        self.world.agent.flow_closed(self.flow)

    # What it says

    def word(self) -> str:
        self._numbers += 1
        return f"{self.extension}n{self._numbers}h{self.host.rpartition('.')[2]}"

    def sdp(self, **changes: str) -> bytes:
        payloads = changes.pop("payloads", self.payloads)
        return sdp(self.host, 40000, payloads=payloads, **changes)  # type: ignore[arg-type]

    def answer_to(self, call: PhoneCall) -> bytes:
        assert call.invite is not None
        return self._mirror(call.invite.body)

    def _mirror(self, offer: bytes) -> bytes:
        direction = direction_of(offer) or "sendrecv"
        return self.sdp(direction=MIRRORED.get(direction, direction))

    def send(self, data: bytes) -> None:
        self.world.network.to_switch(self, data, self.flow)

    def _ask(
        self, data: bytes, branch: str, method: str, heard: Callable[[Response], None]
    ) -> None:
        asking = Asking(data, method == "INVITE", heard, since=self.world.now)
        self._asking[branch, method] = asking
        self.send(data)
        if not self.flow.reliable:
            self.world.later(T1, self._repeat, asking)

    def _repeat(self, asking: Asking) -> None:
        if not asking.waits:
            return
        if self.world.now - asking.since >= 64 * T1:
            asking.timed_out = True
            return
        self.send(asking.data)
        asking.interval *= 2
        if not asking.is_invite:
            asking.interval = min(asking.interval, T2)
        self.world.later(asking.interval, self._repeat, asking)

    def _answer(
        self, call: PhoneCall, status: int, *lines: str, body: bytes = b"", tag: str = ""
    ) -> None:
        assert call.invite is not None
        tag = tag or call.local_tag
        self.respond(call.invite, status, *lines, body=body, tag=tag)
        if status == 200:
            self._expect_ack(call, call.invite, tag)

    def respond(
        self, request: Request, status: int, *lines: str, body: bytes = b"", tag: str = ""
    ) -> None:
        """The bytes of a response; they are repeated when the request is."""
        to = request.headers.get("To") or ""
        head = [f"SIP/2.0 {status} x"]
        head += [f"Via: {via}" for via in request.headers.all("Via")]
        head += [f"Record-Route: {route}" for route in request.headers.all("Record-Route")]
        head += [
            f"From: {request.headers.get('From')}",
            f"To: {to}" if ";tag=" in to or not tag else f"To: {to};tag={tag}",
            f"Call-ID: {request.call_id}",
            f"CSeq: {request.headers.get('CSeq')}",
            *lines,
        ]
        if not any(line.startswith("Contact") for line in lines):
            head.append(f"Contact: <{self.contact}>")
        if request.method == "INVITE":
            head.append(f"Allow: {self.allow}")
        if body and not any(line.startswith("Content-Type") for line in lines):
            head.append("Content-Type: application/sdp")
        data = "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body
        self._answered[request.branch, request.method] = data
        self.send(data)

    def _expect_ack(self, call: PhoneCall, request: Request, tag: str) -> None:
        key = (call.call_id, tag, request.cseq.number)
        data = self._answered[request.branch, "INVITE"]
        self._unacknowledged[key] = [T1, self.world.now]
        self.world.later(T1, self._repeat_2xx, key, data)

    def _repeat_2xx(self, key: tuple[str, str, int], data: bytes) -> None:
        state = self._unacknowledged.get(key)
        if state is None:
            return
        if self.world.now - state[1] >= 64 * T1:
            del self._unacknowledged[key]
            self.complaints.append(f"no ACK for {key}")
            return
        self.send(data)
        state[0] = min(2 * state[0], T2)
        self.world.later(state[0], self._repeat_2xx, key, data)

    # What it hears

    def receive(self, data: bytes) -> None:
        if self.deaf:
            return
        message = parse_datagram(data)
        if isinstance(message, Response):
            self._hear_response(message)
        elif message.method == "ACK":
            self._hear_ack(message)
        else:
            self._hear_request(message)

    def _hear_response(self, response: Response) -> None:
        key = (response.branch, response.cseq.method)
        asking = self._asking.get(key)
        if asking is None:
            self.complaints.append(f"a response to nothing: {response}")
            return
        if response.status >= 200:
            first = self._finals.setdefault(key, response.status)
            if first != response.status:
                self.complaints.append(f"{first} and {response.status} for one request")
        if response.status >= 100 and asking.is_invite:
            asking.waits = False
        if response.status >= 200:
            asking.waits = False
        asking.heard(response)

    def _invited(self, call: PhoneCall, response: Response, cseq: int) -> None:
        status = response.status
        repeated = status >= 200 and call.heard and call.heard[-1] >= 200
        if not repeated:
            call.heard.append(status)
            call.responses.append(response)
            if response.body:
                call.bodies.append(response.body)
            if status > 100:
                call.remote_tag = response.to_tag
                contact = response.contact
                call.target = str(contact.uri) if contact else call.target
                if call.state == "calling":
                    call.state = "early"
        if 200 <= status < 300:
            self._take_2xx(call, response, cseq, first=not repeated)
        elif status >= 300:
            self.send(call.request("ACK", cseq, call.branch))
            call.over()

    def _take_2xx(self, call: PhoneCall, response: Response, cseq: int, *, first: bool) -> None:
        if first and call.state != "over":
            call.state = "up"
        if "ack" in self.reflexes:
            self.acknowledges(call, cseq, self._mirror(response.body) if call.late else b"")

    def acknowledges(self, call: PhoneCall, cseq: int = 1, body: bytes = b"") -> None:
        self.send(call.request("ACK", cseq, f"z9hG4bK{self.word()}", body=body))

    def _reinvited(self, call: PhoneCall, response: Response, cseq: int) -> None:
        if response.status < 200:
            return
        call.answers.append(response.status)
        call.responses.append(response)
        if response.status >= 300:
            self.send(call.request("ACK", cseq, response.branch))
            return
        if response.body:
            call.bodies.append(response.body)
        if "ack" in self.reflexes:
            self.acknowledges(call, cseq, self._mirror(response.body) if call.late else b"")

    def _hear_ack(self, ack: Request) -> None:
        key = (ack.call_id, ack.to_tag, ack.cseq.number)
        self._unacknowledged.pop(key, None)
        for call in self.calls:
            if call.call_id == ack.call_id:
                call.acks += 1
                call.ack_bodies.append(ack.body)
                if ack.body:
                    call.bodies.append(ack.body)

    def _hear_request(self, request: Request) -> None:
        known = self._answered.get((request.branch, request.method))
        if known is not None:
            self.send(known)
            return
        for name in NEVER_CROSSES:
            if name in request.headers:
                self.complaints.append(f"{name} reached {self.extension}")
        if request.method == "CANCEL":
            self._hear_cancel(request)
        elif request.to_tag:
            self._hear_in_dialog(request)
        elif request.method == "INVITE":
            self._hear_invite(request)
        else:
            self.respond(request, 501)

    def _hear_invite(self, request: Request) -> None:
        if any(call.invite and call.invite.branch == request.branch for call in self.calls):
            return  # repeated, and the phone has not made up its mind
        contact = request.contact
        assert contact is not None
        call = PhoneCall(
            self,
            call_id=request.call_id,
            local_tag=f"t{self.word()}",
            local=request.headers.get("To") or "",
            remote=str(request.from_).partition(";tag=")[0],
            remote_tag=request.from_tag,
            target=str(contact.uri),
            cseq=100,
            invite=request,
        )
        call.requests.append(request)
        if request.body:
            call.bodies.append(request.body)
        self.calls.append(call)
        if "trying" in self.reflexes:
            self.respond(request, 100)
            del self._answered[request.branch, "INVITE"]

    def _hear_cancel(self, request: Request) -> None:
        self.respond(request, 200)
        for call in self.calls:
            if call.invite is not None and call.invite.branch == request.branch:
                call.requests.append(request)
                if call.state == "calling" and "cancel" in self.reflexes:
                    call.over()
                    self._answer(call, 487)

    def _hear_in_dialog(self, request: Request) -> None:
        call = next((call for call in self.calls if self._is_in(call, request)), None)
        if call is None:
            self.complaints.append(f"{request.method} in no dialog")
            self.respond(request, 481)
            return
        if any(request.branch == known.branch for known in call.requests):
            return  # repeated, and the phone says nothing to it
        last = call.remote_cseqs.get(request.to_tag, 0)
        if request.cseq.number <= last:
            self.complaints.append(f"CSeq {request.cseq} after {last}")
        call.remote_cseqs[request.to_tag] = request.cseq.number
        call.requests.append(request)
        if request.method == "BYE":
            call.byes_heard += 1
            call.over()
            if "bye" in self.reflexes:
                self.respond(request, 200)
        elif call.state == "over":
            self.respond(request, 481)
        elif request.method in ("INVITE", "UPDATE"):
            self._hear_reinvite(call, request)
        elif request.method == "INFO":
            if "info" in self.reflexes:
                self.respond(request, 200)
        else:
            self.respond(request, 200)

    def _is_in(self, call: PhoneCall, request: Request) -> bool:
        return (
            call.call_id == request.call_id
            and call.remote_tag == request.from_tag
            and (call.local_tag == request.to_tag or call.invite is not None)
        )

    def _hear_reinvite(self, call: PhoneCall, request: Request) -> None:
        if request.body:
            call.bodies.append(request.body)
        elif request.method == "UPDATE":
            self.respond(request, 200)
            return

        def answer(status: int, body: bytes) -> None:
            self.respond(request, status, body=body)
            if status == 200 and request.method == "INVITE":
                self._expect_ack(call, request, request.to_tag)

        call.pending = (request, answer)
        if self._is_offering(call):
            self.decides(491, call=call)
        elif "reinvite" in self.reflexes:
            self.decides(200, call=call)

    def _is_offering(self, call: PhoneCall) -> bool:
        """Whether a re-INVITE of the phone itself has no answer yet."""
        branch = call.branch
        asking = self._asking.get((branch, "INVITE"))
        return asking is not None and (branch, "INVITE") not in self._finals
