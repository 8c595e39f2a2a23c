"""How long a payload lasts, without decoding it: for timestamps and jitter buffers."""

from softswitch.media.codecs import opus_frames
from softswitch.media.formats import Format

_OCTETS_AND_TICKS = {
    "PCMU": (1, 1),
    "PCMA": (1, 1),
    "G722": (1, 1),
    "G729": (10, 80),
    "GSM": (33, 160),
}
"""An octet of G.722 is two samples, but one tick (RFC 3551 §4.5.2). G.729 may end with two octets
of noise that last a frame, too (§4.5.6)."""
_G729_NOISE = 2


def samples_in(format_: Format, payload: bytes) -> int:
    """RTP ticks of a payload; 0 when the format is not known here or has no duration."""
    if format_.encoding == "OPUS":
        return opus_frames.ticks(payload)
    if format_.encoding == "L16":
        return len(payload) // (2 * max(1, format_.channels))
    octets, ticks = _OCTETS_AND_TICKS.get(format_.encoding, (1, 0))
    count, rest = divmod(len(payload), octets)
    if format_.encoding == "G729" and rest == _G729_NOISE:
        count += 1
    return count * ticks
