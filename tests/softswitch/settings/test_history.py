"""What was changed, and how the last change is taken back (features 4.4, NEW-9)."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.bus import SettingChanged
from softswitch.config import Config, User
from softswitch.config.configuration import Forward, Forwarding
from softswitch.control import CannotAnswer
from softswitch.mailbox.messages import Box
from softswitch.settings import history, keys
from softswitch.settings.commands import Commands
from softswitch.settings.history import Change
from softswitch.store.store import SettingRow
from tests.softswitch.config.reading import read
from tests.softswitch.settings.office import NOON, Office, user


def rows(office: Office) -> list[SettingRow]:
    return list(office.kept.values())


def undo(office: Office, key: str = "") -> None:
    taken = history.taken_back(history.last(rows(office), key))
    office.now += 1
    office.settings.change("101", taken, history.UNDO, lambda fine: None)


def told(found: list[Change]) -> list[tuple[str, str | None, str | None, str]]:
    return [
        (one.key, one.before and one.before.value, one.after and one.after.value, one.by)
        for one in found
    ]


def test_every_change_says_what_was_before_and_who_did_it() -> None:  # NEW-9
    office = Office({"101": user()})
    office.change("101", dnd="on")
    office.now += 1
    office.change("101", ring_time="20s")
    office.now += 1
    office.change("101", ring_time="25s")
    office.now += 1
    office.settings.reset("101", "dnd", lambda fine: None)
    assert told(history.changes(rows(office))) == [
        ("dnd", "on", None, "softswitch reset"),
        ("ring_time", "20s", "25s", "phone *0 by 101"),
        ("ring_time", None, "20s", "phone *0 by 101"),
        ("dnd", None, "on", "phone *0 by 101"),
    ]
    assert told(history.last(rows(office), "ring_time")) == [
        ("ring_time", "20s", "25s", "phone *0 by 101")
    ]
    assert history.last([]) == []


def test_what_was_changed_at_once_is_taken_back_at_once() -> None:
    office = Office({"101": user()})
    office.change("101", ring_time="10s")
    office.now += 1
    office.change("101", ring_time="20s", forward_no_answer="102")
    undo(office)
    assert office.in_force == {"101 ring_time": "10s"}
    undo(office)
    assert office.in_force == {"101 ring_time": "20s", "101 forward.no_answer": "102"}


def test_what_the_configuration_has_ended_comes_back_and_is_the_latest_decision() -> None:
    def written(to: str) -> User:
        return user(forward=Forwarding({"no_answer": Forward(to)}))

    office = Office({"101": written("11")})
    office.now -= 60
    office.change("101", forward_no_answer="+48601222333")
    again = office.again({"101": written("12")})
    again.now = NOON + 5
    assert again.in_force == {}
    (change,) = history.last(rows(again))
    assert change.by.endswith("user's +48601222333 replaced by 12 from softswitch.yaml:70")
    undo(again)
    assert again.settings.users["101"].forward.rules["no_answer"].to == "+48601222333"
    assert again.again().settings.users["101"].forward.rules["no_answer"].to == "+48601222333"


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from(["dnd", "call_waiting"]), st.sampled_from(["on", "off"])),
        max_size=8,
    ),
    st.sampled_from(["dnd", "call_waiting"]),
    st.sampled_from(["on", "off"]),
)
def test_undone_twice_all_is_as_it_was(before: list[tuple[str, str]], key: str, value: str) -> None:
    office = Office({"101": user()})
    for one, to in before:
        office.change("101", **{one: to})
        office.now += 1
    first = {one: keys.value(office.settings.users["101"], one) for one in keys.KEYS}
    changed = len(history.changes(rows(office)))
    office.change("101", **{key: value})
    office.now += 1
    after = {one: keys.value(office.settings.users["101"], one) for one in keys.KEYS}
    if len(history.changes(rows(office))) == changed:
        return  # it was so already, and no change
    undo(office)
    assert {one: keys.value(office.settings.users["101"], one) for one in keys.KEYS} == first
    undo(office)
    assert {one: keys.value(office.settings.users["101"], one) for one in keys.KEYS} == after


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read(tmp_path, "users: {101: Anna, 102: Jan}\n")


def commands(config: Config, office: Office) -> Commands:
    return Commands(config, office.settings, Box, office.settings_of)


def test_a_running_switch_takes_the_last_change_back(config: Config) -> None:
    office = Office(config.users)
    office.change("101", dnd="on", call_waiting="off")
    office.now += 60
    office.change("101", ring_time="25s")
    answers = commands(config, office)
    assert asyncio.run(answers.undo({"user": "101"})) == [
        "101 ring_time: 30s again (was 25s: phone *0 by 101)"
    ]
    assert asyncio.run(answers.undo({"user": "101", "key": "dnd"})) == [
        "101 dnd: off again (was on: phone *0 by 101)"
    ]
    assert office.in_force == {"101 call_waiting": "off"}
    with pytest.raises(CannotAnswer, match="102 has changed nothing"):
        asyncio.run(answers.undo({"user": "102"}))
    with pytest.raises(CannotAnswer, match=r"101 has never changed forward\.busy"):
        asyncio.run(answers.undo({"user": "101", "key": "forward.busy"}))
    with pytest.raises(CannotAnswer, match="'name' is no such setting"):
        asyncio.run(answers.undo({"user": "101", "key": "name"}))
    office.is_full = True
    with pytest.raises(CannotAnswer, match="the store cannot keep it"):
        asyncio.run(answers.undo({"user": "101"}))


def test_what_is_not_editable_any_more_is_said(config: Config) -> None:
    office = Office({"101": user(editable=())})
    row = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", 1.0, 0.0, "")
    office.kept[row.id] = row
    again = Office({"101": user(editable=())}, [row])
    answers = commands(config, again)
    assert asyncio.run(answers.undo({"user": "101"})) == [
        "101 dnd: off again, which is not editable (was on: phone *78 by 101)"
    ]


def test_a_running_switch_learns_that_the_file_says_it_now(config: Config) -> None:
    office = Office(config.users)
    office.change("101", ring_time="25s")
    answers = commands(config, office)
    request = {"user": "101", "key": "ring_time", "value": "25s", "origin": "x.yaml:3"}
    with pytest.raises(CannotAnswer, match="101 has changed ring_time meanwhile"):
        asyncio.run(answers.adopted({**request, "value": "20s"}))
    assert asyncio.run(answers.adopted(request)) == ["101 ring_time: 25s from x.yaml:3"]
    assert office.in_force == {}
    assert office.settings.users["101"].ring_time == 25.0
    (line,) = [
        one for one in answers.show({"user": "101"})["settings"] if one["key"] == "ring_time"
    ]
    assert (line["value"], line["origin"]) == ("25s", "x.yaml:3")
    with pytest.raises(CannotAnswer, match="meanwhile"):
        asyncio.run(answers.adopted(request))


def test_every_change_is_an_event_whoever_made_it(config: Config) -> None:  # features 4.4, FC-4
    office = Office(config.users)
    answers = commands(config, office)
    office.change("101", dnd="on")
    office.now += 1
    asyncio.run(answers.undo({"user": "101"}))
    office.now += 1
    office.change("101", ring_time="25s", call_waiting="off")
    asyncio.run(answers.reset({"user": "101", "what": "call_waiting"}))
    request = {"user": "101", "key": "ring_time", "value": "25s", "origin": "x.yaml:3"}
    asyncio.run(answers.adopted(request))
    told = [one for one in office.events if isinstance(one, SettingChanged)]
    assert [(one.key, one.value, one.source) for one in told] == [
        ("dnd", "on", "phone *0 by 101"),
        ("dnd", "off", "softswitch undo"),
        ("ring_time", "25s", "phone *0 by 101"),
        ("call_waiting", "off", "phone *0 by 101"),
        ("call_waiting", "on", "softswitch reset"),
        ("ring_time", "25s", "softswitch adopt"),
    ]
