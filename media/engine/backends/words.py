"""When a backend listens to signalling.

Signalling speaks twice in a call, and to wake up costs more than to listen. So once it has spoken,
its words do not wake us for a while (`WORDS_WAIT`). Any packet does, and then words come first: who
sends as soon as a call is answered finds it joined.
"""

from collections.abc import Callable

from softswitch.media.engine.backends.interface import WORDS_WAIT


class Words:
    """What comes through the control channel."""

    __slots__ = ("_listener", "_muted_until", "descriptor", "muted")

    def __init__(self) -> None:
        self.descriptor = -1
        self.muted = False
        """Whether words alone do not wake us: then listen whenever anything else did."""
        self._muted_until = 0.0
        self._listener: Callable[[], bool] = _silence

    def watch(self, descriptor: int, listener: Callable[[], bool]) -> None:
        """From now on, words come here; the listener tells whether there were any."""
        self.descriptor, self._listener = descriptor, listener

    def patience(self, timeout: float, now: float) -> float:
        """For how long we may sleep, if signalling may speak meanwhile."""
        return min(timeout, max(0.0, self._muted_until - now)) if self.muted else timeout

    def hear(self, now: float) -> None:
        """Listen; words that follow soon are muted."""
        if self._listener():
            self.muted, self._muted_until = True, now + WORDS_WAIT
        elif now >= self._muted_until:
            self.muted = False


def _silence() -> bool:
    return False
