"""The command line as somebody at a terminal finds it."""

import pytest
import typer
from typer.testing import CliRunner

from softswitch import __main__
from softswitch.__main__ import application


def test_every_command_is_there_and_says_what_it_is_for() -> None:
    group = typer.main.get_command(application())
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {
        "run", "check", "explain", "show", "reset", "undo", "adopt", "trace", "portal",
        "orphans", "export-state", "import-state", "calendar", "mail", "messages", "prompts",
    }  # fmt: skip
    assert all(command.help for command in group.commands.values())


@pytest.mark.parametrize("command", ["calendar", "mail", "messages", "prompts"])
def test_a_command_of_several_words_says_which(command: str) -> None:
    said = CliRunner().invoke(application(), [command, "--help"])
    assert said.exit_code == 0
    assert "Commands" in said.output


def test_without_a_command_help_is_shown() -> None:
    said = CliRunner().invoke(application(), [])
    assert "export-state" in said.output
    assert "Usage" in said.output


def test_a_command_that_there_is_not_is_an_error_of_usage() -> None:
    said = CliRunner().invoke(application(), ["dance"])
    assert said.exit_code == 2
    assert "No such command" in said.output


def test_the_console_script_is_this_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["softswitch", "--help"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
