import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from softswitch.cli.show import show
from softswitch.control import ControlServer, Handler
from softswitch.store.sqlite import open_store
from softswitch.store.store import CallRow, RecordingRow

pytestmark = pytest.mark.process

CALL = {
    "call_id": "3f2a",
    "caller": "100",
    "callee": "101",
    "state": "talking",
    "arrived_at": 1_000_000.0,
    "answered_at": 1_000_005.0,
    "devices": ["sip:101@192.168.1.21", "sip:101@10.0.0.2"],
    "sound": ["OPUS dtls", "PCMA"],
}
REGISTRATION = {
    "user": "101",
    "contact": "sip:101@[bold]\x1b[2J",
    "remote": "UDP 192.168.1.21:5060",
    "nat": False,
    "user_agent": "Phone 1.0",
    "registered_at": 0.0,
    "expires_at": 0.0,
    "reachable": True,
    "rtt": None,
}


def row(call_id: str, answered_at: float | None) -> CallRow:
    return CallRow(
        call_id=call_id,
        caller="100",
        callee="101",
        answered_by=None,
        arrived_at=100.0,
        ringing_at=None,
        answered_at=answered_at,
        ended_at=3_830.0,
        outcome="answered",
        status=200,
        reason="hung up",
        ended_by="caller",
        because="users.101",
        legs="[]",
    )


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    file = tmp_path / "s.yaml"
    file.write_text("state: .\nusers:\n  100: {name: Anna, password: secret-enough}\n")
    return file


def command(*words: object) -> Result:
    app = typer.Typer()
    app.command()(show)
    return CliRunner().invoke(app, list(map(str, words)))


def beside_a_switch(yaml: Path, handlers: Mapping[str, Handler], *words: object) -> Result:
    """The command's result while a switch with these handlers runs."""

    async def main() -> Result:
        server = ControlServer(yaml.parent / "control.sock", handlers)
        await server.start()
        try:
            return await asyncio.to_thread(command, *words)
        finally:
            await server.stop()

    return asyncio.run(main())


def rows(*those: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda request: list(those)


def test_calls_are_a_table(yaml: Path) -> None:
    result = beside_a_switch(yaml, {"calls": rows(CALL)}, "calls", yaml)
    assert result.exit_code == 0
    head, line = result.output.splitlines()
    assert head.split() == ["call", "from", "to", "state", "since", "for", "sound", "devices"]
    assert line.startswith("3f2a  100   101  talking  1970-01-1")
    assert line.endswith("  OPUS dtls / PCMA  sip:101@192.168.1.21 sip:101@10.0.0.2")


def test_sound_that_is_the_same_on_both_sides_is_said_once(yaml: Path) -> None:
    alike = {**CALL, "sound": ["PCMA", "PCMA"]}
    output = beside_a_switch(yaml, {"calls": rows(alike)}, "calls", yaml).output
    assert output.count("PCMA") == 1


def test_a_ringing_call_is_measured_from_its_arrival(yaml: Path) -> None:
    ringing = {**CALL, "answered_at": None, "arrived_at": 4_102_444_800.0}
    assert " 0:00 " in beside_a_switch(yaml, {"calls": rows(ringing)}, "calls", yaml).output


def test_registrations_are_a_table_in_which_no_phone_can_write_markup(yaml: Path) -> None:
    others = [{**REGISTRATION, "rtt": 0.0123}, {**REGISTRATION, "rtt": 0.5, "reachable": False}]
    handlers = {"registrations": rows(REGISTRATION, *others)}
    result = beside_a_switch(yaml, handlers, "registrations", yaml)
    head, *lines = result.output.splitlines()
    assert head.split("  ")[0] == "user"
    assert all("sip:101@[bold]\\x1b[2J" in line for line in lines)
    assert [line.split()[-1] for line in lines] == ["yes", "ms", "no"]
    assert "12 ms" in lines[1]


def test_nothing_is_said_to_be_nothing(yaml: Path) -> None:
    assert beside_a_switch(yaml, {"calls": rows()}, "calls", yaml).output == "none\n"


def test_json_is_what_the_switch_said(yaml: Path) -> None:
    result = beside_a_switch(yaml, {"calls": rows(CALL)}, "calls", yaml, "--json")
    assert json.loads(result.output) == [CALL]


def test_past_calls_are_shown_without_a_switch(yaml: Path) -> None:
    async def fill() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            await store.add_call(row("1", None))
            await store.add_call(row("2", 105.0))

    asyncio.run(fill())
    result = command("calls", yaml, "--past", 10)
    head, *lines = result.output.splitlines()
    assert head.split() == ["call", "from", "to", "outcome", "at", "talked", "ended", "by", "why"]
    assert len(lines) == 2
    assert any("1:02:05" in line and line.endswith("hung up") for line in lines)
    assert json.loads(command("calls", yaml, "--past", 1, "--json").output)[0]["legs"] == []


def test_a_switch_that_does_not_run_is_one_line_and_exit_code_1(yaml: Path) -> None:
    result = command("calls", yaml)
    assert (result.exit_code, result.stderr) == (
        1,
        "softswitch: the switch is not running\n",
    )


def test_a_store_that_is_missing_is_one_line_and_exit_code_1(yaml: Path) -> None:
    result = command("calls", yaml, "--past", 10)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "softswitch.db" in result.stderr


def test_a_wrong_file_is_exit_code_2(yaml: Path) -> None:
    yaml.write_text("users: [\n")
    assert command("calls", yaml).exit_code == 2


def test_registrations_have_no_past(yaml: Path) -> None:
    result = command("registrations", yaml, "--past", 3)
    assert result.exit_code == 2
    assert "only calls and settings are kept" in result.stderr


def test_recordings_are_shown_without_a_switch(yaml: Path) -> None:
    """REC-2: the newest first."""
    kept = RecordingRow("3f2a", "3f2a", "100", "101", 100.0, 65.2, "a_100_101_3f2a.wav", "0f", "")

    async def fill() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            await store.put_recording(kept)
            await store.put_recording(kept._replace(id="b", began_at=200.0, problem="disk"))

    asyncio.run(fill())
    head, *lines = command("recordings", yaml).output.splitlines()
    assert head.split() == ["call", "from", "to", "at", "for", "file", "problem"]
    assert lines[0].rstrip().endswith("disk")
    assert "1:05" in lines[1]
    assert json.loads(command("recordings", yaml, "--json").output)[1] == kept._asdict()


def test_rooms_are_shown_with_who_is_in_them(yaml: Path) -> None:
    """CF-1."""
    board = {"room": "board", "number": "300", "max": 20, "since": 0.0, "locked": True}
    members = [
        {"caller": "100", "moderator": True, "muted": False},
        {"caller": "", "moderator": False, "muted": True},
    ]
    rows = [
        {**board, "members": members},
        {**board, "room": "hall", "since": None, "locked": False, "members": []},
    ]
    result = beside_a_switch(yaml, {"rooms": lambda request: rows}, "rooms", yaml)
    _, first, second = result.output.splitlines()
    assert first.endswith("20          100 moderator, withheld muted, locked")
    assert second.split() == ["hall", "300", "0", "20"]
