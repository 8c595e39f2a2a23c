"""The epoll backend: one receive and one send for each packet. Works on every Linux.

Level-triggered, one packet per event: reading until the queue is empty would end every packet with
an exception, and costs a third more. `_relay` holds the short way of a packet, where every name is
a local and no function of ours is called; whatever is unusual goes to `Leg.arrive`.

A pair that has been opened once stays registered between two calls, with its buffers as they are:
most calls leave nothing behind, and then neither costs anything. The first packet that comes while
nobody uses the pair ends that (`_Endpoint.rest`) until the pair is opened again.

Signalling speaks twice in a call, and to wake up costs more than to listen. So once it has spoken,
its words do not wake us for a while (`WORDS_WAIT`). Any packet does, and then words come first: who
sends as soon as a call is answered finds it joined.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from softswitch.media import rtp
from softswitch.media.engine.backends.epoll_keys import MAX_PACKET, Bunch
from softswitch.media.engine.backends.interface import BATCH_WAIT, FEW_LEGS, WORDS_WAIT
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.sockets import MAX_STALE, SocketPair, widen
from softswitch.media.latch import Address
from softswitch.media.statistics import JITTER_GAIN, MAX_DEVIATION

MAX_EVENTS = 4096
DOOR_BATCH = 16
"""Packets read from one door per batch: a stranger's flood waits for the audio, not vice versa."""


class _Endpoint:
    """A pair's sockets, the leg that uses them, and what to do when their doors are knocked at."""

    __slots__ = (
        "awake",
        "backend",
        "in_use",
        "leg",
        "lent",
        "line",
        "may_connect",
        "pair",
        "peer",
        "remote",
    )

    def __init__(self, backend: "EpollBackend", leg: Leg, pair: SocketPair) -> None:
        self.backend = backend
        self.leg = leg
        """When nobody uses the pair: the last that did."""
        self.in_use = self.lent = False
        self.awake = False
        """Whether packets at the doors wake us."""
        self.pair = pair
        self.line: socket.socket | None = None
        self.remote: Address | None = None
        """Where the line goes."""
        self.may_connect = True
        """False after a failure, until the next negotiation."""
        self.peer: _Endpoint | None = None

    def sender(self) -> Callable[[memoryview | bytes], object]:
        """What sends to this leg's remote now."""
        return self.send_from_door if self.line is None else self.line.send

    def send_from_door(self, packet: memoryview | bytes) -> None:
        """To where the latch says, as long as there is no line. Raises OSError."""
        destination = self.leg.latch.destination
        if destination is not None:
            self.pair.rtp.sendto(packet, destination)

    def open(self, leg: Leg, *, begun: bool) -> None:
        """The pair is this leg's, and no packet of an earlier one's."""
        self.leg = leg
        self.in_use = self.may_connect = True
        self.lent = False
        if not begun:
            self.pair.forget()
        if not self.awake:
            self.pair.wake()
            self.awake = True
            self.backend.listen(self)

    def rest(self) -> None:
        """A packet came that is nobody's: hear no more until the pair is opened again."""
        self.awake = False
        self.backend.ignore(self)
        self.pair.rest()

    def receive(self) -> None:
        """At the RTP door: have each source judged, and connect a line to the one that is right."""
        if not self.in_use:
            self.rest()
            return
        self.read(self.pair.rtp, DOOR_BATCH)
        locked = self.leg.latch.locked
        if self.lent:
            return
        if locked != self.remote and self.may_connect and locked is not None:
            self.backend.connect(self, locked)

    def read(self, sock: socket.socket, most: int) -> None:
        """Read a socket that strangers may have written to."""
        backend, leg = self.backend, self.leg
        buffer, now = backend.buffer, backend.now
        with suppress(OSError):
            for _ in range(most):
                size, source = sock.recvfrom_into(buffer)
                if size <= MAX_PACKET:
                    leg.arrive(buffer, size, source[:2], now)

    def receive_rtcp(self) -> None:
        """At the RTCP door."""
        if not self.in_use:
            self.rest()
            return
        with suppress(OSError):
            for _ in range(DOOR_BATCH):
                data, source = self.pair.rtcp.recvfrom(MAX_PACKET)
                self.leg.arrive_rtcp(data, source[:2], self.backend.now)


