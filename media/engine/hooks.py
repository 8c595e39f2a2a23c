"""What a leg lets others plug in, and what it asks of the backend that drives it.

A leg without any of these costs nothing for their sake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from softswitch.media.arrivals import Arrivals
from softswitch.media.latch import Address
from softswitch.media.rtp import Header

if TYPE_CHECKING:
    from softswitch.media.engine.leg import Leg


class Memory(Protocol):
    """A large buffer that packets lie in, never resized, and where each is protected or unprotected
    in place: those without a run stay as they are, and -1 is one to drop."""

    def unprotect_each(
        self, runs: Iterable[Any], starts: Iterable[int], sizes: Iterable[int], /
    ) -> list[int]:
        """The new sizes of packets that have a header."""
        ...

    def protect_each(
        self, runs: Iterable[Any], starts: Iterable[int], sizes: Iterable[int], /
    ) -> list[int]:
        """The same, with room for a tag behind each."""
        ...


class Guard(Protocol):
    """Makes packets unreadable to others and proves whose they are: SRTP, DTLS and ICE."""

    @property
    def remote(self) -> Address | None:
        """Where the remote has proven itself to be, by ICE or DTLS."""
        ...

    def admits(self, source: Address, /) -> bool:
        """May a packet that `unprotect` let through be from there?"""
        ...

    @property
    def unprotect(self) -> Callable[[bytearray, int], int]:
        """Of a packet, in place: the new size, -1 for one to drop."""
        ...

    @property
    def protect(self) -> Callable[[bytes | memoryview], bytes | None]:
        """None while there are no keys."""
        ...

    @property
    def open(self) -> bool:
        """Do packets cross as they are?"""
        ...

    def found(self, buffer: bytearray | memoryview, /) -> Memory:
        """The buffer, for many packets at once."""
        ...

    def receives(self, ssrc: int, /) -> Any:
        """What `unprotect_each` takes for packets of this source; None: it needs a closer look. It
        holds until the leg is told that its guard knows more (`guarded`)."""
        ...

    def sends(self, ssrc: int, /) -> Any:
        """What `protect_each` takes for packets of ours, or None."""
        ...

    @property
    def unprotect_rtcp(self) -> Callable[[bytes], bytes | None]:
        """None for a packet to drop."""
        ...

    @property
    def protect_rtcp(self) -> Callable[[bytes], bytes | None]:
        """None while there are no keys."""
        ...

    def receive(self, data: bytes, source: Address, now: float, /) -> list[tuple[bytes, Address]]:
        """A datagram that is no RTP; the answers, and to whom."""
        ...


class Stage(Protocol):
    """Somebody of ours who listens live."""

    def receive(self, header: Header, payload: bytes, now: float) -> None:
        """A packet of the remote, after latch and statistics."""
        ...


class Tap(Protocol):
    """Somebody who wants to know all that the remote says."""

    @property
    def patient(self) -> bool:
        """Is there time? What has come is then told several times a second."""
        ...

    def tap(self, header: Header, payload: bytes, now: float) -> None:
        """A packet of the remote, of whatever accepted payload type."""
        ...

    def tap_run(self, first: Header, sound: bytes, times: Arrivals) -> None:
        """Packets of sound that follow each other, in one piece: the header of the first, each of
        as many octets, and of as many ticks as octets; when each came."""
        ...


class Digits(Protocol):
    """Reads telephone events (RFC 4733)."""

    def event(
        self, payload: bytes, ssrc: int, sequence: int, timestamp: int, now: float
    ) -> Sequence[object]:
        """A packet; the keys that are known by now, for `Leg.on_digits`."""
        ...


class Way(Protocol):
    """Out of the machine. What cannot be sent is lost, as in any network: nothing raises."""

    def send(self, leg: Leg, packet: bytes) -> None:
        """To the leg's remote, from its RTP port."""
        ...

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        """To somebody who has asked, from the leg's RTP port."""
        ...

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        """To `leg.rtcp_destination`; from the RTP port when `leg.muxed`, else from the next."""
        ...
