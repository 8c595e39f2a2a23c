"""Recording as arithmetic: packets of one or two remotes in, octets of one time line out.

    tap ──► Voice: jitter buffer ──► rendering ─┐
                                                ├──► Recorder.drain() ──► octets for the file
    tap ──► Voice: jitter buffer ──► rendering ─┘

The time line is ours: a second of it is a second of the clock, whatever comes. What does not come
(a remote on hold, silence suppression, loss) is silence or is concealed; what comes twice, late or
out of order stands where it belongs, for nobody listens yet: packets have `DELAY` to arrive.

G.711 that is kept as G.711 is copied octet by octet. A codec that begins in the middle is turned
into what the file has begun with.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from softswitch.media.codecs.comfort import ComfortNoise, hushed
from softswitch.media.codecs.g711 import LAWS
from softswitch.media.formats import Format
from softswitch.media.hearing import Hearing, Source
from softswitch.media.jitter import MAX_PACKETS, SILENT, JitterBuffer, Missing
from softswitch.media.rendering import REMEMBERED, Rendering, layout_of, rendering
from softswitch.media.samples import Samples
from softswitch.media.silence import FRAME, SilenceDetector, levels, levels_of
from softswitch.media.wave import Layout

DELAY = 0.3
"""Seconds that a packet may take longer than the fastest."""
SLACK = 0.2
"""Seconds that a remote's clock may stray before something is left out or put in."""
CUT_BEFORE, CUT_AFTER = 0.15, 0.03
"""Seconds of sound around a telephone event that may be of the key: phones need a moment to know
what is pressed, and send its packets every 20 ms or so."""
MAX_CUTS = 64
"""Presses kept until they are written; more in a second is a flood."""

MOST_AFTER = 2
"""Frames that the last packet reaches beyond the time when it came: it begins with one of ours, and
lasts for another."""
SAMPLED = 2
"""Every second sample is enough to tell how loud it is."""
MOST_UNHEARD = 1 << 15
"""Octets, eight seconds of G.711, that wait until it is asked how loud they are: that costs as much
for a frame as for a second."""
_ROUNDING = 1e-6
"""Seconds."""


