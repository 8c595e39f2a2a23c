"""`softswitch export-state`, `import-state` and `orphans` (features 4.4)."""

import asyncio
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from softswitch import archive
from softswitch.archive import ArchiveError
from softswitch.cli.state import export_state, import_state, orphans
from softswitch.store.sqlite import open_store
from softswitch.store.store import MailboxRow, MessageRow, OrphanRow, SettingRow

pytestmark = pytest.mark.process

TEXT = "state: ./var\nusers: {101: {name: Anna, password: secret-enough}}\n"
SETTING = SettingRow("a", "101", "dnd", "on", "", "phone *78", 1e9, 0.0, "")


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    file = tmp_path / "softswitch.yaml"
    file.write_text(TEXT)
    return file


def keep(yaml: Path, *rows: SettingRow, since: float | None = None) -> None:
    async def main() -> None:
        (yaml.parent / "var").mkdir(exist_ok=True)
        async with open_store(yaml.parent / "var" / "softswitch.db") as store:
            await store.put_settings(rows)
            await store.put_mailbox(MailboxRow("102", "x", 4, "", "[]", 0.0, '{"busy": ["b", ""]}'))
            await store.put_messages(
                [MessageRow("m", "102", "", "", "", "", 1.0, 2.0, 1.0, "new", 0)]
            )
            if since is not None:
                await store.put_orphans([OrphanRow("102", since)])

    asyncio.run(main())


def settings(yaml: Path) -> list[SettingRow]:
    async def main() -> list[SettingRow]:
        async with open_store(yaml.parent / "var" / "softswitch.db", read_only=True) as store:
            return await store.settings()

    return asyncio.run(main())


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command("export-state")(export_state)
    app.command("import-state")(import_state)
    app.command()(orphans)
    return CliRunner().invoke(app, list(map(str, words)))


def test_the_state_goes_out_and_comes_back(yaml: Path) -> None:
    tar = yaml.parent / "state.tar"
    assert "no switch has kept anything" in run("export-state", tar, yaml).output
    keep(yaml, SETTING)
    assert run("export-state", tar, yaml).output.startswith(f"{tar}: 1 files, 0.")
    keep(yaml, SETTING._replace(value="off"))
    result = run("import-state", tar, yaml)
    assert result.exit_code == 0, result.output
    assert settings(yaml) == [SETTING]
    (before,) = yaml.parent.glob("var.before-*")
    assert f"what was there before is in {before}" in result.output
    assert sorted(path.name for path in (yaml.parent / "var").iterdir()) == ["softswitch.db"]
    assert not (before / "control.sock").exists()


def test_where_nothing_was_kept_yet_a_state_can_come(yaml: Path, tmp_path: Path) -> None:
    keep(yaml, SETTING)
    tar = yaml.parent / "state.tar"
    run("export-state", tar, yaml)
    other = tmp_path / "other"
    other.mkdir()
    (other / "softswitch.yaml").write_text(TEXT)
    assert run("import-state", tar, other / "softswitch.yaml").exit_code == 0
    assert settings(other / "softswitch.yaml") == [SETTING]


def test_a_running_switch_keeps_its_state(yaml: Path) -> None:
    keep(yaml, SETTING)
    tar = yaml.parent / "state.tar"
    run("export-state", tar, yaml)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as switch:
        switch.bind(str(yaml.parent / "var" / "control.sock"))
        switch.listen()
        result = run("import-state", tar, yaml)
    assert (result.exit_code, list(yaml.parent.glob("var.*"))) == (1, [])
    assert "a switch is already running" in result.output


def test_a_state_that_is_refused_changes_nothing(
    yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(yaml, SETTING)
    tar = yaml.parent / "state.tar"
    run("export-state", tar, yaml)

    def fail(*folders: Path) -> None:
        raise ArchiveError("cannot be put aside")

    monkeypatch.setattr(archive, "swapped", fail)
    assert "cannot be put aside" in run("import-state", tar, yaml).output
    tar.write_bytes(b"x")
    assert run("import-state", tar, yaml).exit_code == 1
    assert settings(yaml) == [SETTING]
    assert sorted(path.name for path in yaml.parent.iterdir()) == [
        "softswitch.yaml",
        "state.tar",
        "var",
    ]


def test_orphans_are_listed(yaml: Path) -> None:
    assert run("orphans", yaml).output == "none\n"
    keep(yaml, SETTING, SETTING._replace(id="b", user="103", ended_at=1e9 + 1))
    assert run("orphans", yaml).output == (
        "102: 1 message, greetings, a PIN; kept 30 days from the next start on\n"
        "103: past settings; kept 30 days from the next start on\n"
    )
    keep(yaml, SETTING._replace(id="c", user="103"), since=1e9)
    told = run("orphans", yaml).output
    assert "102: 1 message, greetings, a PIN; kept until 2001-10-09 (0 days)\n" in told
    assert "103: settings; kept 30 days" in told


def test_orphans_are_deleted_when_somebody_says_so(yaml: Path) -> None:
    result = run("orphans", yaml, "--delete", "102")
    assert (result.exit_code, "no switch has kept anything" in result.output) == (1, True)
    keep(yaml, SETTING)
    assert "101 is a user of this switch" in run("orphans", yaml, "--delete", "101").output
    assert run("orphans", yaml, "--delete", "102").output == (
        "102: 1 message and all settings are removed: as somebody has asked for\n"
    )
    assert run("orphans", yaml).output == "none\n"
    assert settings(yaml) == [SETTING]
