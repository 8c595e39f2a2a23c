"""The one RTP stream that a port sends, whoever feeds it.

Sources come and go (early media, the other phone, a phone that changes its SSRC, our own sounds),
but the far side must see one SSRC whose sequence numbers go up by one and whose timestamps never
jump back: else phones drop, delay or re-buffer (RFC 3550 §5.1). So each source gets offsets that
make its first packet continue what was sent before.
"""

from softswitch.media.rtp import FIXED, MARKER, VERSION

FRAMES_PER_SECOND = 50
"""Packets that nearly every phone sends."""


class OutgoingStream:
    """Where our stream stands: what the next packet continues."""

    __slots__ = ("next_sequence", "octets", "packets", "sent_at", "ssrc", "timestamp")

    def __init__(self, ssrc: int, sequence: int, timestamp: int) -> None:
        """All three random, so that no outsider can guess them (§5.1)."""
        self.ssrc = ssrc
        self.next_sequence = sequence
        self.timestamp = timestamp
        """Of the last packet."""
        self.sent_at = float("-inf")
        """When the last packet with a new timestamp was sent."""
        self.packets = 0
        self.octets = 0
        """Of payload (§6.4.1)."""

    def elapsed(self, now: float, clock_rate: int) -> int:
        """Ticks since the last packet, at least a frame: time passes in silence too."""
        least = clock_rate // FRAMES_PER_SECOND
        if not self.packets:
            return least
        return max(least, round((now - self.sent_at) * clock_rate))

    def offsets(
        self, sequence: int, timestamp: int, now: float, clock_rate: int
    ) -> tuple[int, int]:
        """What to add to a new source's numbers, given those of its first packet."""
        return (
            (self.next_sequence - sequence) & 0xFFFF,
            (self.timestamp + self.elapsed(now, clock_rate) - timestamp) & 0xFFFFFFFF,
        )

    def continued(
        self, packets: int, octets: int, next_sequence: int, timestamp: int, at: float
    ) -> None:
        """A source sent this many packets, and left off here."""
        self.packets += packets
        self.octets += octets
        self.next_sequence = next_sequence & 0xFFFF
        self.timestamp = timestamp & 0xFFFFFFFF
        self.sent_at = at

    def packet(
        self, payload_type: int, payload: bytes, ticks: int, now: float, *, marker: bool
    ) -> bytes:
        """The stream's next packet, of our own making, so many ticks after the one before.

        With no tick at all it tells more about the same moment, as the packets of one telephone
        event do (RFC 4733 §2.5.1.2).
        """
        sequence = self.next_sequence
        self.next_sequence = (sequence + 1) & 0xFFFF
        if ticks:
            self.timestamp = (self.timestamp + ticks) & 0xFFFFFFFF
            self.sent_at = now
        self.packets += 1
        self.octets += len(payload)
        first = VERSION << 14 | (MARKER if marker else 0) | payload_type
        return FIXED.pack(first, sequence, self.timestamp, self.ssrc) + payload
