"""The SIP messages of every call, kept while it lives and handed to the store when it is over.

`record` is on the path of each message and does nothing but append: no copy, no parsing, one
look-up. All work (masking, packing) waits until the call is over, or somebody asks, and is then
done for many calls at once: alone, each would find the processor's caches full of other things and
take three times as long. Nothing leaves this module unmasked: passwords' digests, media keys and
keyed digits are gone from what is stored and shown.

    begin(call, leg 0) ─ record … ─ begin(call, leg 1) ─ record … ─ end ─ some seconds ─► sink

A call is known to be one only after its INVITE was recorded, perhaps after a challenge. An INVITE
of no call and what follows it therefore wait in a short ring, from which `begin` takes those of its
Call-ID. Messages of other kinds never become a call, and are forgotten.
"""

import math
from collections import deque
from collections.abc import Callable
from functools import lru_cache

from softswitch.masking import mask_all
from softswitch.packing import pack
from softswitch.sip.flow import Flow, bracketed

MAX_MESSAGES = 200
"""Messages kept of one call: a call has 16, one with an hour of session refreshes 80."""

MAX_OCTETS = 65_536
"""Octets kept of one call."""

OPENING = 40
"""Messages at the start that a long call never loses; behind them the oldest goes first."""

MAX_OCTETS_IN_ALL = 128 * 1024 * 1024
"""Of all calls together; beyond it, ended ones are stored early and then nothing more is kept."""

MAX_WAITING = 128
"""Messages of no call that are remembered: some tens of milliseconds of a busy switch. When there
are more, the Call-ID that began to wait first is forgotten."""

BEGINNING = b"INVITE "
"""How the first message of a call begins."""

MAX_WAITING_OCTETS = 16_384
"""Of a message worth being remembered, so that all of them never hold more than 2 MB."""

LINGER = 2.0
"""Seconds an ended call still listens: the answer to its BYE, repeated finals, late ACKs."""

TOGETHER = 16
"""Ended calls that are handed over at once."""

PATIENCE = 0.5
"""Seconds that an ended call waits for so many others when its time has come."""

REMEMBERED = 512
"""Flows whose text is: of the phones that call most."""

Kept = tuple[float, bool, int, Flow, bytes]
"""An entry of a trace before anybody reads it: wall time, sent, leg, flow, data."""


class _Call:
    __slots__ = ("call_id", "ended", "entries", "left_out", "octets", "sip_call_ids", "stored")

    def __init__(self, call_id: str) -> None:
        self.ended = False
        self.stored = False
        self.call_id = call_id
        self.sip_call_ids: list[str] = []
        self.entries: list[Kept] = []
        self.octets = 0
        self.left_out = 0


