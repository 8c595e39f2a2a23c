"""Recorded sound as MP3 for mails: mono, constant bit rate, MPEG-2.5 layer III (ML-4)."""

from __future__ import annotations

import lameenc
import soundfile
import soxr

RATE = 8000
"""Hz: what a telephone line carries."""
KILOBITS = 16
"""Per second, unless somebody wants another quality: 2 kB for each second of a message."""
QUALITY = 2
"""LAME's scale, 0 best: beyond it nobody hears a difference in speech."""


def encoded(path: str, kilobits: int = KILOBITS) -> bytes:
    """The file as MP3. Raises OSError or soundfile.LibsndfileError."""
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1).astype("int16")
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(kilobits)
    encoder.set_in_sample_rate(RATE)
    encoder.set_out_sample_rate(RATE)
    encoder.set_channels(1)
    encoder.set_quality(QUALITY)
    return bytes(encoder.encode(mono.tobytes())) + bytes(encoder.flush())
