"""Overrides: who wins (features 4.4), what is kept, and who hears of it (FC-4)."""

import logging
from dataclasses import replace

import pytest

from softswitch.bus import SettingChanged
from softswitch.config.configuration import Forward, Forwarding
from tests.softswitch.settings.office import NOON, Office, user

PLAIN = {"101": user(), "102": user("102")}


def forwards(**rules: str) -> Forwarding:
    return Forwarding({situation: Forward(to) for situation, to in rules.items()})


def test_a_change_holds_at_once_and_says_by_whom() -> None:  # FC-4
    office = Office(PLAIN)
    office.change("101", dnd="on", forward_busy="102")
    now = office.settings.users["101"]
    assert now.dnd
    assert now.forward.rules == {"busy": Forward("102")}
    assert now.origin["dnd"] == "phone *0 by 101, 2026-08-03 09:12 (default: off)"
    assert office.in_force == {"101 dnd": "on", "101 forward.busy": "102"}
    assert office.settings.users["102"] == PLAIN["102"]
    assert not PLAIN["101"].dnd  # the configuration is as it was


def test_a_change_is_told_to_the_bus() -> None:  # FC-4
    office = Office(PLAIN)
    office.change("101", call_waiting="off")
    assert office.events == [SettingChanged("101", "call_waiting", "off", "phone *0 by 101", NOON)]


def test_the_origin_names_the_line_that_is_overridden() -> None:
    office = Office({"101": user(forward=forwards(no_answer="11"))})
    office.change("101", forward_no_answer="+48601222333")
    assert office.settings.users["101"].origin["forward.no_answer"] == (
        "phone *0 by 101, 2026-08-03 09:12 (YAML: 11, line 70)"
    )


def test_a_change_outlives_the_switch() -> None:
    office = Office(PLAIN)
    office.change("101", ring_time="25s")
    again = office.again()
    assert again.settings.users["101"].ring_time == 25.0
    assert again.settings.users["101"].origin["ring_time"].startswith("phone *0 by 101")


def test_the_latest_decision_wins(caplog: pytest.LogCaptureFixture) -> None:
    office = Office({"101": user(forward=forwards(no_answer="11"))})
    office.change("101", forward_no_answer="+48601222333", dnd="on")
    office.now += 10
    with caplog.at_level(logging.WARNING):
        again = office.again({"101": user(forward=forwards(no_answer="12"))})
    now = again.settings.users["101"]
    assert now.forward.rules["no_answer"].to == "12"
    assert now.dnd  # another key, of which nobody has spoken since
    said = "101 forward.no_answer: user's +48601222333 replaced by 12 from softswitch.yaml:70"
    assert said in caplog.text
    (row,) = [row for row in again.kept.values() if row.ended_at]
    assert (row.value, row.ended_by) == ("+48601222333", said)


def test_a_line_that_is_written_is_a_decision_even_if_it_says_the_default() -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on")
    again = office.again({"101": user(dnd=False)})
    assert not again.settings.users["101"].dnd
    assert again.in_force == {}


def test_a_line_that_is_gone_leaves_the_default(caplog: pytest.LogCaptureFixture) -> None:
    office = Office({"101": user(ring_time=20.0)})
    office.change("101", ring_time="25s")
    again = office.again(PLAIN)
    assert again.settings.users["101"].ring_time == 30.0
    assert "101 ring_time: user's 25s replaced by 30s from the default" in caplog.text


def test_unrelated_edits_touch_nothing() -> None:
    office = Office({"101": user(ring_time=20.0)})
    office.change("101", ring_time="25s")
    other = user(ring_time=20.0, max_calls=1, origin={"ring_time": "conf/softswitch.yaml:99"})
    assert office.again({"101": other}).settings.users["101"].ring_time == 25.0


def test_the_value_of_the_configuration_is_no_override() -> None:
    office = Office({"101": user(forward=forwards(busy="102"))})
    office.change("101", forward_busy="103")
    office.change("101", forward_busy="102")
    assert office.in_force == {}
    assert office.settings.users["101"] == office.settings.configured["101"]
    assert [(row.value, row.ended_by) for row in office.kept.values()] == [
        ("103", "phone *0 by 101")
    ]


