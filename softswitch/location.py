"""The location service: where the devices of each user can be reached (RFC 3261 §10, REG-1).

Values and a table, nothing else: the registrar decides what goes in, the store keeps a copy, and
calls read here. One binding is one device; it is replaced as a whole when the device registers
again, so whoever holds one sees it as it was.

All times are wall clock seconds. When the wall clock is set, `shift` moves them along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.uri import Uri

DEFAULT_PORT = 5060
"""Where SIP over UDP and TCP is spoken when a URI does not say (RFC 3261 §19.1.2)."""


@dataclass(slots=True, eq=False)
class Binding:
    """One device of a user, and how to reach it."""

    id: int
    """Names the binding in the store; never used again. It stays when the device refreshes."""
    user: str
    contact: str
    """The URI that the device gave, as it wrote it."""
    flow: Flow
    """The way on which the REGISTER came: the way back through a NAT."""
    path: tuple[str, ...]
    """The proxies in front of the device, as a route set (RFC 3327)."""
    call_id: str
    cseq: int
    q: float
    expires_at: float
    user_agent: str
    instance: str
    """`+sip.instance` (RFC 5626 §4.1), "" when the device gave none."""
    reg_id: int
    """Which of the flows of an instance this is (RFC 5626 §4.2), 0 for none."""
    registered_at: float
    """When the device came; refreshing does not change it."""
    refreshed_at: float
    display: str = ""
    params: str = ""
    """The parameters of the Contact but `expires`, as the device wrote them, with a leading ;."""
    nat: bool = False
    """Whether the contact is not the address that the REGISTER came from."""
    reachable: bool = True
    """Whether the device answers, as far as we know."""
    rtt: float | None = None
    """Seconds from the last OPTIONS to its answer."""


class Location:
    """Users and the bindings of each, with an index of those that hang on a TCP connection."""

    def __init__(self) -> None:
        self._by_user: dict[str, tuple[Binding, ...]] = {}
        self._by_connection: dict[Flow, set[Binding]] = {}

    def __len__(self) -> int:
        """How many bindings there are, expired ones that were not yet swept out included."""
        return sum(map(len, self._by_user.values()))

    def users(self) -> list[str]:
        """Who has a binding."""
        return list(self._by_user)

    def all(self) -> Iterator[Binding]:
        """Every binding of everybody."""
        for bindings in list(self._by_user.values()):
            yield from bindings

    def bindings(self, user: str, now_wall: float) -> list[Binding]:
        """Where the user can be called now; best q first (RFC 3261 §16.6), of equals the newest.

        A contact may be any URI, a mail address too: those are kept for the phone that gave
        them, but nobody can be called there.
        """
        live = [
            binding
            for binding in self._by_user.get(user, ())
            if binding.expires_at > now_wall and binding.contact.startswith("sip")
        ]
        if len(live) > 1:
            live.sort(key=lambda binding: (-binding.q, -binding.registered_at))
        return live

    def of(self, user: str) -> tuple[Binding, ...]:
        """All bindings of the user, oldest first."""
        return self._by_user.get(user, ())

    def replace(self, user: str, bindings: tuple[Binding, ...]) -> None:
        """Set all bindings of the user at once."""
        for old in self._by_user.get(user, ()):
            if old.flow.connection:
                self._unlink(old)
        for new in bindings:
            if new.flow.connection:
                self._by_connection.setdefault(new.flow, set()).add(new)
        if bindings:
            self._by_user[user] = bindings
        else:
            self._by_user.pop(user, None)

    def drop_flow(self, flow: Flow) -> list[Binding]:
        """The connection was closed: nobody can be reached over it any more (REG-4)."""
        lost = list(self._by_connection.get(flow, ()))
        self._remove(lost)
        return lost

    def expire(self, now_wall: float) -> list[Binding]:
        """Take out what has not been refreshed in time."""
        expired = [binding for binding in self.all() if binding.expires_at <= now_wall]
        self._remove(expired)
        return expired

    def shift(self, seconds: float) -> None:
        """The wall clock was moved; the time that bindings have left must not change."""
        for binding in self.all():
            binding.expires_at += seconds
            binding.registered_at += seconds
            binding.refreshed_at += seconds

    def _remove(self, gone: list[Binding]) -> None:
        for user in {binding.user for binding in gone}:
            self.replace(user, tuple(b for b in self._by_user[user] if b not in gone))

    def _unlink(self, binding: Binding) -> None:
        others = self._by_connection[binding.flow]
        others.discard(binding)
        if not others:
            del self._by_connection[binding.flow]


def target(binding: Binding) -> tuple[str, tuple[str, ...], Flow]:
    """Request-URI, route set and flow of a request to this device (REG-1).

    The contact names the device, but it often is an address that only means something in the
    device's own network. The request goes where the REGISTER came from; or, when there are proxies
    in between, to the first of them (RFC 3327 §5.4): it may listen elsewhere than it sends from.
    """
    if not binding.path:
        return binding.contact, (), binding.flow
    return binding.contact, binding.path, _first_hop(binding.path[0], binding.flow)


def _first_hop(route: str, flow: Flow) -> Flow:
    """The way to the first proxy of a path.

    A name is not looked up, and a connection is where its proxy wants requests: then the flow.
    """
    if flow.reliable:
        return flow
    try:
        uri = Uri.parse(route.strip().lstrip("<").partition(">")[0])
    except ParseError:
        return flow
    if not is_address(uri.address) or (uri.param("transport") or "udp").lower() != "udp":
        return flow
    return flow._replace(remote=(uri.address, uri.port or DEFAULT_PORT))


def is_address(host: str) -> bool:
    """Whether the host is an IP address rather than a name; for hosts out of a parsed URI."""
    return ":" in host or host.replace(".", "").isdigit()
