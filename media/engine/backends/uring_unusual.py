"""Packets one by one, as their legs say: what is no plain packet in order of a proven source.

The first packets of a leg, late ones, those after a gap, other payload types, reports, strangers.
The leg keeps its own books meanwhile, and goes the short way again with the next batch.
"""

import errno
from functools import partial

from softswitch.media import rtp
from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.uring_buffers import MAX_PACKET, SIZE, Buffers
from softswitch.media.engine.backends.uring_columns import Columns
from softswitch.media.engine.backends.uring_endpoint import FILES, MAX_ERRORS, Endpoint
from softswitch.media.engine.backends.uring_names import decode
from softswitch.media.engine.backends.uring_requests import Kind
from softswitch.media.engine.backends.uring_ring import Ring
from softswitch.media.engine.feeding import books_are_here
from softswitch.media.latch import Address

DOOR_BATCH = 16
"""Packets of unproven sources that are looked at per socket and batch: a stranger's flood waits for
the audio, not vice versa."""
_NO_BUFFERS = -errno.ENOBUFS & 0xFFFFFFFF
_RECEIVED = abi.RECEIVED
_BUFFER_SHIFT = abi.IORING_CQE_BUFFER_SHIFT
_ERRORS = 1 << 31
"""Results from here on are negative numbers."""


class Unusual:
    """See the module."""

    def __init__(
        self, endpoints: dict[int, Endpoint], columns: Columns, buffers: Buffers, ring: Ring
    ) -> None:
        self._ring = ring
        self._endpoints = endpoints
        self._columns = columns
        self._buffers = buffers
        self._packet = bytearray(MAX_PACKET)
        self._strangers: dict[int, int] = {}
        """By file: packets of unproven sources in this batch."""
        self.ended: list[tuple[Endpoint, Kind, int]] = []
        """Receives that are to be armed again, and their generations."""
        self.returning: list[Endpoint] = []
        """Who may go the short way again, once somebody calls `load`."""

    def begin(self) -> None:
        """A new batch."""
        if self._strangers:
            self._strangers.clear()

    def serve(self, completions: list[list[int]], now: float) -> None:
        """Serve completions of receives in order."""
        endpoints = self._endpoints
        for number, tag, result, flags in completions:
            endpoint = endpoints.get(number)
            if endpoint is None:
                continue
            if tag == endpoint.armed and endpoint.in_use and flags & _RECEIVED == _RECEIVED:
                buffer, size = flags >> _BUFFER_SHIFT, result - abi.PACKET_AT
                self._receive(endpoint, buffer, size, now)
            else:
                self._serve_other(endpoint, tag, result, flags, now)

    def _serve_other(
        self, endpoint: Endpoint, tag: int, result: int, flags: int, now: float
    ) -> None:
        """RTCP, the end of a receive, what came for an earlier leg or for none."""
        kind, generation = requests.untag(tag)
        if endpoint.armed != generation:
            return
        if not flags & abi.IORING_CQE_F_MORE:
            self._note_end(endpoint, Kind(kind), result)
        if not flags & abi.IORING_CQE_F_BUFFER:
            return
        buffer, size = flags >> _BUFFER_SHIFT, result - abi.PACKET_AT
        if not endpoint.in_use:
            if endpoint.awake:
                endpoint.rest()
        elif kind == Kind.RTP:
            self._receive(endpoint, buffer, size, now)
        else:
            self._receive_rtcp(endpoint, buffer, size, now)

    def _note_end(self, endpoint: Endpoint, kind: Kind, result: int) -> None:
        """A receive has ended: for want of buffers, by an empty datagram, or by an error."""
        if result >= _ERRORS and result != _NO_BUFFERS:
            endpoint.errors += 1
        if endpoint.errors <= MAX_ERRORS:
            self.ended.append((endpoint, kind, endpoint.armed))

    def _receive(self, endpoint: Endpoint, buffer: int, size: int, now: float) -> None:
        """Hand a packet to its leg."""
        buffers, leg, packet = self._buffers, endpoint.leg, self._packet
        name, cut = buffers.about(buffer)
        source = decode(name)
        proven = source == leg.latch.locked
        if cut or not (proven or self._has_time_for_stranger(FILES * leg.id)):
            return
        start = buffer * SIZE + abi.PACKET_AT
        packet[:size] = buffers.view[start : start + size]
        if proven and endpoint.in_columns:
            self._columns.settle(leg)
            self.leave(endpoint)
        leg.arrive(packet, size, source, now)
        if leg.plain or leg.secured:
            self._may_return(endpoint, source)
        if leg.latch.locked is not endpoint.locked:
            endpoint.locked = leg.latch.locked
            endpoint.name()  # the latch has found the remote elsewhere: rows of others send there

    def _may_return(self, endpoint: Endpoint, source: Address) -> None:
        """Was the packet of a kind that may go the short way?"""
        leg, packet = endpoint.leg, self._packet
        kind = packet[0] << 8 | packet[1] & ~rtp.MARKER
        if (kind in leg.plain or kind in leg.secured) and source == leg.latch.locked:
            endpoint.kind = kind
            if not endpoint.returning:
                endpoint.returning = True
                self.returning.append(endpoint)

    def _receive_rtcp(self, endpoint: Endpoint, buffer: int, size: int, now: float) -> None:
        """Hand a report to its leg."""
        name, cut = self._buffers.about(buffer)
        leg = endpoint.leg
        if not cut and self._has_time_for_stranger(FILES * leg.id + 1):
            start = buffer * SIZE + abi.PACKET_AT
            data = bytes(self._buffers.view[start : start + size])
            leg.arrive_rtcp(data, decode(name), now)

    def _has_time_for_stranger(self, file: int) -> bool:
        count = self._strangers[file] = self._strangers.get(file, 0) + 1
        return count <= DOOR_BATCH

    def leave(self, endpoint: Endpoint) -> None:
        """The leg keeps its books itself, until its row is loaded again."""
        if endpoint.in_columns:
            endpoint.in_columns = False
            endpoint.leg.settle = books_are_here
            self._columns.leave(endpoint.leg.id)

    def _settle(self, endpoint: Endpoint) -> None:
        """Bring the leg's books up to date; from now on it keeps them when nothing is plain."""
        leg = endpoint.leg
        if endpoint.settled != self._columns.turns:
            endpoint.settled = self._columns.turns
            self._columns.settle(leg)
        if not (leg.plain or leg.secured):
            self.leave(endpoint)

    def load(self) -> None:
        """Let legs go the short way again whose last packets were nothing unusual."""
        for endpoint in self.returning:
            endpoint.returning = False
            leg = endpoint.leg
            locked, peer = leg.latch.locked, leg.peer
            usual = endpoint.kind in leg.plain or endpoint.kind in leg.secured
            usual = usual and endpoint.in_use and not endpoint.in_columns
            if usual and locked is not None and peer is not None:
                send = self._endpoints[peer.id].request(endpoint.failure())
                if send is not None:
                    tag = requests.tag(Kind.RTP, endpoint.armed)
                    if self._columns.load(leg, tag, locked, endpoint.kind, send):
                        endpoint.in_columns = True
                        endpoint.settled = -1
                        leg.settle = partial(self._settle, endpoint)
        self.returning.clear()
