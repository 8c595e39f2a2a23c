"""Finds out where trunks are, and whether they are there (features TK-5).

    name ──► DNS, once a minute ──► addresses      OPTIONS, every 30 to 60 s ──► who answers

Nobody waits for either: a call goes to what was found last. Names that cannot be looked up now keep
the addresses that they had.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from softswitch import questions
from softswitch.addressing import parse_address
from softswitch.sip.flow import Address, Flow, bracketed
from softswitch.trunks import Place, Trunk, Trunks

if TYPE_CHECKING:
    from softswitch.sender import Addressing

log = logging.getLogger(__name__)

LOOK_UP_EVERY = 60.0
"""Seconds. What the resolver knows of a record's age it does not tell."""
LOOK_UP_TIMEOUT = 10.0

SHORTEST = 30.0
LONGEST = 60.0
"""Seconds between two questions to one address."""
OVERLOADED = 503

LookUp = Callable[[str], Awaitable[list[str]]]
"""The addresses of a name, the best one first. Raises OSError."""


class Agent(questions.Agent, Protocol):
    """What is asked of the user agent."""

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        """The way to an address."""


async def look_up(host: str) -> list[str]:
    """Ask the system's resolver, in a thread of its own. Raises OSError."""
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(
            loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM), LOOK_UP_TIMEOUT
        )
    except (TimeoutError, UnicodeError) as error:
        raise OSError(str(error) or "the resolver does not answer") from error
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class TrunkWatch:
    """Looks after all trunks."""

    def __init__(
        self,
        trunks: Trunks,
        *,
        agent: Agent,
        addressing: Addressing,
        random: Callable[[], float],
        look_up: LookUp = look_up,
    ) -> None:
        """`random` gives numbers from 0 to 1."""
        self._trunks = trunks
        self._agent = agent
        self._random = random
        self._look_up = look_up
        self._names: dict[str, list[str]] = {}
        """What was found last for each host."""
        self._asked: set[tuple[str, Address]] = set()
        self._questions = questions.Questions(agent, addressing)
        for trunk in trunks:
            for host in trunk.settings.hosts:
                if parse_address(host) is not None:
                    self._names[host] = [host]
            self._found(trunk)

    async def run(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Look names up, again and again."""
        while True:
            for trunk in self._trunks:
                for host in trunk.settings.hosts:
                    if parse_address(host) is None:
                        await self._resolve(host)
                self._found(trunk)
            await sleep(LOOK_UP_EVERY)

    def rows(self, request: object = None) -> list[dict[str, Any]]:
        """For `softswitch show trunks`: a row for every address, or for a trunk that has none."""
        return [_row(trunk, place) for trunk in self._trunks for place in (trunk.places or (None,))]

    async def _resolve(self, host: str) -> None:
        try:
            found = await self._look_up(host)
        except OSError as error:
            log.warning("%s has no address: %s", host, error.strerror or error)
            return
        if found != self._names.get(host):
            log.info("%s is at %s", host, ", ".join(found))
            self._names[host] = found

    def _found(self, trunk: Trunk) -> None:
        hosts = trunk.settings.hosts
        self._trunks.found(
            trunk, [(host, one) for host in hosts for one in self._names.get(host, ())]
        )
        for place in trunk.places:
            key = (trunk.name, place.address)
            if key not in self._asked:
                self._asked.add(key)
                self._agent.later(self._random(), self._ask, trunk, place)

    def _ask(self, trunk: Trunk, place: Place) -> None:
        """Any answer but that there is no room will do."""
        if place not in trunk.places:
            self._asked.discard((trunk.name, place.address))
            return
        pause = SHORTEST + self._random() * (LONGEST - SHORTEST)
        self._agent.later(pause, self._ask, trunk, place)
        flow = self._agent.flow_to(*place.address, trunk.protocol)
        if flow is None:
            self._note(trunk, place, False, "no socket leads there")
            return
        theirs = trunk.settings.domain or bracketed(place.host)
        self._questions.ask(
            f"sip:{theirs}",
            flow,
            partial(self._answered, trunk, place),
            partial(self._silent, trunk, place),
        )

    def _answered(self, trunk: Trunk, place: Place, status: int, rtt: float) -> None:
        place.rtt = rtt
        self._note(trunk, place, status != OVERLOADED, f"answers {status}")

    def _silent(self, trunk: Trunk, place: Place, why: str) -> None:
        self._note(trunk, place, False, f"does not answer ({why})")

    def _note(self, trunk: Trunk, place: Place, reachable: bool, why: str) -> None:
        if reachable is place.reachable:
            return
        if not reachable:
            log.warning("%s: %s:%d %s", trunk.account, *place.address, why)
        elif place.reachable is False:
            log.info("%s: %s:%d is there again", trunk.account, *place.address)
        place.reachable = reachable


def _row(trunk: Trunk, place: Place | None) -> dict[str, Any]:
    host, port = place.address if place is not None else ("", 0)
    return {
        "name": trunk.name,
        "hosts": list(trunk.settings.hosts),
        "address": f"{trunk.protocol} {bracketed(host)}:{port}" if place is not None else "",
        "reachable": place.reachable if place is not None else False,
        "rtt": place.rtt if place is not None else None,
        "calls": len(trunk.calls),
        "max_calls": trunk.settings.max_calls,
    }
