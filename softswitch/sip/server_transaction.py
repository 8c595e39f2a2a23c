"""Server transactions: what happens to a request of theirs until everybody has heard the answer.

RFC 3261 §17.2 with the Accepted state of RFC 6026 §7.1. Each method takes what happened and when,
and returns what must now be done. Timers lie on the wheel of the host, the layer.

A transaction does not hold its request, except an INVITE until something was said to it: only what
tells it from others, and the bytes of the last response as long as they may have to be sent again.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from softswitch.sip.actions import Action, DeliverAck, Failed, NoAck, Send, make
from softswitch.sip.message import respond
from softswitch.sip.timers import T1, T2, T4, Timer, TimerWheel

if TYPE_CHECKING:
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request, Response

LINGER = 64 * T1
"""Seconds that repeated requests may still come or an ACK may be missing: timers H, J and L."""

TRYING = "100"
"""The timer without a letter: an INVITE to which nothing was said yet hears 100 (§17.2.1)."""


class State(enum.Enum):
    """The states of RFC 6026 figure 7 and RFC 3261 figure 8."""

    TRYING = enum.auto()
    PROCEEDING = enum.auto()
    ACCEPTED = enum.auto()
    COMPLETED = enum.auto()
    CONFIRMED = enum.auto()
    TERMINATED = enum.auto()


class Host(Protocol):
    """What a server transaction needs of the layer that keeps it."""

    timers: TimerWheel

    def fire(self, transaction: ServerTransaction, timer: str) -> None: ...

    def forget_server(self, transaction: ServerTransaction) -> None: ...


class ServerTransaction(ABC):
    """The common part of both kinds."""

    __slots__ = (
        "_end",
        "_host",
        "_last",
        "call_id",
        "cseq_number",
        "flow",
        "from_tag",
        "has_to_tag",
        "key",
        "method",
        "sent_by_port",
        "state",
        "to_tag",
    )

    def __init__(self, request: Request, key: tuple[object, ...], flow: Flow, host: Host) -> None:
        self.key = key
        """What a repetition of the request shares with it (§17.2.3)."""
        self.method = request.method
        self.flow = flow
        self.call_id = request.call_id
        self.from_tag = request.from_tag
        self.cseq_number = request.cseq.number
        self.has_to_tag = bool(request.to_tag)
        self.to_tag = ""
        """The To tag of the last response but 100."""
        self.sent_by_port = request.sent_by[1]
        """Where to open a connection if theirs is gone when the answer is ready (§18.2.2)."""
        self.state = State.TRYING
        self._host = host
        self._last = b""
        self._end: Timer | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the final response was given."""
        return self.state not in (State.TRYING, State.PROCEEDING)

    @abstractmethod
    def respond(self, response: Response, now: float) -> list[Action]:
        """Send what the core answers. A second final response is ignored."""

    def repeat(self) -> list[Action]:
        """The request came again: so shall the last response, if there is one."""
        return [make(Send, (self._last, self.flow, self))] if self._last else []

    @abstractmethod
    def receive_ack(self, request: Request, flow: Flow, now: float) -> list[Action]:
        """React to an ACK that matches."""

    @abstractmethod
    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """React to a timer, named by its letter."""

    def transport_failed(self) -> list[Action]:
        """The response could not be sent. The state stays (RFC 6026 §8.8)."""
        return [Failed(self, "transport")]

    def _send(self, response: Response) -> list[Action]:
        if response.status > 100:
            self.to_tag = response.to_tag
        self._last = response.serialize()
        return [make(Send, (self._last, self.flow, self))]

    def _set_end(self, timer: str, when: float) -> None:
        self._end = self._host.timers.add_about(when, self._host.fire, self, timer)

    def _terminate(self) -> None:
        self.state = State.TERMINATED
        self._last = b""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        self._host.forget_server(self)


