"""Sounds for remotes: a department of the worker that feeds legs from playlists, on the grid.

    Play ──► library ──► Player ──► every 20 ms ──► Leg.emit
    Hush ──► no frame more; the peer's packets go on in the same stream

A leg that is played to keeps its peer: music on hold is nothing but a repeated sound for one side.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from softswitch.media.codecs import codec
from softswitch.media.engine.department import Say
from softswitch.media.engine.files import POLL, Lane, Thread
from softswitch.media.engine.grid import NEVER, Grid
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.library import OCTET_CODECS, CannotPlay, Library
from softswitch.media.engine.stage_messages import Ended, Hush, Play, Record
from softswitch.media.formats import Format
from softswitch.media.player import FRAMES_PER_SECOND, Player, Track

PERIOD = 20
"""Milliseconds of a frame."""
CROWD = 20
"""Legs whose frames leave together."""
MAX_PACKED = 3
"""Frames in a packet: who wants more than 60 ms at a time gets that."""
PATIENCE = 5.0
"""Seconds that sounds wait for a remote which cannot be sent to yet: its address is to be learned,
or the handshake for its keys goes on. Then their time runs, heard or not."""
BY_ITSELF = frozenset({"played", "failed"})
"""How sounds end behind which something else may follow."""
_ON_TIME = 0.0201
"""Seconds since the turn before; later, and turns were skipped."""


class _Playing:
    """What one leg is played."""

    __slots__ = (
        "begun",
        "format",
        "frames",
        "lasted",
        "leg",
        "marker",
        "packed",
        "patient_until",
        "player",
        "problem",
        "request",
        "samples",
        "sounded",
        "turn",
    )

    def __init__(self, leg: Leg, request: Play, format_: Format, patient_until: float) -> None:
        self.leg = leg
        self.request = request
        self.problem = ""
        """Of a sound that could not be played."""
        self.sounded = False
        """Has any sound been there to play?"""
        self.begun = False
        """Has anything of it been sent?"""
        self.patient_until = patient_until
        self.turn = 0.0
        """When its last frame was due."""
        self.speak(format_, None)

    def speak(self, format_: Format, before: Player | None) -> None:
        """In this format from now on, from where the one before stood."""
        found = codec(format_)
        assert found is not None, "chosen because we have it"
        octets = format_.encoding in OCTET_CODECS
        silence = found.silence(found.frame_rate // FRAMES_PER_SECOND)
        self.format = format_
        self.player = Player(
            len(self.request.sounds), silence, octets=octets, repeat=self.request.repeat
        )
        if before is not None:
            self.player.go_to(before.position)
        self.samples = format_.clock_rate // FRAMES_PER_SECOND
        """RTP ticks of a frame."""
        self.lasted = self.samples
        """RTP ticks of the packet before."""
        self.describe(format_)
        self.packed: list[bytes] = []
        self.marker = True
        """The next packet begins something."""

    def describe(self, format_: Format) -> None:
        """The same codec, perhaps by another number."""
        remote = self.leg.remote
        wanted = remote.ptime // PERIOD if remote and format_.encoding in OCTET_CODECS else 1
        self.format = format_
        self.frames = min(max(1, wanted), MAX_PACKED)
        """Frames in a packet."""


class Players:
    """A department of the worker."""

    def __init__(
        self,
        legs: Mapping[int, Leg],
        say: Say,
        clock: Callable[[], float],
        lane: Lane | None = None,
        begin: Callable[[Record], None] = lambda _record: None,
        mention: Say | None = None,
    ) -> None:
        """`begin` does what is to follow sounds; `mention` says what nobody waits for."""
        self._legs = legs
        self._say = say
        self._mention = mention or say
        self._begin = begin
        self._clock = clock
        self._lane = lane or Thread("sounds")
        self._library = Library(self._lane)
        self._grid: Grid[_Playing] = Grid(PERIOD, self._run, crowd=CROWD)
        self._playing: dict[Leg, _Playing] = {}
        self._collect_at = NEVER
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {
            Play: self._play,
            Hush: self._hush,
        }

    @property
    def next_deadline(self) -> float:
        """The next frame, or the next look for sounds that are being loaded."""
        return min(self._grid.next_deadline, self._collect_at)

    def tick(self, now: float) -> None:
        """Send what is due."""
        self._lane.collect()
        self._collect_at = now + POLL if self._lane.waited_for else NEVER
        self._grid.tick(now)

    def renewed(self, leg: Leg) -> None:
        """Another codec may be wanted, or another payload type for the same."""
        playing = self._playing.get(leg)
        if playing is None:
            return
        format_ = speakable(leg.formats)
        if format_ is None:
            self._end(playing, "failed", no_codec(leg.formats))
        elif format_.same_codec(playing.format):
            playing.describe(format_)
        else:
            playing.speak(format_, playing.player)
            self._fetch(playing)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        if leg in self._playing:
            self._end(self._playing[leg], "closed")

    def close(self) -> None:
        """The worker ends."""
        self._lane.close()

    # what signalling says

    def _play(self, message: Play) -> None:
        leg = self._legs[message.port]
        if leg in self._playing:
            self._end(self._playing[leg], "stopped")
        format_ = speakable(leg.formats)
        if format_ is None:
            self._tell(message, "failed", no_codec(leg.formats))
            return
        now = self._clock()
        playing = self._playing[leg] = _Playing(leg, message, format_, now + PATIENCE)
        leg.feed(playing)
        self._grid.add(playing, now)
        self._fetch(playing)

    def _hush(self, message: Hush) -> None:
        playing = self._playing.get(self._legs[message.port])
        if playing is not None:
            self._end(playing, "stopped")

    # sounds come

    def _fetch(self, playing: _Playing) -> None:
        now = self._clock()
        music = playing.request.repeat
        for turn, sound in enumerate(playing.request.sounds):
            arrived = partial(_arrived, playing, playing.player, turn)
            self._library.fetch(sound, playing.format, now, arrived, music=music)
        if self._lane.waited_for:
            self._collect_at = now + POLL

    # sounds go

    def _run(self, all_playing: Sequence[_Playing], deadline: float) -> None:
        for playing in all_playing:
            payload = playing.player.frame()
            if payload is None:
                self._send_packed(playing, deadline)
                self._end(playing, "played" if playing.sounded else "failed", playing.problem)
            elif playing.frames == 1:
                self._send(playing, payload, playing.samples, deadline)
            else:
                playing.packed.append(payload)
                if len(playing.packed) >= playing.frames:
                    self._send_packed(playing, deadline)

    def _send_packed(self, playing: _Playing, deadline: float) -> None:
        packed = playing.packed
        if packed:
            self._send(playing, b"".join(packed), playing.samples * len(packed), deadline)
            packed.clear()

    def _send(self, playing: _Playing, payload: bytes, samples: int, deadline: float) -> None:
        leg = playing.leg
        marker = playing.marker or deadline - playing.turn > playing.frames * _ON_TIME
        playing.turn = deadline
        # a timestamp is that of the packet's first sample: what lies between is the packet before
        elapsed, playing.lasted = playing.lasted, samples
        if leg.feeder is not playing:
            playing.marker = True  # whoever feeds the leg now, what follows him is something new
            return
        sent = leg.emit(playing.format.payload_type, payload, elapsed, deadline, marker=marker)
        playing.marker = not sent
        if sent:
            playing.begun = True
        elif not playing.begun and deadline < playing.patient_until:
            playing.player.go_to((0, 0))

    def _end(self, playing: _Playing, why: str, problem: str = "") -> None:
        leg = playing.leg
        del self._playing[leg]
        self._grid.remove(playing)
        leg.starve(playing)
        self._tell(playing.request, why, problem)

    def _tell(self, request: Play, why: str, problem: str) -> None:
        ended, then = Ended(request.serial, (why, problem)), request.then
        if then is None:
            self._say(ended)
        elif why in BY_ITSELF:
            self._mention(ended)
            self._begin(then)
        else:
            self._say(ended)
            self._say(Ended(then.serial, (0.0, "stopped")))


def speakable(formats: Sequence[Format]) -> Format | None:
    """The first format that we can encode."""
    for format_ in formats:
        if format_.is_audio and codec(format_) is not None:
            return format_
    return None


def no_codec(formats: Sequence[Format]) -> str:
    """Why there is none."""
    names = [format_.encoding for format_ in formats if format_.is_audio]
    return f"we cannot speak {', '.join(names) or 'at all'} to the remote"


def _arrived(playing: _Playing, player: Player, turn: int, sound: Track | CannotPlay) -> None:
    """A sound is there, or never will be."""
    if isinstance(sound, CannotPlay):
        playing.problem = str(sound)
        player.supply(turn, None)
    else:
        playing.sounded = True
        player.supply(turn, sound)
