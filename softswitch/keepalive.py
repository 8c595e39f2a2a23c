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
from typing import TYPE_CHECKING

from softswitch.bus import Bus, DeviceReachable, DeviceUnreachable, Registered
from softswitch.location import Binding, Location, target
from softswitch.questions import Agent, Questions
from softswitch.sip.flow import Flow

if TYPE_CHECKING:
    from softswitch.sender import Addressing

log = logging.getLogger(__name__)

SHORTEST = 25.0
LONGEST = 50.0
"""Seconds between two questions to one device."""

MISSES = 2
"""Questions without an answer until a device counts as unreachable: one may get lost."""


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
        self._random = random
        self._misses: dict[int, int] = {}
        """Questions without answer, by binding; has all who are asked."""
        self._questions = Questions(agent, addressing)
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
        self._questions.ask(
            uri,
            flow,
            partial(self._answered, user, binding_id, flow),
            partial(self._silent, user, binding_id, flow),
            routes,
        )

    def _answered(self, user: str, binding_id: int, flow: Flow, status: int, rtt: float) -> None:
        """Any answer will do, a refusal too: somebody is there."""
        binding = self._find(user, binding_id)
        if binding is None or binding.flow != flow:
            return
        self._misses[binding_id] = 0
        binding.rtt = rtt
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
