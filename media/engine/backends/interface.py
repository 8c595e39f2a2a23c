"""What every backend does: move packets between sockets and legs.

The worker tells a backend which legs are in use and when one of them has changed its mind about
its remote. Everything that is decided about a packet, the leg decides (`Leg.arrive` and
`Leg.arrive_rtcp`), and sends by itself: what is relayed through `send` of the leg, the rest through
the backend's three ways out. After each `arrive` at a door the latch may be locked where it was not
before, or elsewhere. The whole test suite of the engine runs over each backend.
"""

from collections.abc import Callable
from typing import Protocol

from softswitch.media.engine.leg import Leg
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.latch import Address

FEW_LEGS = 8
"""Up to four calls each packet is served as it comes; with more, waiting for a batch is cheaper:
a wake-up costs more than the packet that it is for."""
BATCH_WAIT = 0.001
"""Seconds that a packet may wait for company."""

WORDS_WAIT = 0.1
"""Seconds that further words of signalling may wait for company, unless a packet comes: nobody
hears a sound begin so much later, and a wake-up costs as much as ten words."""


class Backend(Protocol):
    """One thread's way in and out of the kernel."""

    @property
    def now(self) -> float:
        """Monotonic seconds: when the present batch was read."""
        ...

    @property
    def capacity(self) -> int:
        """Pairs that can be opened have numbers below this."""
        ...

    def watch(self, descriptor: int, callback: Callable[[], bool]) -> None:
        """Call back whenever this descriptor can be read, the control channel, and before any
        packet that came later. The callback tells whether there was something to read."""
        ...

    def open(self, leg: Leg, pair: SocketPair, *, begun: bool = False) -> None:
        """Receive on this pair for this leg; when its remote may have begun to speak, before we
        were told, what has come already too."""
        ...

    def unlock(self, leg: Leg) -> None:
        """The leg's latch is about to be unlocked: serve what its proven remote has sent."""
        ...

    def lend(self, leg: Leg) -> SocketPair:
        """Whoever gets the pair reads the leg's proven remote, at a socket of his own that is
        connected to it. All others still come to us."""
        ...

    def hear(self, leg: Leg) -> None:
        """Serve what has come to us for a leg whose pair is lent."""
        ...

    def take_back(self, leg: Leg) -> None:
        """That socket is closed."""
        ...

    def route(self, leg: Leg, peer: Leg | None) -> None:
        """What the leg receives goes to the peer's remote, or nowhere."""
        ...

    def send(self, leg: Leg, packet: bytes) -> None:
        """Send a packet of our own to the leg's remote, from its RTP port."""
        ...

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        """Send from the leg's RTP port to somebody who has asked there."""
        ...

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        """Send to `leg.rtcp_destination`, from the next port, or when `leg.muxed` the RTP port."""
        ...

    def close(self, leg: Leg) -> None:
        """Receive no more."""
        ...

    def serve(self, timeout: float) -> None:
        """Wait for packets, at most so long (seconds), and serve one batch."""
        ...

    def flush(self) -> None:
        """Let everything leave that was sent: needed only before a pause in serving."""
        ...

    def end(self) -> None:
        """Give everything back to the kernel, all sockets included; use this backend no more."""
        ...
