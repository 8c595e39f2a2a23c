"""What an operator sees of the process: first start, passwords, and one line when it fails."""

import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.endpoint import Endpoint
from tests.support.ports import free_port, free_ports
from tests.support.switch import ROOT, Switch

TIME_LIMIT = 30
USERS = {"100": "Anna", "101": "Jan"}


def run(file: Path) -> subprocess.CompletedProcess[str]:
    """A start that must fail."""
    return subprocess.run(
        [sys.executable, "-m", "softswitch", "run", str(file)],
        cwd=ROOT, capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
    )  # fmt: skip


def assert_one_clear_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in done.stderr


def write(file: Path, settings: object) -> Path:
    file.write_text(yaml.safe_dump(settings))
    return file


def test_the_first_start_makes_passwords_that_work_and_shows_them_once(tmp_path: Path) -> None:
    switch = Switch(tmp_path)
    settings = yaml.safe_load(switch.file.read_text())
    settings["users"] = USERS
    write(switch.file, settings)
    with switch:
        shown = dict(re.findall(r"extension (\d+) +password (\S+)", switch.log()))
        assert set(shown) == set(USERS)
        assert switch.sip in switch.log()
        with Endpoint("100", shown["100"], switch.address) as phone:
            phone.register()
    kept = tmp_path / "secrets.yaml"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    once = switch.log().count(shown["100"])
    with switch, Endpoint("100", shown["100"], switch.address) as phone:
        phone.register()
    assert switch.log().count(shown["100"]) == once == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_exit_code_0(tmp_path: Path, how: signal.Signals) -> None:
    switch = Switch(tmp_path)
    switch.start()
    switch.stop(how)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path, kind: socket.SocketKind) -> None:
    port, media = free_port(), free_ports(40)
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        sip = {"udp": f"127.0.0.1:{port}", "tcp": f"127.0.0.1:{port}"}
        network = {"sip": sip, "rtp": f"{media[0]}-{media[-1]}"}
        file = write(tmp_path / "a.yaml", {"network": network, "users": {"100": "Anna"}})
        assert_one_clear_line(run(file), 1, str(port))


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    assert_one_clear_line(run(tmp_path / "absent.yaml"), 1, "absent.yaml")


def test_wrong_yaml_is_named_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("users:\n  100: {nmae: Anna}\n")
    assert_one_clear_line(run(file), 2, "wrong.yaml:2:", "nmae", "name")
