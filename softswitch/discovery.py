"""Finds out by which IPv4 address the world sees this machine (REG-5): `network.external: auto`.

    us 192.168.1.5 ──► router 203.0.113.7 ──► STUN server: "you are 203.0.113.7"

STUN servers (RFC 8489) are asked at the start, all at once, and again every few minutes: a line at
home gets a new address in the night. Whoever answers first is believed; an answer has to come from
the server that was asked and to repeat 96 random bits, so nobody can speak in its place without
seeing the question. While nobody answers, the last address that was found stays.

IPv6 needs none of this: its addresses are not translated.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

from softswitch.addressing import parse_address
from softswitch.media import stun
from softswitch.sip.flow import Address

log = logging.getLogger(__name__)

FIRST_WAIT = 0.5
"""Seconds until a question is repeated; doubled each time (RFC 8489 §6.2.1, RTO)."""
QUESTIONS = 7
"""Of one round to one server (§6.2.1, Rc)."""
LAST_WAIT = 16 * FIRST_WAIT
"""Seconds after the last question (§6.2.1, Rm)."""
TRANSACTION_OCTETS = 12

PATIENCE = 3.0
"""Seconds for which a start waits for the address: three questions have been asked by then."""
AGAIN = 300.0
"""Seconds from an answer to the next round: a new address is missed for five minutes at most."""
RETRY = 30.0
"""Seconds from a round without an answer to the next one."""


class Round:
    """One round of questions: to all servers, until one has answered or all have been silent."""

    def __init__(self, servers: Iterable[Address], random: Callable[[int], bytes]) -> None:
        """`servers` by their IP addresses; `random` gives that many octets nobody can foretell."""
        self._asked = {server: random(TRANSACTION_OCTETS) for server in servers}
        self._questions = 0

    def questions(self) -> list[tuple[bytes, Address]]:
        """What to send next, and to whom."""
        self._questions += 1
        return [
            (stun.build(stun.BINDING_REQUEST, transaction, ()), server)
            for server, transaction in self._asked.items()
        ]

    def wait(self) -> float | None:
        """Seconds to listen before the next questions; None after the last: ask no more."""
        if self._questions > QUESTIONS:
            return None
        return (
            LAST_WAIT if self._questions == QUESTIONS else FIRST_WAIT * 2 ** (self._questions - 1)
        )

    def heard(self, data: bytes, source: Address) -> str | None:
        """The address an answer tells; None when it is not the answer to a question of ours."""
        transaction = self._asked.get(source)
        message = stun.parse(data) if transaction is not None else None
        if message is None or message.transaction != transaction:
            return None
        return stun.mapped_address(message) if message.kind == stun.BINDING_SUCCESS else None


class _Listener(asyncio.DatagramProtocol):
    """Waits for the first answer that counts."""

    def __init__(self, questions: Round, answer: asyncio.Future[str]) -> None:
        self._round = questions
        self._answer = answer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = self._round.heard(data, (addr[0], addr[1]))
        if found is not None and not self._answer.done():
            self._answer.set_result(found)


class Discovery:
    """Keeps on asking, and tells when the address is another one."""

    def __init__(
        self,
        servers: Sequence[Address],
        tell: Callable[[str], None],
        *,
        random: Callable[[int], bytes] = os.urandom,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`servers` by name or address; `tell` hears each new address."""
        self._servers = servers
        self._tell = tell
        self._random = random
        self._sleep = sleep
        self._first = asyncio.Event()
        self.address: str | None = None
        """The last one that was found."""

    async def run(self) -> None:
        """Ask for as long as the switch runs."""
        while True:
            found = await self._ask()
            if found is None:
                log.warning(
                    "network.external: no STUN server answers (%s); phones elsewhere are told %s",
                    ", ".join(f"{host}:{port}" for host, port in self._servers),
                    self.address or "the address of this machine",
                )
            elif found != self.address:
                log.info("network.external: the world sees this machine as %s", found)
                self.address = found
                self._tell(found)
            if found is not None:
                self._first.set()
            await self._sleep(RETRY if found is None else AGAIN)

    async def begin(self) -> None:
        """Wait for the first answer, but not for long."""
        try:
            await asyncio.wait_for(self._first.wait(), PATIENCE)
        except TimeoutError:
            log.warning("network.external: no STUN server has answered yet; starting without")

    async def _ask(self) -> str | None:
        """One round; None when nobody answered."""
        servers = await self._resolved()
        if not servers:
            return None
        questions = Round(servers, self._random)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Listener(questions, answer), local_addr=("0.0.0.0", 0)
            )
        except OSError:
            return None
        try:
            return await _until_answered(questions, answer, transport)
        finally:
            transport.close()

    async def _resolved(self) -> list[Address]:
        loop = asyncio.get_running_loop()
        found: dict[Address, None] = {}
        for host, port in self._servers:
            if parse_address(host) is not None:
                found[host, port] = None
                continue
            try:
                known = await loop.getaddrinfo(
                    host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM
                )
            except (OSError, UnicodeError):  # no such name, or no name at all
                continue  # said when none of them answers
            found[str(known[0][4][0]), port] = None
        return list(found)


async def _until_answered(
    questions: Round, answer: asyncio.Future[str], transport: asyncio.DatagramTransport
) -> str | None:
    while True:
        sent = questions.questions()
        wait = questions.wait()
        if wait is None:
            return None
        for data, server in sent:
            transport.sendto(data, server)
        done, _ = await asyncio.wait({answer}, timeout=wait)
        if done:
            return answer.result()
