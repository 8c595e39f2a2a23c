"""`softswitch check`: what it prints, and its exit code."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from softswitch.cli.check import check


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(check)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def office(folder: Path, text: str) -> str:
    path = folder / "office.yaml"
    path.write_text(text)
    return str(path)


def test_a_right_file_is_fine(tmp_path: Path) -> None:
    file = office(tmp_path, "users: {100: {password: x}, 101: {password: y}}")
    assert run(file) == (0, f"{file}: fine: 2 users, SIP on udp 5060 tcp 5060\n")


def test_passwords_that_will_be_made_are_noted_only(tmp_path: Path) -> None:
    code, text = run(office(tmp_path, "users: {100: Anna}"))
    assert code == 0
    assert ": fine: 1 user, SIP" in text
    assert "note: no password yet for 100; made at the first start" in text
    assert list(tmp_path.iterdir()) == [tmp_path / "office.yaml"]


def test_of_many_without_password_ten_are_named(tmp_path: Path) -> None:
    users = ", ".join(f"{number}: x" for number in range(100, 115))
    assert "109 and 5 more; made" in run(office(tmp_path, f"users: {{{users}}}"))[1]


@pytest.mark.parametrize(
    ("sip", "shown"),
    [
        ("udp: [127.0.0.1:5060, 5070], tcp: off", "udp 127.0.0.1:5060, 5070 tcp off"),
        ("udp: '[::1]:5060'", "udp [::1]:5060 tcp [::1]:5060"),
    ],
)
def test_where_sip_is_heard_is_told(tmp_path: Path, sip: str, shown: str) -> None:
    assert shown in run(office(tmp_path, f"network: {{sip: {{{sip}}}}}"))[1]


def test_mistakes_are_shown_with_their_lines_and_exit_2(tmp_path: Path) -> None:
    file = office(tmp_path, "users:\n  100: {pasword: hunter2, ring_time: 30}\n")
    assert run(file) == (
        2,
        f"{file}:2:9: users.100: unknown key 'pasword'\n"
        "      100: {pasword: *******, ring_time: 30}\n"
        "            ^^^^^^^\n"
        "    did you mean password?\n"
        f"{file}:2:38: users.100.ring_time: '30' has no unit\n"
        "      100: {pasword: *******, ring_time: 30}\n"
        "                                         ^^\n"
        "    write 30s for seconds\n"
        "2 mistakes\n",
    )


def test_a_file_that_cannot_be_read_exits_1(tmp_path: Path) -> None:
    expected = f"{tmp_path}/none.yaml: cannot be read: No such file or directory\n"
    assert run(f"{tmp_path}/none.yaml") == (1, expected)
    assert run(str(tmp_path))[0] == 1


def test_json_is_for_programs(tmp_path: Path) -> None:
    code, text = run(office(tmp_path, "users: {100: {password: x}}"), "--format", "json")
    assert (code, json.loads(text)) == (0, {"fine": True, "problems": [], "warnings": []})
    file = office(tmp_path, "state: [x]\n")
    code, text = run(file, "--format", "json")
    assert (code, json.loads(text)) == (
        2,
        {
            "fine": False,
            "problems": [
                {
                    "file": file,
                    "line": 1,
                    "column": 8,
                    "path": "state",
                    "message": "must be one value, not a list",
                    "suggestion": "",
                }
            ],
            "warnings": [],
        },
    )


def test_github_annotations_are_escaped(tmp_path: Path) -> None:
    file = office(tmp_path, "users: {100: {nme: x}}\nlog: {level: 5%}\nuser: 1\n")
    code, text = run(file, "--format", "github")
    assert code == 2
    assert text.splitlines() == [
        f"::error file={file},line=1,col=15::users.100: unknown key 'nme'%0Adid you mean name?",
        f"::error file={file},line=2,col=14::log.level: '5%25' is not known here"
        "%0Aone of debug, info, warning, error",
        f"::error file={file},line=3,col=1::unknown key 'user'%0Adid you mean users?",
    ]


def test_a_github_annotation_of_a_whole_file_has_no_line(tmp_path: Path) -> None:
    code, text = run(f"{tmp_path}/a,b.yaml", "--format", "github")
    assert code == 1
    expected = f"::error file={tmp_path}/a%2Cb.yaml::cannot be read: No such file or directory\n"
    assert text == expected
