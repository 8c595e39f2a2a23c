"""Calls and registrations of the load's own phones, one transaction after the other.

    Outgoing  INVITE ─► 401 ─► INVITE ─► 180 ─► 200 ─► ACK … BYE ─► 200
    Incoming  INVITE ─► 180, 200 ─► ACK … BYE ─► 200
    Login     REGISTER ─► 401 ─► REGISTER ─► 200

They take what has come and give back what is to be sent; sockets and clocks are the office's.
"""

from enum import Enum, auto

from bench.load.requests import (
    CHALLENGES,
    Field,
    Line,
    Names,
    credentials,
    description,
    place_in,
    request,
    routes_of,
    token,
)
from softswitch.sip.message import Request, Response, respond

FIRST_INTERVAL, LONGEST_INTERVAL, PATIENCE = 0.5, 4.0, 32.0
"""Seconds until a message is sent again, at most, and until it is given up: T1, T2 and 64 times T1
of RFC 3261 §17."""


class State(Enum):
    """Where a call or a registration is."""

    ASKING = auto()
    UP = auto()
    ENDING = auto()
    DONE = auto()
    FAILED = auto()


class Dialog:
    """What all have: something that is sent until it is answered."""

    def __init__(self, line: Line, now: float) -> None:
        self._line = line
        self.state = State.ASKING
        self.began = now
        self.why = ""
        """It has failed."""
        self.repeated = 0
        self.place: tuple[str, int] | None = None
        """Host and port where the switch wants our sound."""
        self._sent = b""
        self._interval = 0.0
        self._due: float | None = None
        self._until = 0.0

    def tick(self, now: float) -> bytes:
        """What is to be sent again now, mostly b"". Gives up when that was in vain for long."""
        if self._due is None or now < self._due:
            return b""
        if now > self._until:
            self._fail("no answer")
            return b""
        self._interval = min(2 * self._interval, LONGEST_INTERVAL)
        self._due = now + self._interval
        self.repeated += 1
        return self._sent

    def _send(self, data: bytes, now: float) -> bytes:
        """Send it until `_answered`."""
        self._sent, self._interval = data, FIRST_INTERVAL
        self._due, self._until = now + FIRST_INTERVAL, now + PATIENCE
        return data

    def _answered(self) -> None:
        self._due = None

    def _fail(self, why: str) -> None:
        self._answered()
        self.state, self.why = State.FAILED, why


class Login(Dialog):
    """A registration; `remove`: of no contact at all, which removes those of earlier phones."""

    def __init__(self, line: Line, extension: int, *, remove: bool, now: float) -> None:
        super().__init__(line, now)
        self._extension = extension
        names = Names.new(line, extension)
        self.names = names._replace(contact="*") if remove else names
        self._expires = "0" if remove else "3600"
        self._number = 0

    def begin(self, now: float) -> bytes:
        """The first REGISTER."""
        return self._send(self._register(1), now)

    def receive(self, response: Response, now: float) -> list[bytes]:
        """An answer; what is to be said to it."""
        number = response.cseq.number
        if not response.is_final or self.state is not State.ASKING or number != self._number:
            return []
        if response.status in CHALLENGES and number == 1:
            login = credentials(response, "REGISTER", self._line.uri(), self._extension)
            return [self._send(self._register(2, login), now)]
        self._answered()
        self.state = State.DONE
        if response.status != 200:
            self._fail(str(response.status))
        return []

    def _register(self, number: int, *more: Field) -> bytes:
        self._number = number
        fields = [("Expires", self._expires), *more]
        to, line = self._line.address(self._extension), self._line
        return request("REGISTER", line.uri(), line, self.names, number, to, more=fields)