class EpollBackend:
    """See the module."""

    capacity = 1 << 31
    """As many pairs as there are."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock()
        self.buffer = bytearray(MAX_PACKET + 1)
        self._clock = clock
        self._epoll = select.epoll()
        view = memoryview(self.buffer)
        self._views = [view[:size] for size in range(MAX_PACKET + 1)]
        """A slice per length, since making one costs more than looking one up."""
        self._legs: list[Leg | None] = []
        """By descriptor of a line."""
        self._callbacks: dict[int, Callable[[], None]] = {}
        """By any other descriptor."""
        self._channel = -1
        """The descriptor that words come from."""
        self._listener: Callable[[], bool] = _silence
        self._muted = False
        """Whether words alone do not wake us."""
        self._muted_until = self.now
        self._bunch = Bunch()
        self._endpoints: dict[int, _Endpoint] = {}
        """By number of the leg, which is the pair's: in use, or used once."""
        self._in_use = 0

    def watch(self, descriptor: int, callback: Callable[[], bool]) -> None:
        """Call back when this descriptor can be read, late perhaps, but before later packets."""
        self._channel, self._listener = descriptor, callback
        self._callbacks[descriptor] = self._hear
        self._add(descriptor, None)

    def open(self, leg: Leg, pair: SocketPair, *, begun: bool = False) -> None:
        """Receive on this pair for this leg."""
        endpoint = self._endpoints.get(leg.id)
        if endpoint is None:
            endpoint = self._endpoints[leg.id] = _Endpoint(self, leg, pair)
        endpoint.open(leg, begun=begun)
        self._in_use += 1

    def close(self, leg: Leg) -> None:
        """Receive no more."""
        endpoint = self._endpoints[leg.id]
        self._hang_up(endpoint)
        endpoint.in_use = False
        self._in_use -= 1

    def listen(self, endpoint: _Endpoint) -> None:
        """Call back whenever somebody knocks at the endpoint's doors."""
        pair = endpoint.pair
        for sock, callback in ((pair.rtp, endpoint.receive), (pair.rtcp, endpoint.receive_rtcp)):
            descriptor = sock.fileno()
            self._callbacks[descriptor] = callback
            self._add(descriptor, None)

    def ignore(self, endpoint: _Endpoint) -> None:
        """Call back no more."""
        for sock in (endpoint.pair.rtp, endpoint.pair.rtcp):
            self._epoll.unregister(sock)
            del self._callbacks[sock.fileno()]

    def unlock(self, leg: Leg) -> None:
        """Serve what the line holds, and hang it up: the next packets come to the door."""
        endpoint = self._endpoints[leg.id]
        if endpoint.line is not None:
            endpoint.read(endpoint.line, MAX_EVENTS)
        self._hang_up(endpoint)
        endpoint.may_connect = True

    def lend(self, leg: Leg) -> SocketPair:
        """Have no line: somebody else has."""
        self.unlock(leg)
        endpoint = self._endpoints[leg.id]
        endpoint.lent = True
        return endpoint.pair

    def hear(self, leg: Leg) -> None:
        """Serve what has come to the door."""
        endpoint = self._endpoints[leg.id]
        endpoint.read(endpoint.pair.rtp, DOOR_BATCH)

    def take_back(self, leg: Leg) -> None:
        """Have a line again."""
        endpoint = self._endpoints[leg.id]
        endpoint.lent = False
        locked = leg.latch.locked
        if locked is not None:
            self.connect(endpoint, locked)

    def route(self, leg: Leg, peer: Leg | None) -> None:
        """What the leg receives goes to the peer's remote, or nowhere."""
        endpoint = self._endpoints[leg.id]
        endpoint.peer = None if peer is None else self._endpoints[peer.id]
        if endpoint.peer is not None:
            leg.send = endpoint.peer.sender()

    def send(self, leg: Leg, packet: bytes) -> None:
        """Send a packet of our own to the leg's remote, if that can be done."""
        with suppress(OSError):
            self._endpoints[leg.id].send_from_door(packet)

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        """Send from the leg's RTP port to somebody who has asked there."""
        self._endpoints[leg.id].pair.answer(data, address)

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        """Send a report to where the leg's remote takes them."""
        destination = leg.rtcp_destination
        if destination is not None:
            self._endpoints[leg.id].pair.report(data, destination, muxed=leg.muxed)

    def connect(self, endpoint: _Endpoint, remote: Address) -> None:
        """From now on the remote's packets take the short way."""
        self._hang_up(endpoint)
        try:
            line = endpoint.pair.line(remote)
        except OSError:
            endpoint.may_connect = False
            return
        endpoint.read(line, MAX_STALE)
        widen(line)
        endpoint.line, endpoint.remote = line, remote
        endpoint.leg.receive_into = line.recv_into
        self._add(line.fileno(), endpoint.leg)
        self._resend(endpoint)

    def flush(self) -> None:
        """Whatever is sent leaves at once."""

    def end(self) -> None:
        """Hear no more."""
        self._epoll.close()

    def serve(self, timeout: float) -> None:
        """Wait for packets, at most so long, and serve one batch."""
        events = self._poll(timeout)
        secured = self._relay(events)
        if secured:
            self._bunch.serve(secured, self.now)
        if events and self._in_use > FEW_LEGS and not self._only_words(events):
            self._wait_for_company()

    def _relay(self, events: list[tuple[int, int]]) -> list[Leg]:
        """Serve these events, but for those of legs with keys, which are returned."""
        now = self.now
        buffer, views, legs = self.buffer, self._views, self._legs
        unpack, pack = rtp.FIXED.unpack_from, rtp.FIXED.pack_into
        secured: list[Leg] = []
        for descriptor, _ in events:
            leg = legs[descriptor]
            if leg is None:
                self._callbacks.get(descriptor, _nothing)()
                continue
            if leg.secured:
                secured.append(leg)
                continue
            try:
                size = leg.receive_into(buffer)
            except OSError:
                continue
            first, sequence, timestamp, ssrc = unpack(buffer)
            reception = leg.reception
            if (
                sequence == reception.next_sequence
                and ssrc == reception.ssrc
                and first in leg.plain
                and rtp.FIXED_SIZE <= size <= MAX_PACKET
            ):
                reception.next_sequence = (sequence + 1) & 0xFFFF
                reception.packets += 1
                reception.octets += size - 12
                if timestamp != reception.timestamp:
                    transit = now * reception.clock_rate - timestamp
                    deviation = abs(transit - reception.transit)
                    reception.timestamp = timestamp
                    reception.transit = transit
                    if deviation < MAX_DEVIATION:
                        reception.jitter += (deviation - reception.jitter) * JITTER_GAIN
                pack(
                    buffer,
                    0,
                    first,
                    (sequence + leg.sequence_offset) & 0xFFFF,
                    (timestamp + leg.timestamp_offset) & 0xFFFFFFFF,
                    leg.ssrc_out,
                )
                try:
                    leg.send(views[size])
                except OSError:
                    leg.failed += 1
            elif size <= MAX_PACKET:
                leg.arrive(buffer, size, None, now)
        return secured

    def _poll(self, timeout: float) -> list[tuple[int, int]]:
        """What can be read now. Signalling has been heard, when it is muted and it is time."""
        if not self._muted:
            events = self._epoll.poll(timeout, MAX_EVENTS)
            self.now = self._clock()
            return events
        events = self._epoll.poll(min(timeout, max(0.0, self._muted_until - self.now)), MAX_EVENTS)
        self.now = self._clock()
        if events or self.now >= self._muted_until:
            self._hear()
        return events

    def _only_words(self, events: list[tuple[int, int]]) -> bool:
        """Did signalling speak, and no packet come? Then there is no sign of more to come soon."""
        return len(events) == 1 and events[0][0] == self._channel

    def _hear(self) -> None:
        """Listen to signalling; mute it when it spoke, else end that when it is time."""
        muted = self._muted
        if self._listener():
            self._muted, self._muted_until = True, self.now + WORDS_WAIT
        elif self.now >= self._muted_until:
            self._muted = False
        if muted != self._muted:
            self._epoll.modify(self._channel, 0 if self._muted else select.EPOLLIN)

    def _wait_for_company(self) -> None:
        rest = BATCH_WAIT - (self._clock() - self.now)
        if rest > 0:
            time.sleep(rest)

    def _hang_up(self, endpoint: _Endpoint) -> None:
        if endpoint.line is not None:
            self._legs[endpoint.line.fileno()] = None
            endpoint.line.close()  # which also ends its registration
            endpoint.line = endpoint.remote = None
            self._resend(endpoint)

    def _resend(self, endpoint: _Endpoint) -> None:
        """The way to the endpoint's remote has changed: tell the leg that feeds it."""
        if endpoint.peer is not None:
            endpoint.peer.leg.send = endpoint.sender()

    def _add(self, descriptor: int, leg: Leg | None) -> None:
        self._legs += [None] * (descriptor + 1 - len(self._legs))
        self._legs[descriptor] = leg
        self._epoll.register(descriptor, select.EPOLLIN)


def _silence() -> bool:
    return False


def _nothing() -> None:
    """For an event of a socket that an earlier event of the same batch has closed."""
