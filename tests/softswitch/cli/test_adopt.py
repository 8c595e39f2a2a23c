"""`softswitch adopt`: what a user has set becomes a line of the file (features 4.4, NEW-9)."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from softswitch.cli import adopt as command
from softswitch.cli.adopt import adopt, replaced, written
from softswitch.config import User, load
from softswitch.control import ControlServer, Handler
from softswitch.store.sqlite import open_store
from softswitch.store.store import SettingRow

pytestmark = pytest.mark.process

TEXT = """# our office
state: .
timezone: UTC
defaults: {ring_time: 20s}
users:
  101:                       # the boss
    name: Anna Nowak
    password: secret-enough
    forward: {no_answer: 11}   # until May
  11: {name: Ola, password: secret-enough}
"""
ROW = SettingRow("a", "101", "forward.no_answer", "voicemail", "11", "phone *92", 1e9, 0.0, "")
RING = ROW._replace(id="b", key="ring_time", value="25s", instead="20s")


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    file = tmp_path / "softswitch.yaml"
    file.write_text(TEXT)
    file.chmod(0o640)
    return file


def keep(yaml: Path, *rows: SettingRow) -> None:
    async def main() -> None:
        async with open_store(yaml.parent / "softswitch.db") as store:
            await store.put_settings(rows)

    asyncio.run(main())


def kept(yaml: Path) -> list[SettingRow]:
    async def main() -> list[SettingRow]:
        async with open_store(yaml.parent / "softswitch.db", read_only=True) as store:
            return await store.settings_of("101")

    return asyncio.run(main())


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(adopt)
    return CliRunner().invoke(app, list(map(str, words)))


def test_what_was_set_by_phone_is_a_line_of_the_file(yaml: Path) -> None:  # features 4.4
    keep(yaml, ROW, RING)
    result = run("101", "forward", yaml, "--yes")
    assert result.exit_code == 0, result.output
    assert yaml.read_text() == TEXT.replace("no_answer: 11", "no_answer: voicemail")
    assert yaml.stat().st_mode & 0o777 == 0o640
    lines = result.output.splitlines()
    assert lines[-1] == f"101 forward.no_answer: voicemail from {yaml}:9"
    assert "-    forward: {no_answer: 11}   # until May" in lines
    assert "+    forward: {no_answer: voicemail}   # until May" in lines
    assert "secret-enough" not in result.output
    over = {row.key: row.ended_by for row in kept(yaml)}
    assert over == {"forward.no_answer": "softswitch adopt", "ring_time": ""}
    assert sorted(path.name for path in yaml.parent.iterdir())[-1] == "softswitch.yaml"
    assert not [path for path in yaml.parent.iterdir() if path.name.startswith(".softswitch-")]


def test_a_value_of_defaults_becomes_one_of_the_user(yaml: Path) -> None:
    keep(yaml, RING)
    assert run("101", "ring_time", yaml, "--yes").exit_code == 0
    assert yaml.read_text() == TEXT.replace("# until May\n", "# until May\n    ring_time: 25s\n")
    users = load(yaml).users
    assert (users["101"].ring_time, users["11"].ring_time) == (25.0, 20.0)


def test_what_the_file_says_in_other_words_gets_words_of_its_own(yaml: Path) -> None:
    """`caller_id: withheld` hides a number; whoever has shown it by `#31#` has decided later."""
    trunk = "country: PL\ntrunks: {carrier: {host: 192.0.2.1, to: 101}}\n"
    withheld = "    password: secret-enough\n    caller_id: withheld\n"
    yaml.write_text(trunk + TEXT.replace("    password: secret-enough\n", withheld, 1))
    keep(yaml, ROW._replace(key="hide_number", value="off", instead="on", source="phone #31#"))
    assert load(yaml).users["101"].hide_number
    assert run("101", "hide_number", yaml, "--yes").exit_code == 0
    assert "    hide_number: off\n" in yaml.read_text()
    assert not load(yaml).users["101"].hide_number


def test_nothing_is_written_without_a_yes(yaml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(yaml, RING)
    result = run("101", "ring_time", yaml)
    assert (result.exit_code, yaml.read_text()) == (1, TEXT)
    assert "+    ring_time: 25s" in result.output
    assert "nothing is changed; say --yes" in result.output

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal)
    for answer in (False, True):
        monkeypatch.setattr(typer, "confirm", lambda text, said=answer: said)
        with pytest.raises(typer.Exit) if not answer else pytest.MonkeyPatch.context():
            adopt("101", "ring_time", yaml)
        assert ("25s" in yaml.read_text()) is answer


def test_a_running_switch_is_told(yaml: Path) -> None:
    keep(yaml, RING)
    asked: list[Mapping[str, Any]] = []

    def adopted(request: Mapping[str, Any]) -> list[str]:
        asked.append(request)
        return ["told"]

    async def main() -> Result:
        handlers: Mapping[str, Handler] = {"adopted": adopted}
        server = ControlServer(yaml.parent / "control.sock", handlers)
        await server.start()
        try:
            return await asyncio.to_thread(run, "101", "ring_time", yaml, "--yes")
        finally:
            await server.stop()

    assert asyncio.run(main()).output.endswith("told\n")
    (request,) = asked
    assert request == {
        "ask": "adopted",
        "user": "101",
        "key": "ring_time",
        "value": "25s",
        "origin": f"{yaml}:10",
    }
    assert kept(yaml) == [RING]  # that is the switch's to end


@pytest.mark.parametrize(
    ("text", "words", "why"),
    [
        (TEXT, ("555", "ring_time"), "no user has the number 555"),
        (TEXT, ("101", "dnd"), "101 has set nothing of dnd that counts"),
        (TEXT, ("11", "ring_time"), "11 has set nothing of ring_time"),
        (
            TEXT.replace("    name: Anna", "    editable: off\n    name: Anna"),
            ("101", "ring_time"),
            "101 has set nothing of ring_time",
        ),
        (
            TEXT.replace("{ring_time: 20s}", "{ring_time: !env RING}"),
            ("101", "ring_time"),
            "",
        ),
        (
            TEXT.replace("# until May", "\n    ring_time: !env RING"),
            ("101", "ring_time"),
            "ring_time is !env; change what it names",
        ),
        (
            TEXT.replace("{no_answer: 11}", "&f {no_answer: 11}").replace(
                "{name: Ola", "{forward: *f, name: Ola"
            ),
            ("101", "forward"),
            "stands elsewhere, too",
        ),
        (
            TEXT.replace("    forward: {no_answer: 11}", "    <<: *x").replace(
                "defaults:", "x-some: &x {forward: {no_answer: 11, busy: 11}}\ndefaults:"
            ),
            ("101", "forward"),
            "more would change than that",
        ),
    ],
)
def test_what_cannot_be_adopted_leaves_the_file_as_it_is(
    yaml: Path, text: str, words: tuple[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RING", "20s")
    yaml.write_text(text)
    keep(yaml, ROW, RING)
    result = run(*words, yaml, "--yes")
    assert why in result.output
    assert (result.exit_code, yaml.read_text() == text) == ((1, True) if why else (0, False))


def test_what_would_be_wrong_is_not_written(yaml: Path) -> None:
    keep(yaml, ROW._replace(value="999"))
    result = run("101", "forward", yaml, "--yes")
    assert (result.exit_code, yaml.read_text()) == (1, TEXT)
    assert "would be wrong then" in result.output


def test_an_edit_meanwhile_is_not_lost(yaml: Path) -> None:
    yaml.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    with pytest.raises(OSError, match="meanwhile"):
        replaced(yaml, "other", "new")
    replaced(yaml, TEXT, "new")
    assert yaml.read_bytes() == b"\xef\xbb\xbfnew"


def test_a_link_stays_one_and_a_full_disk_changes_nothing(
    yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = yaml.parent / "link.yaml"
    link.symlink_to(yaml.name)
    replaced(link, TEXT, "new")
    assert link.is_symlink()
    assert yaml.read_text() == "new"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replaced(yaml, "new", "newer")
    assert yaml.read_text() == "new"
    assert len(list(yaml.parent.iterdir())) == 2
    monkeypatch.undo()
    monkeypatch.setattr(command, "replaced", lambda *one: full(0))
    yaml.write_text(TEXT)
    keep(yaml, RING)
    assert "cannot be written: No space" in run("101", "ring_time", yaml, "--yes").output


def test_an_owner_stays_the_owner(yaml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    monkeypatch.setattr(os, "fchown", lambda file, user, group: asked.append((user, group)))
    replaced(yaml, TEXT, "new")
    was = yaml.stat()
    assert asked == [(was.st_uid, was.st_gid)]


def test_addresses_keep_their_times() -> None:  # ML-7
    known = User("101", email=("a@x.pl", "b@x.pl"), mail_when={"b@x.pl": "open"})
    assert written(known, "email") == ["a@x.pl", {"to": "b@x.pl", "when": "open"}]
    assert written(User("101", email=("a@x.pl",)), "email") == "a@x.pl"
    assert written(User("101"), "email") == []
    assert written(User("101"), "dnd") == "off"
