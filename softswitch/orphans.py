"""What is left of users who are in no configuration any more (features 4.4).

    not in the file ─► orphan ─► there again within 30 days: all is as it was
                             └─► 30 days later: messages, recordings and settings are removed

A slip of the pen in a number costs nobody a message. The days are counted from the first start
without the user, not from when somebody edited the file.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from softswitch.control import CannotAnswer
from softswitch.plural import counted
from softswitch.store.store import OrphanRow

if TYPE_CHECKING:
    from softswitch.control import Handler
    from softswitch.mailbox.boxes import Boxes
    from softswitch.store.store import MailboxRow, MessageRow, SettingRow

log = logging.getLogger(__name__)

KEPT = 30 * 86400.0
"""Seconds until what an orphan has left is removed."""
DAY = 86400.0


class Rows(Protocol):
    """What is asked of the store."""

    async def owners(self) -> set[str]: ...

    async def orphans(self) -> list[OrphanRow]: ...

    def put_orphans(
        self, put: list[OrphanRow], drop: list[str] | tuple[str, ...] = ()
    ) -> Awaitable[None]: ...

    def forget_user(self, user: str) -> Awaitable[None]: ...

    async def messages(self) -> list[MessageRow]: ...

    async def mailboxes(self) -> list[MailboxRow]: ...

    async def settings(self) -> list[SettingRow]: ...


class Orphans:
    """Watches over them while the switch runs."""

    def __init__(
        self, known: Collection[str], store: Rows, boxes: Boxes, wall: Callable[[], float]
    ) -> None:
        """`known`: the users of the configuration."""
        self._known = known
        self._store = store
        self._boxes = boxes
        self._wall = wall

    def handlers(self) -> Mapping[str, Handler]:
        """For a ControlServer."""
        return {"delete orphan": self.delete}

    async def look(self) -> None:
        """Note who is new among them, who is back, and remove what nobody has missed.

        Raises StoreError.
        """
        now = self._wall()
        since = {row.user: row.since for row in await self._store.orphans()}
        there = {user for user in await self._store.owners() if user not in self._known}
        new = sorted(there - since.keys())
        back = sorted(since.keys() - there)
        if new or back:
            await self._store.put_orphans([OrphanRow(user, now) for user in new], back)
        for user in new:
            log.warning("%s is no user any more; what is kept of %s goes in 30 days", user, user)
        for user in back:
            if user in self._known:
                log.info("%s is a user again, and has everything back", user)
        for user in sorted(there & since.keys()):
            if since[user] <= now - KEPT:
                await self._remove(user, "nobody has been that for 30 days")

    async def delete(self, request: Mapping[str, Any]) -> str:
        """Remove what is left of `user` at once. Raises CannotAnswer and StoreError."""
        user = str(request.get("user", ""))
        if user in self._known:
            raise CannotAnswer(
                f"{user} is a user of this switch; take {user} out of the file first"
            )
        if user not in await self._store.owners():
            raise CannotAnswer(f"nothing is kept of {user}")
        return await self._remove(user, "as somebody has asked for")

    async def clock_moved(self, jump: float) -> None:
        """Days are counted by the wall clock; when that is set, they are as many as before."""
        rows = [OrphanRow(row.user, row.since + jump) for row in await self._store.orphans()]
        await self._store.put_orphans(rows)

    async def _remove(self, user: str, why: str) -> str:
        count = len(self._boxes.messages(user)) + len(self._boxes.deleted(user))
        self._boxes.forget(user)
        await self._store.forget_user(user)
        said = f"{user}: {counted(count, 'message')} and all settings are removed: {why}"
        log.warning("%s", said)
        return said


async def listed(store: Rows, known: Collection[str]) -> list[dict[str, Any]]:
    """Who they are, what is kept of each, and since when; None: the switch has not seen it yet."""
    since = {row.user: row.since for row in await store.orphans()}
    messages = Counter(row.mailbox for row in await store.messages())
    boxes = {row.mailbox: row for row in await store.mailboxes()}
    settings = Counter(row.user for row in await store.settings())
    return [
        {
            "user": user,
            "since": since.get(user),
            "messages": messages[user],
            "pin": user in boxes and bool(boxes[user].pin),
            "greetings": user in boxes and boxes[user].greetings != "{}",
            "settings": settings[user],
        }
        for user in sorted(await store.owners())
        if user not in known
    ]