class Voice(Hearing):
    """One remote's side of a recording."""

    __slots__ = (
        "_copies",
        "_cuts",
        "_layout",
        "_noise",
        "_render",
        "_rendered",
        "_rendering",
        "_renderings",
        "_rest",
        "_silence",
        "_tail",
    )

    patient = True

    def __init__(self, formats: Sequence[Format]) -> None:
        """`formats` is what the remote sends, by its payload types."""
        super().__init__(formats, _buffer)
        self._layout = Layout("PCMU", 8000)
        self._silence = b""
        """A frame of it."""
        self._renderings: dict[Source, Rendering] = {}
        self._rendered: Source | None = None
        """The source that is written now, …"""
        self._rendering: Rendering | None = None
        """… how, …"""
        self._render: Callable[[bytes], bytes] = bytes
        """… and that at hand."""
        self._copies = False
        """Whether octets are written as they come."""
        self._noise: ComfortNoise | None = None
        """While the remote is silent, and has said how that sounds."""
        self._rest = b""
        """Rendered before it was its time."""
        self._tail: list[bytes] = []
        """The last pieces rendered."""
        self._cuts: deque[tuple[float, float]] = deque(maxlen=MAX_CUTS)

    def key(self, now: float) -> None:
        """A packet of a telephone event has come."""
        self.cut(now - CUT_BEFORE, now + CUT_AFTER)

    def cut(self, began: float, ended: float) -> None:
        """Write silence for what comes between these times: a key, not speech."""
        if self._cuts and self._cuts[-1][1] >= began:
            began = self._cuts.pop()[0]
        self._cuts.append((began, ended))

    @property
    def next_came(self) -> float:
        """When the first packet came that is not written yet; infinity when all are."""
        return min((source.buffer.next_came for source in self._sources), default=math.inf)

    @property
    def waiting(self) -> int:
        """Packets that are not written yet."""
        return sum(len(source.buffer) for source in self._sources)

    @property
    def layout(self) -> Layout | None:
        """What a file of this voice is best: as it speaks, or else as it would. None: unknown."""
        spoken = [self._current.format] if self._current else self._formats
        return next((found for each in spoken if (found := layout_of(each))), None)

    def write_as(self, layout: Layout) -> None:
        """Fix what `drain` returns: one channel of this layout."""
        self._layout = layout
        self._silence = layout.silence * round(layout.rate * FRAME)

    def drain(self, began: float, frames: int) -> bytes:
        """So many frames of what came from this time on."""
        need = frames * len(self._silence)
        per_octet = FRAME / len(self._silence)
        pieces, have = [self._rest], len(self._rest)
        while have < need:
            source = self.speaking() if len(self._sources) > 1 else self._current
            if source is not self._rendered:
                self._begin(source)
            if self._copies and source is not None and not (self._cuts or self.hushed):
                run = source.buffer.take_run(need - have)
                if run:
                    pieces += run
                    have += sum(map(len, run))
                    continue
            came = began + have * per_octet
            payload = SILENT if source is None else source.buffer.take(came + DELAY)
            if self.hushed:
                self._noise = hushed(self._noise, payload)
            if self._noise is not None:
                piece = self._noisy(self._noise)
            elif isinstance(payload, bytes):
                piece = self._render(payload) or self._silence
            else:
                piece = self._instead(payload, pieces)
            if self._cuts and self._is_cut(came):
                piece = self._layout.silence * (len(piece) // len(self._layout.silence))
            pieces.append(piece)
            have += len(piece)
        octets = b"".join(pieces)
        self._rest = octets[need:]
        keep = REMEMBERED * len(self._silence)
        self._tail = [piece[-keep:] for piece in pieces[-REMEMBERED:]]
        return octets[:need]

    def _begin(self, source: Source | None) -> None:
        """Render what this source has from now on."""
        assert source is not None, "a remote that has spoken has a source"
        self._rendered = source
        self._rendering = self._renderings.get(source) or rendering(source.format, self._layout)
        assert self._rendering is not None, "sources are of codecs that we have"
        self._renderings[source] = self._rendering
        self._render = self._rendering.render
        self._copies = source.format.encoding == self._layout.encoding

    def _instead(self, missing: Missing, before: list[bytes]) -> bytes:
        """What there is when there is no payload."""
        source, found = self._rendered, self._rendering
        if missing is SILENT or source is None or found is None:
            return self._silence
        return found.conceal(source.buffer.duration, (self._tail + before)[-REMEMBERED:])

    def _noisy(self, noise: ComfortNoise) -> bytes:
        """A frame of noise."""
        layout = self._layout
        samples = noise.noise(len(self._silence) // len(layout.silence))
        law = LAWS.get(layout.encoding)
        return samples.astype("<i2").tobytes() if law is None else law.payload_of(samples)

    def _is_cut(self, came: float) -> bool:
        while self._cuts and self._cuts[0][1] < came - DELAY:
            self._cuts.popleft()
        return any(began <= came < ended for began, ended in self._cuts)


def _buffer(format_: Format, ticks: Callable[[bytes], int]) -> JitterBuffer:
    return JitterBuffer(format_.clock_rate, DELAY, DELAY, slack=SLACK, ticks=ticks)


class Recorder:
    """One file's time line: of one voice, or of two, the first on the left."""

    __slots__ = (
        "_detector",
        "_frames",
        "_most",
        "_silence",
        "_started",
        "_unheard",
        "_unheard_octets",
        "ended",
        "layout",
        "voices",
    )

    def __init__(
        self,
        voices: Sequence[Voice],
        started: float,
        *,
        limit: float = math.inf,
        silence: float | None = None,
    ) -> None:
        """Begin at this time. End after `limit` seconds, or `silence` seconds of one voice."""
        self.voices = tuple(voices)
        self._started = started
        self._most = limit if limit == math.inf else math.ceil(limit / FRAME)
        """Frames."""
        self._silence = math.inf if silence is None else silence
        self._frames = 0
        """Drained so far."""
        self._detector = SilenceDetector() if len(voices) == 1 else None
        self._unheard: list[bytes] = []
        """What the detector has still to hear."""
        self._unheard_octets = 0
        self.layout: Layout | None = None
        """Of the file; None before the first octets."""
        self.ended = ""
        """"limit" or "silence", once it is so."""

    @property
    def began(self) -> float:
        """When its time line begins."""
        return self._started

    @property
    def seconds(self) -> float:
        """Drained so far."""
        return self._frames * FRAME

    @property
    def sound(self) -> tuple[float, float]:
        """Seconds from the start to the first sound and to the end of the last; (0, 0) when there
        was none. Of two voices, the whole."""
        detector = self._detector
        if detector is None:
            return 0.0, self.seconds
        self._hear(detector)
        return detector.first_sound or 0.0, min(detector.last_sound, self.seconds)

    def drain(self, now: float) -> bytes:
        """What is due: all that came `DELAY` ago or before."""
        return self._until(self._due(now))

    def goes_on(self, now: float) -> bool:
        """May it be drained at another time as well? That would not end it now, whatever was said,
        and there is room for as much again. Of two voices, no."""
        frames, detector = self._due(now), self._detector
        if detector is None or self.ended or frames >= self._most:
            return False
        silent = frames * FRAME - detector.last_sound
        return silent < self._silence and self.voices[0].waiting < MAX_PACKETS // 2

    def _due(self, now: float) -> int:
        return math.floor((now - DELAY - self._started + _ROUNDING) / FRAME)

    def finish(self, now: float) -> bytes:
        """The rest, up to this time, and what had come by then: a packet of sound comes when it
        begins on our time line."""
        frame = round((now - self._started) / FRAME)
        pieces = [self._until(frame)]
        for more in range(1, MOST_AFTER + 1):
            if any(voice.next_came < now for voice in self.voices):
                pieces.append(self._until(frame + more))
        return b"".join(pieces)

    def _until(self, frame: int) -> bytes:
        frames = int(min(frame, self._most)) - self._frames
        if frames <= 0 or self.ended or not self._begin():
            return b""
        began = self._started + self._frames * FRAME
        octets = self._together([voice.drain(began, frames) for voice in self.voices])
        self._frames += frames
        if self._detector is not None and self._is_silent(self._detector, octets):
            self.ended = "silence"
        if self._frames >= self._most:
            self.ended = "limit"
        return octets

    def _begin(self) -> bool:
        """Choose a layout when there are octets for the first time. False when none is known."""
        if self.layout is None:
            known = [voice.layout for voice in self.voices]
            layout = common([each for each in known if each is not None])
            if layout is None:
                return False
            for voice in self.voices:
                voice.write_as(layout)
            self.layout = layout._replace(channels=len(self.voices))
        return True

    def _together(self, sides: list[bytes]) -> bytes:
        if len(sides) == 1:
            return sides[0]
        assert self.layout is not None
        octets = self.layout.sample_octets
        samples = [np.frombuffer(side, f"V{octets}") for side in sides]
        return np.stack(samples, axis=1).tobytes()

    def _is_silent(self, detector: SilenceDetector, octets: bytes) -> bool:
        """Has there been silence for long enough? These octets are the next."""
        samples = self._samples(octets)
        self._unheard.append(samples)
        self._unheard_octets += len(samples)
        may_be = self.seconds - detector.last_sound >= self._silence
        if may_be or self._unheard_octets >= MOST_UNHEARD:
            self._hear(detector)
        return may_be and detector.silence >= self._silence

    def _hear(self, detector: SilenceDetector) -> None:
        """Let the detector have all that has been drained."""
        if self._unheard:
            octets = b"".join(self._unheard)
            self._unheard.clear()
            self._unheard_octets = 0
            detector.hear(self._levels(octets))

    def _samples(self, octets: bytes) -> bytes:
        """As many of them as the detector wants."""
        assert self.layout is not None
        if self.layout.encoding in LAWS:
            return octets[::SAMPLED]
        return np.frombuffer(octets, "<i2")[::SAMPLED].tobytes()

    def _levels(self, octets: bytes) -> list[float]:
        assert self.layout is not None
        law, frame = LAWS.get(self.layout.encoding), round(self.layout.rate * FRAME) // SAMPLED
        if law is None:
            samples: Samples = np.frombuffer(octets, "<i2")
            return levels(samples, frame)
        return levels_of(law.powers.take(np.frombuffer(octets, np.uint8)), frame)


def common(layouts: Sequence[Layout]) -> Layout | None:
    """One layout for several voices: G.711 where all are, of the first one's law."""
    if all(each.encoding in LAWS for each in layouts):
        return layouts[0] if layouts else None
    return Layout("L16", max(each.rate for each in layouts))
