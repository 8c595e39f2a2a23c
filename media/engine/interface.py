"""What signalling asks of the media engine, and what the engine reports.

Signalling knows ports, remotes and events; it never sees a packet or a socket. Every method is
synchronous and returns at once: the engine lends its port pairs in advance, so that writing an SDP
never waits for another process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(slots=True, eq=False)
class MediaPort:
    """One RTP/RTCP socket pair, lent to a leg until it is closed. RTCP is `rtp_port + 1`."""

    id: int
    """The worker's number of the pair; pairs are reused, so compare ports by identity."""
    worker: int
    """Which worker process: a restarted one has a new number."""
    address: str
    """The local address the pair is bound to; may be a wildcard."""
    rtp_port: int


class Remote(NamedTuple):
    """Where the other side's media is, as its last offer or answer says."""

    address: str
    """IP address of the SDP. Anything else (a host name, 0.0.0.0) is never sent to."""
    rtp_port: int
    """0: nothing is sent there."""
    rtcp_port: int
    payload_types: tuple[int, ...]
    """What was negotiated; packets of other types are dropped."""
    signalling_address: str
    """The address that SIP comes from: with `nat`, RTP may be learned from it, any port."""
    nat: bool
    """The SDP address is private, or the leg is known to be behind a NAT."""
    keepalive_payload_type: int | None
    """The first packet is ours: 0 or 8 a frame of silence, another type an empty RTP packet, None
    nothing."""
    clock_rate: int = 8000
    """Ticks per second of the RTP timestamp, for jitter and for time between sources."""


class PortStatistics(NamedTuple):
    """What one port saw of its remote (RFC 3550 §6.4.1), from open to close."""

    packets_received: int = 0
    octets_received: int = 0
    """Payload octets: RTP headers are not counted."""
    packets_lost: int = 0
    packets_sent: int = 0
    jitter: float = 0.0
    """Seconds."""
    foreign: int = 0
    """Packets dropped because they came from a stranger."""


class RtpTimeout(NamedTuple):
    """A port heard neither RTP nor RTCP for too long.

    Said once; `set_remote`, `join` and `hold` start the time anew.
    """

    port: MediaPort


class PortsLost(NamedTuple):
    """A worker died, and these ports with it. Closing them is allowed and does nothing."""

    ports: tuple[MediaPort, ...]
    reason: str


MediaEvent = RtpTimeout | PortsLost


class NoPorts(Exception):
    """No port pair is free for a new leg; calls that are up are not touched."""


class MediaEngine(Protocol):
    """Opens ports, says where their packets go, and closes them."""

    on_event: Callable[[MediaEvent], None]

    def open(self, address: str, *, beside: MediaPort | None = None) -> MediaPort:
        """A free pair bound to `address` (or to the wildcard of its family).

        Both legs of a call must be on one worker: name the first port as `beside` of the second.
        Raises NoPorts.
        """
        ...

    def set_remote(self, port: MediaPort, remote: Remote) -> None:
        """After every offer and answer. Unlocks the latch, and starts the RTP time-out anew."""
        ...

    def join(self, one: MediaPort, other: MediaPort) -> None:
        """Packets of each go to the other from now on; earlier joins of both end."""
        ...

    def part(self, port: MediaPort) -> None:
        """Packets of the port and of the one it was joined to go nowhere."""
        ...

    def hold(self, port: MediaPort, held: bool) -> None:
        """A held port may be silent for longer before it times out."""
        ...

    def close(self, port: MediaPort, done: Callable[[PortStatistics | None], None]) -> None:
        """Give the pair back. `done` is called once, with None when the worker is gone.

        Closing a port again is allowed; `done` is then called with None.
        """
        ...

    async def start(self) -> None:
        """Start the workers; return when each has lent its first ports. Raises OSError."""
        ...

    async def stop(self) -> None:
        """Stop the workers. Open ports are gone, without an event."""
        ...
