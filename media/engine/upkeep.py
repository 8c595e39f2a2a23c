"""What a leg says by itself, and when: packets of our own, RTCP, keepalives, time-outs, figures.

Nothing here is done per packet of the relay, and nothing has a timer: the worker looks at all legs
twice a second, and `look_at` tells it which of them have something to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.media import rtcp
from softswitch.media.engine import grading
from softswitch.media.engine.feeding import Feeding
from softswitch.media.engine.hooks import Guard, Way
from softswitch.media.engine.interface import PortStatistics
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.reporting import UNREPORTED, Reporting
from softswitch.media.formats import COMFORT_NOISE
from softswitch.media.latch import Address
from softswitch.media.rtp import SILENCE

if TYPE_CHECKING:
    from softswitch.media.engine.leg import Leg

KEEPALIVE = 15.0
"""Seconds in which we let something leave, so that no NAT forgets the way (RFC 6263 §4, §6)."""
LOOK_EVERY = 5.0
"""Seconds between looks at a leg where nothing is due. Where nothing has come or gone for longer it
is looked at and reported to after as long again, up to `KEEPALIVE`: a report tells nothing new
then, and who listens for reports waits for five of them at least (RFC 3550 §6.3.5)."""
FIRST_LOOK = 1.0
"""Seconds from a negotiation to the next look. Nothing is due any sooner, and each call negotiates:
a worker that moves few packets would be woken for it alone."""
QUALITY_EVERY = 10.0
FAINT_NOISE = b"\x7f"
"""Comfort noise of the lowest level (RFC 3389 §3)."""

_NEVER = float("inf")


class Upkeep(Feeding):
    """The part of a leg that time drives, and RTCP."""

    if TYPE_CHECKING:

        @property
        def _whole(self) -> Leg:
            """The leg that this is a part of."""

    __slots__ = (
        "_active_at",
        "_heard_packets",
        "_held",
        "_looked_at",
        "_quality_at",
        "_quality_packets",
        "_renewed_at",
        "_rtcp_locked",
        "_rtcp_source",
        "_sent_packets",
        "_timed_out",
        "fax",
        "foreign",
        "heard_at",
        "look_at",
        "muxed",
        "reports",
        "way",
    )

    def __init__(self, outgoing: OutgoingStream, way: Way | None) -> None:
        super().__init__(outgoing)
        self.way = way or Nowhere()
        self.reports = Reporting(outgoing.ssrc)
        self.foreign = 0
        self.fax = False
        """UDPTL comes and goes, no RTP."""
        self.muxed = False
        """RTCP comes and goes over the RTP port."""
        self.heard_at = _NEVER
        self.look_at = 0.0
        """When `look` has something to do."""
        self._looked_at = self._renewed_at = 0.0
        self._heard_packets = self._sent_packets = 0
        self._active_at = 0.0
        """When more than keepalives left, as far as looks have shown."""
        self._quality_at = _NEVER
        self._quality_packets = 0
        self._held = False
        self._timed_out = False
        self._rtcp_source: Address | None = None
        self._rtcp_locked = False

    def emit(
        self, payload_type: int, payload: bytes, samples: int, now: float, marker: bool = False
    ) -> bool:
        """Send a packet of our own; False when it had nowhere to go, or no keys yet.

        Its timestamp is `samples` ticks after that of the packet before, the same with 0. With
        `marker` something new begins: as much as time has passed, and `samples` at least.
        """
        if self.latch.destination is None:
            return False
        peer, outgoing = self.peer, self.outgoing
        if peer is not None and peer.stamped:
            peer.unstamp()
        if marker:
            samples = max(samples, outgoing.elapsed(now, self.clock_rate))
        packet = outgoing.packet(payload_type, payload, samples, now, marker=marker)
        if self.guard is not None:
            protected = self.guard.protect(packet)
            if protected is None:
                return False
            packet = protected
        self.way.send(self._whole, packet)
        return True

    # RTCP

    def expect_rtcp(self, source: Address | None, *, muxed: bool) -> None:
        """Where the remote's description says that its reports come from."""
        self.muxed = muxed
        self._rtcp_source = source
        self._rtcp_locked = False

    @property
    def rtcp_destination(self) -> Address | None:
        """Where reports go: nowhere while RTP goes to a host that has not sent reports yet."""
        destination = self.latch.destination
        if self.muxed or destination is None:
            return destination
        source = self._rtcp_source
        return source if source and source[0] == destination[0] else None

    def arrive_rtcp(self, data: bytes, source: Address | None, now: float) -> None:
        """A datagram at the RTCP port, or RTCP at the RTP port."""
        guard, reports = self.guard, self.reports
        if not (self._admits_rtcp(source) if guard is None else _admits(guard, source)):
            self.foreign += 1
            return
        if reports.floods(now):
            return
        opened = data if guard is None else guard.unprotect_rtcp(data)
        if opened is None:
            self.foreign += 1
        elif rtcp.is_sound(opened):
            self.heard_at = now
            if source is not None and not self.muxed:
                self._rtcp_source, self._rtcp_locked = source, True
            report = reports.hear(opened, self.outgoing.ssrc, now)
            if report is not None and self.peer is not None and self.relays:
                self._pass_on(report, self.peer, now)

    def send_rtcp(self, report: rtcp.Report) -> None:
        """To the remote, when it is known where it takes reports."""
        if self.rtcp_destination is None:
            return
        data = rtcp.serialize(report)
        protected = data if self.guard is None else self.guard.protect_rtcp(data)
        if protected is not None:
            self.way.send_rtcp(self._whole, protected)

    def _admits_rtcp(self, source: Address | None) -> bool:
        """The SDP's address, or once RTP is locked, that host: the first port is learned."""
        locked = self.latch.locked
        if self.muxed:
            return locked is not None and source in (None, locked)
        if source == self._rtcp_source:
            return True
        return (
            source is not None
            and locked is not None
            and not self._rtcp_locked
            and source[0] == locked[0]
        )

    def _pass_on(self, report: rtcp.Report, peer: Leg, now: float) -> None:
        """As the peer's remote would have got it, had we been its only partner."""
        self.settle()
        peer.settle()
        sender = None
        if report.sender is not None and self.stamped:
            sender = report.sender._replace(timestamp=self.stamp_of(report.sender.timestamp))
        blocks = [
            block._replace(
                ssrc=peer.reception.ssrc, extended_highest=peer.original(block.extended_highest)
            )
            for block in report.blocks
            if block.ssrc == self.outgoing.ssrc and peer.reception.ssrc >= 0
        ]
        translated = rtcp.Report(peer.outgoing.ssrc, sender, tuple(blocks))
        peer.reports.pass_on(translated, now)
        peer.send_rtcp(translated)

    # what time says

    def restart_time_out(self, now: float) -> None:
        """A new negotiation is a new chance."""
        self.heard_at = self._renewed_at = now
        self.look_at = now + FIRST_LOOK
        self._timed_out = False
        if self._quality_at == _NEVER:
            self._quality_at = now + QUALITY_EVERY

    def hold(self, held: bool, now: float) -> None:
        """A held remote may be silent for longer."""
        self._held = held
        self.restart_time_out(now)

    def look(self, now: float, limit: float, held_limit: float) -> bool:
        """Do what is due, and set `look_at`. Has the remote been silent for too long (seconds)?
        True once a negotiation."""
        limit = held_limit if self._held else limit
        silent = self._is_silent(now, limit)
        if now >= self.reports.due_at:
            self._report(now)
        self._keep_alive(now)
        self.look_at = self._next_look(now)
        if not self._timed_out:
            self.look_at = min(self.look_at, self.heard_at + limit)
        return silent

    def _next_look(self, now: float) -> float:
        """When to look again, and report, by how long nothing has come or gone."""
        packets, _, _, sent_at = self.sent()
        if packets > self._sent_packets + 1:
            self._active_at = sent_at
        self._sent_packets = packets
        rest = min(now - max(self.heard_at, self._active_at), KEEPALIVE)
        if rest < LOOK_EVERY:
            return min(now + LOOK_EVERY, self.reports.due_at, self._quality_at)
        kept = max(sent_at, self._renewed_at) + KEEPALIVE
        at = min(now + rest, kept) if kept > now else now + rest
        self.reports.put_off(at)
        return at

    def quality(self, now: float) -> PortStatistics | None:
        """Every ten seconds what has been seen up to now, if more was seen than before."""
        if now < self._quality_at:
            return None
        self._quality_at = now + QUALITY_EVERY
        if self.reception.packets == self._quality_packets:
            return None
        self._quality_packets = self.reception.packets
        return self.statistics()

    def statistics(self) -> PortStatistics:
        """As of now."""
        self.settle()
        packets, _, _, _ = self.sent()
        return grading.statistics(self.reception, self.reports, packets, self.foreign, self.remote)

    def _is_silent(self, now: float, limit: float) -> bool:
        self.settle()
        reception = self.reception
        if reception.packets != self._heard_packets:
            self._heard_packets = reception.packets
            arrived_at = reception.arrived_at
            # packets that share a timestamp do not show there
            heard_at = arrived_at if self._looked_at < arrived_at < now else now
            self.heard_at = max(self.heard_at, heard_at)
        self._looked_at = now
        if self._timed_out or now - self.heard_at < limit:
            return False
        self._timed_out = True
        return True

    def _report(self, now: float) -> None:
        """A report of our own, unless those of the peer's remote are passed on."""
        reports, remote = self.reports, self.remote
        passed = self.relays and now - reports.passed_at < UNREPORTED
        packets, octets, timestamp, sent_at = self.sent()
        talked = packets or self.reception.packets  # else the remote may not know of us yet
        if passed or self.fax or not talked or remote is None or not remote.rtcp:
            reports.later(now)
            return
        if packets:
            timestamp = (timestamp + round((now - sent_at) * self.clock_rate)) & 0xFFFFFFFF
        sent = (packets, octets, timestamp)
        self.send_rtcp(reports.compose(self.outgoing.ssrc, sent, self.reception, now))

    def _keep_alive(self, now: float) -> None:
        """Nothing has left for a while: hold, a silent peer, or nobody there."""
        packets, _, _, sent_at = self.sent()
        remote = self.remote
        if remote is None or self.fax or now - max(sent_at, self._renewed_at) < KEEPALIVE:
            return
        if not packets and not self.reception.packets:
            return  # it may not know of us yet
        if self.muxed and remote.rtcp:
            return  # reports keep the way open too (RFC 6263 §4.1)
        for known in remote.formats:
            if known.encoding == COMFORT_NOISE:
                self.emit(known.payload_type, FAINT_NOISE, 0, now, marker=True)
                return
        if remote.keepalive_payload_type is not None:
            self.send_silence(remote.keepalive_payload_type, now)
        elif remote.formats:
            self.send_silence(remote.formats[0].payload_type, now)

    def send_silence(self, payload_type: int, now: float) -> None:
        """A frame of silence, or of other codecs than G.711 an empty packet."""
        self.emit(payload_type, SILENCE.get(payload_type, b""), 0, now, marker=True)


def _admits(guard: Guard, source: Address | None) -> bool:
    return source is None or guard.admits(source)


class Nowhere:
    """Until there is a backend."""

    def send(self, leg: Leg, packet: bytes) -> None:
        """Lost."""

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        """Lost."""

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        """Lost."""
