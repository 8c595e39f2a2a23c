"""Mails that are to be sent, and when each is tried again (ML-2). Kept in the store.

    waiting ──► sent         every recipient's server has it
        └─────► given_up     two days later, or nobody is left to send it to

Rows stay until their message is gone for ever, so that no message is mailed twice. Mails about
something else (notices) are forgotten at the next start, unless they have to be the only ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from softswitch.store.store import Committed, OutboxRow

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"

RETRIES = (60.0, 300.0, 1800.0, 7200.0)
"""Seconds until the next attempt, after each; the last holds for all further ones."""
PATIENCE = 48 * 3600.0
"""Seconds after which nobody tries any more."""


class Rows(Protocol):
    """What the outbox needs of the store."""

    def put_outbox(self, put: Sequence[OutboxRow], drop: Sequence[str] = ()) -> Committed: ...


class Outbox:
    """All mails by message, in memory; every change is written down."""

    def __init__(
        self, store: Rows, rows: Iterable[OutboxRow], *, is_gone: Callable[[OutboxRow], bool]
    ) -> None:
        """`rows`: what was kept; `is_gone` tells which of them nobody will ask for any more."""
        self._store = store
        kept = list(rows)
        self._rows = {row.message_id: row for row in kept if not is_gone(row)}
        gone = [row.message_id for row in kept if row.message_id not in self._rows]
        if gone:
            store.put_outbox([], gone)
        self.latest = max((row.since for row in kept if not row.notice), default=None)
        """When the newest mail about a message was begun before this start; None: there was none.
        """

    def __contains__(self, row_id: str) -> bool:
        return row_id in self._rows

    def add(
        self, row_id: str, mailbox: str, now: float, notice: str = "", wait: float = 0.0
    ) -> None:
        """A mail about the message of this id, or a notice, to be sent when so long is over."""
        self._put(OutboxRow(row_id, mailbox, now, 0, now + wait, "", WAITING, "", notice))

    def is_stuck(self, row_id: str) -> bool:
        """Whether an attempt to mail this has failed, and none has succeeded yet."""
        row = self._rows.get(row_id)
        return row is not None and row.state != SENT and (row.attempts > 0 or row.error != "")

    def due(self, now: float) -> list[OutboxRow]:
        """What is to be tried now: what was tried least, and of it the oldest first.

        So one mail that makes the server hang up is never in the way of all others.
        """
        due = [row for row in self._waiting() if row.next_at <= now]
        return sorted(due, key=lambda row: (row.attempts, row.since))

    def next_at(self) -> float | None:
        """When something will be due; None: nothing waits."""
        return min((row.next_at for row in self._waiting()), default=None)

    def sent(self, row: OutboxRow, served: Iterable[str]) -> None:
        """All recipients have it."""
        self._put(row._replace(state=SENT, served="\n".join(served), error=""))

    def give_up(self, row: OutboxRow, why: str) -> None:
        """Nobody will try again."""
        self._put(row._replace(state=GIVEN_UP, error=why))

    def put_off(self, row: OutboxRow, why: str, until: float) -> None:
        """It was not its turn: the server failed before. That is no attempt."""
        self._put(row._replace(error=why, next_at=until))

    def failed(
        self, row: OutboxRow, served: Iterable[str], why: str, now: float, wait: float = 0.0
    ) -> bool:
        """An attempt was for nothing, but for the recipients that are served by now.

        The next one is no sooner than after `wait` seconds. False when this was the last one.
        """
        attempts = row.attempts + 1
        row = row._replace(attempts=attempts, served="\n".join(served), error=why)
        if now - row.since >= PATIENCE:
            self.give_up(row, why)
            return False
        wait = max(wait, pause(attempts))
        # The last attempt is made when two days are over, not two hours later.
        self._put(
            row._replace(next_at=max(now + RETRIES[0], min(now + wait, row.since + PATIENCE)))
        )
        return True

    def _waiting(self) -> list[OutboxRow]:
        return [row for row in self._rows.values() if row.state == WAITING]

    def _put(self, row: OutboxRow) -> None:
        self._rows[row.message_id] = row
        self._store.put_outbox([row])


class ServerHistory:
    """How the mail server did of late, whatever the mail."""

    def __init__(self, now: float) -> None:
        self._failures = 0
        """In a row."""
        self._works_at = now
        """Seconds; when it last worked. It gets the benefit of the doubt at the start."""

    def worked(self, now: float) -> None:
        """It took a mail, or refused some address of it."""
        self._failures, self._works_at = 0, now

    def failed(self) -> float:
        """It took nothing. Seconds until it is asked again."""
        self._failures += 1
        return pause(self._failures)

    def has_worked_since(self, when: float) -> bool:
        """Whether a mail that waits since then had a chance."""
        return self._works_at >= when


def pause(failures: int) -> float:
    """Seconds until the next attempt, after so many failures (from 1) in a row."""
    return RETRIES[min(failures, len(RETRIES)) - 1]


def served_by(row: OutboxRow) -> list[str]:
    """The addresses that have it already."""
    return row.served.split("\n") if row.served else []
