"""`softswitch messages`, with a switch that answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from softswitch.__main__ import application
from softswitch.control import CannotAnswer
from tests.softswitch.cli.answering import answering

pytestmark = pytest.mark.process

ROW = {
    "id": "3fa0",
    "state": "deleted",
    "caller": "102",
    "name": "Jan\x1b[31m",
    "at": 1_344_277_103.0,
    "seconds": 8.04,
    "file": "/var/3fa0.wav",
}

MORE = {
    **ROW,
    "mailbox": "101",
    "called": "+48221112235",
    "reason": "no_answer",
    "diverted_by": "103",
    "forwarded_by": "",
    "began_at": 1_344_277_090.0,
    "codec": "PCMA",
    "loss": 0.4,
}

UNKNOWN = {"id": "4b", "caller": "", "name": "", "diverted_by": "", "codec": "", "loss": None}


def refuse(request: Any) -> Any:
    raise CannotAnswer("there is no message x")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The configuration of a switch that runs."""
    config = tmp_path / "office.yaml"
    config.write_text("state: .\nusers: {100: {password: secret-enough}}\n")
    handlers = {
        "messages": lambda request: [ROW] if request["mailbox"] == "101" else [],
        "message": lambda request: MORE | ({} if request["id"] == "3fa0" else UNKNOWN),
        "restore message": lambda request: f"message {request['id']} is there again",
        "delete message": refuse,
    }
    with answering(tmp_path, handlers):
        yield config


def command(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(application(), ["messages", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_messages_are_shown_and_brought_back(file: Path) -> None:  # VM-14
    code, said = command("list", "101", file)
    assert code == 0
    head, row = said.splitlines()
    assert head.split() == ["id", "state", "from", "name", "when", "seconds", "file"]
    assert row.split()[:3] == ["3fa0", "deleted", "102"]
    assert row.split()[-2:] == ["8.0", "/var/3fa0.wav"]
    assert "\x1b" not in row
    assert command("list", "102", file) == (0, "none\n")
    assert command("restore", "3fa0", file) == (0, "message 3fa0 is there again\n")
    code, said = command("delete", "x", file)
    assert (code, said) == (1, "softswitch: there is no message x\n")


def test_all_that_is_known_of_a_message_is_shown(file: Path) -> None:  # VM-7
    code, said = command("show", "3fa0", file)
    assert code == 0
    assert said.splitlines() == [
        "id            3fa0",
        "mailbox       101",
        "state         deleted",
        "from          102",
        r"name          Jan\x1b[31m",
        "called        +48221112235",
        "reason        no answer",
        "diverted by   103",
        "call began    2012-08-06 18:18:10 UTC",
        "left at       2012-08-06 18:18:23 UTC",
        "seconds       8.0",
        "codec         PCMA",
        "loss          0.4 %",
        "file          /var/3fa0.wav",
    ]
    _, said = command("show", "4b", file)
    assert "from          withheld\n" in said
    assert "loss          unknown\n" in said
    assert "name" not in said


def test_a_switch_that_does_not_run_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "office.yaml"
    config.write_text("state: .\nusers: {100: {password: secret-enough}}\n")
    code, said = command("list", "100", config)
    assert code == 1
    assert said.startswith("softswitch: ")
    assert said.count("\n") == 1
