"""The other side of a flow, for tests of transactions and what stands on them: plain text in and
out, a transport that remembers, and a layer whose time is moved by hand."""

from collections.abc import Iterable

from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram
from softswitch.sip.timers import TimerWheel
from softswitch.sip.transactions import Action, TransactionLayer

UDP = Flow("UDP", ("192.0.2.10", 5060), ("192.0.2.1", 5060))
TCP = Flow("TCP", ("192.0.2.10", 5060), ("192.0.2.1", 40000), 7)

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"


def make_request(
    method: str = "INVITE",
    uri: str = "sip:101@192.0.2.10",
    *,
    branch: str = "z9hG4bK-theirs",
    sent_by: str = "192.0.2.1:5060",
    call_id: str = "call-1",
    from_tag: str = "alice",
    to_tag: str = "",
    cseq: int = 1,
    protocol: str = "UDP",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> bytes:
    """A request of a peer, as octets."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/{protocol} {sent_by}" + (f";branch={branch}" if branch else ""),
        "From: <sip:100@192.0.2.10>" + (f";tag={from_tag}" if from_tag else ""),
        "To: <sip:101@192.0.2.10>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
    ]
    given = dict(headers)
    if "Max-Forwards" not in given:
        lines.append("Max-Forwards: 70")
    if method in ("INVITE", "UPDATE", "REGISTER") and "Contact" not in given:
        lines.append("Contact: <sip:100@192.0.2.1:5060>")
    lines += [f"{name}: {value}" for name, value in headers]
    if body and "Content-Type" not in given:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse_request(data: bytes) -> Request:
    """What the parser makes of it; an AssertionError if that is no request."""
    request = parse_datagram(data)
    assert isinstance(request, Request)
    return request


def parse_response(data: bytes) -> Response:
    """What the parser makes of it; an AssertionError if that is no response."""
    response = parse_datagram(data)
    assert isinstance(response, Response)
    return response


def answer(
    data: bytes,
    status: int,
    to_tag: str = "bob",
    *,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """A peer's response to a request of ours."""
    response = respond(parse_request(data), status, to_tag=to_tag, headers=headers, body=body)
    return parse_response(response.serialize())


class Network:
    """A transport that remembers what was sent, and loses or refuses it when told so."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Flow]] = []
        self.closed: set[Flow] = set()
        self.trusted: list[Flow] = []
        self.opened: list[Flow] = []
        self.can_open = True

    def send(self, data: bytes, flow: Flow) -> bool:
        if flow in self.closed:
            return False
        self.sent.append((data, flow))
        return True

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        if not self.can_open:
            return None
        flow = Flow(protocol, ("192.0.2.10", 5060), (host, port), 1000 + len(self.opened))
        self.opened.append(flow)
        return flow

    def trust(self, flow: Flow) -> None:
        self.trusted.append(flow)

    def take(self) -> list[bytes]:
        """What was sent since the last time."""
        taken = [data for data, _ in self.sent]
        self.sent.clear()
        return taken


class LayerInTime:
    """A transaction layer, its wheel, and what timers made of it: (when, action)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[tuple[float, Action]] = []
        self.wheel = TimerWheel()
        self.layer = TransactionLayer(self.wheel, self._perform)

    def _perform(self, actions: list[Action]) -> None:
        self.log += [(self.now, action) for action in actions]

    def advance(self, until: float) -> None:
        """Let time pass; each timer fires at its own moment."""
        while (deadline := self.wheel.next_deadline) is not None and deadline <= until:
            self.now = deadline
            self.wheel.advance(deadline)
        self.now = until

    def times(self, kind: type[Action]) -> list[float]:
        """When timers led to such an action."""
        return [when for when, action in self.log if isinstance(action, kind)]
