"""What a codec is to the rest: payloads to samples and back, one direction and stream at a time.

Samples are int16 in an array of one dimension, mono, at the rate that the decoder or encoder was
made for. Nothing here raises on what a peer sent: a payload that means nothing gives no samples,
or, where the codec knows better, what it says in place of a lost one.
"""

from typing import Protocol

import numpy as np

from softswitch.media.samples import Samples

LONGEST = 120
"""Milliseconds that one payload may decode to; what is beyond is cut off. The longest that RFC 6716
§2.1.4 knows, and six times what phones send."""

NOTHING: Samples = np.zeros(0, np.int16)
NOTHING.flags.writeable = False


class Decoder(Protocol):
    """Payloads of one stream, in their order, to samples."""

    rate: int
    """Samples per second."""

    def decode(self, payload: bytes) -> Samples:
        """The samples of a payload, at most LONGEST; the caller must not write to them."""
        ...

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """So many samples in place of what was lost.

        `following` is the payload behind the gap, when it is known already: Opus may carry a
        second, coarse copy of the packet before (RFC 6716 §2.1.7). It is decoded afterwards as
        usual.
        """
        ...


class Encoder(Protocol):
    """Samples of one stream, in their order, to payloads."""

    rate: int
    """Samples per second."""

    def encode(self, samples: Samples) -> bytes:
        """The payload of a packet of any length.

        A codec that cannot express the length keeps the rest, less than a frame of its own, for
        the next packet; b"" when there is nothing to send yet.
        """
        ...


class Codec(Protocol):
    """One format, as one side's description names it. Has no state and may be shared."""

    frame_rate: int
    """Samples per second that decoders and encoders work at unless told otherwise."""
    rates: tuple[int, ...]
    """All that they can work at."""

    def decoder(self, rate: int = 0) -> Decoder:
        """For one stream; 0 means `frame_rate`. Raises ValueError when it is not in `rates`."""
        ...

    def encoder(self, ptime: int = 20, rate: int = 0) -> Encoder:
        """For one stream of packets that are usually `ptime` milliseconds long."""
        ...

    def silence(self, samples: int) -> bytes:
        """The payload of so many silent samples at `frame_rate`."""
        ...


def rate_of(rates: tuple[int, ...], rate: int, usual: int) -> int:
    """The rate that was asked for, the usual one for 0. Raises ValueError for others."""
    if rate and rate not in rates:
        raise ValueError(f"the codec does not work at {rate} Hz")
    return rate or usual
