import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from softswitch.cli.trace import trace
from softswitch.control import CannotAnswer, ControlServer, Handler
from softswitch.sip.flow import Flow
from softswitch.store.sqlite import open_store
from softswitch.store.store import CallRow
from softswitch.trace import Tracer

pytestmark = pytest.mark.process

ROW = CallRow(
    call_id="3f2a",
    caller="100",
    callee="101\x1b[2J",
    answered_by=None,
    arrived_at=100.0,
    ringing_at=None,
    answered_at=None,
    ended_at=130.0,
    outcome="no_answer",
    status=480,
    reason="ring time over",
    ended_by="switch",
    because="users.101 (s.yaml:3)",
    legs="[]",
)


def blob() -> bytes:
    """One INVITE, packed."""
    tracer = Tracer(lambda call_id, packed: None)
    tracer.begin("3f2a", "a@x")
    flow = Flow("UDP", ("192.0.2.1", 5060), ("192.168.1.20", 5060))
    message = b"INVITE sip:101@x SIP/2.0\r\nAuthorization: secret\r\n\r\n"
    tracer.record("a@x", message, False, flow, 1.0)
    packed = tracer.packed("3f2a")
    assert packed is not None
    return packed


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    file = tmp_path / "s.yaml"
    file.write_text("state: .\nusers:\n  100: {name: Anna, password: secret-enough}\n")
    return file


def keep(yaml: Path, messages: bytes | None, row: CallRow = ROW) -> None:
    """Put a past call into the store, with or without its messages."""

    async def main() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            await store.add_call(row)
            if messages is not None:
                await store.add_trace(row.call_id, messages)

    asyncio.run(main())


def command(*words: object) -> Result:
    app = typer.Typer()
    app.command()(trace)
    return CliRunner().invoke(app, list(map(str, words)))


def beside_a_switch(yaml: Path, handler: Handler, *words: object) -> Result:
    """The command's result while a switch runs that answers so."""

    async def main() -> Result:
        server = ControlServer(yaml.parent / "control.sock", {"trace": handler})
        await server.start()
        try:
            return await asyncio.to_thread(command, *words)
        finally:
            await server.stop()

    return asyncio.run(main())


def present(request: Mapping[str, Any]) -> dict[str, str]:
    assert request["call"] == "3f"
    return {"call_id": "3f2a", "messages": base64.b64encode(blob()).decode()}


def nothing(request: Mapping[str, Any]) -> None:
    return None


def unclear(request: Mapping[str, Any]) -> None:
    raise CannotAnswer("2 calls begin so: 31, 32")


def test_a_present_call_is_asked_of_the_switch(yaml: Path) -> None:
    result = beside_a_switch(yaml, present, "3f", yaml)
    assert result.exit_code == 0
    assert result.output.startswith("call 3f2a\n\n")
    assert "│── INVITE ───" in result.output


def test_full_shows_the_messages_and_no_secret(yaml: Path) -> None:
    result = beside_a_switch(yaml, present, "3f", yaml, "--full")
    assert "Authorization: ***" in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize("running", [False, True])
def test_a_past_call_is_read_from_the_store(yaml: Path, running: bool) -> None:
    keep(yaml, blob())
    result = beside_a_switch(yaml, nothing, "3f", yaml) if running else command("3f", yaml)
    lines = result.output.splitlines()
    assert lines[0].startswith("call 3f2a  1970-01-01 ")
    assert lines[0].endswith("  100 → 101\\x1b[2J")
    assert lines[1:4] == [
        "no_answer: ring time over (ended by the switch)",
        "because users.101 (s.yaml:3)",
        "",
    ]
    assert "INVITE" in lines[5]


def test_a_decision_without_a_cause_is_not_explained(yaml: Path) -> None:
    keep(yaml, blob(), ROW._replace(because=""))
    assert "because" not in command("3f", yaml).output


def failure(result: Result) -> str:
    """The one line of a command that could not."""
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_an_unknown_call_is_one_line_and_exit_code_1(yaml: Path) -> None:
    keep(yaml, blob())
    assert "no call '9'" in failure(command("9", yaml))


def test_an_unclear_id_is_one_line_and_exit_code_1(yaml: Path) -> None:
    assert "2 calls begin so" in failure(beside_a_switch(yaml, unclear, "3", yaml))


def test_a_call_whose_messages_are_not_kept_any_more_says_so(yaml: Path) -> None:
    keep(yaml, None)
    assert "not kept (log.keep_traces)" in failure(command("3f", yaml))


def test_a_damaged_trace_is_one_line_and_exit_code_1(yaml: Path) -> None:
    keep(yaml, b"rubbish")
    assert "no SIP trace" in failure(command("3f", yaml))


def test_neither_switch_nor_store_is_one_line_and_exit_code_1(yaml: Path) -> None:
    assert "softswitch.db" in failure(command("3f", yaml))


def test_a_wrong_file_is_exit_code_2(yaml: Path) -> None:
    yaml.write_text("users: [\n")
    assert command("3f", yaml).exit_code == 2
