"""Recordings to payloads, before anybody hears them (RTP-13): once per format."""

from collections.abc import Iterator

import numpy as np
import soxr

from softswitch.media.codecs.catalogue import codec
from softswitch.media.formats import Format
from softswitch.media.samples import Samples

CHUNK = 1.0
"""Seconds that are resampled at a time: whoever takes the frames one by one is not kept waiting
for the whole recording."""


def encode_clip(samples: Samples, rate: int, format_: Format, ptime: int = 20) -> Iterator[bytes]:
    """The payloads of a mono recording at any rate, `ptime` milliseconds each.

    The last one is filled up with silence. Works while it is iterated, a packet at a time. Raises
    ValueError at once when the format has no codec.
    """
    encoding = codec(format_)
    if encoding is None:
        raise ValueError(f"{format_.encoding} has no codec to encode with")
    encode = encoding.encoder(ptime).encode
    frame = encoding.frame_rate * ptime // 1000
    chunks = _at_rate(samples, rate, encoding.frame_rate)
    return (encode(one) for one in _frames(chunks, frame))


def _at_rate(samples: Samples, rate: int, wanted: int) -> Iterator[Samples]:
    """The recording in pieces, at the wanted rate; soxr's delay does not show."""
    if rate == wanted:
        yield samples
        return
    stream = soxr.ResampleStream(rate, wanted, 1, np.int16)
    step = int(rate * CHUNK)
    for at in range(0, len(samples), step):
        yield stream.resample_chunk(samples[at : at + step], last=at + step >= len(samples))


def _frames(chunks: Iterator[Samples], frame: int) -> Iterator[Samples]:
    """All pieces again, in equal lengths."""
    rest: Samples = np.zeros(0, np.int16)
    for chunk in chunks:
        sound = np.concatenate((rest, chunk)) if len(rest) else chunk
        whole = len(sound) - len(sound) % frame
        for at in range(0, whole, frame):
            yield sound[at : at + frame]
        rest = sound[whole:]
    if len(rest):
        yield np.concatenate((rest, np.zeros(frame - len(rest), np.int16)))
