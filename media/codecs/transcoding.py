"""From one format's payloads to another's: decoded, resampled where it must be, encoded.

What comes out lasts as long as what goes in, packet by packet, so timestamps need only be counted
in the target's ticks. Two exceptions, both with lengths that no phone sends: Opus cannot express
less than 2.5 ms, and what is beyond 120 ms is cut off.

The rate in between is the lowest that loses nothing of what both can express. G.722 with G.711
works at 8 kHz, on one sub-band: no resampling, and a quarter of the CPU.
"""

from collections.abc import Callable

from softswitch.media.codecs import g711
from softswitch.media.codecs.catalogue import codec
from softswitch.media.codecs.interface import Codec
from softswitch.media.formats import Format
from softswitch.media.resample import Resampler

Transcoder = Callable[[bytes], bytes]
"""A payload to a payload, b"" for none; keeps the state of one stream."""

_TRANSLATED = {("PCMU", "PCMA"): g711.MU_TO_A, ("PCMA", "PCMU"): g711.A_TO_MU}


def transcoder(source: Format, target: Format) -> Transcoder | None:
    """For one stream in one direction; None when one of the formats has no codec."""
    decoding, encoding = codec(source), codec(target)
    if decoding is None or encoding is None:
        return None
    if source.same_codec(target):
        return bytes
    table = _TRANSLATED.get((source.encoding, target.encoding))
    if table is not None:
        return lambda payload: payload.translate(table)
    return _through_samples(decoding, encoding)


def _through_samples(source: Codec, target: Codec) -> Transcoder:
    source_rate, target_rate = _rates(source, target)
    decode = source.decoder(source_rate).decode
    encode = target.encoder(rate=target_rate).encode
    if source_rate == target_rate:
        return lambda payload: encode(decode(payload))
    resample = Resampler(source_rate, target_rate).process
    return lambda payload: encode(resample(decode(payload)))


def _rates(source: Codec, target: Codec) -> tuple[int, int]:
    """What the decoder and the encoder work at: the same where they can."""
    wanted = min(source.frame_rate, target.frame_rate)
    common = set(source.rates) & set(target.rates)
    if common:
        rate = min((one for one in common if one >= wanted), default=max(common))
        return rate, rate
    return source.frame_rate, target.frame_rate
