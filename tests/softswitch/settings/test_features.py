import pytest

from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.presets import FUNCTIONS
from softswitch.settings import features, keys
from softswitch.settings.features import Feature, changes, feature, ring_time
from tests.softswitch.settings.office import user

ELSEWHERE = ("voicemail", "leave_message", "echo_test", "calendar")


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one not in ELSEWHERE])
def test_every_function_is_about_settings_or_tells_something(function: str) -> None:
    found = feature(function)
    if found.subject not in (features.CLOCK, features.MY_NUMBER):
        assert set(found.keys) <= set(keys.KEYS)
    assert found.tells == (found.verb == "ask")
    assert not (found.needs_number and found.needs_seconds)


def test_names_are_taken_apart() -> None:
    assert feature("forward_no_answer_on") == Feature("forward_no_answer", "on")
    assert feature("forward_off") == Feature("forward", "off")
    assert feature("ring_time") == Feature("ring_time", "set")
    assert feature("my_number") == Feature("my_number", "ask")


def test_several_forwards_are_switched_off_where_there_are_some() -> None:
    busy = user(forward=Forwarding({"busy": Forward("102")}))
    assert changes(feature("forward_off"), busy, "") == {"forward.busy": "off"}
    assert changes(feature("forward_unanswered_off"), busy, "") == {}
    assert changes(feature("forward_always_off"), busy, "") == {"forward.always": "off"}


def test_a_toggle_depends_on_what_is() -> None:
    assert changes(feature("dnd_toggle"), user(), "") == {"dnd": "on"}
    assert changes(feature("dnd_toggle"), user(dnd=True), "") == {"dnd": "off"}


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("5", "5s"),
        ("025", "25s"),
        ("600", "600s"),
        ("601", None),
        ("4", None),
        ("", None),
        ("6000", None),
        ("²", None),
        ("9" * 5000, None),
    ],
)
def test_a_ring_time_is_a_number_of_seconds(typed: str, value: str | None) -> None:
    assert ring_time(typed) == value
