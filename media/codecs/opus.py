"""Opus over the system's libopus (RFC 6716; in RTP RFC 7587).

Its RTP clock is 48000 and its rtpmap always says two channels, whatever is in the packets (RFC
7587 §4.1, §7): libopus decodes any of it to one channel and straight to the rate that is wanted. We
send one channel, coded from 8 or 16 kHz: nothing that we have to say comes from a better source.

Without libopus the codec is not there; `missing` says why.
"""

import ctypes
import importlib
from functools import cache
from types import ModuleType

import numpy as np

from softswitch.media.codecs import opus_frames
from softswitch.media.codecs.interface import LONGEST, NOTHING, rate_of
from softswitch.media.formats import Format
from softswitch.media.samples import Samples

CLOCK_RATE = 48000
RATES = (8000, 12000, 16000, 24000, 48000)
WIDE, NARROW = 16000, 8000
COMPLEXITY = 1
"""Of 10. Takes half the CPU of 5, a fifth of that of 10, and codes speech within 1 dB of them."""
BIT_RATES = {8000: 16000, 16000: 24000}
"""By rate, in bit/s: somewhat more than RFC 7587 §3.1.1 recommends, since what comes out of
another codec is harder to code."""
FULL_BIT_RATE = 32000
LEAST_BIT_RATE = 6000
"""Less is not Opus any more (RFC 7587 §3.1.1)."""
EXPECTED_LOSS = 10
"""Percent, told to the encoder when the other side uses copies of lost packets: enough that it
sends them."""
MAX_OCTETS = 1500
"""Of a packet; no Ethernet carries more, and speech is a tenth of it."""
MAX_FRAME = 1276
"""The largest that RFC 6716 §3.2.1 allows, with the octet before it."""

_SHORT_POINTER = ctypes.POINTER(ctypes.c_int16)


@cache
def library() -> ModuleType | str:
    """The binding to libopus, or why there is none. Looked for once."""
    try:
        return importlib.import_module("opuslib_next")
    except Exception as error:  # the binding raises a bare Exception when libopus is missing
        return f"Opus is not available: {error}"


def missing() -> str:
    """Why Opus cannot be used; "" when it can."""
    found = library()
    return found if isinstance(found, str) else ""


class Decoder:
    """Of one stream. Hides what is lost with libopus's own means."""

    __slots__ = ("_call", "_last", "_library", "_out", "_owner", "_pointer", "_state", "rate")

    def __init__(self, library: ModuleType, rate: int) -> None:
        self.rate = rate
        self._owner = library.Decoder(rate, 1)
        """Frees the state when it goes."""
        self._state = self._owner.decoder_state
        self._call = library.api.decoder.libopus_decode
        self._out: Samples = np.zeros(rate * LONGEST // 1000, np.int16)
        self._pointer = ctypes.cast(self._out.ctypes.data, _SHORT_POINTER)
        self._last = 0
        """Samples of the last payload that could be decoded."""

    def decode(self, payload: bytes) -> Samples:
        """What is not Opus counts as lost, and lasts as long as the packet before."""
        count = self._decoded(payload, len(self._out), 0) if payload else 0
        if count < 0:
            return self.conceal(self._last)
        self._last = count
        return self._out[:count].copy()

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """From the coarse copy in the following payload if it has one, else from the past."""
        step = self.rate // opus_frames.UNITS  # libopus knows no shorter ones
        sound = np.zeros(samples, np.int16)
        for at in range(0, samples, len(self._out)):
            left = samples - at
            wanted = min(-(-left // step) * step, len(self._out))
            copied = following and wanted >= left
            count = self._decoded(following, wanted, 1) if copied else -1
            if count < 0:
                count = self._decoded(None, wanted, 0)
            part = self._out[: min(max(count, 0), left)]
            sound[at : at + len(part)] = part
        return sound

    def _decoded(self, payload: bytes | None, most: int, recover: int) -> int:
        """Samples written to `_out`; negative when libopus refuses."""
        octets = len(payload) if payload else 0
        if octets > MAX_OCTETS:
            return -1
        count: int = self._call(self._state, payload, octets, self._pointer, most, recover)
        return count


class Encoder:
    """Of one stream."""

    __slots__ = ("_call", "_in", "_kept", "_out", "_owner", "_pointer", "_state", "rate")

    def __init__(self, library: ModuleType, rate: int, format_: Format) -> None:
        self.rate = rate
        self._owner = library.Encoder(rate, 1, "voip")
        self._state = self._owner.encoder_state
        self._call = library.api.encoder.libopus_encode
        self._owner.complexity = COMPLEXITY
        self._owner.bitrate = _bit_rate(format_, rate)
        self._owner.vbr = format_.parameter("cbr") != "1"
        if format_.parameter("useinbandfec") == "1":
            self._owner.inband_fec = 1
            self._owner.packet_loss_perc = EXPECTED_LOSS
        self._in: Samples = np.zeros(opus_frames.longest(rate), np.int16)
        self._pointer = ctypes.cast(self._in.ctypes.data, _SHORT_POINTER)
        self._out = ctypes.create_string_buffer(MAX_FRAME)
        self._kept: Samples = NOTHING

    def encode(self, samples: Samples) -> bytes:
        """One packet of frames of 2.5 to 60 ms; what is less than 2.5 ms waits for the next."""
        if len(self._kept):
            samples = np.concatenate((self._kept, samples))
        frame, count = opus_frames.division(len(samples), self.rate)
        kept = len(samples) % (self.rate // opus_frames.UNITS)
        self._kept = samples[-kept:].copy() if kept else NOTHING
        if count == 1:
            return self._frame(samples[:frame])
        frames = [self._frame(samples[at : at + frame]) for at in range(0, frame * count, frame)]
        return opus_frames.joined(frames)

    def _frame(self, samples: Samples) -> bytes:
        count = len(samples)
        self._in[:count] = samples
        octets = self._call(self._state, self._pointer, count, self._out, MAX_FRAME)
        return self._out.raw[: max(octets, 0)]


class Opus:
    """As one description names it: its parameters say what that side wants to receive."""

    rates: tuple[int, ...] = RATES

    def __init__(self, library: ModuleType, format_: Format) -> None:
        self._library = library
        self._format = format_
        # whoever plays less than 16 kHz gets telephone speech (RFC 7587 §6.1 maxplaybackrate)
        self.frame_rate = NARROW if _number(format_, "maxplaybackrate", WIDE) < WIDE else WIDE

    def decoder(self, rate: int = 0) -> Decoder:
        return Decoder(self._library, rate_of(self.rates, rate, self.frame_rate))

    def encoder(self, ptime: int = 20, rate: int = 0) -> Encoder:
        return Encoder(self._library, rate_of(self.rates, rate, self.frame_rate), self._format)

    def silence(self, samples: int) -> bytes:
        return self.encoder().encode(np.zeros(samples, np.int16))


def _bit_rate(format_: Format, rate: int) -> int:
    """In bit/s; what the other side allows is for all its packets on average (RFC 7587 §6.1)."""
    usual = BIT_RATES.get(rate, FULL_BIT_RATE)
    return max(LEAST_BIT_RATE, min(usual, _number(format_, "maxaveragebitrate", usual)))


def _number(format_: Format, name: str, default: int) -> int:
    value = format_.parameter(name)
    return int(value) if value.isdecimal() and len(value) < 8 else default
