"""Packets of one remote, read from its socket many at a time: one call into the kernel for all.

    Reader.take(descriptor) ──► how many have come
        headers    12 octets each, side by side          ┐ a run of sound is looked at, and kept,
        payloads   160 octets each, side by side         ┘ without a look at each of its packets
        sizes, times    of each: the kernel's clock stamps a packet when it comes
        packets         each of them, whole
        are_usual ──► kept ──► Kept: of usual packets, all that there is to know, for later

So whoever is in no hurry may let packets lie in their socket, and still know when each of them has
come. Works with recvmmsg(2), through ctypes, on 64-bit Linux.
"""

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from softswitch.media import rtp
from softswitch.media.arrivals import LONGEST, Arrivals

MOST: Final = 32
"""Packets of one call."""
HEADER: Final = rtp.FIXED_SIZE
PAYLOAD: Final = 160
"""Octets of 20 ms of G.711 or G.722: what nearly all phones send."""
WHOLE: Final = HEADER + PAYLOAD
LARGEST: Final = 2048
_REST: Final = LARGEST + 1 - WHOLE
"""One more than is taken: longer packets show, and are not ours to cut."""

OLDEST: Final = 5.0
"""Seconds: no packet lies in its socket for longer, unless the worker stood still."""
_TOLERANCE: Final = 0.5
"""Seconds that a packet may be newer than `now`, which is when a batch began."""

MSG_DONTWAIT: Final = 0x40
_STAMP_SIZE: Final = 32
"""Octets of a cmsghdr (size_t, two ints) and a timespec (two longs)."""
_STAMPED: Final = struct.Struct("=qqqq")
_SECONDS: Final = np.array([0, 0, 1, 1e-9])
"""Of that, what makes seconds."""
_STAMP: Final = 35 << 32 | 1
"""cmsg_type SCM_TIMESTAMPNS above cmsg_level SOL_SOCKET."""
_PIECE = struct.Struct("=QQ")
"""struct iovec: address, size."""
_LENGTH = struct.Struct("=I")
_PIECES: Final = 3
_MESSAGE = struct.Struct("=QI4xQQQQI4xI4x")
"""struct mmsghdr: name and its size, iovec and how many, control and its size, flags; length."""
_LENGTH_AT: Final = 56 // 4
"""Which word of a mmsghdr is the length."""

_SAME: Final = int.from_bytes(rtp.FIXED.pack(0, 0, 0, 1) * LONGEST)
_STEPS: Final = int.from_bytes(
    b"".join(rtp.FIXED.pack(0, number, PAYLOAD * number, 0) for number in range(LONGEST))
)
"""What the headers of a run are as one number: the first as often as there are packets, and what
each of them has more."""

_receive = ctypes.PyDLL(None)["recvmmsg"]  # at most some microseconds: not worth giving up the lock
_receive.restype = ctypes.c_int
_receive.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]


