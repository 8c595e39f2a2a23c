"""How users get into the portal: passwords, and links that work once (S0-20).

    a link is mailed ──► it is opened: a form ──► a password is chosen ──► the link is used up

Passwords are kept as PINs are (scrypt, in another thread), of a link only its digest. Opening a
link changes nothing, because mail programs open links by themselves. Times are wall clock seconds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise

from softswitch.mailbox.pins import NOBODY
from softswitch.store.store import Committed, PortalRow
from softswitch.web.sessions import digest

LINK_WORKS = 1800.0
"""Seconds."""
SHORTEST, LONGEST = 10, 128
"""Characters of a password. Long ones are hashed for as long as short ones, but have to be read."""
FEWEST = 5
"""Different characters."""
TOO_SHORT, TOO_LONG, TOO_EASY, NOT_TWICE = "too_short", "too_long", "too_easy", "not_twice"


class Accounts:
    """In memory, and written down."""

    def __init__(
        self,
        rows: Iterable[PortalRow],
        put: Callable[[PortalRow], Committed],
        *,
        users: Iterable[str],
        wall: Callable[[], float],
        token: Callable[[], str],
    ) -> None:
        """`users` who may have an account: what was kept of others is left alone."""
        self._rows = {user: PortalRow(user, "", "", 0.0, 0.0) for user in users}
        self._rows |= {row.user: row for row in rows if row.user in self._rows}
        self._put = put
        self._wall = wall
        self._token = token

    def __contains__(self, user: object) -> bool:
        return user in self._rows

    def kept(self, user: str) -> str:
        """What a password is compared with; for nobody, something that takes as long."""
        row = self._rows.get(user)
        return row.password if row is not None and row.password else NOBODY

    def set_password(self, user: str, hashed: str) -> Committed:
        """It is this one from now on, and no link works any more."""
        now = self._wall()
        return self._keep(PortalRow(user, hashed, "", 0.0, now))

    def new_link(self, user: str) -> str:
        """What stands in a link for this user; those before it work no more."""
        word = self._token()
        until = self._wall() + LINK_WORKS
        self._keep(self._rows[user]._replace(link=digest(word), link_until=until))
        return word

    def whose(self, word: str) -> str | None:
        """Whose link it is, if it works."""
        wanted, now = digest(word), self._wall()
        for row in self._rows.values():
            if row.link == wanted and now < row.link_until <= now + LINK_WORKS:
                return row.user
        return None

    def use(self, word: str) -> str | None:
        """The same, and it works no more."""
        user = self.whose(word)
        if user is not None:
            self._keep(self._rows[user]._replace(link="", link_until=0.0))
        return user

    def _keep(self, row: PortalRow) -> Committed:
        self._rows[row.user] = row
        return self._put(row)


def plain(password: str) -> str:
    """However a keyboard has composed it."""
    return unicodedata.normalize("NFKC", password)


def wrong_with(password: str, again: str, user: str) -> str:
    """Why it cannot be the password of a user; empty: it can."""
    if password != again:
        return NOT_TWICE
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    letters = password.lower()
    rest = letters.replace(user.lower(), "") if user else letters
    if len(set(letters)) < FEWEST or len(rest) < SHORTEST - 2 or _is_a_row(letters):
        return TOO_EASY
    return ""


def _is_a_row(letters: str) -> bool:
    """1234567890, abcdefghij."""
    rising = sum(ord(b) - ord(a) == 1 for a, b in pairwise(letters))
    return rising >= len(letters) * 3 // 4
