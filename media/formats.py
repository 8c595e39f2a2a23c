"""Audio formats as descriptions name them: a payload type and what it stands for (RFC 8866 §6.6).

Payload types below 96 have a meaning of their own (RFC 3551 §6), all others only within one
description: two remotes that mean the same format may well use different numbers for it.
"""

from typing import NamedTuple

TELEPHONE_EVENT = "TELEPHONE-EVENT"
COMFORT_NOISE = "CN"
STATIC_NOISE = 13
"""Its payload type, agreed on or not (RFC 3389 §4)."""
NOT_AUDIO = frozenset({TELEPHONE_EVENT, COMFORT_NOISE, "RED"})
"""Encodings that accompany audio, and that no call can be made of alone."""

_DECISIVE = {
    "AMR": ("octet-align", "crc", "robust-sorting", "interleaving", "channels"),
    "AMR-WB": ("octet-align", "crc", "robust-sorting", "interleaving", "channels"),
    "ILBC": ("mode",),
    "G7221": ("bitrate",),
    "MP4A-LATM": ("config", "object"),
}
"""Parameters that change the octets of a packet (RFC 4867 §8, RFC 3952 §4, RFC 5577 §5, RFC 6416
§7): formats that differ in one of these cannot be relayed to each other."""


class Format(NamedTuple):
    """What a payload type means in one description."""

    payload_type: int
    encoding: str
    """In upper case."""
    clock_rate: int
    """Ticks per second of the RTP timestamp; 8000 for G.722 too (RFC 3551 §4.5.2)."""
    channels: int = 1
    parameters: str = ""
    """What follows the payload type in `a=fmtp`."""

    def same_codec(self, other: "Format") -> bool:
        """Can the payload of one be sent as the other, whatever their payload types are?"""
        if self[1:4] != other[1:4]:
            return False
        decisive = _DECISIVE.get(self.encoding, ())
        return all(self.parameter(name) == other.parameter(name) for name in decisive)

    def parameter(self, name: str) -> str:
        """The value of one parameter, "" when it has none. Names are compared without case."""
        for item in self.parameters.split(";"):
            key, _, value = item.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""

    @property
    def is_audio(self) -> bool:
        """Can a call be made of it, rather than tones or silence between?"""
        return self.encoding not in NOT_AUDIO


STATIC: dict[int, Format] = {
    known.payload_type: known
    for known in (
        Format(0, "PCMU", 8000),
        Format(3, "GSM", 8000),
        Format(4, "G723", 8000),
        Format(5, "DVI4", 8000),
        Format(6, "DVI4", 16000),
        Format(7, "LPC", 8000),
        Format(8, "PCMA", 8000),
        Format(9, "G722", 8000),
        Format(10, "L16", 44100, 2),
        Format(11, "L16", 44100),
        Format(12, "QCELP", 8000),
        Format(13, COMFORT_NOISE, 8000),
        Format(14, "MPA", 90000),
        Format(15, "G728", 8000),
        Format(16, "DVI4", 11025),
        Format(17, "DVI4", 22050),
        Format(18, "G729", 8000),
    )
}
"""What needs no rtpmap (RFC 3551 §6)."""
