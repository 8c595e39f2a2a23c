"""Which settings are left to users, and which single values are not (features 4.4)."""

from pathlib import Path

import pytest

from tests.softswitch.config.reading import mistakes, read


def test_users_may_change_what_the_file_says(tmp_path: Path) -> None:
    text = "defaults: {editable: [forward, dnd, dnd]}\nusers: {100: {editable: off}, 101: {}}\n"
    users = read(tmp_path, text).users
    assert users["100"].editable == ()
    assert users["101"].editable == ("forward", "dnd")
    assert read(tmp_path, "users: {100: {}}\n").users["100"].editable == (
        "ring_time",
        "call_waiting",
        "dnd",
        "forward",
        "voicemail",
        "email",
    )


def test_a_mailbox_knows_whether_it_is_left_to_its_owner(tmp_path: Path) -> None:
    text = "defaults: {editable: forward}\nusers: {100: {editable: [voicemail]}, 101: {}}\n"
    users = read(tmp_path, text).users
    assert users["100"].voicemail.editable
    assert not users["101"].voicemail.editable


def test_what_users_cannot_change_is_not_editable(tmp_path: Path) -> None:
    (wrong,) = mistakes(tmp_path, "users: {100: {editable: [forward, name]}}\n")
    assert wrong.message == "'name' is not known here"


def test_single_values_are_fixed(tmp_path: Path) -> None:
    text = """
defaults: {ring_time: !fixed 20s, call_waiting: !fixed off, forward: {busy: !fixed 101}}
users:
  100: {ring_time: 30s, forward: {no_answer: {to: !fixed 101}, always: 101}, dnd: !fixed off}
  101: {forward: {busy: 100}}
"""
    users = read(tmp_path, text).users
    assert users["100"].fixed == {"call_waiting", "forward.busy", "forward.no_answer", "dnd"}
    assert users["101"].fixed == {"ring_time", "call_waiting"}
    assert (users["100"].ring_time, users["101"].ring_time) == (30.0, 20.0)
    assert not users["101"].call_waiting


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("users: {100: {name: !fixed Jan}}", "users.100.name"),
        ("users: {100: !fixed Jan}", "users.100"),
        ("defaults: {max_calls: !fixed 2}\nusers: {100: Jan}", "defaults.max_calls"),
        ("users: {100: {voicemail: {pin: !fixed 4711}}}", "users.100.voicemail.pin"),
        ("users: {100: Jan}\nlanguage: !fixed pl", "language"),
    ],
)
def test_only_what_users_may_change_is_fixed(tmp_path: Path, text: str, place: str) -> None:
    (wrong,) = mistakes(tmp_path, f"{text}\n")
    assert (wrong.path, wrong.message) == (place, "!fixed cannot stand here")


def test_what_is_fixed_may_be_shown_where_it_is_wrong(tmp_path: Path) -> None:
    (wrong,) = mistakes(tmp_path, "users: {100: {ring_time: !fixed 20}}\n")
    assert wrong.message == "'20' has no unit"


def test_where_the_defaults_stand_is_known(tmp_path: Path) -> None:
    config = read(tmp_path, "defaults:\n  ring_time: 20s\nusers: {100: {}}\n")
    assert config.defaults["ring_time"].endswith("office.yaml:2")


def test_an_address_can_be_fixed_as_any_other_setting(tmp_path: Path) -> None:
    text = "users: {100: {email: !fixed a@example.com}, 101: {email: [!fixed a@example.com]}}\n"
    users = read(tmp_path, text).users
    assert users["100"].fixed == users["101"].fixed == {"email"}