def test_a_later_change_ends_the_one_before() -> None:
    office = Office(PLAIN)
    office.change("101", forward_busy="102")
    office.now += 60.0
    office.change("101", forward_busy="voicemail")
    rows = sorted(office.kept.values())
    assert [(row.value, row.ended_at) for row in rows] == [("102", NOON + 60), ("voicemail", 0.0)]
    assert office.again().in_force == {"101 forward.busy": "voicemail"}


def test_of_two_rows_in_force_the_later_one_counts() -> None:
    office = Office(PLAIN)
    office.change("101", forward_busy="102")
    (row,) = office.kept.values()
    both = [row, row._replace(id="later", value="103", changed_at=NOON + 1)]
    again = Office(PLAIN, both)
    assert again.settings.users["101"].forward.rules["busy"].to == "103"
    assert again.in_force == {"101 forward.busy": "103"}
    ended = [row.ended_by for row in again.kept.values() if row.ended_at]
    assert ended == ["101 forward.busy: user's 102 replaced by 103, set by phone *0 by 101"]


def test_what_cannot_be_kept_is_as_before(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on")
    office.is_full = True
    heard: list[bool] = []
    office.settings.change("101", {"dnd": "off", "ring_time": "25s"}, "phone *79", heard.append)
    assert heard == [False]
    now = office.settings.users["101"]
    assert (now.dnd, now.ring_time) == (True, 30.0)
    assert "cannot be kept: the disk is full" in caplog.text
    assert len(office.events) == 1


def test_frozen_settings_are_ignored_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on", forward_busy="102")
    frozen = replace(user(), editable=("dnd",))
    again = office.again({"101": frozen})
    assert again.settings.users["101"].dnd
    assert again.settings.users["101"].forward.rules == {}
    said = "101 forward.busy: 102, set by phone *0 by 101, is ignored: forward is not editable"
    assert said in caplog.text
    assert again.again(PLAIN).settings.users["101"].forward.rules["busy"].to == "102"


def test_a_fixed_value_is_not_overridden(caplog: pytest.LogCaptureFixture) -> None:
    office = Office({"101": user(ring_time=20.0)})
    office.change("101", ring_time="25s")
    fixed = replace(user(ring_time=20.0), fixed=frozenset({"ring_time"}))
    again = office.again({"101": fixed})
    assert again.settings.users["101"].ring_time == 20.0
    assert "is ignored: conf/softswitch.yaml:10 fixes it at 20s" in caplog.text


def test_settings_of_nobody_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on")
    again = office.again({"102": user("102")})
    assert list(again.settings.users) == ["102"]
    assert again.in_force == {"101 dnd": "on"}
    assert "is ignored: no such user" in caplog.text
    assert again.settings.reset("101", "", lambda fine: None) == [
        "101 dnd: on, set by phone *0 by 101"
    ]
    assert again.in_force == {}
    assert again.events == []


def test_settings_of_a_later_version_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on")
    (row,) = office.kept.values()
    again = Office(PLAIN, [row._replace(key="mood")])
    assert again.settings.users["101"] == PLAIN["101"]
    assert "101 mood: on, set by phone *0 by 101, is ignored: no such setting" in caplog.text


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("", []),
        ("forward", ["101 dnd"]),
        ("forward.busy", ["101 dnd", "101 forward.always"]),
        ("ring_time", ["101 dnd", "101 forward.always", "101 forward.busy"]),
    ],
)
def test_what_was_changed_can_be_taken_back(what: str, left: list[str]) -> None:
    office = Office(PLAIN)
    office.change("101", dnd="on", forward_busy="102", forward_always="102")
    office.change("102", dnd="on")
    heard: list[bool] = []
    dropped = office.settings.reset("101", what, heard.append)
    assert heard == [True]
    assert len(dropped) == 3 - len(left)
    assert sorted(office.in_force) == [*left, "102 dnd"]
    assert office.settings.users["101"].dnd == ("101 dnd" in left)
    ended = [row.ended_by for row in office.kept.values() if row.ended_at]
    assert set(ended) <= {"softswitch reset"}
