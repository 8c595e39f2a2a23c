"""Live listening: what remotes say right now, in frames of 20 ms, many remotes at a time.

    tap ──► jitter buffer ──► Ear.pull ─┐ G.711: octets
    tap ──► jitter buffer ──► Ear.pull ─┼──► gather: decoded together ──► frames, a row each
    tap ──► jitter buffer ──► Ear.pull ─┘ others: samples

Noise that a remote describes (RFC 3389) is silence here: it says itself that nobody speaks, and who
talks and which keys are pressed is all that matters.

Decoding G.711 costs eight times less per frame when a hundred are decoded at once.
"""

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import LAWS, Law
from softswitch.media.codecs.g711 import Decoder as LawDecoder
from softswitch.media.codecs.interface import NOTHING, Decoder
from softswitch.media.engine.grid import Grid
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import Format
from softswitch.media.hearing import Hearing, Source
from softswitch.media.jitter import SILENT, JitterBuffer, Missing
from softswitch.media.resample import Resampler
from softswitch.media.rtp import Header
from softswitch.media.samples import Samples

FRAMES_PER_SECOND = 50
PERIOD = 20
"""Milliseconds."""
NARROW = 8000
REMEMBERED = 3
"""Payloads of G.711 kept for the concealment of what follows them."""
QUIET = 64
"""Peak of int16 samples, 54 dB below full scale, that is not missed when it is left out."""
_LOUD = {
    name: bytes(int(abs(int(sample)) > QUIET) for sample in law.samples_of(bytes(range(256))))
    for name, law in LAWS.items()
}
"""By code: 1 when it is louder than that."""


class _Speech:
    """One codec of one remote, cut into frames. G.711 is left to be decoded with that of others."""

    __slots__ = (
        "_decoder",
        "_frame",
        "_per_tick",
        "_recent",
        "_resampler",
        "_rest",
        "_take",
        "buffer",
        "law",
    )

    def __init__(self, source: Source, rate: int) -> None:
        found = codec(source.format)
        assert found is not None, "sources are of codecs that we have"
        self.buffer = source.buffer
        self.law = LAWS.get(source.format.encoding) if rate == NARROW else None
        self._frame = rate // FRAMES_PER_SECOND
        self._decoder: Decoder = found.decoder(rate if rate in found.rates else 0)
        decoded = self._decoder.rate
        self._resampler = None if decoded == rate else Resampler(decoded, rate)
        self._per_tick = decoded / source.format.clock_rate
        self._recent: deque[bytes] = deque(maxlen=REMEMBERED)
        self._rest: Samples = NOTHING

    def pull(self, now: float) -> bytes | Samples | None:
        """The next 20 ms: octets of `law`, or samples; None when there is nothing."""
        take = self.buffer.take
        if not len(self._rest):
            payload = take(now)
            if payload is SILENT:
                return None
            if self.law is not None and type(payload) is bytes and len(payload) == self._frame:
                self._recent.append(payload)
                return payload
            self._rest = self._sound(payload)
        while len(self._rest) < self._frame:
            self._rest = np.concatenate((self._rest, self._sound(take(now))))
        frame = self._rest[: self._frame]
        self._rest = self._rest[self._frame :]
        return frame

    def _sound(self, payload: bytes | Missing) -> Samples:
        """Of a packet, or in place of one: something in any case."""
        if payload is SILENT:
            return np.zeros(self._frame, np.int16)
        if self.law is None:
            if isinstance(payload, bytes):
                samples = self._decoder.decode(payload)
            else:
                samples = self._decoder.conceal(round(self.buffer.duration * self._per_tick))
            if self._resampler is not None:
                samples = self._resampler.process(samples)
        else:
            samples = self._law_sound(self.law, payload)
        return samples if len(samples) else np.zeros(self._frame, np.int16)

    def _law_sound(self, law: Law, payload: bytes | Missing) -> Samples:
        if not isinstance(payload, bytes):
            # no decoder runs along with what is decoded in batches: one that has heard the last
            # payloads will do
            decoder = LawDecoder(law)
            for before in self._recent:
                decoder.decode(before)
            payload = law.payload_of(decoder.conceal(self.buffer.duration))
        self._recent.append(payload)
        return law.samples_of(payload)


