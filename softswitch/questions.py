"""Asking somebody whether he is there: OPTIONS outside any dialog (RFC 3261 §11.1).

Every phone and every carrier has some answer to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from softswitch.sip.flow import Flow, bracketed
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response

if TYPE_CHECKING:
    from softswitch.sender import Addressing


class Agent(Protocol):
    """What is asked of the user agent."""

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> object:
        """Send a request."""

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> object:
        """Call in `delay` seconds."""

    def now(self) -> float:
        """Monotonic seconds."""

    def token(self) -> str:
        """A new random word."""


class Questions:
    """All that one part of the switch asks. Times are seconds."""

    def __init__(self, agent: Agent, addressing: Addressing) -> None:
        self._agent = agent
        self._addressing = addressing
        self._asked = 0
        self._call_id = agent.token()
        self._tag = agent.token()

    def ask(
        self,
        uri: str,
        flow: Flow,
        answered: Callable[[int, float], None],
        silent: Callable[[str], None],
        routes: Sequence[str] = (),
    ) -> None:
        """Ask at this URI. `answered` hears the status and how long it took, `silent` why not."""
        self._agent.request(
            self._options(uri, flow, routes),
            flow,
            partial(self._answered, answered, self._agent.now()),
            silent,
        )

    def _options(self, uri: str, flow: Flow, routes: Sequence[str]) -> Request:
        self._asked += 1
        host, port = self._addressing.sip_address(flow)
        host = bracketed(host)
        items = [("Route", route) for route in routes]
        items += [
            ("From", f"<sip:{host}>;tag={self._tag}"),
            ("To", f"<{uri}>"),
            ("Call-ID", f"{self._call_id}-{self._asked}"),
            ("CSeq", "1 OPTIONS"),
            ("Contact", f"<sip:{host}:{port}>"),
            ("Accept", "application/sdp"),
        ]
        return Request("OPTIONS", uri, Headers(items))

    def _answered(
        self, answered: Callable[[int, float], None], asked_at: float, response: Response
    ) -> None:
        if response.is_final:
            answered(response.status, self._agent.now() - asked_at)
