"""A phone's mouth and ear: it says packets that nobody else could have made, and knows each again.

Every payload names its speaker and its place. What is heard is one of the partner's packets octet
by octet, the switch's own silence, or wrong.
"""

from __future__ import annotations

import base64
import random
import re
import struct

from pylibsrtp import Error, Policy, Session

from tests.support.rtp_socket import Address, Packet, Rtp

PCMU = 0
FRAME = 160
RATE = 8000
SILENCE = b"\xff" * FRAME
"""What the switch says when it speaks first."""
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_OCTETS = 30
REPORTS = range(192, 224)
"""The second octet of RTCP."""
MOST_KEPT = 10


class Talker:
    """One side of a call. `key` is its own SRTP key with salt; empty, it talks plainly."""

    def __init__(self, number: int, rtp: Rtp, key: bytes = b"") -> None:
        self.number = number
        self.rtp = rtp
        self.key = key
        self.to: Address | None = None
        self.said = 0
        self.heard: set[int] = set()
        """Places of the partner's packets."""
        self.doubled = 0
        self.wrong: list[bytes] = []
        """Payloads that are nobody's, the first few."""
        self.ssrc = random.getrandbits(32)
        self._first = random.getrandbits(16)
        self._sealing = _session(key, Policy.SSRC_ANY_OUTBOUND)
        self._opening: Session | None = None
        self._last = b""

    @property
    def sequence(self) -> int:
        """Of the next packet."""
        return (self._first + self.said) & 0xFFFF

    def unlock(self, key: bytes) -> None:
        """What is heard is encrypted under this key."""
        self._opening = _session(key, Policy.SSRC_ANY_INBOUND)

    def speak(self, interval: float) -> None:
        """The next packet; `interval` seconds after the one before."""
        assert self.to is not None
        stamp = round(self.said * interval * RATE) & 0xFFFF_FFFF
        octets = words(self.number, self.said)
        packet = struct.pack("!BBHII", 0x80, PCMU, self.sequence, stamp, self.ssrc) + octets
        self._last = packet if self._sealing is None else self._sealing.protect(packet)
        self.rtp.send_octets(self._last, self.to)
        self.said += 1

    def forge(self, mark: bytes) -> None:
        """From this very socket, what somebody without the key can send: plain packets, packets
        with a made-up tag, and the last one again. As if they were next, and as if long ago."""
        assert self.to is not None
        payload = (mark * FRAME)[:FRAME]
        for ahead in (0, 1, 2, -64):
            sequence = (self.sequence + ahead) & 0xFFFF
            self.rtp.send(Packet(PCMU, False, sequence, 0, self.ssrc, payload), self.to)
            sealed = payload + random.randbytes(10)
            self.rtp.send(Packet(PCMU, False, sequence, 0, self.ssrc, sealed), self.to)
        self.rtp.send_octets(self._last, self.to)
        report = struct.pack("!BBHI", 0x81, 203, 1, self.ssrc)
        self.rtp.send_octets(report, self.to)

    def listen(self, partner: Talker) -> None:
        """Look at all that has come."""
        for data in self.rtp.waiting():
            if len(data) < 12 or data[1] in REPORTS:
                continue
            payload = self._open(data)
            place = place_in(payload, partner.number)
            if place is None:
                self._is_wrong(payload)
            elif place in self.heard:
                self.doubled += 1
            else:
                self.heard.add(place)

    def _open(self, data: bytes) -> bytes:
        """The payload; what cannot be opened is as it came, and so will be wrong."""
        if self._opening is None:
            return data[12:]
        try:
            return self._opening.unprotect(data)[12:]
        except Error:
            return b"sealed by nobody: " + data[12:]

    def _is_wrong(self, payload: bytes) -> None:
        if payload != SILENCE and len(self.wrong) < MOST_KEPT:
            self.wrong.append(payload)


def words(number: int, place: int) -> bytes:
    """What that phone says in its packet of that place."""
    return (b"phone %06d says %08d. " % (number, place) * FRAME)[:FRAME]


def place_in(payload: bytes, number: int) -> int | None:
    """Which packet of that phone this is; None: it is none."""
    match = re.match(rb"phone %06d says (\d{8})\. " % number, payload)
    if match is None or payload != words(number, int(match[1])):
        return None
    return int(match[1])


def crypto(key: bytes, tag: int = 1) -> str:
    """The line of a description (RFC 4568)."""
    return f"a=crypto:{tag} {SUITE} inline:{base64.b64encode(key).decode()}\r\n"


def key_in(body: bytes) -> tuple[bytes, int]:
    """Of the description's line with our suite, and that line's tag."""
    match = re.search(rf"a=crypto:(\d+) {SUITE} inline:([^|\s]+)".encode(), body)
    assert match is not None, body
    return base64.b64decode(match[2]), int(match[1])


def _session(key: bytes, direction: int) -> Session | None:
    return Session(Policy(key=key, ssrc_type=direction)) if key else None
