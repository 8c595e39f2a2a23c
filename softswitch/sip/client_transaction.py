"""Client transactions: what happens to a request of ours until its final response.

RFC 3261 §17.1 with the Accepted state of RFC 6026 §7.2. A transaction reacts: each method takes
what happened and when, and returns what must now be done, in order. Its timers lie on the wheel
of the layer that keeps it (its host).

After the final response a transaction lingers, to absorb repeated responses. It then holds the
bytes of an ACK at most: neither its request nor, except for a 2xx of an INVITE that the core has
to acknowledge again, its listeners.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from softswitch.sip.actions import Action, DeliverResponse, Failed, Send, make
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response
from softswitch.sip.timers import T1, T2, T4, Timer, TimerWheel

if TYPE_CHECKING:
    from softswitch.sip.flow import Flow

TIMEOUT = 64 * T1
"""Seconds without an answer after which a request has failed: timers B and F."""

ABSORB_REFUSALS = 32.0
"""Timer D: an absolute time, because the T1 of the other side is not known (RFC 6026 §8.4)."""

AFTER_CANCEL = "after CANCEL"
"""The timer without a letter: how long a cancelled INVITE waits for its final response (§9.1)."""


class State(enum.Enum):
    """The states of RFC 6026 figure 5 and RFC 3261 figure 6."""

    CALLING = enum.auto()
    TRYING = enum.auto()
    PROCEEDING = enum.auto()
    ACCEPTED = enum.auto()
    COMPLETED = enum.auto()
    TERMINATED = enum.auto()


class Host(Protocol):
    """What a client transaction needs of the layer that keeps it."""

    timers: TimerWheel

    def fire(self, transaction: ClientTransaction, timer: str) -> None: ...

    def forget_client(self, transaction: ClientTransaction) -> None: ...

    def request(
        self, request: Request, flow: Flow, now: float
    ) -> tuple[ClientTransaction, list[Action]]: ...


class ClientTransaction(ABC):
    """The common part of both kinds."""

    __slots__ = (
        "_data",
        "_end",
        "_host",
        "_interval",
        "_repeat",
        "_request",
        "call_id",
        "flow",
        "key",
        "on_failure",
        "on_response",
        "state",
    )

    def __init__(self, request: Request, flow: Flow, host: Host) -> None:
        self.key = (request.branch, request.method)
        """Responses carry both: branch of the topmost Via, method of the CSeq (§17.1.3)."""
        self.call_id = request.headers.first["Call-ID"]
        self.flow = flow
        self.state = State.CALLING
        self.on_response: Callable[[Response], None] | None = None
        """Whom to tell of responses; kept for the transaction's owner, who may drop it."""
        self.on_failure: Callable[[str], None] | None = None
        self._host = host
        self._request: Request | None = request
        self._data = request.serialize()
        self._interval = T1
        self._repeat: Timer | None = None
        self._end: Timer | None = None

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.key[1]

    @property
    def is_pending(self) -> bool:
        """Whether no final response came yet and the request has not failed."""
        return self._request is not None

    @property
    def is_unheard(self) -> bool:
        """Whether nothing came back so far, not even a provisional response."""
        return self.state in (State.CALLING, State.TRYING)

    @abstractmethod
    def start(self, now: float) -> list[Action]:
        """Send the request for the first time."""

    @abstractmethod
    def receive(self, response: Response, now: float) -> list[Action]:
        """React to a response that matches."""

    @abstractmethod
    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """React to a timer, named by its letter."""

    def transport_failed(self) -> list[Action]:
        """The bytes could not be sent, or the connection that they went over is closed (§17.1.4).

        Who has heard a final response hears nothing more.
        """
        pending = self.is_pending
        self._terminate()
        return [Failed(self, "transport")] if pending else []

    def _set_repeat(self, timer: str, when: float) -> None:
        self._repeat = self._host.timers.add(when, self._host.fire, self, timer)

    def _set_end(self, timer: str, when: float) -> None:
        self._end = self._host.timers.add_about(when, self._host.fire, self, timer)

    def _stop_timers(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _finish(self, state: State) -> None:
        """The final response is here: nothing is repeated, and the request is not needed."""
        self.state = state
        if self._repeat is not None or self._end is not None:
            self._stop_timers()
        self._request = None
        self._data = b""

    def _terminate(self) -> None:
        self._finish(State.TERMINATED)
        self._host.forget_client(self)

    def _fail(self) -> list[Action]:
        self._terminate()
        return [Failed(self, "timeout")]


class InviteClientTransaction(ClientTransaction):
    """INVITE: RFC 3261 §17.1.1, RFC 6026 §8.4."""

    __slots__ = ("_cancel_headers", "_cancel_sent")

    def __init__(self, request: Request, flow: Flow, host: Host) -> None:
        super().__init__(request, flow, host)
        self._cancel_headers: tuple[tuple[str, str], ...] | None = None
        self._cancel_sent = False

    def start(self, now: float) -> list[Action]:
        """Send the INVITE, and be ready to repeat it over UDP. Until then nobody has to think of
        giving up: nearly always an answer is quicker."""
        if self.flow.reliable:
            self._set_end("B", now + TIMEOUT)
        else:
            self._set_repeat("A", now + T1)
        return [make(Send, (self._data, self.flow, self))]

    def receive(self, response: Response, now: float) -> list[Action]:
        """Pass up what is new; acknowledge refusals here, hop by hop (§17.1.1.3)."""
        status = response.status
        if self.state in (State.CALLING, State.PROCEEDING):
            if status < 200:
                return self._receive_provisional(response, now)
            if status < 300:
                # The core acknowledges: its ACK is a transaction of its own. What follows in
                # this state are repetitions, and answers of other phones behind a fork.
                self._finish(State.ACCEPTED)
                self._set_end("M", now + TIMEOUT)
                return [make(DeliverResponse, (self, response))]
            return self._receive_refusal(response, now)
        if self.state is State.ACCEPTED and 200 <= status < 300:
            return [make(DeliverResponse, (self, response))]
        if self.state is State.COMPLETED and status >= 300:
            return [make(Send, (self._data, self.flow, self))]
        return []

    def _receive_provisional(self, response: Response, now: float) -> list[Action]:
        actions: list[Action] = [make(DeliverResponse, (self, response))]
        if self.state is State.CALLING:
            self.state = State.PROCEEDING
            self._stop_timers()
            self._data = b""
            if self._cancel_headers is not None:
                actions += self._send_cancel(now)
        return actions

    def _receive_refusal(self, response: Response, now: float) -> list[Action]:
        assert self._request is not None
        ack = acknowledge(self._request, response).serialize()
        self._finish(State.COMPLETED)
        actions: list[Action] = [
            make(Send, (ack, self.flow, self)),
            make(DeliverResponse, (self, response)),
        ]
        if self.flow.reliable:
            self._terminate()  # timer D is zero
        else:
            self._data = ack
            self._set_end("D", now + ABSORB_REFUSALS)
        return actions

    def cancel(self, headers: Iterable[tuple[str, str]], now: float) -> list[Action]:
        """Send a CANCEL once the other side has shown that it knows the INVITE (§9.1).

        Before the first provisional response a CANCEL might overtake the INVITE, so it waits;
        after the final one there is nothing to cancel.
        """
        if self._cancel_headers is None and self.is_pending:
            self._cancel_headers = tuple(headers)
            if self.state is State.PROCEEDING:
                return self._send_cancel(now)
        return []

    def _send_cancel(self, now: float) -> list[Action]:
        assert self._request is not None
        self._set_end(AFTER_CANCEL, now + TIMEOUT)
        cancel = cancellation(self._request, self._cancel_headers or ())
        return self._host.request(cancel, self.flow, now)[1]

    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """A repeats the INVITE at doubling intervals without a bound; the others end."""
        if timer == "A":
            if self._end is None:
                self._set_end("B", now + TIMEOUT - T1)
            self._interval *= 2
            self._set_repeat("A", now + self._interval)
            return [make(Send, (self._data, self.flow, self))]
        if timer in ("B", AFTER_CANCEL):
            return self._fail()
        self._terminate()  # D, M
        return []


class NonInviteClientTransaction(ClientTransaction):
    """Every other request: RFC 3261 §17.1.2."""

    __slots__ = ()

    def start(self, now: float) -> list[Action]:
        """Send the request, and be ready to repeat it over UDP, as an INVITE."""
        self.state = State.TRYING
        if self.flow.reliable:
            self._set_end("F", now + TIMEOUT)
        else:
            self._set_repeat("E", now + T1)
        return [make(Send, (self._data, self.flow, self))]

    def receive(self, response: Response, now: float) -> list[Action]:
        """Pass up provisional responses and the first final one."""
        if self.state not in (State.TRYING, State.PROCEEDING):
            return []
        if response.status < 200:
            self.state = State.PROCEEDING
            return [make(DeliverResponse, (self, response))]
        self._finish(State.COMPLETED)
        if self.flow.reliable:
            self._terminate()  # timer K is zero
        else:
            self._set_end("K", now + T4)
        return [make(DeliverResponse, (self, response))]

    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """E repeats the request; F fails it; K ends the wait for repeated responses."""
        if timer == "E":
            if self._end is None:
                self._set_end("F", now + TIMEOUT - T1)
            # Once the other side works on it, asking every T2 is enough (§17.1.2.2).
            proceeding = self.state is State.PROCEEDING
            self._interval = T2 if proceeding else min(2 * self._interval, T2)
            self._set_repeat("E", now + self._interval)
            return [make(Send, (self._data, self.flow, self))]
        if timer == "F":
            return self._fail()
        self._terminate()  # K
        return []


def acknowledge(invite: Request, response: Response) -> Request:
    """The ACK of a refusal: same hop, same branch, same Route; the To has the tag (§17.1.1.3)."""
    return _within(invite, "ACK", response.headers.get("To") or "", ())


def cancellation(invite: Request, headers: Iterable[tuple[str, str]]) -> Request:
    """The CANCEL of an INVITE, which it must resemble to be matched (§9.1)."""
    return _within(invite, "CANCEL", invite.headers.get("To") or "", headers)


def _within(invite: Request, method: str, to: str, headers: Iterable[tuple[str, str]]) -> Request:
    """A request for the server that got the INVITE, about its transaction there."""
    theirs = invite.headers
    items = [
        ("Via", theirs.get("Via") or ""),
        ("Max-Forwards", "70"),
        *(("Route", route) for route in theirs.all("Route")),
        ("From", theirs.get("From") or ""),
        ("To", to),
        ("Call-ID", invite.call_id),
        ("CSeq", f"{invite.cseq.number} {method}"),
        *headers,
    ]
    return Request(method, invite.uri, Headers(items))