class InviteServerTransaction(ServerTransaction):
    """INVITE: RFC 3261 §17.2.1, RFC 6026 §8.5 to §8.7."""

    __slots__ = ("_interval", "_repeat", "_unanswered")

    def __init__(self, request: Request, key: tuple[object, ...], flow: Flow, host: Host) -> None:
        super().__init__(request, key, flow, host)
        self.state = State.PROCEEDING
        self._interval = T1
        self._repeat: Timer | None = None
        self._unanswered: Request | None = None
        """The INVITE, while its 100 is put off."""

    def put_off_trying(self, request: Request, when: float) -> None:
        """Say 100 at `when`, unless something else is said, or the INVITE comes again, before."""
        self._unanswered = request
        self._repeat = self._host.timers.add(when, self._host.fire, self, TRYING)

    def _speak(self) -> None:
        """Something is said now: no 100 is needed any more."""
        self._unanswered = None
        self._stop()

    def repeat(self) -> list[Action]:
        """The INVITE came again: whoever waits for an answer gets one at once."""
        request = self._unanswered
        if request is None:
            return super().repeat()
        self._speak()
        return self._send(respond(request, 100))

    def respond(self, response: Response, now: float) -> list[Action]:
        """Send; a refusal is repeated here until its ACK, a 2xx by the core calling again."""
        if self.state is State.PROCEEDING:
            if self._unanswered is not None:
                self._speak()
            actions = self._send(response)
            if response.status >= 300:
                self.state = State.COMPLETED
                if not self.flow.reliable:
                    self._set_repeat(now + T1)
                self._set_end("H", now + LINGER)
            elif response.status >= 200:
                self.state = State.ACCEPTED
                self._last = b""  # repeated INVITEs are absorbed from here on
                self._set_end("L", now + LINGER)
            return actions
        if self.state is State.ACCEPTED and 200 <= response.status < 300:
            return [make(Send, (response.serialize(), self.flow, self))]
        return []

    def receive_ack(self, request: Request, flow: Flow, now: float) -> list[Action]:
        """The ACK of a refusal ends the repeating; that of a 2xx is the core's."""
        if self.state is State.ACCEPTED:
            return [make(DeliverAck, (request, flow))]
        if self.state is State.COMPLETED:
            self._stop()
            self.state = State.CONFIRMED
            self._last = b""
            if self.flow.reliable:
                self._terminate()  # timer I is zero
            else:
                self._set_end("I", now + T4)
        return []

    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """G repeats the refusal; H gives up waiting for its ACK; I and L end; 100 tells to wait."""
        if timer == "G":
            self._interval = min(2 * self._interval, T2)
            self._set_repeat(now + self._interval)
            return [make(Send, (self._last, self.flow, self))]
        if timer == TRYING:
            return self.repeat()  # it might as well have come again
        self._terminate()
        return [NoAck(self)] if timer == "H" else []

    def _set_repeat(self, when: float) -> None:
        self._repeat = self._host.timers.add(when, self._host.fire, self, "G")

    def _stop(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _terminate(self) -> None:
        self._stop()
        super()._terminate()


class NonInviteServerTransaction(ServerTransaction):
    """Every other request but ACK: RFC 3261 §17.2.2."""

    __slots__ = ()

    def respond(self, response: Response, now: float) -> list[Action]:
        """Send, and after a final response repeat only that."""
        if self.state is State.COMPLETED or self.state is State.TERMINATED:
            return []
        actions = self._send(response)
        if response.status < 200:
            self.state = State.PROCEEDING
            return actions
        self.state = State.COMPLETED
        if self.flow.reliable:
            self._terminate()  # timer J is zero
        else:
            self._set_end("J", now + LINGER)
        return actions

    def receive_ack(self, request: Request, flow: Flow, now: float) -> list[Action]:
        """Nobody acknowledges these; an ACK never matches."""
        return []

    def handle_timer(self, timer: str, now: float) -> list[Action]:
        """J: no repetition can come any more."""
        self._terminate()
        return []
