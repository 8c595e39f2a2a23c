"""The one RTP stream that a port sends, whoever feeds it.

Sources come and go (early media, the other phone, a phone that changes its SSRC), but the far side
must see one SSRC whose sequence numbers go up by one and whose timestamps never jump back: else
phones drop, delay or re-buffer (RFC 3550 §5.1). So each source gets offsets that make its first
packet continue what was sent before.
"""

from softswitch.media.rtp import FRAME, build


class OutgoingStream:
    """Where our stream stands: what the next packet continues."""

    __slots__ = ("next_sequence", "packets", "sent_at", "ssrc", "timestamp")

    def __init__(self, ssrc: int, sequence: int, timestamp: int) -> None:
        """All three random, so that no outsider can guess them (§5.1)."""
        self.ssrc = ssrc
        self.next_sequence = sequence
        self.timestamp = timestamp
        """Of the last packet."""
        self.sent_at = float("-inf")
        self.packets = 0

    def offsets(
        self, sequence: int, timestamp: int, now: float, clock_rate: int
    ) -> tuple[int, int]:
        """What to add to a new source's numbers, given those of its first packet.

        Time that passed since the last packet passes in the timestamp too, at least one frame.
        """
        elapsed = FRAME
        if self.packets:
            elapsed = max(FRAME, round((now - self.sent_at) * clock_rate))
        return (
            (self.next_sequence - sequence) & 0xFFFF,
            (self.timestamp + elapsed - timestamp) & 0xFFFFFFFF,
        )

    def continued(self, packets: int, next_sequence: int, timestamp: int, at: float) -> None:
        """A source sent this many packets, and left off here."""
        self.packets += packets
        self.next_sequence = next_sequence & 0xFFFF
        self.timestamp = timestamp & 0xFFFFFFFF
        self.sent_at = at

    def packet(self, payload_type: int, payload: bytes, now: float, clock_rate: int) -> bytes:
        """The stream's next packet, of our own making; it opens a talkspurt."""
        sequence, timestamp = self.offsets(0, 0, now, clock_rate)
        self.continued(1, sequence + 1, timestamp, now)
        return build(payload_type, sequence, timestamp, self.ssrc, payload, marker=True)
