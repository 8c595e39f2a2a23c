"""What an application does with a call that it has: sounds, recordings, and being called back.

Nothing is told to an application whose call is over, but for what was recorded; and no sound's end
while somebody is rung for the caller, who then hears that it rings.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ringing
from softswitch.b2bua.call import Call, Stage
from softswitch.b2bua.place import Place, home
from softswitch.media.engine.interface import Clip, NoPorts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.media.engine.interface import Played, Recorded, Sound

log = logging.getLogger(__name__)

FINISHED = "played"
"""How sounds end that nobody stopped."""
LOST = "closed"
"""The port or its worker is gone: the call ends, and that will be said."""


class _Outside:
    """Tells how a recording has ended, but never from within the method that began it: a worker
    that has just died says so at once."""

    __slots__ = ("_done", "_later", "is_within")

    def __init__(self, later: Callable[..., object], done: Callable[[Recorded], None]) -> None:
        self._later = later
        self._done = done
        self.is_within = True

    def __call__(self, recorded: Recorded) -> None:
        if self.is_within:
            self._later(0.0, self._done, recorded)
        else:
            self._done(recorded)


class Performing:
    """The half of a ServiceLine that the media engine does."""

    __slots__ = ("_call", "_cancels", "_is_away", "_is_over", "name", "place")

    def __init__(self, call: Call, name: str) -> None:
        self._call = call
        self._is_over = False
        self._is_away = False
        """The caller is about to talk to somebody else."""
        self.place: Place | None = None
        """In a conference room."""
        self._cancels: set[Callable[[], None]] = set()
        """Of what is to be called later."""
        self.name = name
        """Who answered, for the record."""

    def play(self, sounds: Sequence[Sound], done: Callable[[bool], None]) -> None:
        """Let the caller hear this, and nothing else."""
        call = self._call
        if self._is_over:
            return
        if call.stage is Stage.RINGING:
            ringing.tell(call, ringing.SESSION_PROGRESS, call.caller.sdp, ())
        assert call.caller.port is not None
        call.board.media.play(call.caller.port, sounds, done=partial(self._played, done))

    def play_and_record(
        self,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float,
        begun: Callable[[bool], None],
        done: Callable[[Recorded], None],
    ) -> None:
        """Let the caller, who has been answered, hear this; write what he says behind it."""
        call = self._call
        if self._is_over:
            return
        assert call.caller.port is not None
        told = _Outside(call.board.agent.later, done)
        call.board.media.play_and_record(
            call.caller.port,
            sounds,
            path,
            limit=limit,
            silence=silence,
            played=partial(self._played, begun),
            done=told,
        )
        told.is_within = False

    def _played(self, done: Callable[[bool], None], played: Played) -> None:
        if played.ended == "failed":
            log.warning("%s: %s cannot play: %s", self._call.id, self.name, played.problem)
        if not self._is_over and not self._is_away and played.ended != LOST:
            done(played.ended == FINISHED)

    def hush(self) -> None:
        """Play no more."""
        if not self._is_over:
            assert self._call.caller.port is not None
            self._call.board.media.hush(self._call.caller.port)

    def record(
        self, path: str, *, limit: float, silence: float, done: Callable[[Recorded], None]
    ) -> None:
        """Write what the caller says into a file."""
        call = self._call
        if self._is_over:
            return
        assert call.caller.port is not None
        told = _Outside(call.board.agent.later, done)
        call.board.media.record(call.caller.port, path, limit=limit, silence=silence, done=told)
        told.is_within = False

    def finish(self) -> None:
        """End the recording."""
        if not self._is_over:
            assert self._call.caller.port is not None
            self._call.board.media.finish(self._call.caller.port)

    def echo(self) -> None:
        """Let the caller hear what he says."""
        port = self._call.caller.port
        assert port is not None
        self._call.board.media.join(port, port)

    def meet(self, room: str, *, muted: bool) -> bool:
        """Let the caller talk with all others in the room; False: there is no way."""
        if self._is_over:
            return False
        if self.place is None:
            try:
                self.place = Place(self._call, room, home(self._call, self.name))
            except NoPorts:
                log.warning("%s: no RTP port is free (network.rtp)", self._call.id)
                return False
        self.place.mix(muted=muted)
        return True

    def part(self) -> None:
        """Be in no room any more."""
        place, self.place = self.place, None
        if place is not None:
            place.leave()

    def entertain(self) -> None:
        """Let the caller hear music, until there is something else to be heard."""
        board = self._call.board
        if not self._is_over and board.music:
            assert self._call.caller.port is not None
            music = (Clip(board.music),)
            done = partial(self._played, _never)
            board.media.play(self._call.caller.port, music, repeat=True, done=done)

    def wall(self) -> float:
        """Seconds since 1970."""
        return self._call.board.clock.wall()

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back in a while, unless the call ends before."""
        if self._is_over:
            return _nothing

        def due() -> None:
            self._cancels.discard(timer.cancel)
            callback()

        def cancel() -> None:
            self._cancels.discard(timer.cancel)
            timer.cancel()

        timer = self._call.board.agent.later(seconds, due)
        self._cancels.add(timer.cancel)
        return cancel

    def _end(self) -> bool:
        """Nothing is called back any more. False: so it was already."""
        if self._is_over:
            return False
        self._is_over = True
        self.part()
        for cancel in tuple(self._cancels):
            cancel()
        return True


def _never(whole: bool) -> None:
    """Music does not end by itself."""


def _nothing() -> None:
    """There is nothing to prevent."""
