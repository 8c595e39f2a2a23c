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
from softswitch.media.engine.feeding import books_are_here

DOOR_BATCH = 16
"""Packets of unproven sources that are looked at per socket and batch: a stranger's flood waits for
the audio, not vice versa."""
_NO_BUFFERS = -errno.ENOBUFS & 0xFFFFFFFF
_ERRORS = 1 << 31
"""Results from here on are negative numbers."""


class Unusual:
    """See the module."""

    def __init__(self, endpoints: dict[int, Endpoint], columns: Columns, buffers: Buffers) -> None:
        self._endpoints = endpoints
        self._columns = columns
        self._buffers = buffers
        self._packet = bytearray(MAX_PACKET)
        self._strangers: dict[int, int] = {}
        """By file: packets of unproven sources in this batch."""
        self.ended: list[tuple[Endpoint, Kind, int]] = []
        """Receives that are to be armed again, and their generations."""
        self._returning: list[Endpoint] = []

    def begin(self) -> None:
        """A new batch."""
        self._strangers.clear()

    def serve(self, completions: list[list[int]], now: float) -> None:
        """Serve completions of receives in order."""
        for number, tag, result, flags in completions:
            kind, generation = requests.untag(tag)
            endpoint = self._endpoints.get(number)
            if endpoint is None or endpoint.armed != generation:
                continue  # of an earlier leg
            if not flags & abi.IORING_CQE_F_MORE:
                self._note_end(endpoint, Kind(kind), result)
            if not flags & abi.IORING_CQE_F_BUFFER:
                continue
            if not endpoint.in_use:
                if endpoint.awake:
                    endpoint.rest()
                continue
            size = result - abi.PACKET_AT
            self._serve(endpoint, kind, flags >> abi.IORING_CQE_BUFFER_SHIFT, size, now)

    def _note_end(self, endpoint: Endpoint, kind: Kind, result: int) -> None:
        """A receive has ended: for want of buffers, by an empty datagram, or by an error."""
        if result >= _ERRORS and result != _NO_BUFFERS:
            endpoint.errors += 1
        if endpoint.errors <= MAX_ERRORS:
            self.ended.append((endpoint, kind, endpoint.armed))

    def _serve(self, endpoint: Endpoint, kind: int, buffer: int, size: int, now: float) -> None:
        """Hand a packet to its leg."""
        name, cut = self._buffers.about(buffer)
        source = decode(name)
        leg = endpoint.leg
        proven = kind == Kind.RTP and source == leg.latch.locked
        if cut or not (proven or self._has_time_for_stranger(FILES * leg.id + kind)):
            return
        start = buffer * SIZE + abi.PACKET_AT
        view = self._buffers.view[start : start + size]
        if kind == Kind.RTCP:
            leg.arrive_rtcp(bytes(view), source, now)
            return
        packet = self._packet
        packet[:size] = view
        if proven and endpoint.in_columns:
            self._columns.settle(leg)
            self.leave(endpoint)
        first = packet[0] << 8 | packet[1] & ~rtp.MARKER
        leg.arrive(packet, size, source, now)
        if first in leg.plain and source == leg.latch.locked:
            endpoint.kind = first
            if not endpoint.returning:
                endpoint.returning = True
                self._returning.append(endpoint)
        if leg.latch.destination != endpoint.remote:
            endpoint.name()  # the latch has found the remote elsewhere: rows of others send there

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
        """Bring the leg's books up to date; from now on it keeps them when `plain` is empty."""
        leg = endpoint.leg
        self._columns.settle(leg)
        if not leg.plain:
            self.leave(endpoint)

    def load(self) -> None:
        """Let legs go the short way again whose last packets were nothing unusual."""
        if not self._returning:
            return
        for endpoint in self._returning:
            endpoint.returning = False
            leg = endpoint.leg
            locked, peer = leg.latch.locked, leg.peer
            usual = endpoint.in_use and not endpoint.in_columns and endpoint.kind in leg.plain
            if usual and locked is not None and peer is not None:
                send = self._endpoints[peer.id].request(endpoint.failure())
                if send is not None:
                    tag = requests.tag(Kind.RTP, endpoint.armed)
                    self._columns.load(leg, tag, locked, endpoint.kind, send)
                    endpoint.in_columns = True
                    leg.settle = partial(self._settle, endpoint)
        self._returning.clear()
