"""Asks devices behind NATs whether they are there, which also keeps their NATs open (REG-6).

Every device has its own rhythm of 25 to 50 seconds, drawn anew each time: routers forget a UDP
mapping after 30 to 60 seconds without traffic in the worst case, and ten thousand phones that
registered after a power cut must not all be asked at once.

Over TCP nobody has to be asked: a connection that is closed says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from softswitch.bus import Bus, DeviceReachable, DeviceUnreachable, Registered
from softswitch.location import Binding, Location, target
from softswitch.sip.flow import Address, Flow, bracketed
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response

log = logging.getLogger(__name__)

SHORTEST = 25.0
LONGEST = 50.0
"""Seconds between two questions to one device."""

MISSES = 2
"""Questions without an answer until a device counts as unreachable: one may get lost."""


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


class Addressing(Protocol):
    """Who knows how we are seen."""

    def sip_address(self, flow: Flow) -> Address:
        """Host and port under which the far end of the flow sees us."""


class Keepalive:
    """Asks, and notes down who answers and how fast."""

    def __init__(
        self,
        *,
        agent: Agent,
        location: Location,
        bus: Bus,
        addressing: Addressing,
        random: Callable[[], float],
    ) -> None:
        """`random` gives numbers from 0 to 1."""
        self._agent = agent
        self._location = location
        self._bus = bus
        self._addressing = addressing
        self._random = random
        self._misses: dict[int, int] = {}
        """Questions without answer, by binding; has all who are asked."""
        self._questions = 0
        self._call_id = agent.token()
        self._tag = agent.token()
        bus.subscribe(Registered, self._registered)

    def __len__(self) -> int:
        """How many devices are asked."""
        return len(self._misses)

    def start(self) -> None:
        """Ask those also who were registered before we started."""
        for binding in self._location.all():
            self._watch(binding, spread=True)

    def _registered(self, event: Registered) -> None:
        self._watch(event.binding)

    def _watch(self, binding: Binding, *, spread: bool = False) -> None:
        if not needs_questions(binding):
            return
        if binding.id in self._misses:
            self._misses[binding.id] = 0  # it registered: it is there
            return
        self._misses[binding.id] = 0
        delay = self._random() * LONGEST if spread else self._pause()
        self._agent.later(delay, self._ask, binding.user, binding.id)

    def _pause(self) -> float:
        return SHORTEST + self._random() * (LONGEST - SHORTEST)

    def _find(self, user: str, binding_id: int) -> Binding | None:
        """The binding as it is now; None when it is gone, or its device came out of the NAT."""
        for binding in self._location.of(user):
            if binding.id == binding_id and needs_questions(binding):
                return binding
        return None

    def _ask(self, user: str, binding_id: int) -> None:
        binding = self._find(user, binding_id)
        if binding is None:
            del self._misses[binding_id]
            return
        self._agent.later(self._pause(), self._ask, user, binding_id)
        uri, routes, flow = target(binding)
        self._agent.request(
            self._options(uri, routes, flow),
            flow,
            partial(self._answered, user, binding_id, flow, self._agent.now()),
            partial(self._silent, user, binding_id, flow),
        )

    def _options(self, uri: str, routes: tuple[str, ...], flow: Flow) -> Request:
        """OPTIONS outside any dialog (RFC 3261 §11.1): every phone has some answer to it."""
        self._questions += 1
        host, port = self._addressing.sip_address(flow)
        host = bracketed(host)
        items = [("Route", route) for route in routes]
        items += [
            ("From", f"<sip:{host}>;tag={self._tag}"),
            ("To", f"<{uri}>"),
            ("Call-ID", f"{self._call_id}-{self._questions}"),
            ("CSeq", "1 OPTIONS"),
            ("Contact", f"<sip:{host}:{port}>"),
            ("Accept", "application/sdp"),
        ]
        return Request("OPTIONS", uri, Headers(items))

    def _answered(
        self, user: str, binding_id: int, flow: Flow, asked_at: float, response: Response
    ) -> None:
        """Any answer will do, a refusal too: somebody is there."""
        binding = self._find(user, binding_id)
        if binding is None or binding.flow != flow or not response.is_final:
            return
        self._misses[binding_id] = 0
        binding.rtt = self._agent.now() - asked_at
        if not binding.reachable:
            binding.reachable = True
            log.info("%s answers again: %s", user, binding.contact)
            self._bus.publish(DeviceReachable(binding))

    def _silent(self, user: str, binding_id: int, flow: Flow, why: str) -> None:
        binding = self._find(user, binding_id)
        if binding is None or binding.flow != flow:
            return
        misses = self._misses[binding_id] = self._misses[binding_id] + 1
        if misses >= MISSES and binding.reachable:
            binding.reachable = False
            log.info("%s does not answer (%s): %s", user, why, binding.contact)
            self._bus.publish(DeviceUnreachable(binding))


def needs_questions(binding: Binding) -> bool:
    """Whether a NAT that forgets stands between the device and us."""
    return binding.nat and not binding.flow.reliable and binding.contact.startswith("sip")
