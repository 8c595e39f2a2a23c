"""The DTLS handshakes of one leg: with whom, how many at once, and when to give up.

Whose ClientHello may be answered at all, the guard knows; among those each source has a handshake
of its own, so that a neighbour behind the same NAT, who has no right to the call, disturbs nobody.
Sources that have proven themselves are one peer: a browser begins at the first address that works,
and goes on at the one that it nominates.
The first that ends with the promised certificate is the call's; a phone that starts anew later (it
was restarted, its address has changed) keeps its old keys until the new ones are there.
"""

from softswitch.media.dtls import NEVER, Association, Endpoint, Keys, is_client_hello
from softswitch.media.latch import Address

MAX_PENDING = 4
"""Handshakes at once; one more pushes out the oldest."""
PAUSE = 0.1
"""Seconds between two that begin: a flood of ClientHellos costs a hundredth of a core at most."""
RETRY = 1.0
"""Seconds after which we begin again, when ours broke off."""
PATIENCE = 30.0
"""Seconds for the first handshake: five retransmissions, each after twice the time."""
LINGER = 60.0
"""Seconds after which a handshake that ended well is forgotten, and with it 80 KiB: whoever has not
heard our last flight by then has given up."""
SLOW = "the DTLS handshake did not end"

Datagram = tuple[bytes, Address]


class Handshake:
    """An association, and where its peer was heard last."""

    __slots__ = ("association", "exact", "source")

    def __init__(self, association: Association, source: Address, exact: bool) -> None:
        self.association = association
        self.source = source
        self.exact = exact

    def is_with(self, source: Address, exact: bool) -> bool:
        """Does a datagram from there belong to it?"""
        return source == self.source or (exact and self.exact)


class Handshakes:
    """What leads to the keys of one leg."""

    __slots__ = (
        "_active",
        "_began_at",
        "_begin_at",
        "_destination",
        "_endpoint",
        "_established",
        "_fingerprint",
        "_forget_at",
        "_pending",
        "_reason",
        "failed",
        "keys",
        "source",
    )

    def __init__(self, endpoint: Endpoint, active: bool, fingerprint: bytes) -> None:
        self._endpoint = endpoint
        self._active = active
        self._fingerprint = fingerprint
        self._destination: Address | None = None
        """Where our ClientHello goes, when it is for us to begin."""
        self._begin_at = NEVER if active else -NEVER
        """When we begin, or begin again; passive, before when nobody else may."""
        self._began_at = NEVER
        self._pending: list[Handshake] = []
        self._established: Handshake | None = None
        self._forget_at = NEVER
        self._reason = SLOW
        self.keys: Keys | None = None
        """Of the handshake that ended well, the last of them."""
        self.source: Address | None = None
        """Whom it was with."""
        self.failed = ""
        """Why there will never be any."""

    @property
    def next_deadline(self) -> float:
        """Monotonic seconds: when `tick` wants to be called."""
        if self.failed:
            return NEVER
        times = [handshake.association.next_deadline for handshake in self._pending]
        times.append(self._forget_at)
        if self._active:
            times.append(self._begin_at)
        if self.keys is None:
            times.append(self._began_at + PATIENCE)
        return min(times)

    def aim(self, destination: Address | None, now: float, *, anew: bool = False) -> None:
        """The remote takes packets there; whoever is to begin can do so now.

        `anew`: another place also means another association (RFC 5763 §6.6).
        """
        known = self._destination
        if not self._active or destination is None or destination == known:
            return
        self._destination = destination
        if known is None or anew:
            self._begin_at = now

    def receive(self, data: bytes, source: Address, exact: bool, now: float) -> list[Datagram]:
        """A datagram of somebody who may speak to us; answers to be sent.

        `exact`: it comes from the very place that was described, or from one that was checked, so
        that a wrong certificate there means that the call cannot be secured.
        """
        handshake = None if self.failed else self._find(data, source, exact, now)
        if handshake is None:
            return []
        handshake.source = source
        answers = handshake.association.receive(data, now)
        self._look(handshake, exact, now)
        return [(answer, source) for answer in answers]

    def tick(self, now: float) -> list[Datagram]:
        """The time has come for something; datagrams to be sent."""
        if self.keys is None and now >= self._began_at + PATIENCE:
            self._give_up(self._reason)
        if self.failed:
            return []
        if now >= self._forget_at:
            self._established, self._forget_at = None, NEVER
        datagrams = []
        for handshake in list(self._pending):
            if now >= handshake.association.next_deadline:
                answers = handshake.association.tick(now)
                datagrams += [(data, handshake.source) for data in answers]
                self._look(handshake, False, now)
        destination = self._destination
        if self._active and now >= self._begin_at and destination is not None:
            self._begin_at = NEVER
            hello = self._begin(destination, True, now).association.start(now)
            datagrams += [(data, destination) for data in hello]
        return datagrams

    def _find(self, data: bytes, source: Address, exact: bool, now: float) -> Handshake | None:
        """The handshake that this datagram belongs to, or begins."""
        if self._active:
            return self._pending[0] if self._pending else self._established
        for handshake in self._pending:
            if handshake.is_with(source, exact):
                return handshake
        if not is_client_hello(data):
            before = self._established
            return before if before is not None and before.is_with(source, exact) else None
        if now < self._begin_at:
            return None
        self._begin_at = now + PAUSE
        return self._begin(source, exact, now)

    def _begin(self, source: Address, exact: bool, now: float) -> Handshake:
        if len(self._pending) >= MAX_PENDING:
            del self._pending[0]
        self._began_at = min(self._began_at, now)
        association = Association(self._endpoint, self._active, self._fingerprint)
        handshake = Handshake(association, source, exact)
        self._pending.append(handshake)
        return handshake

    def _look(self, handshake: Handshake, exact: bool, now: float) -> None:
        """Has this handshake ended?"""
        association = handshake.association
        if association.failed:
            self._pending = [one for one in self._pending if one is not handshake]
            self._reason = association.failed
            if association.final and (exact or self._active):
                self._give_up(association.failed)
            if self._active:
                self._begin_at = now + RETRY
        elif association.keys is not None and handshake is not self._established:
            self._established, self.keys = handshake, association.keys
            self.source = handshake.source
            self._forget_at = now + LINGER
            self._pending.clear()

    def _give_up(self, reason: str) -> None:
        self._pending.clear()
        if self.keys is None:
            self.failed = reason
