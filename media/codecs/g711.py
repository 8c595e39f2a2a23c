"""G.711: PCMU and PCMA, one octet a sample (ITU-T G.711; RFC 3551 §4.5.14).

Both laws round a sample to the middle of one of 256 intervals whose widths double from segment to
segment. So both directions are tables, and arrays of any shape go through them at once: a batch of
a hundred calls costs a tenth per frame of what a call alone does. The tables are exact: they agree
with the ITU's reference for all 65,536 samples and 256 codes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from softswitch.media.codecs.interface import LONGEST, rate_of
from softswitch.media.concealment import Concealment
from softswitch.media.samples import Samples

RATE = 8000
MAX_OCTETS = RATE * LONGEST // 1000

Codes = npt.NDArray[np.uint8]

FULL_SCALE = np.float32(32768)

_BIAS = 33
"""µ-law adds it, so that the segments end at powers of two (14-bit samples)."""
_LARGEST = 0x1FFF
_EVEN_BITS = 0x55
"""A-law inverts every other bit, for lines that want changes in silence."""
_SEGMENTS = 7


class Law:
    """One of the two laws: tables between its codes and samples."""

    __slots__ = ("_codes", "_samples", "octets", "powers", "silence")

    def __init__(self, samples: Samples, codes: Codes) -> None:
        self._samples = samples
        self._codes = codes
        self.powers = (samples.astype(np.float32) / FULL_SCALE) ** 2
        """Of each code, relative to full scale."""
        self.silence = int(codes[0])
        """The code of a sample of 0."""
        self.octets: Final = codes.tobytes()
        """Code by sample, the sample taken as a number without sign."""

    def decode(self, codes: Codes) -> Samples:
        """Codes of any shape (calls by samples, say) to samples of that shape."""
        return self._samples.take(codes)

    def encode(self, samples: Samples) -> Codes:
        """Samples of any shape to codes of that shape."""
        return self._codes.take(samples.view(np.uint16))

    def samples_of(self, payload: bytes) -> Samples:
        """A payload, at most MAX_OCTETS of it, as samples."""
        return self._samples.take(np.frombuffer(payload[:MAX_OCTETS], np.uint8))

    def payload_of(self, samples: Samples) -> bytes:
        """Samples as a payload."""
        # a negative index counts from the end: two's complement does so, too
        return self._codes.take(samples).tobytes()


def _mu_law() -> Law:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 0x0F) << 1) + _BIAS << (code >> 4 & 7)) - _BIAS
    samples = np.where(code & 0x80, -magnitude, magnitude) << 2

    every = np.arange(65536).astype(np.uint16).view(np.int16).astype(int)
    # the lowest two of 16 bits are cut off, of negative samples those of the one's complement
    biased = np.minimum((every ^ every >> 15) >> 2, _LARGEST - _BIAS) + _BIAS
    segment = np.searchsorted(1 << np.arange(6, 6 + _SEGMENTS), biased, "right")
    inverse = segment << 4 | biased >> segment + 1 & 0x0F
    codes = ~(inverse | np.where(every < 0, 0x80, 0))
    return Law(samples.astype(np.int16), codes.astype(np.uint8))


def _a_law() -> Law:
    code = np.arange(256) ^ _EVEN_BITS
    segment, step = code >> 4 & 7, code & 0x0F
    magnitude = (step << 4) + 8 + np.where(segment > 0, 0x100, 0) << np.maximum(segment - 1, 0)
    samples = np.where(code & 0x80, magnitude, -magnitude)

    every = np.arange(65536).astype(np.uint16).view(np.int16).astype(int)
    magnitude = (every ^ every >> 15) >> 4
    segment = np.searchsorted(1 << np.arange(4, 4 + _SEGMENTS), magnitude, "right")
    code = segment << 4 | magnitude >> np.maximum(segment - 1, 0) & 0x0F
    codes = (code | np.where(every < 0, 0, 0x80)) ^ _EVEN_BITS
    return Law(samples.astype(np.int16), codes.astype(np.uint8))


MU_LAW = _mu_law()
A_LAW = _a_law()
LAWS = {"PCMU": MU_LAW, "PCMA": A_LAW}

_EVERY_CODE = bytes(range(256))
MU_TO_A = A_LAW.payload_of(MU_LAW.samples_of(_EVERY_CODE))
"""For bytes.translate: the A-law code nearest to each µ-law code."""
A_TO_MU = MU_LAW.payload_of(A_LAW.samples_of(_EVERY_CODE))


class Decoder:
    """Of one stream; hides what is lost."""

    __slots__ = ("_concealment", "_samples_of", "rate")

    def __init__(self, law: Law) -> None:
        self.rate = RATE
        self._samples_of = law.samples_of
        self._concealment = Concealment(RATE)

    def decode(self, payload: bytes) -> Samples:
        """An octet is a sample."""
        return self._concealment.follow(self._samples_of(payload))

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """The last pitch period again, fading."""
        return self._concealment.conceal(samples)


class Encoder:
    """Of one stream."""

    __slots__ = ("encode", "rate")

    def __init__(self, law: Law) -> None:
        self.rate = RATE
        self.encode = law.payload_of
        """A sample is an octet."""


class G711:
    """PCMU or PCMA."""

    frame_rate = RATE
    rates: tuple[int, ...] = (RATE,)

    def __init__(self, law: Law) -> None:
        self.law = law

    def decoder(self, rate: int = 0) -> Decoder:
        rate_of(self.rates, rate, self.frame_rate)
        return Decoder(self.law)

    def encoder(self, ptime: int = 20, rate: int = 0) -> Encoder:
        rate_of(self.rates, rate, self.frame_rate)
        return Encoder(self.law)

    def silence(self, samples: int) -> bytes:
        return bytes((self.law.silence,)) * samples
