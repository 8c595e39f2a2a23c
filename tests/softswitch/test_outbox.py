"""When mails are tried again, and which are kept."""

from collections.abc import Sequence
from typing import cast

from softswitch.outbox import (
    GIVEN_UP,
    PATIENCE,
    SENT,
    WAITING,
    Outbox,
    ServerHistory,
    served_by,
)
from softswitch.store.store import Committed, OutboxRow

NOBODY_LOOKS = cast(Committed, None)


class Shelf:
    """A store that takes everything."""

    def __init__(self) -> None:
        self.rows: dict[str, OutboxRow] = {}

    def put_outbox(self, put: Sequence[OutboxRow], drop: Sequence[str] = ()) -> Committed:
        self.rows.update((row.message_id, row) for row in put)
        for message_id in drop:
            self.rows.pop(message_id, None)
        return NOBODY_LOOKS


def outbox(shelf: Shelf, *gone: str) -> Outbox:
    return Outbox(shelf, list(shelf.rows.values()), is_gone=lambda row: row.message_id in gone)


def row(message_id: str, state: str = WAITING, since: float = 0.0) -> OutboxRow:
    return OutboxRow(message_id, "101", since, 0, since, "", state, "")


def test_a_mail_is_due_at_once_and_is_kept() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    assert box.next_at() is None
    assert box.latest is None
    box.add("m1", "101", 5.0)
    assert "m1" in box
    assert "m2" not in box
    assert box.due(4.9) == []
    assert [one.message_id for one in box.due(5.0)] == ["m1"]
    assert list(shelf.rows) == ["m1"]


def test_a_mail_is_tried_again_for_two_days() -> None:  # ML-2
    shelf, now, waits = Shelf(), 100.0, []
    box = outbox(shelf)
    box.add("m1", "101", now)
    while box.failed(box.due(now)[0], [], "451", now):
        next_at = box.next_at()
        assert next_at is not None
        waits.append(next_at - now)
        now = next_at
    assert waits[:6] == [60.0, 300.0, 1800.0, 7200.0, 7200.0, 7200.0]
    assert now - 100.0 == PATIENCE
    assert box.next_at() is None
    assert (shelf.rows["m1"].state, shelf.rows["m1"].error) == (GIVEN_UP, "451")


def test_what_was_tried_least_comes_first() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    for number in range(3):
        box.add(f"m{number}", "101", float(number))
    box.failed(box.due(5.0)[0], [], "it hung up", 5.0)
    assert [one.message_id for one in box.due(100.0)] == ["m1", "m2", "m0"]


def test_waiting_for_a_server_is_no_attempt() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    box.add("m1", "101", 0.0)
    box.put_off(box.due(0.0)[0], "451", 60.0)
    assert box.due(59.9) == []
    assert [(one.attempts, one.error) for one in box.due(60.0)] == [(0, "451")]


def test_an_attempt_may_have_to_wait_for_the_server() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    box.add("m1", "101", 0.0)
    assert box.failed(box.due(0.0)[0], [], "451", 0.0, 1800.0)
    assert box.next_at() == 1800.0


def test_a_server_is_asked_less_often_the_longer_it_fails() -> None:
    server = ServerHistory(100.0)
    assert server.has_worked_since(100.0)
    assert [server.failed() for _ in range(5)] == [60.0, 300.0, 1800.0, 7200.0, 7200.0]
    assert not server.has_worked_since(101.0)
    server.worked(200.0)
    assert server.has_worked_since(200.0)
    assert server.failed() == 60.0


def test_who_is_served_is_not_served_again() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    box.add("m1", "101", 0.0)
    (first,) = box.due(0.0)
    assert served_by(first) == []
    box.failed(first, ["a@x", "b@x"], "c@x: 550", 0.0)
    (again,) = box.due(60.0)
    assert served_by(again) == ["a@x", "b@x"]
    assert again.error == "c@x: 550"
    box.sent(again, ["a@x", "b@x", "c@x"])
    assert shelf.rows["m1"].state == SENT
    assert shelf.rows["m1"].error == ""
    assert box.due(1e9) == []


def test_what_was_kept_is_there_again_without_what_is_gone() -> None:
    shelf = Shelf()
    shelf.put_outbox([row("m1", SENT, 3.0), row("m2", since=7.0), row("m3", since=9.0)])
    box = outbox(shelf, "m3")
    assert set(shelf.rows) == {"m1", "m2"}
    assert "m1" in box
    assert box.latest == 9.0
    assert [one.message_id for one in box.due(7.0)] == ["m2"]


def test_a_notice_waits_and_says_nothing_of_when_the_last_message_was_mailed() -> None:
    shelf = Shelf()
    box = outbox(shelf)
    box.add("missed-101-1", "101", 5.0, "{}", 10.0)
    assert box.due(14.0) == []
    assert [row.notice for row in box.due(15.0)] == ["{}"]
    assert outbox(shelf).latest is None
