"""`softswitch portal`, with a switch that answers and with none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from softswitch.__main__ import application
from softswitch.control import CannotAnswer
from tests.softswitch.cli.answering import answering

pytestmark = pytest.mark.process

TEXT = "network: {web: 443}\nstate: .\nusers: {100: {password: secret-enough}}\n"


def answer(request: Any) -> str:
    if request["user"] != "100":
        raise CannotAnswer(f"no user has the number {request['user']}")
    return "https://pbx.example.com/link/word"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The configuration of a switch that runs."""
    config = tmp_path / "office.yaml"
    config.write_text(TEXT)
    with answering(tmp_path, {"portal link": answer}):
        yield config


def command(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(application(), ["portal", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_s0_20_a_link_for_who_has_no_mail_address_is_printed(file: Path) -> None:
    assert command("100", file) == (0, "https://pbx.example.com/link/word\n")


def test_nobody_gets_no_link(file: Path) -> None:
    code, said = command("999", file)
    assert (code, "no user has the number 999" in said) == (1, True)


def test_without_a_switch_or_a_portal_there_is_none(tmp_path: Path) -> None:
    config = tmp_path / "office.yaml"
    config.write_text(TEXT)
    code, said = command("100", config)
    assert (code, "the switch is not running" in said) == (1, True)
    config.write_text(TEXT.replace("network: {web: 443}\n", ""))
    code, said = command("100", config)
    assert (code, "there is no portal: write network.web" in said) == (1, True)
