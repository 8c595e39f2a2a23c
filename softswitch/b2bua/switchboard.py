"""What every call works with: the parts of the switch around it, and tables to find it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from softswitch.b2bua.speech import TONES_ONLY, Speech
from softswitch.media.negotiation import UNSECURED, Manner, Policy, Vault
from softswitch.routing.calendar import NO_CALENDARS, Calendars
from softswitch.routing.codes import NO_CODES, Codes
from softswitch.routing.destination import NO_ROOMS, Rooms, World
from softswitch.routing.plan import Extension
from softswitch.trunks import Trunks

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.b2bua.service import Applications
    from softswitch.b2bua.taping import Recorder
    from softswitch.bus import Bus
    from softswitch.location import Location
    from softswitch.mailbox.line import Connect
    from softswitch.media.engine.interface import MediaEngine, MediaPort
    from softswitch.media.negotiation.policy import Encryption, Fax
    from softswitch.routing.outside import Outside
    from softswitch.sip.flow import Address, Flow
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.trace import Tracer
    from softswitch.user_agent import UserAgent

MAX_MANNERS = 10_000
"""Phones of whom it is remembered how they secure their media."""

DialogKey = tuple[str, str, str]
"""Call-ID, our tag, their tag (RFC 3261 §12)."""


class Subscriber(Extension, Protocol):
    """What a call reads of a configured user."""

    @property
    def name(self) -> str: ...

    @property
    def codecs(self) -> tuple[str, ...]: ...

    @property
    def encryption(self) -> Encryption: ...

    @property
    def fax(self) -> Fax: ...

    @property
    def ring_splash(self) -> bool: ...

    @property
    def busy_scope(self) -> str: ...

    @property
    def dnd_repeat(self) -> float | None: ...

    @property
    def number(self) -> str | None: ...

    @property
    def record(self) -> str: ...

    @property
    def caller_id(self) -> str | None: ...

    @property
    def hide_number(self) -> bool: ...


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
    entropy: Callable[[int], bytes]
    """So many octets that nobody can guess: keys are made of them."""
    music: str = ""
    """The file that held people hear; none: nothing."""
    untranslated: frozenset[str] = frozenset()
    """Encodings that cannot be translated here, because their library is missing."""
    codes: Codes = NO_CODES
    """Numbers that ask something of the switch itself."""
    applications: Applications | None = None
    """Who takes calls that the switch answers; without, routing must not decide so."""
    outside: Outside | None = None
    """Numbers outside, and who may call them; None: there is no outside."""
    calendars: Calendars = NO_CALENDARS
    """When the office is open."""
    trunks: Trunks = field(default_factory=Trunks)
    speech: Speech = TONES_ONLY
    rooms: Rooms = field(default_factory=lambda: NO_ROOMS)
    """Conference rooms: number → name."""
    recorder: Recorder | None = None
    """Who keeps recordings; None: nobody's calls are recorded."""
    connect: Callable[[Call, Connect, Callable[[], None]], None] = field(init=False)
    """Lets somebody be rung for the caller of a service (handover)."""

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
    engaged: dict[str, int] = field(default_factory=dict)
    """Calls that each user is in: dialling, ringing, talking or held (features 2.0, CW-2)."""
    knocks: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    """Who met a user that did not want to be disturbed: by caller and user, in which call, when."""

    manners: dict[tuple[str, Address], Manner] = field(default_factory=dict)
    """How phones secure the media that they offer: so they are called. By user and address."""
    warned: set[str] = field(default_factory=set)
    """Users of whom it was said that their keys can be read on the way."""

    vault: Vault = field(init=False)
    """What media is secured with."""
    _policies: dict[str, Policy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.vault = Vault(self.media.fingerprint, self.entropy)
        for trunk in self.trunks:
            settings = trunk.settings
            self._policies[trunk.account] = Policy(
                settings.codecs, settings.encryption, untranslated=self.untranslated
            )

    @property
    def world(self) -> World:
        """All that numbers may lead to."""
        return World(self.directory, self.outside, self.calendars, self.rooms, self.codes)

    def legs_in_flight(self, user: str) -> int:
        """Phones and numbers that ring at the moment because this user calls.

        Calls without a final answer are looked through, but only for users who are in several.
        """
        if self.engaged.get(user, 0) < 2:
            return 0
        mine = (one for one in self.invites.values() if one.known and one.caller_user == user)
        return sum(len(call.hunted) for call in mine)

    def policy(self, user: str) -> Policy:
        """What a user may do with media."""
        policy = self._policies.get(user)
        if policy is None:
            policy = self._policies[user] = self._policy(user)
        return policy

    def _policy(self, user: str) -> Policy:
        known = self.directory.get(user)
        lacking = self.untranslated
        if known is None:
            return Policy(untranslated=lacking)
        return Policy(known.codecs, known.encryption, known.fax, lacking)

    def remember_manner(self, user: str, address: Address, manner: Manner) -> None:
        """A phone has offered media in such a way."""
        key = (user, address)
        if manner is UNSECURED:
            self.manners.pop(key, None)
            return
        if len(self.manners) >= MAX_MANNERS and key not in self.manners:
            del self.manners[next(iter(self.manners))]
        self.manners[key] = manner

    def manner(self, user: str, address: Address) -> Manner | None:
        """How the phone there last offered media, if it is worth remembering."""
        return self.manners.get((user, address))

    def chance(self) -> float:
        """A random number from 0 up to 1."""
        return crc32(self.agent.token().encode()) / 2**32
