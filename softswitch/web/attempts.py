"""How often somebody may be wrong, and how often a link is mailed (VM-15 for the portal).

    an address: 20 wrong in a minute ──► not heard, as for SIP (softswitch.bans)
    a user:     10 wrong in an hour  ──► nobody gets in by password for one hour, but from where
                                         he got in before

These are the portal's own counts: whoever guesses here keeps no telephone from registering and no
owner from listening by phone. A mailed link opens a lock, too. Times are monotonic seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import Any

from softswitch.bans import Bans, origin
from softswitch.mailbox import pins
from softswitch.mailbox.messages import Box

log = logging.getLogger(__name__)

LINK_PAUSE = 120.0
"""Seconds between two links for one user: mails come late, and people are impatient."""
LINKS_A_DAY = 8
LINKS_FROM_ONE = 20
"""Of one address in a day, for users that there are or are not."""
DAY = 86_400.0
MOST = 10_000
"""Remembered addresses of each kind; the oldest go first."""


class Attempts:
    """Counts, by user and by address."""

    def __init__(self, now: Callable[[], float], users: Container[str], bans: Bans) -> None:
        """`users`: who can be meant at all; nothing is remembered of others."""
        self._now = now
        self._users = users
        self._bans = bans
        self._boxes: dict[str, Box] = {}
        self._known: dict[tuple[str, str], None] = {}
        """Users, and from where they have got in."""
        self._links: dict[str, tuple[float, ...]] = {}
        """When links were asked for, by user or by address."""

    def is_heard(self, source: str) -> bool:
        """Whether anybody at this address may try."""
        return not self._bans.is_banned(source)

    def is_locked(self, user: str, source: str) -> bool:
        """Whether not even the right password gets in there."""
        box = self._boxes.get(user)
        return (
            box is not None
            and self._now() < box.locked_until
            and (user, origin(source)) not in self._known
        )

    def failed(self, user: str, source: str) -> None:
        """A wrong password."""
        self._bans.failed(source)
        if user in self._users and not self.is_locked(user, source):
            before = self._boxes.get(user) or Box(user)
            box = self._boxes[user] = pins.failed(before, self._now())
            if box.locked_until > before.locked_until:
                log.warning("portal: too many wrong passwords of %s; locked for a while", user)

    def succeeded(self, user: str, source: str) -> None:
        """The right one, or a link."""
        self._bans.succeeded(source)
        place = (user, origin(source))
        self._known.pop(place, None)
        self._known[place] = None
        _forget_some(self._known)

    def opened(self, user: str) -> None:
        """The owner has shown by other means that it is him."""
        self._boxes.pop(user, None)

    def may_have_link(self, user: str, source: str) -> bool:
        """Whether a link may be mailed now; asking counts."""
        now = self._now()
        from_there = self._asked(origin(source), now)
        if len(from_there) > LINKS_FROM_ONE or user not in self._users:
            return False
        before = [at for at in self._links.get(user, ()) if at > now - DAY]
        if len(before) >= LINKS_A_DAY or (before and now - before[-1] < LINK_PAUSE):
            return False
        self._asked(user, now)
        return True

    def _asked(self, who: str, now: float) -> tuple[float, ...]:
        """When it was asked of late, this time included."""
        times = (*(at for at in self._links.pop(who, ()) if at > now - DAY), now)
        self._links[who] = times[-LINKS_FROM_ONE - 1 :]
        _forget_some(self._links)
        return self._links[who]


def _forget_some(table: dict[Any, Any]) -> None:
    if len(table) > MOST:
        del table[next(iter(table))]
