"""G.722 at 64 kbit/s: 16 kHz sound in the octets of G.711 (ITU-T G.722; RFC 3551 §4.5.2).

Its RTP clock is 8000 although its samples come at 16 kHz: an octet is one tick and two samples.
At a rate of 8000 only the lower of the two sub-bands is coded, with silence as the upper: what
telephone speech needs, at half the cost and without any resampling.
"""

from functools import cache

import numpy as np
from G722 import G722 as Engine

from softswitch.media.codecs.interface import LONGEST, rate_of
from softswitch.media.concealment import Concealment
from softswitch.media.samples import Samples

CLOCK_RATE = 8000
WIDE, NARROW = 16000, 8000
BIT_RATE = 64000
MAX_OCTETS = CLOCK_RATE * LONGEST // 1000


class Decoder:
    """Of one stream; hides what is lost."""

    __slots__ = ("_concealment", "_decode", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._decode = Engine(rate, BIT_RATE, use_numpy=False).decode
        self._concealment = Concealment(rate)

    def decode(self, payload: bytes) -> Samples:
        """An octet is a sample of each sub-band; any octet means something."""
        decoded = self._decode(payload[:MAX_OCTETS])
        return self._concealment.follow(np.frombuffer(decoded, np.int16))

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """The last pitch period again, fading."""
        return self._concealment.conceal(samples)


class Encoder:
    """Of one stream."""

    __slots__ = ("_encode", "_kept", "encode", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._encode = Engine(rate, BIT_RATE).encode
        self._kept: Samples | None = None
        self.encode = self._encode if rate == NARROW else self._encode_pairs
        """At 8 kHz a sample is an octet."""

    def _encode_pairs(self, samples: Samples) -> bytes:
        """Two samples are an octet; an odd one waits for the next packet."""
        if self._kept is not None:
            samples = np.concatenate((self._kept, samples))
            self._kept = None
        if len(samples) & 1:
            self._kept = samples[-1:].copy()
            samples = samples[:-1]
        octets: bytes = self._encode(samples)
        return octets


class G722:
    """The only G.722 that RTP has a name for."""

    frame_rate = WIDE
    rates: tuple[int, ...] = (NARROW, WIDE)

    def decoder(self, rate: int = 0) -> Decoder:
        return Decoder(rate_of(self.rates, rate, self.frame_rate))

    def encoder(self, ptime: int = 20, rate: int = 0) -> Encoder:
        return Encoder(rate_of(self.rates, rate, self.frame_rate))

    def silence(self, samples: int) -> bytes:
        return _silence()[: samples // 2]


@cache
def _silence() -> bytes:
    """What an encoder in its first state makes of silence: LONGEST of it."""
    octets: bytes = Engine(NARROW, BIT_RATE).encode(np.zeros(MAX_OCTETS, np.int16))
    return octets
