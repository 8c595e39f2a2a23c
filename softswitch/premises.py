"""What a switch needs of its machine: folder, store, addresses, media workers and sockets.

What cannot be had keeps the switch from starting, and is said in one line: CannotRun. The stack
gives back what was taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from softswitch.addressing import WILDCARDS, Addressing, open_addressing, own_address_towards
from softswitch.config.configuration import AUTO
from softswitch.control import SOCKET_NAME, ControlError, ControlServer, Handler
from softswitch.discovery import Discovery
from softswitch.media.engine.client import WorkerEngine
from softswitch.sip.flow import Address, bracketed
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from softswitch.store.store import Store, StoreError

if TYPE_CHECKING:
    from softswitch.config.configuration import Network
    from softswitch.sip.transport import Transports

log = logging.getLogger(__name__)

OPUS_BINDING = "opuslib_next"
ELSEWHERE = {False: "192.0.2.1", True: "2001:db8::1"}
"""Documentation addresses, by whether they are IPv6: the kernel is asked for the way there, and
nothing is sent (RFC 5737, RFC 3849)."""


class CannotRun(Exception):
    """Why the switch did not start, in one line for a person."""


def make_folder(state: Path) -> None:
    """Where the switch keeps what outlives it."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"cannot use the state folder {state}: {error.strerror}") from None


async def control(state: Path, answers: Mapping[str, Handler], stack: AsyncExitStack) -> None:
    """Listen for commands. A second switch on the same state finds the place taken."""
    server = ControlServer(state / SOCKET_NAME, answers)
    try:
        await server.start()
    except ControlError as error:
        raise CannotRun(str(error)) from None
    stack.push_async_callback(server.stop)


async def store(state: Path, stack: AsyncExitStack) -> Store:
    """The store in the folder."""
    try:
        return await stack.enter_async_context(open_store(state / DATABASE_NAME))
    except StoreError as error:
        raise CannotRun(str(error)) from None


async def addressing(
    network: Network, now: Callable[[], float], stack: AsyncExitStack, tasks: asyncio.TaskGroup
) -> Addressing:
    """By which addresses we are seen; the one outside is looked for if that is wanted."""
    try:
        found = await open_addressing(network, now)
    except OSError as error:
        problem = f"network.external: {network.external} has no address: {error.strerror}"
        raise CannotRun(problem) from None
    if network.external == AUTO:
        search = Discovery(network.stun, found.found_outside)
        stack.callback(tasks.create_task(search.run()).cancel)
        await search.begin()
    return found


async def media_engine(
    network: Network, backend: str, held_timeout: float, stack: AsyncExitStack
) -> WorkerEngine:
    """Media workers, one for each core but the first."""
    hosts = dict.fromkeys(address.host for address in (*network.udp, *network.tcp))
    workers = max(1, (os.cpu_count() or 1) - 1)
    engine = WorkerEngine(
        list(hosts), network.rtp, workers, network.rtp_timeout, held_timeout, backend
    )
    try:
        await engine.start()
    except OSError as error:
        raise CannotRun(f"the media engine cannot start: {error}") from None
    stack.push_async_callback(engine.stop)
    return engine


async def listen(network: Network, transports: Transports) -> list[str]:
    """Bind every SIP socket; what to type into a phone to reach each."""
    servers = []
    for protocol, addresses in (("UDP", network.udp), ("TCP", network.tcp)):
        for address in addresses:
            try:
                if protocol == "UDP":
                    local = transports.listen_udp(*address)
                else:
                    local = await transports.listen_tcp(*address)
            except OSError as error:
                why = error.strerror or str(error)
                raise CannotRun(f"cannot listen on {protocol} {address}: {why}") from None
            servers.append(_server(protocol, local))
    return servers


def untranslated() -> frozenset[str]:
    """Encodings that are passed on here but not translated: what they need is not installed."""
    try:
        import_module(OPUS_BINDING)
    except Exception as error:  # the binding raises a bare one when the library itself is missing
        log.warning("Opus is passed on, but not translated: %s", error)
        return frozenset({"OPUS"})
    return frozenset()


def _server(protocol: str, local: Address) -> str:
    """What to type into a phone to reach a socket; for a wildcard, the machine's own address."""
    host, port = local
    if host in WILDCARDS:
        host = own_address_towards(ELSEWHERE[":" in host], host)
    return f"{bracketed(host)}:{port} ({protocol})"
