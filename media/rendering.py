"""Payloads into the octets of a file: as they come where that can be, else by way of samples."""

from collections.abc import Callable, Sequence
from typing import Protocol

from softswitch.media.codecs import Codec, codec
from softswitch.media.codecs.g711 import A_TO_MU, LAWS, MU_TO_A, Decoder
from softswitch.media.formats import Format
from softswitch.media.resample import Resampler
from softswitch.media.samples import Samples
from softswitch.media.wave import Layout

NARROW, WIDE = 8000, 16000
"""Samples per second that files have."""
REMEMBERED = 3
"""Pieces before a loss that its concealment is made of: the pitch of 60 ms."""

_OTHER_LAW = {("PCMU", "PCMA"): MU_TO_A, ("PCMA", "PCMU"): A_TO_MU}


class Rendering(Protocol):
    """One codec into one layout's octets of one channel."""

    def render(self, payload: bytes, /) -> bytes:
        """The octets of a payload; b"" when it means nothing."""
        ...

    def conceal(self, ticks: int, before: Sequence[bytes]) -> bytes:
        """Octets for so many RTP ticks that are missing; `before` are the pieces up to there."""
        ...


def layout_of(format_: Format) -> Layout | None:
    """What a file of this codec's sound is best; None when we cannot decode it."""
    found = codec(format_)
    if found is None:
        return None
    if format_.encoding in LAWS:
        return Layout(format_.encoding, NARROW)
    return Layout("L16", NARROW if found.frame_rate == NARROW else WIDE)


def rendering(format_: Format, layout: Layout) -> Rendering | None:
    """How this codec's payloads get into such a file; None when we cannot decode it."""
    found = codec(format_)
    if found is None:
        return None
    if format_.encoding in LAWS and layout.encoding in LAWS:
        return _SameOctets(format_.encoding, layout.encoding)
    return _Decoded(format_, found, layout)


class _SameOctets:
    """G.711 that stays G.711: an octet is a sample is a tick."""

    __slots__ = ("_law", "render")

    def __init__(self, source: str, target: str) -> None:
        self._law = LAWS[target]
        table = _OTHER_LAW.get((source, target))
        self.render: Callable[[bytes], bytes] = (
            bytes if table is None else lambda payload: payload.translate(table)
        )

    def conceal(self, ticks: int, before: Sequence[bytes]) -> bytes:
        # No decoder runs along with what is only copied: one that has heard the last pieces will do
        decoder = Decoder(self._law)
        for piece in before[-REMEMBERED:]:
            decoder.decode(piece)
        return self._law.payload_of(decoder.conceal(ticks))


class _Decoded:
    """Anything else."""

    __slots__ = ("_decoder", "_per_tick", "_resampler", "_store")

    def __init__(self, format_: Format, found: Codec, layout: Layout) -> None:
        self._decoder = found.decoder(layout.rate if layout.rate in found.rates else 0)
        rate = self._decoder.rate
        self._resampler = None if rate == layout.rate else Resampler(rate, layout.rate)
        self._per_tick = rate / format_.clock_rate
        self._store: Callable[[Samples], bytes] = (
            LAWS[layout.encoding].payload_of if layout.encoding in LAWS else _little_endian
        )

    def render(self, payload: bytes) -> bytes:
        return self._stored(self._decoder.decode(payload))

    def conceal(self, ticks: int, before: Sequence[bytes]) -> bytes:
        return self._stored(self._decoder.conceal(round(ticks * self._per_tick)))

    def _stored(self, samples: Samples) -> bytes:
        if self._resampler is not None:
            samples = self._resampler.process(samples)
        return self._store(samples)


def _little_endian(samples: Samples) -> bytes:
    return samples.astype("<i2").tobytes()
