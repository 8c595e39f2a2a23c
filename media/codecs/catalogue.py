"""Which formats have a codec here. The others can be relayed, but not heard."""

from collections.abc import Callable
from functools import lru_cache

from softswitch.media.codecs import opus
from softswitch.media.codecs.g711 import G711, LAWS
from softswitch.media.codecs.g722 import G722
from softswitch.media.codecs.interface import Codec
from softswitch.media.codecs.l16 import L16
from softswitch.media.formats import Format
from softswitch.media.resample import RATES

REMEMBERED = 256
"""Formats: all that phones in an office name. A flood of others only evicts."""


@lru_cache(maxsize=REMEMBERED)
def codec(format_: Format) -> Codec | None:
    """The codec of a format; None when there is none, or Opus without libopus (`opus.missing`)."""
    make = _MAKERS.get(format_.encoding)
    return make(format_) if make else None


def _g711(format_: Format) -> Codec | None:
    """At other clock rates, G.711 is not the one that we know (RFC 3551 §4.5.14)."""
    return G711(LAWS[format_.encoding]) if format_[2:4] == (8000, 1) else None


def _g722(format_: Format) -> Codec | None:
    # some describe it by its sampling rate, and mean the same (RFC 3551 §4.5.2)
    return G722() if format_.clock_rate in (8000, 16000) and format_.channels == 1 else None


def _l16(format_: Format) -> Codec | None:
    known = format_.clock_rate in RATES and format_.channels == 1
    return L16(format_.clock_rate) if known else None


def _opus(format_: Format) -> Codec | None:
    library = opus.library()
    return None if isinstance(library, str) else opus.Opus(library, format_)


_MAKERS: dict[str, Callable[[Format], Codec | None]] = {
    "PCMU": _g711,
    "PCMA": _g711,
    "G722": _g722,
    "L16": _l16,
    "OPUS": _opus,
}
