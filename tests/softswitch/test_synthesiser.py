"""Whether texts can be spoken here."""

from pathlib import Path

import pytest

from softswitch.synthesiser import ESPEAK, is_installed


def test_a_program_is_there_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not is_installed(ESPEAK)
    program = tmp_path / ESPEAK[0]
    program.touch()
    assert not is_installed(ESPEAK), "it cannot be run"
    program.chmod(0o755)
    assert is_installed(ESPEAK)


def test_no_command_is_no_program() -> None:
    assert not is_installed(())
