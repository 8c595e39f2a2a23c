"""Users as they are: what is built in, `defaults:` over that, and over both what is theirs."""

from pathlib import Path

import pytest

from softswitch.config import load
from softswitch.config.secrets import make_missing
from tests.softswitch.config.reading import NAME, mistakes, read, write

GOOD = """\
x-phone: &phone {ring_time: 20s, max_calls: 2}
defaults: {max_devices: 3, ring_time: 40s}
users:
  100: {name: Anna, password: "0123", <<: *phone}
  101: Jan
"""


def test_a_user_overrides_the_defaults_and_they_what_is_built_in(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    anna, jan = config.users["100"], config.users["101"]
    assert (anna.ring_time, anna.max_calls, anna.max_devices) == (20.0, 2, 3)
    assert (jan.ring_time, jan.max_calls, jan.max_devices) == (40.0, 4, 3)


def test_the_origin_of_each_value_is_known(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    place = f"{tmp_path}/{NAME}"
    assert config.users["100"].origin == {
        "name": f"{place}:4",
        "password": f"{place}:4",
        "ring_time": f"{place}:1",
        "max_calls": f"{place}:1",
        "max_devices": f"{place}:2",
        "unreachable_after": "default",
        "codecs": "default",
        "encryption": "default",
        "language": "default",
        "fax": "default",
        "call_waiting": "default",
        "ring_splash": "default",
        "phone_redirect": "default",
        "record": "default",
        "calls": "default",
        "allow": "default",
        "deny": "default",
        "caller_id": "default",
        "hide_number": "default",
        "number": "default",
        "dnd": "default",
        "dnd_allow": "default",
        "dnd_repeat": "default",
        "busy_scope": "default",
        "editable": "default",
        "forward": "default",
        "voicemail": "default",
        "email": "default",
    }
    assert config.users["101"].origin["name"] == f"{place}:5"
    assert config.users["101"].origin["password"] == "missing"


def test_passwords_that_were_made_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, "users:\n  100: Anna\n  1-0-1: Jan\n  '*55': Ewa\n")
    config = load(path)
    assert config.missing_passwords == ("100", "101", "*55")
    assert config.users["100"].password == ""
    made = make_missing(path, config.missing_passwords)
    config = load(path)
    assert config.missing_passwords == ()
    assert {name: user.password for name, user in config.users.items()} == made
    assert config.users["101"].origin["password"] == "secrets.yaml:2"


def test_thousands_of_users_are_read(tmp_path: Path) -> None:
    text = "users:\n" + "".join(f"  {n}: User {n}\n" for n in range(10_000, 12_000))
    assert len(read(tmp_path, text).users) == 2_000


# What is left to users (features §4.4)


def test_users_may_change_what_the_file_says(tmp_path: Path) -> None:
    text = "defaults: {editable: [forward, dnd, dnd]}\nusers: {100: {editable: off}, 101: {}}\n"
    users = read(tmp_path, text).users
    assert users["100"].editable == ()
    assert users["101"].editable == ("forward", "dnd")
    assert read(tmp_path, "users: {100: {}}\n").users["100"].editable == (
        "ring_time",
        "call_waiting",
        "dnd",
        "hide_number",
        "forward",
        "voicemail",
        "email",
    )


@pytest.mark.parametrize(
    ("defaults", "own", "hidden", "origin"),
    [
        ("caller_id: withheld", "name: Anna", True, 3),
        ("caller_id: withheld", "hide_number: off", False, 4),
        ("caller_id: withheld, hide_number: off", "name: Anna", False, 3),
        ("hide_number: off", "caller_id: withheld", True, 4),
        ("hide_number: on", "name: Anna", True, 3),
        ("hide_number: on", "caller_id: main", True, 3),
        ("caller_id: withheld", "caller_id: main", False, 0),
    ],
)
def test_a_number_is_hidden_as_was_said_last_and_nearest(
    tmp_path: Path, defaults: str, own: str, hidden: bool, origin: int
) -> None:
    """S4-5: `caller_id: withheld` is another way to say it."""
    text = (
        "country: PL\ntrunks: {carrier: {host: 192.0.2.1, numbers: {main: '221112233'}, to: 101}}\n"
        f"defaults: {{{defaults}}}\nusers: {{101: {{{own}}}}}\n"
    )
    user = read(tmp_path, text).users["101"]
    assert user.hide_number is hidden
    assert user.caller_id in (None, "+48221112233")
    place = user.origin["hide_number"]
    assert place == (f"{tmp_path}/office.yaml:{origin}" if origin else "default")


def test_what_is_withheld_for_good_cannot_be_shown_by_phone(tmp_path: Path) -> None:
    text = (
        "country: PL\ntrunks: {carrier: {host: 192.0.2.1, to: 101}}\n"
        "users: {101: {caller_id: withheld, hide_number: !fixed on}}\n"
    )
    users = read(tmp_path, text).users
    assert users["101"].hide_number
    assert "hide_number" in users["101"].fixed


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


def test_where_the_defaults_stand_is_known(tmp_path: Path) -> None:
    config = read(tmp_path, "defaults:\n  ring_time: 20s\nusers: {100: {}}\n")
    assert config.defaults["ring_time"].endswith("office.yaml:2")


def test_an_address_can_be_fixed_as_any_other_setting(tmp_path: Path) -> None:
    text = "users: {100: {email: !fixed a@example.com}, 101: {email: [!fixed a@example.com]}}\n"
    users = read(tmp_path, text).users
    assert users["100"].fixed == users["101"].fixed == {"email"}


def test_the_language_of_all_is_that_of_users_who_have_none(tmp_path: Path) -> None:
    users = "users: {100: {}, 101: {language: pl}}\n"
    config = read(tmp_path, f"{users}language: es\n")
    assert [user.language for user in config.users.values()] == ["es", "pl"]
    assert config.users["100"].origin["language"].endswith("office.yaml:2")
    config = read(tmp_path, f"{users}language: es\ndefaults: {{language: en}}\n")
    assert [user.language for user in config.users.values()] == ["en", "pl"]
