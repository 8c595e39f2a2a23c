"""One side of a call's media: what is accepted from its remote, and who gets it.

    datagram ─► STUN, DTLS, RTP, RTCP or UDPTL? ─► guard ─► latch ─► statistics
             ─► telephone event: to whoever listens for keys
             ─► taps, stage
             ─► Feeding: to the peer's remote

Pure: a backend reads datagrams and hands every one of them to `arrive`, but for those that
`plain` lets it serve itself (see `Feeding`); what leaves goes through `send` and `way`, which the
backend provides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from softswitch.media import rtp, udptl
from softswitch.media.arrivals import Arrivals
from softswitch.media.engine.feeding import NOTHING, Packet, send_nothing
from softswitch.media.engine.hooks import Digits, Stage, Tap, Way
from softswitch.media.engine.interface import UDPTL, Remote
from softswitch.media.engine.keyed import Keyed
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.translation import accepted, audio_rate
from softswitch.media.formats import COMFORT_NOISE, STATIC_NOISE, TELEPHONE_EVENT, Format
from softswitch.media.latch import Address, Verdict
from softswitch.media.rtp import Header
from softswitch.media.statistics import Arrival

MAX_EARLY = 4
"""Datagrams that wait for a description: a ClientHello, and a few checks of ICE."""

_NOISES = frozenset({STATIC_NOISE})
_RTP_OCTETS = range(128, 192)
"""What RTP and RTCP begin with; STUN, DTLS and others begin with less (RFC 7983 §7)."""


class Leg(Keyed):
    """A port in use."""

    __slots__ = (
        "agreed",
        "digits",
        "early",
        "feeders",
        "id",
        "noises",
        "on_digits",
        "on_hush",
        "stage",
        "taps",
    )

    def __init__(self, number: int, outgoing: OutgoingStream, way: Way | None = None) -> None:
        super().__init__(outgoing, way)
        self.id = number
        self.agreed = False
        """Whether it is settled what the remote may send."""
        self.stage: Stage | None = None
        self.taps: tuple[Tap, ...] = ()
        self.feeders: tuple[object, ...] = ()
        self.early: tuple[tuple[bytes, Address, float], ...] = ()
        """STUN and DTLS of whoever was quicker than its description, with source and time."""
        self.digits: Digits | None = None
        self.on_digits: Callable[[Leg, Sequence[object]], None] = _unheard
        self.noises = _NOISES
        """Payload types of comfort noise."""
        self.on_hush: Callable[[Leg, bytes, float], None] = _unmade
        """The remote has described its silence, and the peer does not know of such."""

    # what signalling says

    def set_remote(
        self, remote: Remote, address: str | None, learnable: frozenset[str], now: float
    ) -> None:
        """Expect this remote. `address` is None when nothing may be sent there."""
        expected = (address, remote.rtp_port) if address and remote.rtp_port else None
        self.latch.renegotiate(expected, learnable)
        reports_from = (address, remote.rtcp_port) if address and remote.rtcp_port else None
        self.expect_rtcp(reports_from, muxed=remote.rtcp_mux)
        self.remote = remote
        self.clock_rate = audio_rate(remote.formats, remote.clock_rate)
        self._speak(fax=remote.kind == UDPTL)
        self._doubt()
        if self.peer is not None:
            self.peer._doubt()
            if self.latch.destination is None:
                self.peer.unstamp()
        if remote.rtcp:
            self.reports.begin(now)
        self.restart_time_out(now)

    def begin(self, now: float) -> None:
        """Send our first packet when it is for us to begin (RTP-4): two sides that both wait to
        learn would wait for ever."""
        remote, peer = self.remote, self.peer
        if remote is None or remote.keepalive_payload_type is None or self.fax:
            return
        if peer is None or not peer.feeds(now):
            self.send_silence(remote.keepalive_payload_type, now)

    def join(self, peer: Leg, now: float) -> None:
        """What is received goes to the peer from now on."""
        self.unstamp()
        self.peer = peer
        self._doubt()
        self.restart_time_out(now)

    def part(self) -> None:
        """What is received goes nowhere."""
        self.unstamp()
        self.peer = None
        self.send = send_nothing
        self._doubt()

    # what others plug in

    @property
    def formats(self) -> tuple[Format, ...]:
        """What we may send to the remote, preferred first."""
        return () if self.remote is None else self.remote.formats

    @property
    def expected(self) -> tuple[Format, ...]:
        """What the remote sends."""
        return () if self.remote is None else self.remote.expected or self.remote.formats

    def tap(self, tap: Tap) -> None:
        """Let it know all that the remote says."""
        self.taps = (*self.taps, tap)
        self._watch()

    def untap(self, tap: Tap) -> None:
        """No more."""
        self.taps = tuple(other for other in self.taps if other is not tap)
        self._watch()

    def set_stage(self, stage: Stage | None) -> None:
        """Who listens to the remote live, with or without a peer."""
        self.stage = stage
        self._watch()

    def listen(self, digits: Digits | None, heard: Callable[[Leg, Sequence[object]], None]) -> None:
        """Let telephone events be read, and keys told; with None no more."""
        self.digits = digits
        self.on_digits = heard
        self._doubt()

    def feed(self, feeder: object) -> None:
        """Somebody of ours makes what the remote hears, instead of its peer. Of several the last
        one emits, and the others again when it is done."""
        self._feed((*self.feeders, feeder))

    def starve(self, feeder: object) -> None:
        """No more."""
        self._feed(tuple(other for other in self.feeders if other is not feeder))

    @property
    def feeder(self) -> object:
        """Who is to emit; None: the peer feeds the leg."""
        return self.feeders[-1] if self.feeders else None

    def _feed(self, feeders: tuple[object, ...]) -> None:
        self.feeders = feeders
        if self.fed != bool(feeders):
            self.fed = bool(feeders)
            if self.peer is not None:
                self.peer.unstamp()

    def guarded(self) -> None:
        """The guard is another, or knows more than before."""
        guard = self.guard
        if guard is not None and guard.remote is not None and guard.remote != self.latch.locked:
            self.latch.trust(guard.remote)
        self.look_closer()
        if self.peer is not None:
            self.peer.look_closer()

    @property
    def is_patient(self) -> bool:
        """Is there nobody who waits for what the remote says?"""
        waits = self.peer is not None or self.stage is not None or self.fax or self.remote is None
        return not waits and all(tap.patient for tap in self.taps)

    @property
    def attended(self) -> bool:
        """Has somebody plugged in, or is there somebody to be let in?"""
        if self.guard is not None or self.stage is not None or self.digits is not None:
            return True
        remote = self.remote
        secured = remote is not None and (remote.security or remote.ice) is not None
        return secured or bool(self.taps or self.feeders)

    # what the network says

    def arrive(self, packet: Packet, size: int, source: Address | None, now: float) -> None:
        """A datagram at the RTP port; without a source, from the line to the locked remote.

        `packet` may be rewritten in place, and nobody keeps it.
        """
        if size < 2:
            return
        if self.fax:
            self._arrive_fax(packet, size, source, now)
        elif packet[0] not in _RTP_OCTETS:
            self._arrive_other(bytes(memoryview(packet)[:size]), source, now)
        elif self.muxed and rtp.is_rtcp(packet):
            self.arrive_rtcp(bytes(memoryview(packet)[:size]), source, now)
        else:
            self._arrive_rtp(packet, size, source, now)

    def _arrive_rtp(self, packet: Packet, size: int, source: Address | None, now: float) -> None:
        if not self.agreed:
            self._agree()
        guard = self.guard
        if guard is not None:
            packet = packet if isinstance(packet, bytearray) else bytearray(packet[:size])
            size = guard.unprotect(packet, size)
        header = rtp.parse(packet, size) if size > 0 else None
        if header is None:
            self.foreign += guard is not None
            return
        if source is None:
            self.steady_at = now
        elif not self._admits(source, header, now):
            return
        self._accept(header, packet, size, now)

    def _admits(self, source: Address, header: Header, now: float) -> bool:
        """Is this packet from the remote? May lock the latch."""
        if self.guard is not None:
            right = self.guard.admits(source)
            if right:
                self._follow(source, now)
            self.foreign += not right
            return right
        return self._judges(source, header)

    def _judges(self, source: Address, header: Header) -> bool:
        verdict = self.latch.judge(source, header)
        self.foreign += verdict is Verdict.FOREIGN
        return verdict is Verdict.RIGHT

    def _accept(self, header: Header, packet: Packet, size: int, now: float) -> None:
        """A packet of the remote."""
        reception = self.reception
        arrival = reception.classify(header.ssrc, header.sequence)
        if header.payload_type not in self.latch.payload_types:
            self.heard_at = now  # comfort noise, most likely: a sign of life, if nothing else
            if arrival is Arrival.EXPECTED:
                reception.count(header.sequence, header.timestamp, header.payload_octets, now)
                self._leave_out(header)
                if header.payload_type in self.noises:
                    self._show(header, packet, now)
                    self._hush(header, packet, now)
            return
        if arrival is Arrival.PROBATION:
            return
        if arrival is Arrival.NEW_SOURCE:
            self.unstamp()
            reception.restart(header.ssrc, header.sequence)
        self.heard_at = now
        step, marker = self._step(header, now)
        reception.count(header.sequence, header.timestamp, header.payload_octets, now)
        if self.watched or header.payload_type in self.events:
            self._show(header, packet, now)
        peer = self.peer
        if step is None or peer is None or not self.stamped:
            self._leave_out(header)
            if header.payload_type in self.noises:
                self._hush(header, packet, now)
        else:
            self._forward(step, header, packet, size, marker, peer)

    def arrive_together(
        self,
        payload_type: int,
        sequence: int,
        timestamp: int,
        sound: bytes,
        times: Arrivals,
    ) -> None:
        """Sound of the proven remote, for nobody but taps: packets that are the very next, all as
        long and of as many ticks as octets, in one piece, and when each came."""
        size = len(sound) // times.count
        self.reception.count_run(timestamp, size, times)
        self.heard_at = times.last
        first = Header(False, payload_type, sequence, timestamp, self.reception.ssrc, size)
        for tap in self.taps:
            tap.tap_run(first, sound, times)

    def _hush(self, header: Header, packet: Packet, now: float) -> None:
        """A description of silence that does not cross as it is."""
        if self.peer is not None and not self.peer.fed:
            at = header.payload_at
            self.on_hush(self, bytes(packet[at : at + header.payload_octets]), now)

    def _show(self, header: Header, packet: Packet, now: float) -> None:
        """To whoever wants to know."""
        at = header.payload_at
        payload = bytes(packet[at : at + header.payload_octets])
        if self.digits is not None and header.payload_type in self.events:
            heard = self.digits.event(payload, header.ssrc, header.sequence, header.timestamp, now)
            if heard:
                self.on_digits(self, heard)
        for tap in self.taps:
            tap.tap(header, payload, now)
        if self.stage is not None:
            self.stage.receive(header, payload, now)

    def _arrive_other(self, data: bytes, source: Address | None, now: float) -> None:
        """STUN, DTLS, or what nobody asked for."""
        source = source or self.latch.locked
        if source is None:
            return
        if self.guard is None:
            if self.remote is None:
                self.early = (*self.early[1 - MAX_EARLY :], (data, source, now))
            else:
                self.foreign += source != self.latch.destination
            return
        for answer, address in self.guard.receive(data, source, now):
            self.way.send_to(self, answer, address)
        self.guarded()

    def _arrive_fax(self, packet: Packet, size: int, source: Address | None, now: float) -> None:
        if not self.agreed:
            self._agree()
        header = udptl.parse(packet, size)
        if header is None or (source is not None and not self._judges(source, header)):
            return
        reception, peer = self.reception, self.peer
        if reception.classify(header.ssrc, header.sequence) is not Arrival.EXPECTED:
            reception.restart(header.ssrc, header.sequence)
        reception.count(header.sequence, header.timestamp, header.payload_octets, now)
        self.heard_at = now
        if peer is None or not peer.fax or peer.latch.destination is None:
            return
        self._hand_over(memoryview(packet)[:size])
        peer.outgoing.packets += 1
        peer.outgoing.octets += size

    # how the parts hang together

    def _doubt(self) -> None:
        """What the remote may send, and what becomes of it, is to be settled when something comes:
        descriptions come more often."""
        self.agreed = self._steps_fit = False
        self.look_closer()

    def _agree(self) -> None:
        """Settle what the remote may send."""
        self.agreed = True
        remote, peer = self.remote, self.peer
        if remote is None:
            self.latch.payload_types = self.events = NOTHING
        elif self.fax:
            self.latch.payload_types = udptl.PAYLOAD_TYPES
        else:
            meanings = accepted(remote, None if peer is None else peer.remote)
            self.latch.payload_types = frozenset(meanings)
            self.events = NOTHING if self.digits is None else _events(meanings)
            self.noises = _NOISES | _types_of(COMFORT_NOISE, meanings)

    def _watch(self) -> None:
        self.watched = bool(self.taps) or self.stage is not None
        self.look_closer()

    def _speak(self, *, fax: bool) -> None:
        """Audio or fax from now on: nothing of one continues in the other."""
        if fax != self.fax:
            self.unstamp()
            if self.peer is not None:
                self.peer.unstamp()
            self.fax = fax
            self.reception.forget()

    @property
    def _whole(self) -> Leg:
        return self


def _events(meanings: dict[int, Format | None]) -> frozenset[int]:
    return _types_of(TELEPHONE_EVENT, meanings)


def _types_of(encoding: str, meanings: dict[int, Format | None]) -> frozenset[int]:
    return frozenset(
        number
        for number, known in meanings.items()
        if known is not None and known.encoding == encoding
    )


def _unmade(_leg: Leg, _description: bytes, _now: float) -> None:
    """Until somebody makes noise."""


def _unheard(_leg: Leg, _digits: Sequence[object]) -> None:
    """Until somebody listens."""
