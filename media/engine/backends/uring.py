"""The io_uring backend: one call into the kernel for a whole batch of packets, both ways.

    io_uring_enter ─► completions ─┬─ errors of sends, words of signalling
      ▲   sends of the last batch  ├─ packets that are the very next of their legs: all at once, in
      │   leave, packets come in   │  columns (`Columns.relay`)
      └────────────────────────────┴─ all others: one by one, as their leg says

Every socket has a receive that is armed once and goes on (multishot); the kernel takes a buffer of
ours for each packet, and tells its source. Sockets are not connected: who sent a packet is checked
with all else. A packet is sent from the buffer that it came in, when the next batch is fetched.

A pair that has been opened once stays armed between two calls; the first packet that comes while
nobody uses it ends that, until the pair is opened again (`_Endpoint`).
"""

import resource
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.interface import BATCH_WAIT, FEW_LEGS
from softswitch.media.engine.backends.uring_books import rounds
from softswitch.media.engine.backends.uring_buffers import COUNT, Buffers, Where
from softswitch.media.engine.backends.uring_columns import MOST, Columns
from softswitch.media.engine.backends.uring_endpoint import FILES, Endpoint, Way
from softswitch.media.engine.backends.uring_outbox import Outbox
from softswitch.media.engine.backends.uring_requests import Kind
from softswitch.media.engine.backends.uring_ring import COMPLETIONS, SUBMISSIONS, Ring
from softswitch.media.engine.backends.uring_unusual import Unusual
from softswitch.media.engine.backends.words import Words
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.latch import Address

BATCH = 64
"""Completions that are worth waking up for before their time: more make the cost of waking up no
smaller."""
FEW_PACKETS = 4
"""So many cost less one by one than in columns, unless their legs have to come out of columns for
that, as they would where there are many."""
MAX_LEGS = 65_536
"""More than a machine has ports of an address."""
_FIRST_SPECIAL = requests.tag(Kind.SEND, 0)
"""Tags from here on are not of packets."""
_SPECIAL = np.uint32(_FIRST_SPECIAL)
_NONE = np.zeros((0, 4), np.uint32)

Completions = NDArray[np.uint32]


