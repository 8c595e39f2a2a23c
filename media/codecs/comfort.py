"""Comfort noise between the words (RFC 3389): a level, perhaps a spectrum, no samples.

A telephone that suppresses silence says once in a while how loud its silence is; without any
noise the other side would think that the line is dead. The noise repeats itself after half a
second or so, too long for the ear, so that it costs a copy and not a random number per sample.
"""

from functools import lru_cache

import numpy as np

from softswitch.media.samples import LOWEST, Floats, Samples, rounded

LENGTH = 4096
"""Samples until the noise repeats."""
MAX_LEVEL = 127
"""Decibels below overload; the octet's highest bit is none of the level (§3.1)."""
MAX_ORDER = 12
"""Reflection coefficients that are followed; more say nothing about noise."""
_RESERVED = 255
_STEP = 258 / 32768
"""From one index of a coefficient to the next (§3.2)."""
_SHARPEST = 1e-3
"""The filter's least value: a resonance of 60 dB is a whistle, and one without end no number."""
_SEED = 3389
"""Any: the same noise each time, so that whoever measures it finds the same."""


class ComfortNoise:
    """The noise that one side describes."""

    __slots__ = ("_at", "_gain", "_shape")

    def __init__(self) -> None:
        self._gain = 0.0
        self._shape = b""
        self._at = 0

    def describe(self, payload: bytes) -> None:
        """What a CN packet says; an empty one says silence."""
        level = payload[0] & MAX_LEVEL if payload else MAX_LEVEL
        self._gain = -LOWEST * 10 ** (-level / 20)
        self._shape = bytes(payload[1 : 1 + MAX_ORDER])

    def noise(self, count: int) -> Samples:
        """So many samples of it."""
        noise = _noise(self._shape)
        at = self._at
        self._at = (at + count) % LENGTH
        if at + count <= LENGTH:
            part = noise[at : at + count]
        else:
            part = noise.take(np.arange(at, at + count), mode="wrap")
        return rounded(part * np.float32(self._gain))


class Hush(bytes):
    """A CN packet in the place of sound: for whoever does not care, a frame of silence in the codec
    that is spoken; for others `says`, the payload of the packet."""

    says = b""

    @classmethod
    def of(cls, silence: bytes, says: bytes) -> "Hush":
        """A frame of silence, and what was said of it."""
        hush = cls(silence)
        hush.says = says
        return hush


def hushed(noise: ComfortNoise | None, payload: object) -> ComfortNoise | None:
    """The noise that is to be heard once this was taken from a remote's packets: a description
    begins or changes it, sound ends it, and where nothing comes it goes on."""
    if isinstance(payload, Hush):
        noise = noise or ComfortNoise()
        noise.describe(payload.says)
        return noise
    return None if isinstance(payload, bytes) else noise


@lru_cache(maxsize=32)
def _noise(shape: bytes) -> Floats:
    """Of power 1; its spectrum from quantised reflection coefficients (§3.2).

    The noise is taken for periodic, so that filtering is division by the filter's spectrum.
    """
    white = np.random.default_rng(_SEED).standard_normal(LENGTH)
    predictor = np.ones(1)
    for index in shape:
        reflection = 0.0 if index == _RESERVED else _STEP * (index - 127)
        longer = np.append(predictor, 0.0)
        predictor = longer + reflection * longer[::-1]
    filter_ = np.fft.rfft(predictor, LENGTH)
    filter_[np.abs(filter_) < _SHARPEST] = _SHARPEST
    shaped = np.fft.irfft(np.fft.rfft(white) / filter_, LENGTH)
    noise: Floats = (shaped / np.sqrt(np.mean(np.square(shaped)))).astype(np.float32)
    return noise
