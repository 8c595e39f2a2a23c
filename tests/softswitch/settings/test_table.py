from pathlib import Path

import pytest

from softswitch.config.messaging import Greeting
from softswitch.settings import table
from tests.softswitch.config.reading import read
from tests.softswitch.settings.office import NOON, Office, stamp

TEXT = """
defaults: {ring_time: 25s, voicemail: {pin: "4711"}}
users:
  101:
    name: Anna Nowak
    password: quite-a-long-one
    forward: {no_answer: 102, busy: !fixed 102}
    voicemail: {greeting: {file: GREETING}}
  102: Jan
"""


def test_every_setting_is_shown_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "hello.wav").touch()
    config = read(tmp_path, TEXT.replace("GREETING", "hello.wav"))
    office = Office(config.users)
    office.change("101", forward_no_answer="voicemail", dnd="on")
    rows = office.settings.rows_of("101")
    lines = table.lines(config, "101", rows, stamp, own_pin=None)
    found = {key: (value, origin) for key, value, origin in lines}
    assert len(found) == len(lines)
    by_phone = "phone *0 by 101, 2026-08-03 09:12"
    assert found["ring_time"] == ("25s", "defaults (office.yaml:2)")
    assert found["forward.no_answer"] == ("voicemail", f"{by_phone}   (YAML: 102, line 7)")
    assert found["forward.busy"] == ("102", "office.yaml:7, fixed")
    assert found["dnd"] == ("on", f"{by_phone}   (default: off)")
    assert found["call_waiting"] == ("on", "default")
    assert found["password"] == ("****", "office.yaml:6")
    assert found["voicemail.pin"] == ("****", "defaults (office.yaml:2)")
    assert found["voicemail.max_message"] == ("3m", "default")
    assert found["voicemail.greeting"] == (str(tmp_path / "hello.wav"), "office.yaml:8")
    assert found["codecs"] == ("-", "default")
    assert not {"extension", "name", "origin", "fixed"} & set(found)
    own = table.lines(config, "101", rows, stamp, own_pin=0.0)
    assert ("voicemail.pin", "****", "changed by owner") in own
    own = table.lines(config, "101", rows, stamp, own_pin=NOON)
    assert ("voicemail.pin", "****", "changed by owner 2026-08-03") in own


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "on"),
        (False, "off"),
        (None, "-"),
        ("", "-"),
        ((), "-"),
        (("a", "b"), "a, b"),
        (4, "4"),
        (30.0, "30s"),
        (90.0, "90s"),
        (180.0, "3m"),
        (86400.0 * 7, "7d"),
        (7200.0, "2h"),
        (0.5, "0.5s"),
        (Greeting(Path("/x/y.wav"), ("busy",)), "/x/y.wav"),
        (Greeting(Path("/x/y.ogg"), ("busy",), "Hello"), "Hello"),
    ],
)
def test_values_are_shown_as_they_would_be_written(value: object, said: str) -> None:
    assert table.text(value) == said