class UringBackend:
    """See the module. Raises OSError where the kernel has no io_uring for us (`probe.py`)."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        buffers: int = COUNT,
        completions: int = COMPLETIONS,
        submissions: int = SUBMISSIONS,
        few_packets: int = FEW_PACKETS,
    ) -> None:
        self.now = clock()
        self._clock = clock
        self._few_packets = few_packets
        most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.capacity = min(MAX_LEGS, most_files // FILES)
        """Pairs that can be opened: their numbers are below."""
        self._ring = Ring(submissions, completions)
        try:
            self._ring.reserve_files(FILES * self.capacity)
            self._buffers = Buffers(self._ring, buffers)
        except OSError:
            self._ring.close()
            raise
        self._columns = Columns(self.capacity, self._ring, self._buffers)
        self._outbox = Outbox(self._ring, self.capacity)
        header = abi.MESSAGE_HEADER.pack(0, abi.NAME_ROOM, 0, 0, 0, 0, 0, 0, 0)
        self._message = np.frombuffer(header, np.uint8).copy()
        """Read whenever a receive is armed."""
        self._words = Words()
        self._polled = False
        self._hearing = False
        self._endpoints: dict[int, Endpoint] = {}
        """By number of the leg, which is the pair's: in use, or used once."""
        self._unusual = Unusual(self._endpoints, self._columns, self._buffers, self._ring)
        self._generation = 0
        self._in_use = 0
        self._company = False
        """Whether packets came last time, and more are to be expected soon."""
        self._batch = _NONE
        """Packets that have come and are still to be served."""
        self._lent: list[Where] = []
        """Buffers that may be given back once all that is queued has left."""

    def watch(self, descriptor: int, callback: Callable[[], bool]) -> None:
        """Call back when this descriptor can be read, late perhaps, but before later packets."""
        self._words.watch(descriptor, callback)
        self._poll()

    def open(self, leg: Leg, pair: SocketPair, *, begun: bool = False) -> None:
        """Receive on this pair for this leg."""
        endpoint = self._endpoints.get(leg.id)
        if endpoint is None:
            endpoint = Endpoint(leg, pair, self._ring, self._outbox, self._message.ctypes.data)
            self._endpoints[leg.id] = endpoint
        self._generation = self._generation % (requests.GENERATIONS - 1) + 1
        stale = not begun and self._may_hold_packets_of(leg.id)
        endpoint.open(leg, self._generation, stale=stale, begun=begun)
        self._in_use += 1

    def close(self, leg: Leg) -> None:
        """Receive no more."""
        endpoint = self._endpoints[leg.id]
        self._unusual.leave(endpoint)
        endpoint.in_use = False
        self._in_use -= 1

    def unlock(self, leg: Leg) -> None:
        """Serve what the proven remote has sent."""
        if leg.latch.locked is not None:
            self.hear(leg)

    def hear(self, leg: Leg) -> None:
        """Serve what has come, for all legs."""
        self._serve_batch()
        self._turn(0, 0.0)
        self._serve_batch()

    def lend(self, leg: Leg) -> SocketPair:
        """The kernel gives a packet to the socket that fits best: nothing has to change."""
        return self._endpoints[leg.id].pair

    def take_back(self, leg: Leg) -> None:
        """Nothing has changed."""

    def route(self, leg: Leg, peer: Leg | None) -> None:
        """What the leg receives goes to the peer's remote, or nowhere."""
        endpoint = self._endpoints[leg.id]
        if peer is not None:
            leg.send = Way(self._endpoints[peer.id], self._outbox, endpoint.failure())

    def send(self, leg: Leg, packet: bytes) -> None:
        """Send a packet of our own to the leg's remote, if that can be done."""
        with suppress(OSError):
            self._endpoints[leg.id].way(packet)

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        """Send from the leg's RTP port to somebody who has asked there."""
        self._endpoints[leg.id].pair.answer(data, address)

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        """Send a report to where the leg's remote takes them."""
        destination = leg.rtcp_destination
        if destination is not None:
            self._endpoints[leg.id].pair.report(data, destination, muxed=leg.muxed)

    def flush(self) -> None:
        """Let everything leave that is queued."""
        if not self._ring.closed:
            self._ring.enter(0, 0.0)

    def end(self) -> None:
        """Give every socket and all memory back to the kernel."""
        if not self._ring.closed:
            self._ring.submit(requests.cancel_all())
            self._ring.enter(0, 0.0)
            self._ring.register(abi.IORING_UNREGISTER_FILES, None, 0)
            self._ring.close()

    def serve(self, timeout: float) -> None:
        """Wait for packets, at most so long, and serve one batch."""
        if self._unusual.ended:
            self._rearm()
        words = self._words
        if words.muted:
            timeout = words.patience(timeout, self.now)
        if timeout <= 0.0:
            self._turn(0, 0.0)
        elif self._company:
            self._turn(BATCH, timeout if timeout < BATCH_WAIT else BATCH_WAIT)
        else:
            self._turn(1, timeout)
        if words.muted:
            self._hear()
        self._serve_batch()

    # the ring

    def _turn(self, wait: int, timeout: float) -> None:
        """Let everything leave that is queued, and fetch a batch."""
        self._ring.enter(wait, timeout)
        self.now = self._clock()
        if self._lent:
            self._give_back()
        self._batch = self._ring.completions(MOST)

    def _may_hold_packets_of(self, number: int) -> bool:
        """Have any come for this leg that nobody has looked at yet?"""
        if self._ring.unread:
            return True
        batch = self._batch
        return bool(np.count_nonzero(batch[:, abi.USER_DATA] == number))

    def _note(self, special: list[list[int]]) -> bool:
        """What is no packet: sends that failed. Did signalling speak?"""
        said = False
        for number, value, _, _ in special:
            kind, generation = requests.untag(value)
            if kind == Kind.WORDS:
                self._polled, said = False, True
            elif kind == Kind.SEND:
                endpoint = self._endpoints[number]
                if endpoint.generation == generation:
                    endpoint.leg.failed += 1
        return said

    def _hear(self) -> None:
        """Listen to signalling, unless it is its word that brought us here."""
        if not self._hearing:
            self._hearing = True
            self._words.hear(self.now)
            self._hearing = False
            self._poll()

    def _poll(self) -> None:
        """Wake up when signalling speaks, unless it is muted."""
        if not self._polled and not self._words.muted:
            self._ring.submit(requests.poll(self._words.descriptor))
            self._polled = True

    def _rearm(self) -> None:
        """Arm the receives that have ended, once there are buffers again."""
        self._ring.flush()
        self._give_back()
        for endpoint, kind, generation in self._unusual.ended:
            if endpoint.awake and endpoint.armed == generation:
                endpoint.arm(kind)
        self._unusual.ended.clear()

    def _give_back(self) -> None:
        """Buffers are free when all that was sent from them has left; sends never stay pending."""
        if not self._ring.queued:
            for where in self._lent:
                self._buffers.give_back(where)
            self._lent.clear()

    # packets

    def _serve_batch(self) -> None:
        """Serve what has come. Whoever is called may ask for that himself (`unlock`)."""
        batch, self._batch = self._batch, _NONE
        self._company = False
        count = len(batch)
        if not count:
            return
        self._unusual.begin()
        few = count < self._few_packets and self._in_use <= FEW_LEGS
        # … or none but a word of signalling
        if few or (count == 1 and int(batch[0, abi.TAG]) >= _FIRST_SPECIAL):
            self._serve_few(batch)
        elif not self._serve_at_once(batch):
            self._sort(batch)

    def _serve_few(self, batch: Completions) -> None:
        """Words of signalling first, as always, but nothing in columns."""
        rows = batch.tolist()
        special = [row for row in rows if row[abi.TAG] >= _FIRST_SPECIAL]
        if special:
            packets = [row for row in rows if row[abi.TAG] < _FIRST_SPECIAL]
            self._batch = np.array(packets, np.uint32) if packets else _NONE
            if self._note(special):
                self._hear()
            rows, self._batch = self._batch.tolist(), _NONE
        if rows:
            self._company = self._in_use > FEW_LEGS
            self._unusual.serve(rows, self.now)
            self._lend(np.array(rows, np.uint32))

    def _serve_at_once(self, batch: Completions) -> bool:
        """The usual batch: packets only, each of another leg. Else nothing is done."""
        if self._unusual.returning:
            self._unusual.load()
        if not self._columns.in_charge:
            return False
        relayed = self._columns.relay(batch, self.now)
        if relayed is None:
            return False
        where, rest = relayed
        self._company = self._in_use > FEW_LEGS
        if rest is None:
            self._lent.append(where)
        else:
            self._unusual.serve(rest.tolist(), self.now)
            self._lend(batch)
        return True

    def _sort(self, batch: Completions) -> None:
        """Words of signalling come before packets; those of a leg keep their order."""
        special = batch[:, abi.TAG] >= _SPECIAL
        if np.count_nonzero(special):
            self._batch = batch[~special]
            if self._note(batch[special].tolist()):
                self._hear()
            batch, self._batch = self._batch, _NONE
            if not len(batch):
                return
        self._company = self._in_use > FEW_LEGS
        if not self._columns.in_charge:
            self._unusual.serve(batch.tolist(), self.now)
        else:
            for places in rounds(batch[:, abi.USER_DATA].astype(np.intp)):
                self._serve_round(batch[places])
        self._lend(batch)

    def _lend(self, batch: Completions) -> None:
        """Note which buffers the kernel took."""
        flags = batch[:, abi.FLAGS]
        ids = (flags >> abi.IORING_CQE_BUFFER_SHIFT).astype(np.intp)
        ids = ids[(flags & abi.IORING_CQE_F_BUFFER) != 0]
        if len(ids):
            self._lent.append(self._buffers.run(ids))
            self._buffers.next = (int(ids[-1]) + 1) % self._buffers.count

    def _serve_round(self, batch: Completions) -> None:
        """Packets of different legs."""
        if len(batch) >= self._few_packets:
            self._unusual.load()
            relayed = self._columns.relay(batch, self.now)
            if relayed is not None:
                batch = _NONE if relayed[1] is None else relayed[1]
        self._unusual.serve(batch.tolist(), self.now)
