"""The first page keeps its promises: the configuration, the commands, the folders."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softswitch.__main__ import application

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_configuration_shown_is_the_minimal_file() -> None:
    assert f"```yaml\n{(ROOT / 'conf' / 'minimal.yaml').read_text()}```" in README


def test_the_example_of_forwards_is_the_file_and_ten_lines_long() -> None:
    example = (ROOT / "conf" / "never-lost.yaml").read_text()
    assert f"```yaml\n{example}```" in README
    assert example.count("\n") == 10


def test_the_explanation_shown_is_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.search(r"\$ softswitch (explain [^\n]*)\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    said = CliRunner().invoke(application(), shlex.split(shown[1]))
    assert said.exit_code == 0
    assert said.output == shown[2]


def test_every_command_of_the_table_exists() -> None:
    named = set(re.findall(r"`softswitch (\w+)", README))
    helped = CliRunner().invoke(application(), ["--help"]).output
    assert {"run", "check", "show", "trace"} <= named
    assert [name for name in sorted(named) if name not in helped] == []


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake (run|test|check|covered|unit|interop)\b", README))
    assert named
    assert [name for name in sorted(named) if f"\n{name}:" not in makefile] == []


def test_every_module_of_the_table_exists() -> None:
    named = re.findall(r"^\| `([\w./]+)` \|", README, re.MULTILINE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
