"""`conferences:` in a file (CF-1)."""

from pathlib import Path

import pytest

from softswitch.config.conference import Room, numbered
from tests.softswitch.config.reading import read, summaries

USERS = "users: {100: Anna, 101: {forward: {busy: 'conference:board', always: 302}}}\n"
BOARD = "conferences:\n  board: {number: 300, pin: 4711, moderator_pin: 9922}\n"
OPEN = "  open: {numbers: 301-302, wait_for_moderator: no, max: 12, announce: off, record: off}\n"


def test_a_room_has_a_number_and_pins(tmp_path: Path) -> None:
    """CF-1: in the spelling of the whole example; several numbers are several rooms."""
    config = read(tmp_path, f"{USERS}{BOARD}{OPEN}  hall:\n")
    rooms = config.conferences
    assert rooms["board"] == Room("board", "300", "4711", "9922")
    assert rooms["open-302"] == Room("open-302", "302", max_members=12, announce="off")
    assert rooms["hall"] == Room("hall")
    assert numbered(rooms) == {"300": "board", "301": "open-301", "302": "open-302"}
    assert "4711" not in repr(rooms["board"])
    assert "9922" not in repr(rooms["board"])


def test_numbers_are_ranges_and_lists(tmp_path: Path) -> None:
    config = read(tmp_path, "users: {100: Anna}\nconferences: {a: {numbers: [08-10, 300]}}\n")
    assert list(config.conferences) == ["a-08", "a-09", "a-10", "a-300"]


def test_trunks_lead_there(tmp_path: Path) -> None:
    trunk = (
        "trunks: {carrier: {type: static, host: 192.0.2.10, numbers: ['+48221112233'], to: 300}}"
    )
    config = read(tmp_path, f"country: PL\n{trunk}\nusers: {{100: Anna}}\n{BOARD}")
    assert config.outside is not None
    assert config.outside.fallbacks["carrier"].to == "300"


@pytest.mark.parametrize(
    ("room", "problem"),
    [
        ("a: {number: 100}", "conferences.a.number: '100' is somebody else's number"),
        ("a: {number: 300}", "conferences.a.number: '300' is somebody else's number"),
        ("a: {numbers: 299-300}", "conferences.a.numbers: '300' is somebody else's number"),
        ("a: {number: 1, numbers: 2-3}", "conferences.a.numbers: number and numbers are one too"),
        ("a: {numbers: 3-x}", "'3-x' is no range of numbers"),
        ("a: {numbers: 305-301}", "'305-301' is no range of numbers"),
        ("a: {numbers: 1000-9999}", "'1000-9999' is no range of numbers"),
        ("a: {pin: 12}", "must be 3 to 12 digits"),
        ("a: {pin: abcd}", "must be 3 to 12 digits"),
        ("a: {pin: 1234, moderator_pin: 1234}", "moderator_pin: is that of all others"),
        ("a: {wait_for_moderator: yes}", "wait_for_moderator: nobody can be a moderator"),
        ("a: {max: 1}", "1 is out of range"),
        ("a: {record: always}", "'always' is not known here"),
        ("a: {announce: name}", "'name' is not known here"),
    ],
)
def test_what_is_wrong_with_a_room_is_said(tmp_path: Path, room: str, problem: str) -> None:
    (found,) = summaries(tmp_path, f"users: {{100: Anna}}\n{BOARD}  {room}\n")
    assert problem in found


def test_a_room_that_is_nowhere_is_noticed(tmp_path: Path) -> None:
    (only,) = summaries(tmp_path, "users: {100: {forward: {busy: 'conference:x'}}}")
    assert "no room has the name 'x'" in only
