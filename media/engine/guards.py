"""The guards of a worker's legs: set when signalling describes a remote, woken when it is time."""

from collections.abc import Callable, Mapping
from typing import Any

from softswitch.media.dtls import NEVER, Endpoint
from softswitch.media.engine.control import Insecure
from softswitch.media.engine.department import Say
from softswitch.media.engine.guard import Alarm, Guard, renew
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg

EARLY_LASTS = 2.0
"""Seconds: what came longer before the description has been sent again since."""


class Guards:
    """A department of the worker."""

    def __init__(self, legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._endpoint: Endpoint | None = None
        self._alarm = Alarm()
        self._guards: dict[Leg, Guard] = {}
        self._seen: dict[Leg, Remote] = {}
        """What their guards have been made for."""
        self._told: set[Leg] = set()
        """Legs whose failure signalling knows."""
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {}

    @property
    def next_deadline(self) -> float:
        """When the first handshake has to go on, or a failure is to be told."""
        return self._alarm.at

    def certify(self, pem: bytes) -> None:
        """What we show in handshakes of legs that are described from now on."""
        self._endpoint = Endpoint(pem) if pem else None

    def renewed(self, leg: Leg) -> None:
        """The leg's remote has been described, or the leg is joined to another."""
        before, remote = self._guards.get(leg), leg.remote
        if remote is None or remote is self._seen.get(leg):
            return
        early, leg.early = leg.early, ()
        if before is None and remote.security is None and remote.ice is None:
            return
        latch = leg.latch
        guard = renew(
            before,
            remote,
            latch.expected,
            latch.learnable,
            self._endpoint,
            self._alarm,
            self._clock(),
        )
        self.ended(leg)
        if guard is not None:
            self._guards[leg], self._seen[leg] = guard, remote
        leg.guard = guard
        leg.guarded()
        for data, source, at in early:
            if self._clock() - at <= EARLY_LASTS:
                leg.arrive(bytearray(data), len(data), source, self._clock())

    def ended(self, leg: Leg) -> None:
        """The leg and its keys are gone."""
        self._guards.pop(leg, None)
        self._seen.pop(leg, None)
        self._told.discard(leg)

    def tick(self, now: float) -> None:
        """Let every handshake go on whose time has come, and tell who failed."""
        alarm = self._alarm
        alarm.at = NEVER
        for leg, guard in self._guards.items():
            if guard.next_deadline <= now:
                for data, address in guard.tick(now):
                    leg.way.send_to(leg, data, address)
                leg.guarded()
            alarm.ring(guard.next_deadline)
            if guard.failed and leg not in self._told:
                self._told.add(leg)
                self._say(Insecure(leg.id, guard.failed))

    def close(self) -> None:
        """Nothing outlives the worker."""
