"""Codecs: what payloads sound like, and payloads for what is to be heard.

    codec(format)              decoders and encoders of a format; None where we can only relay
    transcoder(from, to)       payloads of one stream into payloads of another format
    samples_in(format, data)   how long a payload lasts, in RTP ticks
    encode_clip(samples, …)    a recording as payloads, ahead of time

`g711` has both laws as tables over arrays of any shape, for batches of calls; `comfort` the noise
of RFC 3389.
"""

from softswitch.media.codecs.catalogue import codec
from softswitch.media.codecs.clips import encode_clip
from softswitch.media.codecs.durations import samples_in
from softswitch.media.codecs.interface import Codec, Decoder, Encoder
from softswitch.media.codecs.transcoding import Transcoder, transcoder

__all__ = [
    "Codec",
    "Decoder",
    "Encoder",
    "Transcoder",
    "codec",
    "encode_clip",
    "samples_in",
    "transcoder",
]
