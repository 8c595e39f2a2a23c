"""What every Store has to do, whatever is behind it: functions that take an open one.

`test_sqlite.py` runs them all; a store for another database gets a file of five lines like it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from softswitch.store.store import (
    BindingRow,
    CalendarRow,
    CallRow,
    MailboxRow,
    MessageRow,
    OrphanRow,
    OutboxRow,
    PortalRow,
    RecordingRow,
    SettingRow,
    Store,
)

Check = Callable[[Store], Coroutine[Any, Any, None]]


async def all_done(*writes: Awaitable[None]) -> None:
    await asyncio.gather(*writes)


def binding(binding_id: int, user: str = "100", **other: object) -> BindingRow:
    row = BindingRow(
        id=binding_id,
        user=user,
        contact=f"sip:{user}@10.0.0.{binding_id}:5062;ob",
        display="Anna",
        params=';+sip.instance="<urn:uuid:1>"',
        protocol="UDP",
        local_host="0.0.0.0",
        local_port=5060,
        remote_host="192.0.2.4",
        remote_port=1024,
        path="<sip:edge;lr>\n<sip:inner;lr>",
        call_id="a84b4c76e66710",
        cseq=17,
        q=0.5,
        expires_at=1_800_000_300.25,
        user_agent="phone/1",
        instance="<urn:uuid:1>",
        reg_id=1,
        registered_at=1_800_000_000.0,
        refreshed_at=1_800_000_001.0,
        nat=1,
    )
    return row._replace(**cast(Any, other))


def call(call_id: str = "c1", arrived_at: float = 1_800_000_000.0) -> CallRow:
    return CallRow(
        call_id=call_id,
        caller="100",
        callee="101",
        answered_by="101",
        arrived_at=arrived_at,
        ringing_at=None,
        answered_at=arrived_at + 2,
        ended_at=arrived_at + 60,
        outcome="answered",
        status=200,
        reason="the caller hung up",
        ended_by="caller",
        because="users.101",
        legs="[]",
    )


def message(message_id: str = "m1", **other: object) -> MessageRow:
    row = MessageRow(
        id=message_id,
        mailbox="101",
        caller="+48221112235",
        caller_name="Żółć",
        called="101",
        reason="busy",
        began_at=1_800_000_000.0,
        ended_at=1_800_000_008.5,
        seconds=8.5,
        state="new",
        deleted_at=0.0,
    )
    return row._replace(**cast(Any, other))


MAILBOX = MailboxRow("101", "scrypt:x", 4, "scrypt:y", "[1800000000.5]", 1.5, '{"busy": {}}')


async def keeps_bindings_as_they_were_given(store: Store) -> None:
    await store.put_bindings([binding(2), binding(1, "101")])
    assert await store.bindings() == [binding(1, "101"), binding(2)]


async def replaces_a_binding_of_the_same_id(store: Store) -> None:
    await store.put_bindings([binding(1)])
    await store.put_bindings([binding(1, cseq=18)])
    assert [row.cseq for row in await store.bindings()] == [18]


async def forgets_dropped_bindings(store: Store) -> None:
    await store.put_bindings([binding(1), binding(2)])
    await store.put_bindings([binding(3)], [1, 2, 99])
    assert [row.id for row in await store.bindings()] == [3]


async def commits_what_is_written_at_once_in_order(store: Store) -> None:
    writes = [store.put_bindings([binding(1, cseq=number)]) for number in range(50)]
    await all_done(*writes, store.put_bindings([], [2]), store.add_call(call()))
    assert [row.cseq for row in await store.bindings()] == [49]
    assert await store.calls(10) == [call()]


async def lists_calls_newest_first(store: Store) -> None:
    calls = [call(f"c{n}", 1_800_000_000.0 + n) for n in range(5)]
    await all_done(*map(store.add_call, calls))
    assert await store.calls(3) == calls[:1:-1]


async def lists_the_calls_of_one_user(store: Store) -> None:
    made = call("made")
    taken = call("taken", 1_800_000_001.0)._replace(caller="102", answered_by="100")
    dialled = call("dialled", 1_800_000_002.0)._replace(caller="102", callee="100")
    foreign = call("foreign", 1_800_000_003.0)._replace(caller="102")
    await all_done(*map(store.add_call, (made, taken, dialled, foreign)))
    assert await store.calls(10, "100") == [dialled, taken, made]


async def finds_a_call_by_the_beginning_of_its_id(store: Store) -> None:
    await store.add_call(call("abc%_1"))
    await store.add_call(call("abd", 1_800_000_001.0))
    assert await store.call("abc%") == call("abc%_1")
    assert await store.call("ab") == call("abd", 1_800_000_001.0)
    assert await store.call("a_d") is None


async def keeps_traces_until_they_are_dropped(store: Store) -> None:
    await store.add_trace("c1", b"\0SIP\xff")
    await store.drop_traces(before=1.0)
    assert await store.trace("c1") == b"\0SIP\xff"
    await store.drop_traces(before=1e12)
    assert await store.trace("c1") is None


async def makes_a_secret_once(store: Store) -> None:
    assert await store.secret("nonces", lambda: b"\0one") == b"\0one"
    assert await store.secret("nonces", lambda: b"two") == b"\0one"
    assert await store.secret("other", lambda: b"three") == b"three"


async def keeps_messages_until_they_are_dropped(store: Store) -> None:
    await store.put_messages([message("b", began_at=2.0), message("a", began_at=3.0)])
    await store.put_messages([message("c", began_at=1.0)], ["b", "x"])
    assert [row.id for row in await store.messages()] == ["c", "a"]
    await store.put_messages([message("a", state="old", loss=0.4)])
    assert (await store.messages())[1] == message("a", state="old", loss=0.4)


async def keeps_what_owners_have_decided(store: Store) -> None:
    await store.put_mailbox(MAILBOX._replace(mailbox="102"))
    await store.put_mailbox(MAILBOX)
    await store.put_mailbox(MAILBOX._replace(mailbox="102", pin=""))
    assert await store.mailboxes() == [MAILBOX, MAILBOX._replace(mailbox="102", pin="")]


async def keeps_mails_until_they_are_dropped(store: Store) -> None:
    later = OutboxRow("m1", "101", 2.0, 3, 60.5, "a@x.pl\nb@x.pl", "waiting", "451 later")
    first = later._replace(message_id="m2", since=1.0)
    await store.put_outbox([later, first, later._replace(message_id="m3")])
    await store.put_outbox([first._replace(state="sent")], ["m3", "x"])
    assert await store.outbox() == [first._replace(state="sent"), later]


async def keeps_settings_until_they_are_over(store: Store) -> None:
    row = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", 1.5, 0.0, "")
    later = row._replace(id="b", key="forward.busy", value="102", changed_at=2.5)
    await store.put_settings([later, row])
    assert await store.settings() == [row, later]
    over = row._replace(ended_at=3.5, ended_by="phone *79 by 101")
    again = row._replace(id="c", changed_at=3.5)
    await all_done(store.put_settings([over, again]), store.put_settings([later]))
    assert await store.settings() == [later, again]
    assert await store.past_settings("101", 9) == [over]
    assert await store.past_settings("102", 9) == []


async def lists_and_forgets_the_settings_that_are_over(store: Store) -> None:
    row = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", 1.5, 2.5, "softswitch reset")
    rows = [row._replace(id=f"{number}", ended_at=number + 2.5) for number in range(4)]
    await store.put_settings(rows)
    assert await store.past_settings("101", 2) == [rows[3], rows[2]]
    await store.drop_settings(3.0, 3)
    assert await store.past_settings("101", 9) == [rows[3], rows[2], rows[1]]
    await store.drop_settings(4.0, 3)
    assert await store.past_settings("101", 9) == [rows[3], rows[2]]
    other = row._replace(id="x", key="ring_time", ended_at=9.5)
    now = row._replace(id="y", changed_at=9.5, ended_at=0.0, ended_by="")
    await store.put_settings([other, now])
    await store.drop_settings(0.0, 1)
    assert await store.settings_of("101") == [rows[3], other, now]
    assert await store.settings_of("102") == []


async def keeps_what_was_chosen_for_a_calendar(store: Store) -> None:
    row = CalendarRow("office", "closed", 2.5, "phone *281*2 by 101", 1.5)
    await all_done(store.put_calendar(row._replace(name="door")), store.put_calendar(row))
    await store.put_calendar(row._replace(state="", until=0.0))
    assert await store.calendars() == [
        row._replace(name="door"),
        row._replace(state="", until=0.0),
    ]


async def knows_of_whom_something_is_kept(store: Store) -> None:
    setting = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", 1.5, 0.0, "")
    box = MailboxRow("102", "", 0, "", "[]", 0.0, "{}")
    await store.put_settings([setting])
    await all_done(store.put_mailbox(box), store.put_messages([message("m", mailbox="103")]))
    await store.put_outbox([OutboxRow("m", "103", 1.0, 0, 2.0, "", "waiting", "")])
    await store.secret("first PIN of 103", lambda: b"1")
    assert await store.owners() == {"101", "102", "103"}
    await store.put_orphans([OrphanRow("103", 1.5), OrphanRow("102", 2.5)])
    await store.put_orphans([OrphanRow("103", 3.5)], ["102"])
    assert await store.orphans() == [OrphanRow("103", 3.5)]
    await store.forget_user("103")
    assert await store.owners() == {"101", "102"}
    assert (await store.orphans(), await store.outbox(), await store.messages()) == ([], [], [])
    assert await store.secret("first PIN of 103", lambda: b"2") == b"2"


async def keeps_recordings_until_they_are_dropped(store: Store) -> None:
    first = RecordingRow("a", "a", "100", "101", 1.5, 8.0, "1_100_101_a.wav", "0f", "")
    rows = [first._replace(id=f"{number}", began_at=number + 0.5) for number in range(4)]
    await all_done(*[store.put_recording(row) for row in rows])
    assert await store.recordings(2) == [rows[3], rows[2]]
    assert await store.old_recordings(2.0) == [rows[0], rows[1]]
    await store.drop_recordings(["0", "2"])
    assert await store.recordings(9) == [rows[3], rows[1]]


async def keeps_who_may_log_in_to_the_portal(store: Store) -> None:
    asked = PortalRow("101", "", "0f", 1800.5, 0.0)
    chosen = asked._replace(password="scrypt$00$01", link="", link_until=0.0, changed_at=7.5)
    await all_done(store.put_portal(asked), store.put_portal(asked._replace(user="100")))
    await store.put_portal(chosen)
    assert await store.portal() == [asked._replace(user="100"), chosen]


async def takes_text_of_any_kind_as_a_value(store: Store) -> None:
    nasty = "'; DROP TABLE bindings; --\0\u202e"
    await store.put_bindings([binding(1, nasty)])
    assert (await store.bindings())[0].user == nasty


CHECKS: tuple[Check, ...] = (
    keeps_bindings_as_they_were_given,
    replaces_a_binding_of_the_same_id,
    forgets_dropped_bindings,
    commits_what_is_written_at_once_in_order,
    lists_calls_newest_first,
    lists_the_calls_of_one_user,
    finds_a_call_by_the_beginning_of_its_id,
    keeps_traces_until_they_are_dropped,
    makes_a_secret_once,
    keeps_messages_until_they_are_dropped,
    keeps_what_owners_have_decided,
    keeps_mails_until_they_are_dropped,
    keeps_settings_until_they_are_over,
    lists_and_forgets_the_settings_that_are_over,
    keeps_what_was_chosen_for_a_calendar,
    knows_of_whom_something_is_kept,
    keeps_recordings_until_they_are_dropped,
    keeps_who_may_log_in_to_the_portal,
    takes_text_of_any_kind_as_a_value,
)
