"""`softswitch run`, from the command line to the exit code."""

import asyncio
import gc
import logging
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from softswitch.__main__ import application
from softswitch.cli import run as command
from tests.support import running
from tests.support.ports import free_port
from tests.support.running import written

pytestmark = pytest.mark.process

SETTINGS = ("logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
EXTENSIONS = "".join(f"  {number}: Phone\n" for number in range(100, 115))


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What the command sets for its process is undone."""
    thresholds = gc.get_threshold()
    root = logging.getLogger()
    handlers, settings = list(root.handlers), [getattr(logging, name) for name in SETTINGS]
    yield
    for name, setting in zip(SETTINGS, settings, strict=True):
        setattr(logging, name, setting)
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    root.handlers[:] = handlers


def run(path: Path) -> Result:
    return CliRunner().invoke(application(), ["run", str(path)])


def run_until_ready(path: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Ctrl-C as soon as the switch has said that it is ready."""
    tell = command._tell_newcomer

    def tell_and_interrupt(*what: object) -> None:
        tell(*what)  # type: ignore[arg-type]
        threading.Timer(0.01, running.interrupt).start()

    monkeypatch.setattr(command, "_tell_newcomer", tell_and_interrupt)
    return run(path)


def test_a_newcomer_is_told_what_to_type_and_ctrl_c_is_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    result = run_until_ready(written(tmp_path, port=port), monkeypatch)
    assert result.exit_code == 0
    assert "The switch is ready. Type into a phone:" in result.output
    assert f"server     127.0.0.1:{port} (UDP)" in result.output
    assert f"server     127.0.0.1:{port} (TCP)" in result.output
    assert "extension  100, 101\n" in result.output


def test_passwords_are_made_once_and_shown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = running.YAML.partition("users:")[0] + "users:\n" + EXTENSIONS
    path = written(tmp_path, text)
    first = run_until_ready(path, monkeypatch).output
    secrets = tmp_path / "secrets.yaml"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    for line in secrets.read_text().splitlines():
        assert line.partition(": ")[2] in first
    assert "107, 108, 109 and 5 more" in first
    assert "New passwords" not in run_until_ready(path, monkeypatch).output


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = run(written(tmp_path, port=port))
    assert result.exit_code == 1
    assert f"softswitch: cannot listen on UDP 127.0.0.1:{port}: Address already in use\n" in (
        result.output
    )


def test_wrong_yaml_is_exit_code_2(tmp_path: Path) -> None:
    result = run(written(tmp_path, running.YAML + "uzers: []\n"))
    assert result.exit_code == 2
    assert "did you mean users?" in result.output


def test_a_missing_file_is_exit_code_1(tmp_path: Path) -> None:
    assert run(tmp_path / "nothing.yaml").exit_code == 1


def test_without_uvloop_asyncio_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert command._loop_factory() is asyncio.new_event_loop


def test_the_libraries_keep_secrets_out_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, running.YAML + "log: {{level: debug}}\n")
    run_until_ready(path, monkeypatch)
    assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