class Outgoing(Dialog):
    """A call that one of our phones makes."""

    def __init__(self, line: Line, caller: int, callee: int, leg: int, now: float) -> None:
        super().__init__(line, now)
        self.leg = leg
        self.names = Names.new(line, caller)
        self.answered_at = 0.0
        self._caller = caller
        self._to = line.address(callee)
        self._target = line.uri(callee)
        self._routes: list[Field] = []
        self._number = 0
        self._ack = b""

    def begin(self, now: float) -> bytes:
        """The first INVITE."""
        return self._invite(now)

    def hang_up(self, now: float) -> bytes:
        """The BYE; the call has to be up."""
        self.state = State.ENDING
        self._number += 1
        return self._send(self._say("BYE", self._number), now)

    def receive(self, response: Response, now: float) -> list[bytes]:
        """An answer; what is to be said to it. Raises ParseError for what nobody understands."""
        if response.cseq.method == "BYE":
            self._ended(response)
            return []
        if not response.is_final:
            self._answered()
            return []
        if response.status < 300:
            return self._accepted(response, now)
        return self._refused(response, now)

    def receive_request(self, request: Request) -> list[bytes]:
        """The other side says something. Only a BYE matters: it should have been ours."""
        if request.method == "BYE" and self.state is State.UP:
            self._fail("the switch has hung up")
        return [] if request.method == "ACK" else [respond(request, 200).serialize()]

    def _accepted(self, response: Response, now: float) -> list[bytes]:
        if self.state is State.ASKING:
            self._answered()
            self.answered_at = now
            self._to = response.headers.first.get("To", "")
            self._target = str(response.contact.uri) if response.contact else self._target
            self._routes = routes_of(response)
            self.place = place_in(response.body)
            self.state = State.UP
            self._ack = self._say("ACK", response.cseq.number)
        return [self._ack] if self._ack else []

    def _refused(self, response: Response, now: float) -> list[bytes]:
        """The ACK belongs to the INVITE's transaction (RFC 3261 §17.1.1.3)."""
        number, to = response.cseq.number, response.headers.first.get("To", "")
        line, names = self._line, self.names
        target, branch = self._target, response.branch
        said = [request("ACK", target, line, names, number, to, branch=branch)]
        if self.state is State.ASKING and number == self._number:
            if response.status in CHALLENGES and number == 1:
                login = credentials(response, "INVITE", target, self._caller)
                said.append(self._invite(now, login))
            else:
                self._fail(str(response.status))
        return said

    def _ended(self, response: Response) -> None:
        if response.is_final and self.state is State.ENDING:
            self._answered()
            self.state = State.DONE
            if response.status != 200:
                self._fail(f"BYE {response.status}")

    def _invite(self, now: float, *more: Field) -> bytes:
        self._number += 1
        body = description(self.leg)
        return self._send(self._say("INVITE", self._number, *more, body=body), now)

    def _say(self, method: str, number: int, *more: Field, body: str = "") -> bytes:
        fields = [*self._routes, *more]
        line, target, to = self._line, self._target, self._to
        return request(method, target, line, self.names, number, to, more=fields, body=body)


class Incoming(Dialog):
    """A call that one of our phones is called by, and answers at once."""

    def __init__(self, line: Line, invite: Request, leg: int, now: float) -> None:
        super().__init__(line, now)
        self.leg = leg
        self.place = place_in(invite.body)
        contact = [("Contact", line.contact("phone"))]
        tag = token()
        self._ringing = respond(invite, 180, to_tag=tag, headers=contact).serialize()
        body = description(leg).encode()
        self._answer = respond(invite, 200, to_tag=tag, headers=contact, body=body).serialize()

    def begin(self, now: float) -> list[bytes]:
        """180 and 200."""
        return [self._ringing, self._send(self._answer, now)]

    def receive_request(self, request: Request) -> list[bytes]:
        """What the switch says further."""
        if request.method == "INVITE":
            return [self._answer]
        if request.method == "ACK":
            self._answered()
            self.state = State.UP if self.state is State.ASKING else self.state
            return []
        if request.method == "BYE":
            self._answered()
            self.state = State.DONE
        return [respond(request, 200).serialize()]
