"""Who is logged in. Kept in memory: after a restart everybody logs in again.

A browser holds a random word of 256 bits, we its digest: what is in memory opens no door. Times are
monotonic seconds, and come as arguments.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

IDLE = 1800.0
"""Seconds without a request that end a session."""
LONGEST = 12 * 3600.0
"""Seconds after which one has to log in again in any case: a working day."""
MOST = 1000
"""Sessions of all users; the one that was idle for the longest makes room."""
MOST_EACH = 8
"""Of one user: some browsers at some desks."""
TOKEN_OCTETS = 32


class Session:
    """One browser."""

    __slots__ = ("began", "csrf", "said", "seen", "user")

    def __init__(self, user: str, csrf: str, now: float) -> None:
        self.user = user
        self.csrf = csrf
        """Stands in every form of its pages, and has to come back with it."""
        self.began = self.seen = now
        self.said: tuple[str, ...] = ()
        """What the next page confirms, and what that is about."""

    def is_over(self, now: float) -> bool:
        """Whether it is too old."""
        return now - self.seen > IDLE or now - self.began > LONGEST

    def accepts(self, csrf: str) -> bool:
        """Whether a form is from one of our pages."""
        return hmac.compare_digest(octets(csrf), octets(self.csrf))


class Sessions:
    """All of them."""

    def __init__(self, token: Callable[[], str]) -> None:
        """`token`: a word that nobody can guess."""
        self._token = token
        self._sessions: dict[str, Session] = {}
        """By the digest of what the browser holds; who was seen last stands last."""

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, user: str, now: float) -> str:
        """A new session: what its browser holds."""
        self._sweep(now)
        own = [key for key, one in self._sessions.items() if one.user == user]
        for key in own[: max(0, len(own) - MOST_EACH + 1)]:
            del self._sessions[key]
        if len(self._sessions) >= MOST:
            del self._sessions[next(iter(self._sessions))]
        word = self._token()
        self._sessions[digest(word)] = Session(user, self._token(), now)
        return word

    def find(self, word: str, now: float) -> Session | None:
        """The session of a browser, which is not idle by that."""
        key = digest(word)
        session = self._sessions.pop(key, None)
        if session is None or session.is_over(now):
            return None
        session.seen = now
        self._sessions[key] = session
        return session

    def end(self, word: str) -> None:
        """It has logged out."""
        self._sessions.pop(digest(word), None)

    def end_all(self, user: str) -> None:
        """Whoever is logged in as this user is not any more: the password is another."""
        for key in [key for key, one in self._sessions.items() if one.user == user]:
            del self._sessions[key]

    def _sweep(self, now: float) -> None:
        for key in [key for key, one in self._sessions.items() if one.is_over(now)]:
            del self._sessions[key]


def digest(word: str) -> str:
    """What is kept of a word that a browser holds."""
    return hashlib.sha256(octets(word)).hexdigest()


def octets(word: str) -> bytes:
    """A word that anybody may have sent, even one that is no Unicode: a different word is different
    octets."""
    return word.encode("utf-8", "surrogatepass")
