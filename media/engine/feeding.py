"""What a leg receives becomes its peer's stream: rewritten, translated, secured, sent.

    remote ─► Leg ─► Feeding: step of the payload type ─► numbers ─► peer's guard ─► peer's remote
                     crosses, renumbered, translated      SSRC, sequence, timestamp

The numbers of a source are *stamped* onto the peer's stream with its first packet: from then on an
offset makes of its numbers ours. When the source, the peer or the clock rate changes the books are
closed (`unstamp`), and the next packet is stamped anew, where the stream stands by then.

The first group of fields is for the backend's short way, which does for a packet with nothing
unusual (in order, same source, no extension) what `Leg.arrive` would do, and only when `plain`
lists the packet's first two octets. `plain` is empty whenever the next packet needs more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from softswitch.media.engine.interface import Remote
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.scale import Scale
from softswitch.media.engine.translation import Step, Steps, steps
from softswitch.media.latch import Latch
from softswitch.media.rtp import (
    FIXED,
    MARKER,
    VERSION,
    Header,
    plain_headers,
    sequence_distance,
)
from softswitch.media.statistics import Reception

if TYPE_CHECKING:
    from softswitch.media.engine.hooks import Guard
    from softswitch.media.engine.leg import Leg

Packet = bytearray | memoryview

NOTHING: frozenset[int] = frozenset()
FLOWING = 1.0
"""Seconds after a packet in which another is expected."""

_plain_headers = lru_cache(maxsize=256)(plain_headers)
"""Phones offer the same few lists of types again and again."""


class Feeding:
    """The part of a leg that feeds its peer."""

    __slots__ = (
        "_all_plain",
        "_mark",
        "_rates",
        "_scale",
        "_stamped",
        "_steps",
        "_steps_fit",
        "_steps_of",
        "clock_rate",
        "events",
        "failed",
        "fed",
        "guard",
        "latch",
        "octets_grown",
        "octets_mark",
        "outgoing",
        "peer",
        "plain",
        "receive_into",
        "reception",
        "remote",
        "secured",
        "send",
        "sequence_offset",
        "settle",
        "ssrc_out",
        "timestamp_offset",
        "translates",
        "watched",
    )

    def __init__(self, outgoing: OutgoingStream) -> None:
        self.receive_into: Callable[[Packet], int] = _receive_nothing
        """Reads a packet of the proven source. Set by the backend."""
        self.send: Callable[[memoryview | bytes], object] = send_nothing
        """Sends to the peer's remote, from the peer's port. Set by the backend."""
        self.plain = NOTHING
        self.secured = NOTHING
        """The same, when one or both of us have keys: for backends as well."""
        self.settle: Callable[[], None] = books_are_here
        """A backend that keeps books of its own brings ours up to date, and when `plain` and
        `secured` are empty hands them over. Called before our books are read, and after both were
        emptied; not when they were empty before, since then the books are here."""
        self.sequence_offset = 0
        self.timestamp_offset = 0
        self.ssrc_out = 0
        self.failed = 0
        """Packets accepted since the stamp that could not be sent, or were not to be."""

        self.reception = Reception()
        self.outgoing = outgoing
        self.latch = Latch()
        self.remote: Remote | None = None
        """As signalling has described it last."""
        self.clock_rate = 8000
        """Ticks per second of the timestamps of what we send to the remote."""
        self.guard: Guard | None = None
        """What secures the leg; after a change call `guarded`."""
        self.peer: Leg | None = None
        self.fed = False
        """We make sounds for this leg: what its peer receives is not for it."""
        self.watched = False
        """Somebody wants each packet of the remote."""
        self.events = NOTHING
        """Payload types that somebody wants each packet of."""
        self.translates = False
        """The last audio was decoded and encoded on its way to the peer."""
        self.octets_mark = 0
        self.octets_grown = 0
        """How much longer, since the stamp, payloads left than they came."""
        self._stamped = False
        self._mark = 0
        self._rates = (0, 0)
        self._scale: Scale | None = None
        self._steps: Steps = {}
        self._steps_of: object = None
        self._steps_fit = False
        """Whether the steps are those of the present descriptions. They are made when a packet
        needs them, since descriptions come more often; and kept, with all state of translation,
        when a new description means the same."""
        self._all_plain: frozenset[int] | None = None
        """None: to be found out."""

    @property
    def relays(self) -> bool:
        """Is what the peer hears what the remote said, packet by packet?"""
        peer = self.peer
        return peer is not None and not (self.translates or peer.translates or self.fed or peer.fed)

    def feeds(self, now: float) -> bool:
        """Are packets flowing from here to the peer right now?"""
        self.settle()
        return self._stamped and now - self.reception.arrived_at < FLOWING

    def sent(self) -> tuple[int, int, int, float]:
        """Of the stream to our remote: packets and octets, and the last timestamp with its time."""
        outgoing, peer = self.outgoing, self.peer
        if peer is None or not peer.stamped:
            return outgoing.packets, outgoing.octets, outgoing.timestamp, outgoing.sent_at
        peer.settle()
        packets, octets = peer.pending()
        return (
            outgoing.packets + packets,
            outgoing.octets + octets,
            peer.stamp_of(peer.reception.timestamp),
            peer.reception.arrived_at,
        )

    @property
    def stamped(self) -> bool:
        """Does the peer's stream carry our remote's numbers?"""
        return self._stamped

    def pending(self) -> tuple[int, int]:
        """Packets and octets that the peer's stream got from here since the stamp."""
        reception = self.reception
        return (
            reception.packets - self._mark - self.failed,
            reception.octets - self.octets_mark + self.octets_grown,
        )

    def stamp_of(self, timestamp: int) -> int:
        """Our remote's timestamp, as the peer's stream counts."""
        if self._scale is not None:
            return self._scale.convert(timestamp)
        return (timestamp + self.timestamp_offset) & 0xFFFFFFFF

    def original(self, extended_highest: int) -> int:
        """Which of our remote's sequence numbers its reader means, wraps as we counted them."""
        ours = self.reception.extended_highest
        theirs = (extended_highest - self.sequence_offset) & 0xFFFF
        return (ours + sequence_distance(theirs, ours & 0xFFFF)) & 0xFFFFFFFF

    def look_closer(self) -> None:
        """The next packets take the long way, until one shows whether the short one is right."""
        self._all_plain = None
        self._take_back()

    def _take_back(self) -> None:
        """No packet takes the short way for now, and the books are here."""
        if self.plain or self.secured:
            self.plain = self.secured = NOTHING
            self.settle()

    def unstamp(self) -> None:
        """Close the books of what this leg fed to its peer; the next packet starts anew."""
        self._take_back()
        if not self._stamped or self.peer is None:
            return
        self._stamped = False
        reception = self.reception
        packets, octets = self.pending()
        self.peer.outgoing.continued(
            packets,
            octets,
            reception.next_sequence + self.sequence_offset,
            self.stamp_of(reception.timestamp),
            reception.arrived_at,
        )

    def _step(self, header: Header, now: float) -> tuple[Step | None, int]:
        """What becomes of a packet that is about to be counted, and the marker that it gets when
        it is the first of a stamp. No step: it goes nowhere."""
        peer = self.peer
        if peer is None or peer.fed:
            return None, 0
        step = self._known_steps(self.remote, peer.remote).get(header.payload_type)
        if step is None:
            return None, 0
        rates = step.rates or self._rates
        if self._stamped and rates == self._rates:
            return step, 0
        self.unstamp()
        if peer.latch.destination is None:
            return None, 0
        self._stamp(header, rates, peer, now)
        return step, MARKER

    def _known_steps(self, source: Remote | None, target: Remote | None) -> Steps:
        if self._steps_fit or source is None or target is None:
            return self._steps
        self._steps_fit = True
        made_of = (_meanings(source), _meanings(target))
        if made_of != self._steps_of:
            self._steps_of = made_of
            self._steps = steps(source, target)
            usual = (source.clock_rate, source.clock_rate)
            usual = next((step.rates for step in self._steps.values() if step.rates), usual)
            if usual != self._rates:
                self.unstamp()
                self._rates = usual
        return self._steps

    def _stamp(self, header: Header, rates: tuple[int, int], peer: Leg, now: float) -> None:
        """Let the peer's stream continue with this packet."""
        outgoing, reception = peer.outgoing, self.reception
        reception.retime(rates[0])
        self.sequence_offset, self.timestamp_offset = outgoing.offsets(
            header.sequence, header.timestamp, now, rates[1]
        )
        self._rates = rates
        self._scale = None
        if rates[0] != rates[1]:
            there = (header.timestamp + self.timestamp_offset) & 0xFFFFFFFF
            self._scale = Scale(header.timestamp, there, rates)
        self.ssrc_out = outgoing.ssrc
        self._mark, self.octets_mark = reception.packets, reception.octets
        self.failed = self.octets_grown = 0
        self._all_plain = None
        self._stamped = True

    def _forward(
        self, step: Step, header: Header, packet: Packet, size: int, marker: int, peer: Leg
    ) -> None:
        """Send what has been counted to the peer's remote."""
        sequence = (header.sequence + self.sequence_offset) & 0xFFFF
        timestamp = self.stamp_of(header.timestamp)
        out: bytes | memoryview | None
        if step.crosses and self.guard is None and peer.guard is None:
            first = packet[0] << 8 | packet[1] | marker
            FIXED.pack_into(packet, 0, first, sequence, timestamp, self.ssrc_out)
            out = memoryview(packet)[:size]
        else:
            # Extensions and contributing sources mean something between their ends only (RFC 8285
            # §5): what is not simply passed on goes without.
            at = header.payload_at
            payload = bytes(packet[at : at + header.payload_octets])
            if step.transform is not None:
                payload = step.transform(payload) if payload else payload
                if not payload:
                    self._leave_out(header)
                    return
                self.octets_grown += len(payload) - header.payload_octets
            first = VERSION << 14 | header.marker << 7 | marker | step.payload_type
            out = FIXED.pack(first, sequence, timestamp, self.ssrc_out) + payload
        if peer.guard is not None:
            out = peer.guard.protect(out)
        self._hand_over(out)
        if step.rates is not None and step.translated != self.translates:
            self.translates = step.translated
            self.look_closer()
        if not self.plain:
            self.plain = self._short_way(peer)

    def _hand_over(self, packet: bytes | memoryview | None) -> None:
        if packet is None:
            self.failed += 1
            return
        try:
            self.send(packet)
        except OSError:
            self.failed += 1

    def _leave_out(self, header: Header) -> None:
        """A counted packet does not reach the peer; its number must not be missing there."""
        if not self._stamped:
            return
        self.failed += 1
        self.octets_grown -= header.payload_octets
        if header.sequence == (self.reception.next_sequence - 1) & 0xFFFF:
            self.sequence_offset = (self.sequence_offset - 1) & 0xFFFF

    def _short_way(self, peer: Leg) -> frozenset[int]:
        """The first two octets of packets that need nothing but their numbers rewritten."""
        if self._all_plain is None:
            rates = self._rates
            crossing = frozenset(
                number
                for number, step in self._steps.items()
                if step.crosses and (step.rates or rates) == rates
            )
            closely = self.watched or self.translates or self._scale
            headers = NOTHING if closely else _plain_headers(crossing - self.events)
            keyed = self.guard is not None or peer.guard is not None
            self._all_plain, self.secured = (NOTHING, headers) if keyed else (headers, NOTHING)
        return self._all_plain


def _meanings(remote: Remote) -> object:
    return remote.payload_types, remote.clock_rate, remote.formats, remote.expected


def send_nothing(_data: memoryview | bytes) -> None:
    """What a leg without a peer sends with."""


def books_are_here() -> None:
    """As long as no backend keeps any."""


def _receive_nothing(_buffer: Packet) -> int:
    return 0
