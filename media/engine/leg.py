"""One side of a relayed call: what is accepted from its remote, and how it is rewritten.

    remote ──► latch ──► statistics ──► numbers rewritten ──► the peer's remote
               foreign?   lost, jitter   SSRC, sequence,
                                         timestamp

Pure: a backend reads packets, asks the leg, and sends. A packet with nothing unusual (in order,
same source, negotiated type, no extension) is what nearly all are; for those a backend does what
`receive` would do itself, with the leg's fields at hand, and only when `plain` lists the packet's
first two octets. `plain` is empty whenever the next packet needs more than that.
"""

from collections.abc import Callable
from functools import lru_cache

from softswitch.media import rtcp
from softswitch.media.engine.interface import PortStatistics, Remote
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.latch import Address, Latch, Verdict
from softswitch.media.rtp import FIXED, MARKER, SILENCE, Header, plain_headers, sequence_distance
from softswitch.media.statistics import Arrival, Reception

RTCP_PER_SECOND = 10
"""More than any stream needs; the rest is not looked at."""

_NOTHING: frozenset[int] = frozenset()
_NEVER = float("inf")
_plain_headers = lru_cache(maxsize=256)(plain_headers)
"""Phones offer the same few lists of types again and again."""


class Leg:
    """A port in use. The first group of fields is for the backend's short way."""

    __slots__ = (
        "_all_plain",
        "_described",
        "_heard_packets",
        "_held",
        "_mark",
        "_rtcp_count",
        "_rtcp_locked",
        "_rtcp_second",
        "_rtcp_source",
        "_stamped",
        "_timed_out",
        "failed",
        "foreign",
        "heard_at",
        "id",
        "latch",
        "outgoing",
        "peer",
        "plain",
        "receive_into",
        "reception",
        "send",
        "sequence_offset",
        "settle",
        "ssrc_out",
        "timestamp_offset",
    )

    def __init__(self, number: int, outgoing: OutgoingStream) -> None:
        self.id = number
        self.receive_into: Callable[[bytearray], int] = _receive_nothing
        """Reads a packet of the proven source. Set by the backend."""
        self.send: Callable[[memoryview], object] = _send_nothing
        """Sends to the peer's remote, from the peer's port. Set by the backend."""
        self.plain = _NOTHING
        self.settle: Callable[[], None] = _books_are_here
        """A backend that keeps books of its own brings ours up to date, and when `plain` is empty
        hands them over. Called before our books are read, and after `plain` was emptied."""
        self.sequence_offset = 0
        self.timestamp_offset = 0
        self.ssrc_out = 0
        self.failed = 0
        """Packets accepted since the stamp that could not be sent."""

        self.reception = Reception()
        self.outgoing = outgoing
        self.latch = Latch()
        self.peer: Leg | None = None
        self._described: frozenset[int] = frozenset()
        """Payload types that the remote's own description names."""
        self.foreign = 0
        self._rtcp_source: Address | None = None
        self._rtcp_locked = False
        self.heard_at = _NEVER
        self._heard_packets = 0
        self._held = False
        self._timed_out = False
        self._stamped = False
        self._mark = 0
        self._all_plain = _NOTHING
        self._rtcp_count = 0
        self._rtcp_second = 0

    # what signalling says

    def set_remote(
        self, remote: Remote, address: str | None, learnable: frozenset[str], now: float
    ) -> bytes | None:
        """Expect this remote; returns our first packet, when it is for us to begin (RTP-4).

        `address` is None when nothing may be sent there.
        """
        expected = (address, remote.rtp_port) if address and remote.rtp_port else None
        self.latch.renegotiate(expected, learnable)
        self._rtcp_source = (address, remote.rtcp_port) if address and remote.rtcp_port else None
        self._rtcp_locked = False
        self.reception.clock_rate = remote.clock_rate
        self._described = frozenset(remote.payload_types)
        self._agree()
        if self.peer is not None:
            self.peer._agree()
        if self.latch.destination is None and self.peer is not None:
            self.peer.unstamp()
        self.restart_time_out(now)
        return self._opening(remote.keepalive_payload_type, now)

    def join(self, peer: "Leg", now: float) -> None:
        """What is received goes to the peer from now on."""
        self.unstamp()
        self.peer = peer
        self._agree()
        self.restart_time_out(now)

    def part(self) -> None:
        """What is received goes nowhere."""
        self.unstamp()
        self.peer = None
        self.send = _send_nothing
        self._agree()

    def hold(self, held: bool, now: float) -> None:
        """A held remote may be silent for longer."""
        self._held = held
        self.restart_time_out(now)

    def statistics(self) -> PortStatistics:
        """As of now."""
        if self.peer is not None:
            self.peer.unstamp()
        self.settle()
        reception = self.reception
        return PortStatistics(
            packets_received=reception.packets,
            octets_received=reception.octets,
            packets_lost=max(0, reception.lost),
            packets_sent=self.outgoing.packets,
            jitter=reception.jitter / reception.clock_rate,
            foreign=self.foreign,
        )

    @property
    def rtcp_destination(self) -> Address | None:
        """Where reports go: nowhere while RTP goes to a host that has not sent reports yet."""
        rtp = self.latch.destination
        return (
            self._rtcp_source
            if rtp and self._rtcp_source and rtp[0] == self._rtcp_source[0]
            else None
        )

    # what the network says

    def admits(self, source: Address, header: Header) -> bool:
        """Is this packet from the remote? May lock the latch."""
        verdict = self.latch.judge(source, header)
        if verdict is Verdict.FOREIGN:
            self.foreign += 1
        return verdict is Verdict.RIGHT

    def receive(self, header: Header, packet: bytearray, now: float) -> bool:
        """Enter a packet of the proven source; True when it was rewritten and is to be sent."""
        if header.payload_type not in self.latch.payload_types:
            self.heard_at = now  # comfort noise, most likely: a sign of life, if nothing else
            return False
        reception = self.reception
        arrival = reception.classify(header.ssrc, header.sequence)
        if arrival is Arrival.PROBATION:
            return False
        if arrival is Arrival.NEW_SOURCE:
            self.unstamp()
            reception.restart(header.ssrc, header.sequence)
        starts = not self._stamped
        goes_on = self._stamp(header, now) if starts else True
        reception.count(header.sequence, header.timestamp, header.payload_octets, now)
        if not goes_on:
            return False
        self.plain = self._all_plain
        FIXED.pack_into(
            packet,
            0,
            packet[0] << 8 | packet[1] | (MARKER if starts else 0),
            (header.sequence + self.sequence_offset) & 0xFFFF,
            (header.timestamp + self.timestamp_offset) & 0xFFFFFFFF,
            self.ssrc_out,
        )
        return True

    def receive_rtcp(self, source: Address, data: bytes, now: float) -> bytes | None:
        """Enter an RTCP packet; returns what goes to the peer's remote, if anything does."""
        if not self._admits_rtcp(source):
            self.foreign += 1
            return None
        if int(now) != self._rtcp_second:
            self._rtcp_second, self._rtcp_count = int(now), 0
        self._rtcp_count += 1
        if self._rtcp_count > RTCP_PER_SECOND or not rtcp.is_sound(data):
            return None
        self.heard_at = now
        self._rtcp_source, self._rtcp_locked = source, True
        report = rtcp.parse(data)
        if report is None or self.peer is None:
            return None
        return rtcp.serialize(self._translated(report, self.peer))

    def timed_out(self, now: float, limit: float, held_limit: float) -> bool:
        """Has the remote been silent for too long? True once. Asked every second or so."""
        self.settle()
        if self.reception.packets != self._heard_packets:
            self._heard_packets = self.reception.packets
            self.heard_at = now
        if self._timed_out or now - self.heard_at < (held_limit if self._held else limit):
            return False
        self._timed_out = True
        return True

    # how the parts hang together

    def restart_time_out(self, now: float) -> None:
        """A new negotiation is a new chance."""
        self.heard_at = now
        self._timed_out = False

    def _agree(self) -> None:
        """Settle the payload types: a remote may send what either description names, since types
        need not be the same in both directions (RFC 3264 §5.1)."""
        described = self._described
        if self.peer is not None:
            described |= self.peer._described
        self.latch.payload_types = described
        self._all_plain = _plain_headers(described)
        self.plain = _NOTHING
        self.settle()

    def unstamp(self) -> None:
        """Close the books of what this leg fed to its peer; the next packet starts anew."""
        self.plain = _NOTHING
        self.settle()
        if not self._stamped or self.peer is None:
            return
        self._stamped = False
        reception = self.reception
        self.peer.outgoing.continued(
            reception.packets - self._mark - self.failed,
            reception.next_sequence + self.sequence_offset,
            reception.timestamp + self.timestamp_offset,
            reception.arrived_at,
        )

    def _stamp(self, header: Header, now: float) -> bool:
        """Let the peer's stream continue with this packet; False when it has nowhere to go."""
        peer = self.peer
        if peer is None or peer.latch.destination is None:
            return False
        outgoing = peer.outgoing
        self.sequence_offset, self.timestamp_offset = outgoing.offsets(
            header.sequence, header.timestamp, now, self.reception.clock_rate
        )
        self.ssrc_out = outgoing.ssrc
        self._mark = self.reception.packets
        self.failed = 0
        self._stamped = True
        return True

    def _opening(self, payload_type: int | None, now: float) -> bytes | None:
        """Our first packet: two sides that both wait to learn would wait for ever."""
        fed = self.peer is not None and self.peer.feeds(now)
        if payload_type is None or self.latch.destination is None or fed:
            return None
        if self.peer is not None:
            self.peer.unstamp()
        payload = SILENCE.get(payload_type, b"")
        return self.outgoing.packet(payload_type, payload, now, self.reception.clock_rate)

    def feeds(self, now: float) -> bool:
        """Are packets flowing from here to the peer right now?"""
        self.settle()
        return self._stamped and now - self.reception.arrived_at < 1.0

    def _admits_rtcp(self, source: Address) -> bool:
        """The SDP's address, or once RTP is locked, that host: the first port is learned."""
        if source == self._rtcp_source:
            return True
        locked = self.latch.locked
        return locked is not None and not self._rtcp_locked and source[0] == locked[0]

    def _translated(self, report: rtcp.Report, peer: "Leg") -> rtcp.Report:
        """The report as the peer's remote would have got it from us."""
        peer.settle()
        sender = None
        if report.sender is not None and self._stamped:
            stamp = (report.sender.timestamp + self.timestamp_offset) & 0xFFFFFFFF
            sender = report.sender._replace(timestamp=stamp)
        blocks = [
            block._replace(
                ssrc=peer.reception.ssrc, extended_highest=peer.original(block.extended_highest)
            )
            for block in report.blocks
            if block.ssrc == self.outgoing.ssrc and peer.reception.ssrc >= 0
        ]
        return rtcp.Report(peer.outgoing.ssrc, sender, tuple(blocks))

    def original(self, extended_highest: int) -> int:
        """Which of our remote's sequence numbers its reader means, wraps as we counted them."""
        ours = self.reception.extended_highest
        theirs = (extended_highest - self.sequence_offset) & 0xFFFF
        return (ours + sequence_distance(theirs, ours & 0xFFFF)) & 0xFFFFFFFF


def _books_are_here() -> None:
    return None


def _receive_nothing(_buffer: bytearray) -> int:
    return 0


def _send_nothing(_data: memoryview) -> None:
    return None