class Reader:
    """Room for the packets of one call; the next one overwrites them."""

    __slots__ = (
        "_ahead",
        "_all_controls",
        "_all_headers",
        "_controls",
        "_lengths",
        "_messages",
        "_messages_at",
        "_pieces",
        "_rests",
        "_template",
        "_used",
        "_usual",
        "headers",
        "payloads",
        "sound",
    )

    def __init__(self, ahead: Callable[[], float]) -> None:
        """`ahead` tells how far our clock is before that of the kernel's stamps (seconds)."""
        self._ahead = ahead
        self.headers = bytearray(HEADER * MOST)
        self.payloads = bytearray(PAYLOAD * MOST)
        self.sound = memoryview(self.payloads)
        self._rests = bytearray(_REST * MOST)
        self._controls = bytearray(_STAMP_SIZE * MOST)
        self._pieces = bytearray(_PIECE.size * _PIECES * MOST)
        self._messages = bytearray(_MESSAGE.size * MOST)
        into = ((self.headers, HEADER), (self.payloads, PAYLOAD), (self._rests, _REST))
        places = [(_address(buffer), size) for buffer, size in into]
        pieces_at, controls_at = _address(self._pieces), _address(self._controls)
        for at in range(MOST):
            first = _PIECES * at
            for number, (place, size) in enumerate(places):
                _PIECE.pack_into(
                    self._pieces, _PIECE.size * (first + number), place + size * at, size
                )
            pieces, control = pieces_at + _PIECE.size * first, controls_at + _STAMP_SIZE * at
            message = (0, 0, pieces, _PIECES, control, _STAMP_SIZE, 0, 0)
            _MESSAGE.pack_into(self._messages, _MESSAGE.size * at, *message)
        self._template = bytes(self._messages)
        for at in range(MOST):
            _LENGTH.pack_into(self._messages, _MESSAGE.size * at + 4 * _LENGTH_AT, WHOLE)
        self._usual = memoryview(bytes(self._messages))
        """What the kernel makes of that, when packets have the usual length, and stamps."""
        self._messages_at = _address(self._messages)
        self._lengths = memoryview(self._messages).cast("I")
        self._all_headers = memoryview(self.headers)
        self._all_controls = memoryview(self._controls)
        self._used = MOST

    def take(self, descriptor: int) -> int:
        """Read what waits in a socket, up to MOST packets; how many there were."""
        if self._used:
            used = _MESSAGE.size * self._used
            self._messages[:used] = self._template[:used]  # the kernel writes sizes back
        count: int = _receive(descriptor, self._messages_at, MOST, MSG_DONTWAIT, None)
        self._used = count = max(0, count)
        return count

    def sizes(self, count: int) -> list[int]:
        """Octets of the packets that were read last."""
        words = _MESSAGE.size // 4
        return self._lengths[_LENGTH_AT : words * count : words].tolist()

    def times(self, count: int, now: float) -> list[float]:
        """When these packets came, as our clock has it; `now`, where the kernel does not say."""
        return [*arrivals(self._controls[: _STAMP_SIZE * count], self._ahead(), now)]

    def packets(self, count: int) -> list[bytearray]:
        """Those that were read last, each in one piece; with one octet too many, if it is longer
        than LARGEST."""
        return [self._packet(at, size) for at, size in enumerate(self.sizes(count))]

    def are_usual(self, count: int) -> bool:
        """Are those that were read last of the usual length, and stamped? Then no key is among
        them: a telephone event has four octets."""
        if not self._messages.startswith(self._usual[: _MESSAGE.size * count]):
            return False
        self._used = 0  # all that the kernel has written but the length, it has found so
        return True

    def kept(self, count: int) -> "Kept":
        """Those that were read last, which are of the usual length."""
        return Kept(
            bytes(self._all_headers[: HEADER * count]),
            bytes(self.sound[: PAYLOAD * count]),
            bytes(self._all_controls[: _STAMP_SIZE * count]),
        )

    def times_of(self, kept: "Kept", now: float) -> Arrivals:
        """When these packets came, as our clock has it now."""
        return arrivals(kept.stamps, self._ahead(), now)

    def _packet(self, at: int, size: int) -> bytearray:
        """One of those that were read last, in one piece."""
        packet = self.headers[HEADER * at : HEADER * at + min(size, HEADER)]
        if size > HEADER:
            packet += self.payloads[PAYLOAD * at : PAYLOAD * at + min(size - HEADER, PAYLOAD)]
        if size > WHOLE:
            packet += self._rests[_REST * at : _REST * at + size - WHOLE]
        return packet


class Kept(NamedTuple):
    """Packets of the usual length, each part side by side."""

    headers: bytes
    sound: bytes
    stamps: bytes

    @classmethod
    def joined(cls, parts: "Sequence[Kept]") -> "Kept":
        """All of these, one after the other."""
        return cls(*map(b"".join, zip(*parts, strict=True)))

    def packets(self) -> list[bytearray]:
        """Each in one piece."""
        headers, sound = self.headers, self.sound
        return [
            bytearray(headers[HEADER * at : HEADER * (at + 1)])
            + sound[PAYLOAD * at : PAYLOAD * (at + 1)]
            for at in range(len(headers) // HEADER)
        ]

    def run(self) -> tuple[int, int, int, int] | None:
        """First two octets, sequence number, timestamp and SSRC of the first, if all others follow
        it, each with as many ticks as octets; None: not so, or a number begins anew, or they are
        more than LONGEST."""
        headers = self.headers
        kind, sequence, timestamp, ssrc = rtp.FIXED.unpack_from(headers)
        count = len(headers) // HEADER
        if sequence + count > 1 << 16 or timestamp + PAYLOAD * count > 1 << 32 or count > LONGEST:
            return None
        others = 8 * HEADER * (LONGEST - count)
        run = int.from_bytes(headers[:HEADER]) * (_SAME >> others) + (_STEPS >> others)
        return (kind, sequence, timestamp, ssrc) if int.from_bytes(headers) == run else None


def arrivals(stamps: bytes | bytearray, ahead: float, now: float) -> Arrivals:
    """When packets with these stamps came, as our clock has it, which is so far `ahead`; `now`,
    where the kernel does not say."""
    count = len(stamps) // _STAMP_SIZE
    _, kind, seconds, nanoseconds = _STAMPED.unpack_from(stamps)
    if kind == _STAMP and now - OLDEST < seconds + nanoseconds * 1e-9 + ahead:
        came = np.frombuffer(stamps, np.int64).reshape(count, 4).dot(_SECONDS)
        came += ahead
        arrivals = Arrivals(came)
        if arrivals.last < now + _TOLERANCE:
            return arrivals
        # somebody has set the clock
    return Arrivals(np.full(count, now, np.float64))


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