class Ear(Hearing):
    """One remote, heard live. A tap, and a stage as well."""

    __slots__ = ("_rate", "_speeches")

    def __init__(self, formats: Sequence[Format], rate: int = NARROW) -> None:
        """`formats` is what the remote sends; `rate` of the frames, 8000 or 16000."""
        super().__init__(formats, _buffer)
        self._rate = rate
        self._speeches: dict[Source, _Speech] = {}

    def receive(self, header: Header, payload: bytes, now: float) -> None:
        """A packet has come."""
        self.tap(header, payload, now)

    def speech(self) -> _Speech | None:
        """Whom to pull from now; None before the first packet."""
        source = self.speaking()
        if source is None:
            return None
        found = self._speeches.get(source)
        if found is None:
            found = self._speeches[source] = _Speech(source, self._rate)
        return found


def gather(ears: Sequence[Ear], now: float, rate: int = NARROW) -> Samples:
    """The next frame of each ear of this rate, a row each; silence where there is none."""
    frames: Samples = np.zeros((len(ears), rate // FRAMES_PER_SECOND), np.int16)
    coded: dict[Law, tuple[list[int], list[bytes]]] = {}
    for row, ear in enumerate(ears):
        speech = ear.speech()
        piece = None if speech is None else speech.pull(now)
        if speech is None or piece is None:
            continue
        if isinstance(piece, bytes):
            assert speech.law is not None, "octets are of a law"
            rows, octets = coded.setdefault(speech.law, ([], []))
            rows.append(row)
            octets.append(piece)
        else:
            frames[row] = piece
    for law, (rows, octets) in coded.items():
        codes = np.frombuffer(b"".join(octets), np.uint8).reshape(len(rows), -1)
        frames[rows] = law.decode(codes)
    return frames


Hear = Callable[[Sequence[Leg], Samples, float], None]
"""Legs, the next frame of each (a row of 160 samples at 8 kHz), and when it was due."""


class Ears:
    """Ears on legs, on a grid: each leg has its turn every 20 ms, with others of its slot."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._ears: dict[Leg, Ear] = {}
        self._grid: Grid[Leg] = Grid(PERIOD, self._run)

    @property
    def next_deadline(self) -> float:
        """Monotonic seconds; infinity while nobody is listened to."""
        return self._grid.next_deadline

    def tick(self, now: float) -> None:
        """Hear what is due."""
        self._grid.tick(now)

    def add(self, leg: Leg, now: float) -> None:
        """Listen to its remote. Nothing happens when we do."""
        if leg not in self._ears:
            self._ears[leg] = Ear(leg.expected)
            leg.tap(self._ears[leg])
            self._grid.add(leg, now)

    def remove(self, leg: Leg) -> None:
        """Listen no more. Nothing happens when we do not."""
        ear = self._ears.pop(leg, None)
        if ear is not None:
            leg.untap(ear)
            self._grid.remove(leg)

    def renewed(self, leg: Leg) -> None:
        """The remote's payload types may mean something else."""
        if leg in self._ears:
            self._ears[leg].expect(leg.expected)

    def came(self, leg: Leg, now: float) -> float:
        """When the end of the frame that is heard at this time came from the remote."""
        source = self._ears[leg].speaking()
        return now if source is None else source.buffer.came + 1 / FRAMES_PER_SECOND

    def _run(self, legs: Sequence[Leg], deadline: float) -> None:
        ears = self._ears
        self._hear(legs, gather([ears[leg] for leg in legs], deadline), deadline)


def _buffer(format_: Format, ticks: Callable[[bytes], int]) -> JitterBuffer:
    loud = _LOUD.get(format_.encoding)
    quiet = None if loud is None else lambda payload: b"\1" not in payload.translate(loud)
    return JitterBuffer(format_.clock_rate, ticks=ticks, quiet=quiet)
