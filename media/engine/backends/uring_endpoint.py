"""A pair's sockets in the ring, and the leg that uses them.

    not open yet ──► awake, in use ◄──► awake, nobody's ──a packet──► asleep
                        ▲                                              │
                        └──────────────────────────────────────────────┘

Awake, both sockets are armed; most calls leave nothing behind, so it costs nothing to leave them
armed until the next one, which takes them over. Each opening has a generation of its own, for its
sends, and so has each arming: what came for an earlier leg and was not looked at yet is nobody's,
and where there may be such a thing, the receives are armed anew.
"""

from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.uring_outbox import Outbox
from softswitch.media.engine.backends.uring_requests import Kind
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.latch import Address

FILES = 2
"""Of each pair in the ring's table: RTP, then RTCP."""
MAX_ERRORS = 100
"""Receives of one opening that may end with an error of the socket's: it is broken, then."""


class Endpoint:
    """See the module."""

    __slots__ = (
        "_message_at", "_name", "_outbox", "_ring", "armed", "awake", "errors", "generation",
        "in_columns", "in_use", "kind", "leg", "locked", "pair", "remote", "returning", "settled",
        "way",
    )  # fmt: skip

    def __init__(
        self, leg: Leg, pair: SocketPair, ring: Ring, outbox: Outbox, message_at: int
    ) -> None:
        """`message_at` is where the msghdr stands that receives are armed with."""
        self._ring = ring
        self._outbox = outbox
        self._message_at = message_at
        self.leg = leg
        """When nobody uses the pair: the last that did."""
        self.pair = pair
        self.in_use = False
        self.awake = False
        self.generation = 0
        """Of the leg."""
        self.armed = 0
        """The generation that the receives were armed in."""
        self.errors = 0
        self.kind = -1
        """The first two octets, without marker, of the last packet that had nothing unusual."""
        self.in_columns = False
        """Whether the leg's packets go the short way."""
        self.remote: Address | None = None
        """Whom `_name` names."""
        self._name: tuple[int, int] | None = None
        self.locked: Address | None = None
        """Where the latch was locked when we looked last."""
        self.returning = False
        """Whether they are to go there again."""
        self.settled = -1
        """In which turn of the columns the leg's books were last brought up to date."""
        self.way = Way(self, outbox, requests.NOBODY)
        """For packets of our own: nobody counts those that fail."""
        ring.set_files(FILES * leg.id, pair.rtp.fileno(), pair.rtcp.fileno())

    def open(self, leg: Leg, generation: int, *, stale: bool, begun: bool) -> None:
        """The pair is this leg's, and no packet of an earlier one's, unless the remote may have
        `begun`; `stale`: the receives have brought some that are not."""
        self.leg, self.generation = leg, generation
        self.in_use = True
        self.kind, self.locked = -1, None
        if not begun:
            self.pair.forget()
        if self.awake:
            if not stale and not self.errors:
                return
            self._cancel()
        else:
            self.pair.wake()
        self.awake = True
        self.errors, self.armed = 0, generation
        self.arm(Kind.RTP)
        self.arm(Kind.RTCP)

    def rest(self) -> None:
        """A packet came that is nobody's: hear no more until the pair is opened again."""
        self._cancel()
        self.awake = False
        self.pair.rest()

    def failure(self) -> int:
        """The user_data of sends whose failure is to be counted."""
        return requests.user_data(requests.tag(Kind.SEND, self.generation), self.leg.id)

    def arm(self, kind: Kind) -> None:
        """Receive on one of the sockets."""
        file = FILES * self.leg.id + (kind is Kind.RTCP)
        self._ring.submit(requests.receive(file, self._message_at, self._received(kind)))

    def _cancel(self) -> None:
        for kind in (Kind.RTP, Kind.RTCP):
            self._ring.submit(requests.cancel(self._received(kind)))

    def _received(self, kind: Kind) -> int:
        """The user_data of what a receive brings."""
        return requests.user_data(requests.tag(kind, self.armed), self.leg.id)

    def name(self) -> tuple[int, int] | None:
        """Where in memory the leg's remote is named; None when nothing can be sent there."""
        remote = self.leg.latch.destination
        if remote != self.remote:
            self._name = None if remote is None else self._outbox.name(self.leg.id, remote)
            self.remote = remote
        return self._name

    def request(self, data: int) -> bytes | None:
        """A submission that sends to the leg's remote, whose failure comes with this user_data.
        What is sent, is still to be said."""
        name = self.name()
        return None if name is None else requests.send(FILES * self.leg.id, name, data)


class Way:
    """The way to a leg's remote, from its port: call it with a packet. Raises OSError."""

    __slots__ = ("_data", "_endpoint", "_outbox", "_remote", "_request")

    def __init__(self, endpoint: Endpoint, outbox: Outbox, data: int) -> None:
        """`data` is the user_data that failures come with."""
        self._endpoint = endpoint
        self._outbox = outbox
        self._data = data
        self._remote: Address | None = None
        self._request: bytes | None = None

    def __call__(self, packet: bytes | memoryview) -> None:
        """Send, if there is anybody to send to."""
        request = self.request()
        if request is not None:
            self._outbox.send(request, packet)

    def request(self) -> bytes | None:
        """A submission that sends there. What is sent, is still to be said."""
        remote = self._endpoint.leg.latch.destination
        if remote != self._remote:
            self._remote = remote
            self._request = self._endpoint.request(self._data)
        return self._request
