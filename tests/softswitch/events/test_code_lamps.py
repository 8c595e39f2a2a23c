"""Lamps of service codes: what is dialled is what is watched (FC-4)."""

from dataclasses import replace

import pytest

from softswitch.config import User
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.places import Zone
from softswitch.config.presets import feature_codes
from softswitch.events.code_lamps import CodeLamps
from softswitch.routing.calendar import Calendar, Calendars
from softswitch.routing.codes import Codes


def users() -> dict[str, User]:
    return {"101": User("101"), "102": User("102"), "0": User("0")}


def lamps(directory: dict[str, User] | None = None) -> CodeLamps:
    return CodeLamps(Codes(**feature_codes()), directory or users())


@pytest.mark.parametrize(
    ("number", "resource"),
    [
        ("*78", "102/dnd"),
        ("*79", "102/dnd"),  # the key that switches off is lit while there is anything to
        ("*76", "102/dnd"),
        ("*26", "102/dnd"),
        ("*26#", "102/dnd"),
        ("*78101", "101/dnd"),
        ("*72", "102/forward_always"),
        ("*72101", "101/forward_always"),
        ("*21", "102/forward_always"),
        ("*21*", "102/forward_always"),
        ("*21#", "102/forward_always"),
        ("*21*101#", "101/forward_always"),
        ("*90101", "101/forward_busy"),
        ("*92101", "101/forward_no_answer"),
        ("*94101", "101/forward_unavailable"),
        ("*52", "102/forward_unanswered"),
        ("##002#", "102/forward"),
        ("*70", "102/call_waiting"),
        ("*43#", "102/call_waiting"),
        ("*31#", "102/hide_number"),
        ("#31", "102/hide_number"),
    ],
)
def test_fc_4_codes_are_watched_as_they_are_dialled(number: str, resource: str) -> None:
    assert lamps().resource(number, "102") == resource


@pytest.mark.parametrize(
    "number", ["", "*", "#", "*98", "*60", "*600", "*19*", "*72999", "*7", "*72*72", "101", "*990"]
)
def test_fc_4_other_numbers_are_no_lamps(number: str) -> None:
    assert lamps().resource(number, "102") is None


def test_fc_4_the_configured_codes_count() -> None:
    own = CodeLamps(Codes(dnd_on=("*1",), forward_busy_on=("*2",)), users())
    assert own.resource("*1", "101") == "101/dnd"
    assert own.resource("*2102", "101") == "102/forward_busy"
    assert own.resource("*78", "101") is None


def test_a_lamp_is_lit_while_the_setting_is_on() -> None:
    directory = users()
    some = lamps(directory)
    assert not some.is_lit("101/dnd")
    assert some.is_lit("101/call_waiting")
    directory["101"] = replace(directory["101"], dnd=True, call_waiting=False)
    assert some.is_lit("101/dnd")
    assert not some.is_lit("101/call_waiting")
    assert not some.is_lit("102/dnd")
    assert not some.is_lit("gone/dnd")


def test_a_lamp_of_several_forwards_is_lit_by_any() -> None:
    directory = users()
    forward = Forwarding({"unavailable": Forward("102")})
    directory["101"] = replace(directory["101"], forward=forward)
    some = lamps(directory)
    assert some.is_lit("101/forward_unanswered")
    assert some.is_lit("101/forward")
    assert not some.is_lit("101/forward_no_answer")


def test_a_change_is_one_of_all_lamps_that_show_it() -> None:
    some = lamps()
    assert list(some.affected("101", "dnd")) == ["101/dnd"]
    assert sorted(some.affected("101", "forward.unavailable")) == [
        "101/forward",
        "101/forward_conditional",
        "101/forward_unanswered",
        "101/forward_unavailable",
    ]
    assert list(some.affected("101", "ring_time")) == []


def test_a_calendar_that_somebody_has_opened_or_closed_is_lit() -> None:  # CAL-6
    known = {
        "office": Calendar("office", Zone("UTC"), code="1"),
        "door": Calendar("door", Zone("UTC")),
    }
    own = CodeLamps(Codes(**feature_codes()), users(), Calendars(known))
    watched = ["*281", "*281*0", "*281*1#", "*281*2"]
    found = [own.resource(number, "102") for number in watched]
    assert found == [
        "office/calendar",
        "office/calendar",
        "office/calendar.open",
        "office/calendar.closed",
    ]
    assert own.resource("*282", "102") is None
    assert set(own.of_calendar("office")) == set(found)

    def lit() -> list[bool]:
        return [own.is_lit(one) for one in found if one is not None]

    assert lit() == [False] * 4
    known["office"] = known["office"].chosen("open")
    assert lit() == [True, True, True, False]
    known["office"] = known["office"].chosen("closed")
    assert lit() == [True, True, False, True]
