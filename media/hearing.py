"""What a remote says, codec by codec: packets into jitter buffers, one for each codec it uses.

A phone may change its codec from one packet to the next, within what was agreed (RFC 3264 §5.1).
Each codec has a buffer of its own, and both know when their packets came: whoever takes from them
goes on to the next as soon as the one before has run dry.
"""

from collections.abc import Callable, Sequence
from functools import partial

from softswitch.media.arrivals import Arrivals
from softswitch.media.codecs import codec, samples_in
from softswitch.media.codecs.comfort import Hush
from softswitch.media.formats import COMFORT_NOISE, STATIC, STATIC_NOISE, TELEPHONE_EVENT, Format
from softswitch.media.jitter import JitterBuffer
from softswitch.media.rtp import Header

MAX_SOURCES = 4
"""Codecs of one remote: what a description has more of is not heard."""
_OCTET_A_TICK = frozenset({"PCMU", "PCMA", "G722"})

OVERTAKEN = 0.2
"""Seconds after a change of the SSRC in which packets of the one before are still under way."""

MakeBuffer = Callable[[Format, Callable[[bytes], int]], JitterBuffer]
"""For a codec, and what tells the ticks of a payload."""


class Source:
    """Packets of one codec."""

    __slots__ = ("buffer", "changed_at", "format", "former", "silence", "ssrc", "ticks", "varies")

    def __init__(self, format_: Format, make_buffer: MakeBuffer) -> None:
        self.format = format_
        self.varies = format_.encoding not in _OCTET_A_TICK
        """Whether a payload may be too short to last a tick."""
        self.ticks: Callable[[bytes], int] = partial(samples_in, format_) if self.varies else len
        self.buffer = make_buffer(format_, self.ticks)
        found = codec(format_)
        self.silence = b"" if found is None else found.silence(found.frame_rate // 50)
        """A frame of 20 ms."""
        self.ssrc = self.former = -1
        """Of who speaks now, and of who spoke before."""
        self.changed_at = 0.0

    def is_over(self, ssrc: int, now: float) -> bool:
        """Another SSRC than before: a new beginning, unless it is a packet that was overtaken by
        the new one's first."""
        if ssrc == self.former and now - self.changed_at < OVERTAKEN:
            return True
        self.former, self.ssrc, self.changed_at = self.ssrc, ssrc, now
        self.buffer.restart()
        return False


class Hearing:
    """A tap on a leg. Subclasses say what buffers they want, and take from `speaking`."""

    __slots__ = (
        "_by_type",
        "_current",
        "_formats",
        "_keys",
        "_make_buffer",
        "_noises",
        "_sources",
        "hushed",
    )

    patient = False
    """Whether there is time: may packets come several together, and later than they came to us?"""

    def __init__(self, formats: Sequence[Format], make_buffer: MakeBuffer) -> None:
        """`formats` is what the remote sends, by its payload types."""
        self._make_buffer = make_buffer
        self._by_type: dict[int, Source | None] = {}
        """Of payload types that have come; None: not ours to decode."""
        self._sources: list[Source] = []
        self._current: Source | None = None
        self.hushed = False
        """Whether the remote has ever described its noise: there may be a `Hush` among payloads."""
        self.expect(formats)

    def expect(self, formats: Sequence[Format]) -> None:
        """The remote's payload types may mean something else from now on."""
        self._formats = tuple(formats)
        self._keys = frozenset(
            each.payload_type for each in formats if each.encoding == TELEPHONE_EVENT
        )
        """Payload types of telephone events."""
        self._noises = {STATIC_NOISE: STATIC[STATIC_NOISE].clock_rate} | {
            each.payload_type: each.clock_rate for each in formats if each.encoding == COMFORT_NOISE
        }
        """Clock rates of comfort noise, by payload type."""
        self._by_type.clear()

    def tap(self, header: Header, payload: bytes, now: float) -> None:
        """A packet has come."""
        kind = header.payload_type
        source = self._by_type[kind] if kind in self._by_type else self._find(kind)
        if source is None or not payload or (source.varies and not source.ticks(payload)):
            if kind in self._keys:
                self.key(now)
            elif kind in self._noises:
                self._hush(header, payload, now)
            return
        if header.ssrc != source.ssrc and source.is_over(header.ssrc, now):
            return
        source.buffer.put(header.sequence, header.timestamp, payload, now)

    def tap_run(self, first: Header, sound: bytes, times: Arrivals) -> None:
        """Packets that follow each other have come, each of as many ticks as it has octets."""
        source = self._by_type.get(first.payload_type)
        sequence, timestamp = first.sequence, first.timestamp
        if (
            source is not None
            and not source.varies
            and source.ssrc == first.ssrc
            and source.buffer.put_run(sequence, timestamp, sound, times)
        ):
            return
        size = first.payload_octets
        for at, now in zip(range(0, len(sound), size), times, strict=True):
            header = first._replace(sequence=sequence, timestamp=timestamp)
            self.tap(header, sound[at : at + size], now)
            sequence = (sequence + 1) & 0xFFFF
            timestamp = (timestamp + size) & 0xFFFFFFFF

    def _hush(self, header: Header, payload: bytes, now: float) -> None:
        """The remote says how silent it is (RFC 3389): that has its place between the sounds."""
        source = self._current
        if source is None or header.ssrc != source.ssrc or not source.silence:
            return
        if self._noises[header.payload_type] == source.format.clock_rate:
            self.hushed = True
            hush = Hush.of(source.silence, payload)
            source.buffer.put(header.sequence, header.timestamp, hush, now)

    def key(self, now: float) -> None:
        """A packet of a telephone event has come: a key is down, or is just being released."""

    def speaking(self) -> Source | None:
        """Whose packets are to be taken now; None before the first."""
        source = self._current
        if source is not None and len(self._sources) > 1 and not source.buffer:
            self._current = source = next((one for one in self._sources if one.buffer), source)
        return source

    def _find(self, kind: int) -> Source | None:
        """The source of a payload type that is new."""
        format_ = next((each for each in self._formats if each.payload_type == kind), None)
        source = format_ and self._source(format_)
        self._by_type[kind] = source
        return source

    def _source(self, format_: Format) -> Source | None:
        for source in self._sources:
            if source.format.same_codec(format_):
                return source
        if codec(format_) is None or len(self._sources) >= MAX_SOURCES:
            return None
        source = Source(format_, self._make_buffer)
        self._sources.append(source)
        self._current = self._current or source
        return source
