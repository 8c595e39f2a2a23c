"""L16: samples as they are, most significant octet first (RFC 3551 §4.5.11)."""

import numpy as np

from softswitch.media.codecs.interface import LONGEST, rate_of
from softswitch.media.concealment import Concealment
from softswitch.media.samples import Samples

NETWORK = np.dtype(">i2")


class Decoder:
    """Of one stream; hides what is lost."""

    __slots__ = ("_concealment", "_longest", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._longest = rate * LONGEST // 1000
        self._concealment = Concealment(rate)

    def decode(self, payload: bytes) -> Samples:
        """Two octets are a sample; half a sample at the end is left out."""
        count = min(len(payload) // 2, self._longest)
        samples = np.frombuffer(payload, NETWORK, count).astype(np.int16)
        return self._concealment.follow(samples)

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """The last pitch period again, fading."""
        return self._concealment.conceal(samples)


class Encoder:
    """Of one stream."""

    __slots__ = ("rate",)

    def __init__(self, rate: int) -> None:
        self.rate = rate

    def encode(self, samples: Samples) -> bytes:
        """A sample is two octets."""
        return samples.astype(NETWORK).tobytes()


class L16:
    """At the rate of its RTP clock, one channel."""

    def __init__(self, rate: int) -> None:
        self.frame_rate = rate
        self.rates: tuple[int, ...] = (rate,)

    def decoder(self, rate: int = 0) -> Decoder:
        return Decoder(rate_of(self.rates, rate, self.frame_rate))

    def encoder(self, ptime: int = 20, rate: int = 0) -> Encoder:
        return Encoder(rate_of(self.rates, rate, self.frame_rate))

    def silence(self, samples: int) -> bytes:
        return bytes(2 * samples)
