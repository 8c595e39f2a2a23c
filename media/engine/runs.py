"""Packets of one remote, read from its socket many at a time: one call into the kernel for all.

    Reader.take(descriptor) ──► how many have come
        headers    12 octets each, side by side          ┐ a run of sound is looked at, and kept,
        payloads   160 octets each, side by side         ┘ without a look at each of its packets
        sizes, times    of each: the kernel's clock stamps a packet when it comes
        packet(at)      one of them, whole

So whoever is in no hurry may let packets lie in their socket, and still know when each of them has
come. Works with recvmmsg(2), through ctypes, on 64-bit Linux.
"""

import ctypes
import struct
from collections.abc import Callable
from typing import Final

from softswitch.media import rtp

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
_STAMP: Final = 35 << 32 | 1
"""cmsg_type SCM_TIMESTAMPNS above cmsg_level SOL_SOCKET."""
_PIECE = struct.Struct("=QQ")
"""struct iovec: address, size."""
_PIECES: Final = 3
_MESSAGE = struct.Struct("=QI4xQQQQI4xI4x")
"""struct mmsghdr: name and its size, iovec and how many, control and its size, flags; length."""
_LENGTH_AT: Final = 56 // 4
"""Which word of a mmsghdr is the length."""

_receive = ctypes.PyDLL(None)["recvmmsg"]  # at most some microseconds: not worth giving up the lock
_receive.restype = ctypes.c_int
_receive.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]


class Reader:
    """Room for the packets of one call; the next one overwrites them."""

    __slots__ = (
        "_ahead",
        "_controls",
        "_lengths",
        "_messages",
        "_messages_at",
        "_pieces",
        "_rests",
        "_stamps",
        "_template",
        "_used",
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
        self._messages_at = _address(self._messages)
        self._lengths = memoryview(self._messages).cast("I")
        self._stamps = memoryview(self._controls).cast("q")
        self._used = MOST

    def take(self, descriptor: int) -> int:
        """Read what waits in a socket, up to MOST packets; how many there were."""
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
        stamps = self._stamps
        if stamps[1] != _STAMP:
            return [now] * count
        ahead = self._ahead()
        seconds = stamps[2 : 4 * count : 4].tolist()
        nanoseconds = stamps[3 : 4 * count : 4].tolist()
        times = [
            whole + part * 1e-9 + ahead for whole, part in zip(seconds, nanoseconds, strict=True)
        ]
        if now - OLDEST < times[0] and times[-1] < now + _TOLERANCE:
            return times
        return [now] * count  # somebody has set the clock

    def packet(self, at: int, size: int) -> bytearray:
        """One of those that were read last, in one piece."""
        packet = self.headers[HEADER * at : HEADER * at + min(size, HEADER)]
        if size > HEADER:
            packet += self.payloads[PAYLOAD * at : PAYLOAD * at + min(size - HEADER, PAYLOAD)]
        if size > WHOLE:
            packet += self._rests[_REST * at : _REST * at + size - WHOLE]
        return packet


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
