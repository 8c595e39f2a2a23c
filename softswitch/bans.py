"""Who has guessed passwords too often, and is not heard for a while.

    20 wrong answers in 60 s ──► silence for 5 min ──► again ──► 10 min ──► … a day at most

Only wrong answers count: not asking without credentials, not an old nonce. Never silenced are the
networks next to us, and addresses from which somebody logged in during the last day: behind such
an address a whole office may sit, and one phone with a wrong password must not cut it off.

Sources are IP addresses; of IPv6 the /64 that a customer has. Time is monotonic.
"""

import ipaddress
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

ATTEMPTS = 20
WINDOW = 60.0
"""Twenty in a minute: a person or a phone is far slower, a guesser far faster."""

SHORTEST = 300.0
LONGEST = 86_400.0
GOOD_FOR = 86_400.0
"""A login vouches for its address for a day; phones register several times in one."""

MAX_SOURCES = 10_000
"""Remembered of each kind; the oldest go first. About 2 MB."""


class Suspect:
    """What is known about an address with wrong answers."""

    __slots__ = ("bans", "count", "since", "until")

    def __init__(self, since: float) -> None:
        self.since = since
        self.count = 0
        self.bans = 0
        self.until = 0.0


class Bans:
    """Counts wrong answers per source."""

    def __init__(
        self, now: Callable[[], float], is_exempt: Callable[[str], bool] = lambda source: False
    ) -> None:
        self._now = now
        self._is_exempt = is_exempt
        self._suspects: dict[str, Suspect] = {}
        self._good: dict[str, float] = {}

    def is_banned(self, source: str) -> bool:
        """Whether to drop what comes from there."""
        if not self._suspects:
            return False
        suspect = self._suspects.get(origin(source))
        return suspect is not None and suspect.until > self._now()

    def failed(self, source: str) -> int:
        """A wrong answer came from there; how many came lately."""
        now = self._now()
        key = origin(source)
        suspect = self._suspects.pop(key, None) or Suspect(now)
        self._suspects[key] = suspect  # at the end: the youngest
        if len(self._suspects) > MAX_SOURCES:
            del self._suspects[next(iter(self._suspects))]
        if now - suspect.since > WINDOW:
            if now - suspect.until > LONGEST:
                suspect.bans = 0
            suspect.since, suspect.count = now, 0
        suspect.count += 1
        count = suspect.count
        if count >= ATTEMPTS and not self._is_trusted(source, key, now):
            self._ban(suspect, source, now)
        return count

    def succeeded(self, source: str) -> None:
        """Somebody logged in from there."""
        now = self._now()
        key = origin(source) if ":" in source else source
        known = self._good.get(key)
        if known is None or now - known > WINDOW:
            self._good.pop(key, None)
            self._good[key] = now
            if len(self._good) > MAX_SOURCES:
                del self._good[next(iter(self._good))]

    def banned(self) -> list[tuple[str, float]]:
        """The sources that are not heard, and for how many seconds still."""
        now = self._now()
        return [(key, s.until - now) for key, s in self._suspects.items() if s.until > now]

    def _is_trusted(self, source: str, key: str, now: float) -> bool:
        known = self._good.get(key)
        return (known is not None and now - known < GOOD_FOR) or self._is_exempt(source)

    def _ban(self, suspect: Suspect, source: str, now: float) -> None:
        length = min(SHORTEST * 2**suspect.bans, LONGEST)
        suspect.until = now + length
        suspect.since, suspect.count = suspect.until, 0
        suspect.bans += 1
        log.warning("%s guesses passwords: not heard for %.0f s", source, length)


def origin(source: str) -> str:
    """What counts as one source."""
    if ":" not in source:
        return source
    return str(ipaddress.ip_network((source.partition("%")[0], 64), strict=False))