class Tracer:
    """Keeps the messages of calls that are up; `sink` gets a call's id and its packed trace."""

    def __init__(self, sink: Callable[[str, bytes], object]) -> None:
        self._sink = sink
        self._calls: dict[str, _Call] = {}
        self._legs: dict[str, tuple[_Call, int]] = {}
        self._ended: deque[tuple[float, _Call]] = deque()
        self._waiting: dict[str, list[Kept]] = {}
        """Messages of no call, by Call-ID, and how many there are."""
        self._waiting_count = 0
        self._octets = 0
        self._now = 0.0
        self._due = math.inf

    def __len__(self) -> int:
        """Calls held, those that linger included."""
        return len(self._calls)

    def record(
        self, sip_call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float
    ) -> None:
        """Keep a message that passed. The caller must not change `data` later (bytes cannot)."""
        if now_wall >= self._due:
            self._store_due(now_wall)
        self._now = now_wall
        leg = self._legs.get(sip_call_id)
        if leg is not None:
            call, number = leg
            size, entries = len(data), call.entries
            octets, in_all = call.octets + size, self._octets + size
            if octets > MAX_OCTETS or len(entries) >= MAX_MESSAGES or in_all > MAX_OCTETS_IN_ALL:
                self._keep(call, (now_wall, sent, number, flow, data))
                return
            call.octets, self._octets = octets, in_all
            entries.append((now_wall, sent, number, flow, data))
        elif len(data) <= MAX_WAITING_OCTETS:
            self._wait(sip_call_id, (now_wall, sent, 0, flow, data))

    def begin(self, call_id: str, sip_call_id: str) -> None:
        """Messages with this SIP Call-ID belong to the call; the first is the caller's leg."""
        known = self._legs.get(sip_call_id)
        if known is not None:
            if not known[0].ended:
                return  # two live calls claim one Call-ID: it stays with the first
            self._store(known[0])
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = _Call(call_id)
        number = min(len(call.sip_call_ids), 255)
        call.sip_call_ids.append(sip_call_id)
        self._legs[sip_call_id] = (call, number)
        if number == 0:
            waited = self._waiting.pop(sip_call_id, ())
            self._waiting_count -= len(waited)
            for entry in waited:
                self._keep(call, entry)

    def end(self, call_id: str) -> None:
        """The call is over. Its trace goes to the sink `LINGER` seconds later, or a little more."""
        call = self._calls.get(call_id)
        if call is not None and not call.ended:
            call.ended = True
            self._ended.append((self._now + LINGER, call))
            if len(self._ended) in (1, TOGETHER):
                self._due = self._next_due()

    def flush(self) -> None:
        """Hand every call to the sink now, over or not: the switch stops."""
        for call_id in list(self._calls):
            self.end(call_id)
        self._store_due(math.inf)

    def find(self, prefix: str) -> list[str]:
        """The ids of the held calls that begin so; one alone if it is exactly that."""
        if prefix in self._calls:
            return [prefix]
        return [call_id for call_id in self._calls if call_id.startswith(prefix)]

    def packed(self, call_id: str) -> bytes | None:
        """The trace so far of a call that is held, masked; for unpack()."""
        call = self._calls.get(call_id)
        return None if call is None else _pack(call)

    def _wait(self, sip_call_id: str, entry: Kept) -> None:
        """Remember a message of no call, in case it is becoming one."""
        waiting = self._waiting
        known = waiting.get(sip_call_id)
        if known is not None:
            known.append(entry)
        elif entry[4].startswith(BEGINNING):
            waiting[sip_call_id] = [entry]
        else:
            return
        self._waiting_count += 1
        while self._waiting_count > MAX_WAITING:
            self._waiting_count -= len(waiting.pop(next(iter(waiting))))

    def _keep(self, call: _Call, entry: Kept) -> None:
        size = len(entry[4])
        if self._octets + size > MAX_OCTETS_IN_ALL and not self._made_room(call, size):
            call.left_out += 1
            return
        self._octets += size
        call.octets += size
        entries = call.entries
        entries.append(entry)
        while call.octets > MAX_OCTETS or len(entries) > MAX_MESSAGES:
            self._drop_one(call)

    def _made_room(self, call: _Call, size: int) -> bool:
        """Store all ended calls early. Whether the call may keep so many octets now."""
        self._store_due(math.inf)
        return not call.stored and self._octets + size <= MAX_OCTETS_IN_ALL

    def _drop_one(self, call: _Call) -> None:
        oldest = min(OPENING, len(call.entries) - 1)
        size = len(call.entries.pop(oldest)[4])
        call.octets -= size
        call.left_out += 1
        self._octets -= size

    def _store_due(self, now_wall: float) -> None:
        ended = self._ended
        while ended and (ended[0][1].stored or ended[0][0] <= now_wall):
            call = ended.popleft()[1]
            if not call.stored:
                self._store(call)
        self._due = self._next_due()

    def _next_due(self) -> float:
        """When enough calls are due, or the first of few has waited for long enough."""
        ended = self._ended
        if len(ended) >= TOGETHER:
            return ended[TOGETHER - 1][0]
        return ended[0][0] + PATIENCE if ended else math.inf

    def _store(self, call: _Call) -> None:
        """Forget an ended call and hand it over."""
        call.stored = True
        self._octets -= call.octets
        del self._calls[call.call_id]
        for sip_call_id in call.sip_call_ids:
            del self._legs[sip_call_id]
        self._sink(call.call_id, _pack(call))


def _pack(call: _Call) -> bytes:
    texts: dict[int, bytes] = {}
    shown = mask_all([entry[4] for entry in call.entries])
    packed = []
    for (at, sent, leg, flow, _), data in zip(call.entries, shown, strict=True):
        # By identity: nearly all messages of a leg have the same flow, and hashing one is slow.
        text = texts.get(id(flow))
        if text is None:
            text = texts[id(flow)] = _flow_text(flow)
        packed.append((at, sent, leg, text, data))
    return pack(packed, call.left_out)


@lru_cache(REMEMBERED)
def _flow_text(flow: Flow) -> bytes:
    ends = (f"{bracketed(host)}:{port}" for host, port in (flow.local, flow.remote))
    return f"{flow.protocol} {' '.join(ends)}".encode()
