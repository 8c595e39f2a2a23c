"""`softswitch show 101`, `softswitch reset 101 forward`, and what `check` says of both."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from softswitch.cli import settings
from softswitch.cli.explain import explain
from softswitch.cli.settings import reset, undo
from softswitch.cli.show import show
from softswitch.config import load
from softswitch.control import ControlServer, Handler
from softswitch.store.sqlite import open_store
from softswitch.store.store import MailboxRow, SettingRow

pytestmark = pytest.mark.process

TEXT = """state: .
timezone: UTC
users:
  101:
    name: Anna Nowak
    password: secret-enough
    forward: {no_answer: 11}
  11: {name: Ola, password: secret-enough}
"""
ROW = SettingRow(
    id="a",
    user="101",
    key="forward.no_answer",
    value="+48601222333",
    instead="11",
    source="phone *92 by 101",
    changed_at=1_785_748_320.0,
    ended_at=0.0,
    ended_by="",
)


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    file = tmp_path / "softswitch.yaml"
    file.write_text(TEXT)
    return file


def keep(yaml: Path, *rows: SettingRow) -> None:
    async def main() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            await store.put_settings(rows)

    asyncio.run(main())


def command(*words: object) -> Result:
    app = typer.Typer()
    app.command()(show)
    app.command()(reset)
    app.command()(undo)
    app.command()(explain)
    return CliRunner().invoke(app, list(map(str, words)))


def beside_a_switch(yaml: Path, handlers: Mapping[str, Handler], *words: object) -> Result:
    async def main() -> Result:
        server = ControlServer(yaml.parent / "control.sock", handlers)
        await server.start()
        try:
            return await asyncio.to_thread(command, *words)
        finally:
            await server.stop()

    return asyncio.run(main())


def test_the_settings_of_a_user_stand_in_a_table(yaml: Path) -> None:
    keep(yaml, ROW)
    result = command("show", "101", yaml)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    at = lines[0].index("value")
    assert lines[0][:at].rstrip() == "101 Anna Nowak"
    (row,) = [line for line in lines if line.startswith("forward.no_answer")]
    assert row[at:] == (
        "+48601222333                   phone *92 by 101, 2026-08-03 09:12   (YAML: 11, line 7)"
    )
    (row,) = [line for line in lines if line.startswith("password")]
    assert row.split() == ["password", "****", "softswitch.yaml:6"]
    (row,) = [line for line in lines if line.startswith("dnd ")]
    assert row.split() == ["dnd", "off", "default"]


def test_before_the_first_start_there_is_the_configuration(yaml: Path) -> None:
    answer = json.loads(command("show", "101", yaml, "--json").output)
    assert (answer["user"], answer["name"]) == ("101", "Anna Nowak")
    assert {"key": "forward.no_answer", "value": "11", "origin": "softswitch.yaml:7"} in answer[
        "settings"
    ]
    assert command("reset", "101", "all", yaml).output == "nothing was changed by 101\n"
    assert list(yaml.parent.iterdir()) == [yaml]


def test_what_a_user_had_set_can_be_looked_up(yaml: Path) -> None:
    keep(yaml, ROW._replace(ended_at=ROW.changed_at + 60.0, ended_by="phone *93 by 101"))
    told = command("show", "101", yaml, "--history").output.splitlines()
    assert [line.split("   ") for line in told[1:]] == [
        [
            "2026-08-03 09:13 forward.no_answer",
            "as configured (before: +48601222333)",
            "phone *93 by 101",
        ],
        [
            "2026-08-03 09:12 forward.no_answer",
            "+48601222333 (before: as configured)",
            "phone *92 by 101",
        ],
    ]
    assert command("show", "101", yaml, "--past", "1").output.splitlines() == told[:2]
    assert len(command("show", "11", yaml, "--history").output.splitlines()) == 1


def test_a_running_switch_is_asked(yaml: Path) -> None:
    setting = {"key": "dnd", "value": "\x1b[2Jon", "origin": "phone *78 by 101"}
    answer = {"user": "101", "name": "Anna", "settings": [setting]}
    result = beside_a_switch(yaml, {"settings": lambda request: answer}, "show", "101", yaml)
    assert "phone *78 by 101" in result.output
    assert "\x1b" not in result.output
    words = ("reset", "101", "dnd", yaml)
    handlers: Mapping[str, Handler] = {"reset": lambda request: [f"{request['what']} was on"]}
    assert beside_a_switch(yaml, handlers, *words).output == "dnd was on\n"
    assert beside_a_switch(yaml, {}, *words).exit_code == 1


def test_a_change_is_taken_back_without_a_switch(yaml: Path) -> None:
    keep(yaml, ROW)
    said = "101 forward.no_answer: +48601222333, set by phone *92 by 101\n"
    assert command("reset", "101", "forward", yaml).output == said
    result = command("reset", "101", "forward", yaml)
    assert (result.exit_code, result.output) == (0, "nothing of forward was changed by 101\n")


def test_the_last_change_is_undone_and_done_again(yaml: Path) -> None:  # features 4.4
    keep(yaml, ROW)
    words = ("undo", "101", "--config", yaml)
    undone = command(*words)
    assert undone.output == (
        "101 forward.no_answer: 11 again (was +48601222333: phone *92 by 101)\n"
    )
    again = command("undo", "101", "forward.no_answer", "--config", yaml)
    assert again.output == (
        "101 forward.no_answer: +48601222333 again (was as configured: softswitch undo)\n"
    )
    nothing = command("undo", "11", "dnd", "--config", yaml)
    assert (nothing.exit_code, nothing.output) == (1, "softswitch: 11 has never changed dnd\n")


def test_what_a_new_line_in_the_file_has_ended_is_undone(yaml: Path) -> None:  # features 4.4
    keep(yaml, ROW)
    yaml.write_text(TEXT.replace("no_answer: 11", "no_answer: voicemail"))
    undone = command("undo", "101", "--config", yaml)
    assert undone.output == (
        "101 forward.no_answer: +48601222333 again (was as configured: 101 forward.no_answer:"
        " user's +48601222333 replaced by voicemail from softswitch.yaml:7)\n"
    )
    assert settings.users_now(load(yaml))["101"].forward.rules["no_answer"].to == "+48601222333"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "555"), "no user has the number 555"),
        (("reset", "555", "all"), "no user has the number 555"),
        (("reset", "101", "name"), "name cannot be reset; known are ring_time"),
        (("undo", "555", "--config"), "no user has the number 555"),
        (("undo", "101", "name", "--config"), "name is no such setting; known are ring_time"),
        (("undo", "101", "--config"), "101 has changed nothing"),
    ],
)
def test_what_there_is_not_cannot_be_shown(yaml: Path, words: tuple[str, ...], said: str) -> None:
    result = command(*words, yaml)
    assert result.exit_code == 1
    assert said in result.output


def test_a_database_that_cannot_be_read_is_told_of(yaml: Path) -> None:
    (yaml.parent / "softswitch.db").write_text("nonsense" * 1000)
    for words in (
        ("show", "101"),
        ("show", "101", "--past", "1"),
        ("reset", "101", "all"),
        ("undo", "101", "--config"),
    ):
        result = command(*words, yaml)
        assert result.exit_code == 1
        assert "softswitch.db" in result.output
    assert settings.users_now(load(yaml))["101"].forward.rules["no_answer"].to == "11"


def test_calls_are_explained_with_what_users_have_changed(yaml: Path) -> None:
    keep(yaml, ROW)
    now = settings.users_now(load(yaml))
    assert now["101"].forward.rules["no_answer"].to == "+48601222333"
    assert now["11"] == load(yaml).users["11"]
    keep(yaml, ROW._replace(value="voicemail"))
    told = command("explain", "11", "101", "--given", "101=no_answer", "--config", yaml).output
    assert (
        "forward.no_answer of 101 (phone *92 by 101, 2026-08-03 09:12 (YAML: 11, line 7))" in told
    )
    assert "voicemail of 101 Anna Nowak" in told


def test_check_lists_mailboxes_that_are_not_left_to_their_owners(yaml: Path) -> None:
    async def main() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            for box in ("101", "11", "555"):
                await store.put_mailbox(MailboxRow(box, "scrypt:x", 4, "", "[]", 0.0, "{}"))

    asyncio.run(main())
    assert settings.notes(load(yaml)) == []
    yaml.write_text(TEXT.replace("    name: Anna", "    editable: off\n    name: Anna"))
    assert settings.notes(load(yaml)) == [
        "note: 101 voicemail: PIN and recordings of the owner are ignored: not editable"
    ]


def test_check_lists_what_does_not_count(yaml: Path) -> None:
    keep(yaml, ROW, ROW._replace(id="b", key="dnd", value="on", instead=""))
    assert settings.notes(load(yaml)) == []
    text = TEXT.replace("no_answer: 11", "no_answer: 12").replace(
        "name: Ola", "name: Ola, dnd: off"
    )
    yaml.write_text(
        text.replace("    name: Anna", "    editable: forward\n    name: Anna") + "  12: Jan\n"
    )
    assert settings.notes(load(yaml)) == [
        "note: 101 dnd: on, set by phone *92 by 101, is ignored: dnd is not editable",
        "note: at the next start: 101 forward.no_answer: user's +48601222333 replaced by 12"
        " from softswitch.yaml:8",
    ]
