"""What every phone does by itself: repeat, answer, acknowledge, and complain.

A request is repeated until it is answered, a final answer to an INVITE until it is acknowledged.
Each reflex can be switched off by its name. The complaints are about what no phone may be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram
from softswitch.sip.timers import T1, T2
from tests.softswitch.b2bua.dialogs import MIRRORED, Asking, PhoneCall, direction_of, sdp

if TYPE_CHECKING:
    from tests.softswitch.b2bua.network import World
    from tests.softswitch.b2bua.phones import Phone

NEVER_CROSSES = ("P-Asserted-Identity", "P-Preferred-Identity", "X-Secret")


class Reflexes:
    """The wire side of a phone."""

    never_crosses: tuple[str, ...] = NEVER_CROSSES
    """Fields that nobody may be sent; a carrier gets some of them."""

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
        self.on_invite: Callable[[PhoneCall], None] | None = None
        self._by_id: dict[str, PhoneCall] = {}
        self.reflexes = {"ack", "bye", "reinvite", "info", "trying", "cancel"}
        self.payloads = "8 0 101"
        self.allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
        self.deaf = False
        self.complaints: list[str] = []
        self._asking: dict[tuple[str, str], Asking] = {}
        self._answered: dict[tuple[str, str], bytes] = {}
        self._finals: dict[tuple[str, str], int] = {}
        self._unacknowledged: dict[tuple[str, str, int], bytes] = {}
        self._numbers = 0
        world.network.phones[self.flow.remote] = cast("Phone", self)
        if registered:
            world.register(cast("Phone", self), self.flow, self.contact, path)

    def connects(self) -> None:
        """Open a TCP connection, perhaps again; the old one is not closed by this."""
        self.connection = self.world.number()
        port = 30000 + self.connection
        self.flow = Flow("TCP", ("0.0.0.0", 5060), (self.host, port), self.connection)
        self.world.network.phones[self.flow.remote] = cast("Phone", self)

    @property
    def call(self) -> PhoneCall:
        """The one that came or was made last."""
        return self.calls[-1]

    def remember(self, call: PhoneCall) -> None:
        self.calls.append(call)
        self._by_id[call.call_id] = call

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
        self.world.network.to_switch(cast("Phone", self), data, self.flow)

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
        self.respond(call.invite, status, *lines, body=body, tag=tag or call.local_tag)

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
        if request.method == "INVITE" and status >= 200:
            key = (request.call_id, tag or request.to_tag, request.cseq.number)
            self._unacknowledged[key] = data
            self.world.later(T1, self._repeat_final, key, data, T1, self.world.now + 64 * T1)

    def _repeat_final(
        self, key: tuple[str, str, int], data: bytes, interval: float, until: float
    ) -> None:
        if self._unacknowledged.get(key) is not data:
            return
        if self.world.now >= until:
            del self._unacknowledged[key]
            self.complaints.append(f"no ACK for {key}")
            return
        self.send(data)
        interval = min(2 * interval, T2)
        self.world.later(interval, self._repeat_final, key, data, interval, until)

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
        repeated = status >= 200 and max(call.heard, default=0) >= 200
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
        call = self._by_id.get(ack.call_id)
        if call is not None:
            call.acks += 1
            call.ack_bodies.append(ack.body)
            if ack.body:
                call.bodies.append(ack.body)

    def _hear_request(self, request: Request) -> None:
        known = self._answered.get((request.branch, request.method))
        if known is not None:
            self.send(known)
            return
        for name in self.never_crosses:
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
        known = self._by_id.get(request.call_id)
        if known is not None:
            # Repeated, and the phone has not made up its mind; or it was asked for a password.
            if known.invite is not None and request.cseq.number > known.invite.cseq.number:
                known.invite = request
                known.requests.append(request)
            return
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
        self.remember(call)
        if "trying" in self.reflexes:
            self.respond(request, 100)
            del self._answered[request.branch, "INVITE"]
        if self.on_invite is not None:
            self.on_invite(call)

    def _hear_cancel(self, request: Request) -> None:
        self.respond(request, 200)
        call = self._by_id.get(request.call_id)
        if call is not None:
            call.requests.append(request)
            if call.state == "calling" and "cancel" in self.reflexes:
                call.over()
                self._answer(call, 487)

    def _hear_in_dialog(self, request: Request) -> None:
        call = self._by_id.get(request.call_id)
        if call is None or not self._is_in(call, request):
            self.complaints.append(f"{request.method} in no dialog")
            self.respond(request, 481)
            return
        if any(request.branch == known.branch for known in call.requests):
            return  # repeated, and the phone says nothing to it
        if request.cseq.number <= call.remote_cseqs.get(request.to_tag, 0):
            self.respond(request, 500)
            return
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
        ours = call.local_tag == request.to_tag or call.invite is not None
        return ours and call.remote_tag == request.from_tag

    def _hear_reinvite(self, call: PhoneCall, request: Request) -> None:
        if request.body:
            call.bodies.append(request.body)
        elif request.method == "UPDATE":
            self.respond(request, 200)
            return

        def answer(status: int, body: bytes) -> None:
            self.respond(request, status, body=body)

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
