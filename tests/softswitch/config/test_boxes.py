"""Mailboxes without a telephone are users whom nobody can log in as."""

from pathlib import Path

import pytest

from softswitch.config.boxes import people
from tests.softswitch.config.reading import NAME, read, summaries

USERS = "users:\n  100: Anna\n  101: {forward: {busy: 'voicemail:sales'}}\n"
BOX = "voicemail_boxes:\n  sales: {number: 290, pin: 4711, lamp: [100, 101, 100], name: Sales}\n"


def test_a_mailbox_is_a_user_who_is_never_there(tmp_path: Path) -> None:  # VM-9
    config = read(tmp_path, f"defaults: {{forward: {{always: 100}}}}\n{USERS}{BOX}")
    box = config.users["290"]
    assert (box.kind, box.name, box.lamp) == ("mailbox", "Sales", ("100", "101"))
    assert box.forward.rules == {}
    assert box.voicemail.pin == "4711"
    assert set(box.voicemail.answers) == {"no_answer", "busy", "unavailable", "rejected"}
    assert list(people(config.users)) == ["100", "101"]
    assert config.missing_passwords == ("100", "101")
    assert config.users["101"].forward.rules["busy"].to == "voicemail:290"


def test_a_mailbox_without_a_number_is_called_by_its_name(tmp_path: Path) -> None:
    text = f"{USERS}voicemail_boxes:\n  sales:\n"
    config = read(tmp_path, text)
    assert config.users["sales"].kind == "mailbox"
    assert config.users["101"].forward.rules["busy"].to == "voicemail:sales"


def test_a_mailbox_can_be_that_of_a_group(tmp_path: Path) -> None:  # VM-9
    config = read(tmp_path, f"{USERS}{BOX}  all: {{number: 291, deliver_to: [100, sales]}}\n")
    assert config.users["291"].voicemail.deliver_to == ("100", "290")
    assert config.users["291"].name == "all"
    assert f"{NAME}" in config.users["290"].origin["voicemail.pin"]


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ("a: {number: 100}", "voicemail_boxes.a.number: '100' is somebody else's number"),
        ("100: {}", "voicemail_boxes.100: '100' is somebody else's number"),
        ("a: {number: 290}", "voicemail_boxes.a.number: '290' is somebody else's number"),
        ("a: {lamp: 555}", "voicemail_boxes.a.lamp: no user has the number '555'"),
        ("a: {deliver_to: 555}", "voicemail_boxes.a.deliver_to: '555' is no mailbox"),
        ("a: {deliver_to: a}", "voicemail_boxes.a.deliver_to: 'a' is no mailbox"),
        ("a: {answer: never}", "voicemail_boxes.a.answer: 'never' is not known here"),
        ("a: {ring_time: 5s}", "voicemail_boxes.a: unknown key 'ring_time'"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_said(tmp_path: Path, box: str, problem: str) -> None:
    (found,) = summaries(tmp_path, f"{USERS}{BOX}  {box}\n")
    assert problem in found


def test_a_box_that_is_nowhere_is_still_noticed(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, USERS)
    assert "no user has the number 'sales'" in found
