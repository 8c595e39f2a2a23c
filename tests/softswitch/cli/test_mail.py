"""`softswitch mail test` and `softswitch mail queue`."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softswitch.__main__ import application
from softswitch.store.sqlite import open_store
from softswitch.store.store import OutboxRow
from tests.support.mail_server import MailServer
from tests.support.ports import free_port

USERS = "state: .\nusers:\n  100: {name: Anna, password: secret-enough}\n"
ANNA = "anna@example.com"


def written(folder: Path, port: int = 0) -> Path:
    file = folder / "office.yaml"
    server = f"mail: {{from: vm@example.com, server: '127.0.0.1:{port}', tls: none}}\n"
    file.write_text(USERS + (server if port else ""))
    return file


def command(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(application(), ["mail", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_a_mail_can_be_tried_and_every_step_is_shown(tmp_path: Path) -> None:
    with MailServer() as server:
        code, said = command("test", ANNA, written(tmp_path, server.port))
        assert code == 0
        assert said.splitlines()[0].startswith(f"connected to 127.0.0.1 port {server.port}: 220")
        assert "taken: 2.0.0 queued" in said
        assert server.wait(1)[0]["Subject"] == "softswitch: mail works"
        server.strangers = {ANNA}
        code, said = command("test", ANNA, written(tmp_path, server.port))
        assert code == 1
        assert f"{ANNA} is refused: it says 550" in said


def test_what_is_in_the_way_is_one_line(tmp_path: Path) -> None:
    code, said = command("test", ANNA, written(tmp_path))
    assert (code, said) == (2, f"softswitch: {tmp_path}/office.yaml has no section mail:\n")
    file = written(tmp_path, free_port())
    code, said = command("test", "anna", file)
    assert (code, said.startswith("softswitch: 'anna' is no mail address")) == (2, True)
    code, said = command("test", ANNA, file)
    assert code == 1
    assert said.startswith("softswitch: 127.0.0.1 port")


def test_the_queue_shows_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path)
    code, said = command("queue", file)
    assert code == 1
    assert "no switch has kept anything there yet" in said
    waiting = OutboxRow("m1", "101", 1e9, 3, 1e9 + 60, "", "waiting", "451 \x1b[2J later")
    rows = [waiting, waiting._replace(message_id="m2", state="sent")]

    async def keep(*kept: OutboxRow) -> None:
        async with open_store(tmp_path / "softswitch.db") as store:
            await store.put_outbox(kept)

    asyncio.run(keep(rows[1]))
    assert command("queue", file) == (0, "none\n")
    asyncio.run(keep(*rows, waiting._replace(message_id="m3", state="given_up")))
    code, said = command("queue", file)
    assert code == 0
    assert said.count("451") == 2
    assert "\x1b" not in said
    assert "given up" in said
