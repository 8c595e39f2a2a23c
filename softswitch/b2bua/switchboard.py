"""What every call works with: the parts of the switch around it, and tables to find it again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from softswitch.routing.plan import Extension

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.bus import Bus
    from softswitch.location import Location
    from softswitch.media.engine.interface import MediaEngine, MediaPort
    from softswitch.sip.flow import Address, Flow
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.trace import Tracer
    from softswitch.user_agent import UserAgent

DialogKey = tuple[str, str, str]
"""Call-ID, our tag, their tag (RFC 3261 §12)."""


class Subscriber(Extension, Protocol):
    """What a call reads of a configured user."""

    @property
    def name(self) -> str: ...


class Directory(Protocol):
    """Numbers to users; the dict of the configuration is one."""

    def get(self, number: str, /) -> Subscriber | None: ...


class Addressing(Protocol):
    """What a leg tells its peer about where we are (REG-5)."""

    def sip_address(self, flow: Flow) -> Address: ...

    def media_address(self, flow: Flow) -> tuple[str, str]: ...


class Clock(Protocol):
    """The wall clock of records."""

    def wall(self) -> float: ...


@dataclass(slots=True, eq=False)
class Switchboard:
    """One for all calls."""

    agent: UserAgent
    location: Location
    directory: Directory
    media: MediaEngine
    addressing: Addressing
    bus: Bus
    tracer: Tracer
    clock: Clock

    calls: dict[str, Call] = field(default_factory=dict)
    """Calls that ring or are up, by id."""
    leaving: set[Call] = field(default_factory=set)
    """Calls that are over and recorded, but for an answer to a BYE or CANCEL of ours."""
    legs: dict[DialogKey, Leg] = field(default_factory=dict)
    invites: dict[ServerTransaction, Call] = field(default_factory=dict)
    """INVITEs that have no final answer of ours yet, and so may be cancelled."""
    ports: dict[MediaPort, Leg] = field(default_factory=dict)
    connections: dict[int, set[Leg]] = field(default_factory=dict)
    """Legs by the TCP connection they live on."""
    engaged: Counter[str] = field(default_factory=Counter)
    """Calls that each user is in: dialling, ringing, talking or held (features 2.0, CW-2)."""

    def chance(self) -> float:
        """A random number from 0 up to 1."""
        return crc32(self.agent.token().encode()) / 2**32
