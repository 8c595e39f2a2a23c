"""Symmetric RTP that is learned once and then locked.

A phone behind a NAT sends from an address that its SDP does not know, so we must learn it; a
switch that learns from anybody lets anybody take over the audio ("RTP bleed"). The rules:

* Only the address of the SDP, and behind a NAT the one that the phone's SIP comes from, may be
  learned, on any port.
* The very address and port of the SDP are right at once. Any other source needs four packets in
  sequence, of one SSRC and of a negotiated payload type.
* Then the latch is locked until the next offer or answer. Who is not let in is never answered.

A new offer or answer with the same media address is no reason to doubt the source already proven:
it is right at once too, so that hold, resume and session refresh lose no audio behind a NAT.

Where packets are authenticated, their tags prove more than any address: then nothing is learned but
from them, and they teach at once (`trust`).
"""

import enum

from softswitch.media.rtp import Header

Address = tuple[str, int]

PACKETS_TO_PROVE = 4
MAX_CANDIDATES = 4
"""Sources on probation at once; one more pushes out the oldest, so a flood grows nothing."""


class Verdict(enum.Enum):
    """What the latch says about a packet's source."""

    FOREIGN = enum.auto()
    LEARNING = enum.auto()
    """Allowed, not proven yet: neither relayed nor counted as foreign."""
    RIGHT = enum.auto()


class Latch:
    """Which source is the remote. Until told what to expect, none."""

    __slots__ = ("_candidates", "_learnable", "_proven", "expected", "locked", "payload_types")

    def __init__(self) -> None:
        self.expected: Address | None = None
        """Where the SDP says the remote is; None when it cannot be sent to."""
        self.locked: Address | None = None
        self._proven: Address | None = None
        self._learnable: frozenset[str] = frozenset()
        self.payload_types: frozenset[int] = frozenset()
        """Negotiated; packets of others prove nothing."""
        self._candidates: dict[Address, tuple[int, int, int]] = {}

    @property
    def learnable(self) -> frozenset[str]:
        """Hosts that packets may come from."""
        return self._learnable

    @property
    def destination(self) -> Address | None:
        """Where to send: the source that was proven, else where the SDP says."""
        return self.locked or self._proven or self.expected

    def renegotiate(self, expected: Address | None, learnable: frozenset[str]) -> None:
        """Unlock: a new offer or answer says what to expect."""
        known = self.locked or self._proven
        keep = known is not None and expected == self.expected and known[0] in learnable
        self._proven = known if keep else None
        self.locked = None
        self.expected = expected
        self._learnable = learnable
        self._candidates.clear()

    def judge(self, source: Address, header: Header) -> Verdict:
        """May this packet in? Locks when it is the one that proves its source."""
        if self.locked is not None:
            return Verdict.RIGHT if source == self.locked else Verdict.FOREIGN
        exact = source == self.expected or source == self._proven
        if not exact and source[0] not in self._learnable:
            return Verdict.FOREIGN
        if header.payload_type not in self.payload_types:
            return Verdict.LEARNING
        if exact or self._proves(source, header):
            self.locked = source
            self._candidates.clear()
            return Verdict.RIGHT
        return Verdict.LEARNING

    def trust(self, source: Address) -> None:
        """Lock onto a source that has proven itself in another way, whatever was locked before."""
        self.locked = source
        self._candidates.clear()

    def _proves(self, source: Address, header: Header) -> bool:
        ssrc, expected, run = self._candidates.pop(source, (-1, 0, 0))
        if header.ssrc != ssrc or header.sequence != expected:
            run = 0
        elif run + 1 >= PACKETS_TO_PROVE:
            return True
        if len(self._candidates) >= MAX_CANDIDATES:
            del self._candidates[next(iter(self._candidates))]
        self._candidates[source] = (header.ssrc, (header.sequence + 1) & 0xFFFF, run + 1)
        return False
