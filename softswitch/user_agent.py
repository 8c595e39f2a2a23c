"""The user agent: the shell around the transaction layer (RFC 3261 §8, §17, §18)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from softswitch.sip.flow import Address, Flow
from softswitch.sip.timers import Timer

if TYPE_CHECKING:
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.message import Request, Response
    from softswitch.sip.server_transaction import ServerTransaction


class Addressing(Protocol):
    """What the user agent asks about addresses."""

    def sip_address(self, flow: Flow) -> Address: ...


class Trace(Protocol):
    """Who keeps the messages of calls."""

    def record(
        self, sip_call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float
    ) -> None: ...


class UserAgent:
    """Performs what the transactions ask for, and owns the one timer wheel."""

    on_request: Callable[[Request, Flow], None]
    """A new request, to be accepted or refused. Not ACK, not CANCEL."""
    on_ack: Callable[[Request, Flow], None]
    """An ACK that no transaction took: it acknowledges a 2xx, or nothing. Never answered."""
    on_cancel: Callable[[Request, ServerTransaction | None, Flow], None]
    """A CANCEL and the INVITE transaction it means. The core answers: `accept` and `respond` with
    200, and 487 on the INVITE's transaction; without a transaction it refuses with 481."""
    on_flow_closed: Callable[[Flow], None]

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one message from a socket. Never raises."""

    def accept(self, request: Request, flow: Flow) -> ServerTransaction:
        """Keep state for a request; an INVITE is answered 100 at once."""
        raise NotImplementedError

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        """Answer; also repeats the 2xx of an INVITE as often as it is called."""

    def refuse(
        self,
        request: Request,
        flow: Flow,
        status: int,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer once without keeping state (§8.2.7)."""

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> ClientTransaction:
        """Send a request other than ACK and CANCEL; adds Via and Max-Forwards."""
        raise NotImplementedError

    def cancel(
        self, transaction: ClientTransaction, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """CANCEL an INVITE: now or after its first 1xx, never after its final answer."""

    def send_ack(self, ack: Request, flow: Flow) -> None:
        """Send the ACK of a 2xx."""

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call in `delay` seconds."""
        raise NotImplementedError

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        raise NotImplementedError

    def token(self) -> str:
        """A new random word for tags, Call-IDs and branches."""
        raise NotImplementedError
