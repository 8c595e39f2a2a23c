"""Frames inside Opus packets (RFC 6716 §3): how long they are, and several in one packet.

The first octet, the table-of-contents, says how long the packet's frames are and, in its lowest two
bits, how many there are:

    0   one               1   two of equal size
    2   two               3   the next octet's lowest six bits count them
"""

_PER_CONFIGURATION = (
    *(10, 20, 40, 60) * 3,  # SILK
    *(10, 20) * 2,  # SILK and CELT together
    *(2.5, 5, 10, 20) * 4,  # CELT
)
"""Milliseconds of a frame by the upper five bits (RFC 6716 §3.1, table 2)."""
FRAMES = tuple(int(duration * 48) for duration in _PER_CONFIGURATION)
"""The same at 48 kHz."""
LONGEST_PACKET = 5760
"""120 ms at 48 kHz (RFC 6716 §3.2.5)."""
UNITS = 400
"""Frames of 2.5 ms in a second: all others are multiples of them."""
_ONE_FRAME = (24, 16, 8, 4, 2, 1)
"""What an encoder makes one frame of, in units: 60 to 2.5 ms."""
_MOST_UNITS = 48
_COUNTED, _VARIABLE = 3, 0x80
"""Packet code 3, and its flag that each frame has a size of its own."""
_TWO_OCTETS = 252
"""Sizes from here on take two octets (RFC 6716 §3.2.1)."""


def ticks(payload: bytes) -> int:
    """How long a packet lasts at 48 kHz; 0 when it is none."""
    if not payload:
        return 0
    code = payload[0] & 3
    count = 1 if code == 0 else 2
    if code == _COUNTED:
        count = payload[1] & 0x3F if len(payload) > 1 else 0
    lasting = FRAMES[payload[0] >> 3] * count
    return lasting if lasting <= LONGEST_PACKET else 0


def longest(rate: int) -> int:
    """Samples of the longest frame."""
    return rate // UNITS * _ONE_FRAME[0]


def division(samples: int, rate: int) -> tuple[int, int]:
    """(samples of a frame, frames) that a packet of so many samples is made of; 120 ms at most."""
    unit = rate // UNITS
    units = min(samples // unit, _MOST_UNITS)
    if units in _ONE_FRAME or not units:
        return units * unit, 1
    # short frames are coded worse: as long as they divide the packet, but no longer than 20 ms
    frame = next(size for size in (8, 4, 2, 1) if units % size == 0)
    return frame * unit, units // frame


def joined(packets: list[bytes]) -> bytes:
    """One packet of packets with one frame each (RFC 6716 §3.2.5).

    They must agree in their first octet. Those that do not agree with the first, because the
    encoder has just changed its mode, are left out.
    """
    first = packets[0][:1]
    if not first:
        return b""
    contents = first[0]
    frames = [one[1:] for one in packets if one[:1] == first]
    sizes = b"".join(_size(len(frame)) for frame in frames[:-1])
    head = bytes((contents & ~3 | _COUNTED, _VARIABLE | len(frames)))
    return head + sizes + b"".join(frames)


def _size(octets: int) -> bytes:
    if octets < _TWO_OCTETS:
        return bytes((octets,))
    first = _TWO_OCTETS + (octets & 3)
    return bytes((first, octets - first >> 2))
