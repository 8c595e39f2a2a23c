"""Trunks as they are right now: where they can be reached, who speaks over them, how they feel.

    trunk ──► places: 192.0.2.10:5060 reachable, 192.0.2.11:5060 silent until …
          └─► calls in both directions, of which there may be so many

A trunk is told from phones by the address that its requests come from, and by nothing else: what
From says, anybody can write (features TK-3). A phone that has registered from there stays one.
Names are looked up elsewhere (softswitch/trunk_watch.py); here is what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from softswitch.bus import Bus, Registered, Unregistered
from softswitch.location import DEFAULT_PORT, Binding
from softswitch.sip.flow import Address, Flow

if TYPE_CHECKING:
    from softswitch.config.configuration import Encryption
    from softswitch.sip.message import Request

ACCOUNT = "trunk {}"
"""The account of a trunk's legs. It has a blank in it, as no extension has."""

PUNISHED = 30.0
"""Seconds that a place which did not answer is only tried after all others."""
LONGEST_RETRY_AFTER = 600.0
"""Seconds that a carrier can ask to be left alone, at most."""


class Settings(Protocol):
    """What is read of a configured trunk."""

    @property
    def name(self) -> str: ...
    @property
    def hosts(self) -> tuple[str, ...]: ...
    @property
    def port(self) -> int | None: ...
    @property
    def transport(self) -> str: ...
    @property
    def numbers(self) -> tuple[str, ...]: ...
    @property
    def max_calls(self) -> int | None: ...
    @property
    def forwarded_cli(self) -> str: ...
    @property
    def diversion(self) -> bool: ...
    @property
    def history_info(self) -> bool: ...
    @property
    def number_format(self) -> str: ...
    @property
    def identity(self) -> str: ...
    @property
    def trust_identity(self) -> bool: ...
    @property
    def clip_name(self) -> bool: ...
    @property
    def domain(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def codecs(self) -> tuple[str, ...]: ...
    @property
    def encryption(self) -> Encryption: ...


@dataclass(slots=True)
class Place:
    """One address of a trunk."""

    host: str
    """As configured: what URIs say."""
    address: Address
    reachable: bool | None = None
    """Whether it answers OPTIONS; None: not known yet."""
    rtt: float | None = None
    """Seconds from the last OPTIONS to its answer."""
    shunned_until: float = 0.0
    """Monotonic seconds: until then it is only tried after all others."""


@dataclass(slots=True, eq=False)
class Trunk:
    """One trunk, for the life of the process."""

    settings: Settings
    places: list[Place] = field(default_factory=list)
    """In the order of the configuration, and of the DNS."""
    calls: set[object] = field(default_factory=set)
    """Legs that occupy a channel."""

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def account(self) -> str:
        """What stands in place of a user in the trunk's legs."""
        return ACCOUNT.format(self.name)

    @property
    def protocol(self) -> str:
        """`UDP` or `TCP`."""
        return self.settings.transport.upper()

    @property
    def is_full(self) -> bool:
        """Whether all channels are in use (TK-6)."""
        most = self.settings.max_calls
        return most is not None and len(self.calls) >= most

    @property
    def hosts(self) -> set[str]:
        """The addresses without ports."""
        return {place.address[0] for place in self.places}

    def join(self, leg: object) -> None:
        """A leg occupies a channel."""
        self.calls.add(leg)

    def leave(self, leg: object) -> None:
        """It does no more; harmless when repeated."""
        self.calls.discard(leg)

    def to_try(self, now: float) -> list[Place]:
        """All places, those first that may answer (TK-5)."""
        return sorted(
            self.places, key=lambda one: (now < one.shunned_until, one.reachable is False)
        )

    def shun(self, place: Place, until: float) -> None:
        """The place did not answer, or asks to be left alone."""
        place.shunned_until = max(place.shunned_until, until)

    def found(self, addresses: Iterable[tuple[str, str]]) -> None:
        """These are the trunk's addresses, each with the host that it belongs to. What was known
        of those that stay is kept."""
        port = self.settings.port or DEFAULT_PORT
        known = {place.address: place for place in self.places}
        self.places = [
            known.get((address, port)) or Place(host, (address, port))
            for host, address in dict(
                (address, (host, address)) for host, address in addresses
            ).values()
        ]


class Trunks:
    """All trunks, and who of the world is one of them."""

    def __init__(
        self,
        settings: Mapping[str, Settings] = {},
        bus: Bus | None = None,
        phones: Callable[[], Iterable[Binding]] = list,
    ) -> None:
        """`phones`: all that are registered; the bus tells of those that come and go later."""
        self._bindings = phones
        self._trunks = {name: Trunk(one) for name, one in settings.items()}
        self._by_host: dict[str, Trunk] = {}
        self._phones: dict[Address, int] = {}
        """Addresses from which phones have registered that share their host with a trunk, with the
        number of their binding."""
        if bus is not None and self._trunks:
            bus.subscribe(Registered, lambda event: self.see_phone(event.binding))
            bus.subscribe(Unregistered, lambda event: self._lose_phone(event.binding))

    def __iter__(self) -> Iterator[Trunk]:
        return iter(self._trunks.values())

    def __len__(self) -> int:
        return len(self._trunks)

    def get(self, name: str) -> Trunk | None:
        """The trunk of that name."""
        return self._trunks.get(name)

    def found(self, trunk: Trunk, addresses: Iterable[tuple[str, str]]) -> None:
        """A trunk lives at these addresses, each with the configured host that leads there."""
        trunk.found(addresses)
        before = self._by_host.keys()
        self._by_host = {host: one for one in reversed(self._trunks.values()) for host in one.hosts}
        if self._by_host.keys() - before:
            for binding in self._bindings():
                self.see_phone(binding)

    def of(self, request: Request, flow: Flow) -> Trunk | None:
        """Whose request it is; None: that of a phone, or of nobody."""
        trunk = self._by_host.get(flow.remote[0])
        if trunk is None or flow.remote in self._phones:
            return None
        if "Authorization" in request.headers.first:
            return None  # who shows a password is asked for the right one
        return trunk

    def see_phone(self, binding: Binding) -> None:
        """A phone lives where a trunk does: it is asked for its password all the same."""
        remote = binding.flow.remote
        if remote[0] in self._by_host:
            self._phones[remote] = binding.id

    def _lose_phone(self, binding: Binding) -> None:
        if self._phones.get(binding.flow.remote) == binding.id:
            del self._phones[binding.flow.remote]
