"""WAV files, as far as recordings need them: one header of 58 octets, then nothing but sound.

    RIFF size WAVE                      12 octets
    fmt  18  code channels rate …  0    26: the long form, whose last field is the size of nothing
    fact  4  samples per channel        12: asked for whenever the code is not plain PCM
    data size                            8

The codes are those of RFC 2361. G.711 is kept as it came, an octet a sample, so that a recording
costs nothing but its writing; everything else becomes PCM of 16 bits, little-endian.

A recording's header is written first, with sizes of nothing, and again at its end. What a crash has
left is whole but for that, so `recovered` makes the right header from the file's length.
"""

import struct
from typing import NamedTuple

PCM, A_LAW, MU_LAW = 1, 6, 7
"""RFC 2361: WAVE_FORMAT_PCM (A.1), ALAW (A.5), MULAW (A.6)."""
_CODES = {"L16": PCM, "PCMA": A_LAW, "PCMU": MU_LAW}
_ENCODINGS = {code: encoding for encoding, code in _CODES.items()}
_SILENCE = {"L16": b"\x00\x00", "PCMA": b"\xd5", "PCMU": b"\xff"}

CHANNELS = range(1, 3)
FASTEST = 48000
"""Samples per second."""
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
HEADER_SIZE = _HEADER.size
_BEFORE_RIFF_SIZE = 8
_FORMAT_SIZE, _FACT_SIZE = 18, 4
LARGEST = (1 << 32) - 1 - HEADER_SIZE
"""Octets of sound: sizes have 32 bits."""


class Layout(NamedTuple):
    """What the sound in a file is."""

    encoding: str
    """"PCMU", "PCMA", or "L16": here with the low octet first."""
    rate: int
    """Samples per second of each channel."""
    channels: int = 1

    @property
    def sample_octets(self) -> int:
        """Of one sample of one channel."""
        return len(_SILENCE[self.encoding])

    @property
    def block_octets(self) -> int:
        """Of one sample of all channels."""
        return self.sample_octets * self.channels

    @property
    def silence(self) -> bytes:
        """One sample of one channel."""
        return _SILENCE[self.encoding]


def header(layout: Layout, octets: int) -> bytes:
    """What goes before so many octets of sound."""
    block = layout.block_octets
    octets = min(octets, LARGEST)
    return _HEADER.pack(
        b"RIFF",
        HEADER_SIZE - _BEFORE_RIFF_SIZE + octets,
        b"WAVE",
        b"fmt ",
        _FORMAT_SIZE,
        _CODES[layout.encoding],
        layout.channels,
        layout.rate,
        layout.rate * block,
        block,
        8 * layout.sample_octets,
        0,
        b"fact",
        _FACT_SIZE,
        octets // block,
        b"data",
        octets,
    )


def read(head: bytes) -> Layout | None:
    """The layout of a file that begins with a header of ours; None when it does not."""
    if len(head) < HEADER_SIZE:
        return None
    fields = _HEADER.unpack_from(head)
    code, channels, rate = fields[5:8]
    if code not in _ENCODINGS or channels not in CHANNELS or not 0 < rate <= FASTEST:
        return None
    layout = Layout(_ENCODINGS[code], rate, channels)
    return layout if header(layout, fields[-1]) == head[:HEADER_SIZE] else None


def recovered(head: bytes, size: int) -> bytes | None:
    """The right header for a file of this size whose writer died; None when it is not ours.

    A last sample that is not whole does not count. The header tells what does: whatever of the file
    is beyond it can be cut off or left.
    """
    layout = read(head)
    if layout is None:
        return None
    octets = max(0, size - HEADER_SIZE)
    return header(layout, octets - octets % max(2, layout.block_octets))
