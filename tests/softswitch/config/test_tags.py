"""!secret, !env, !file."""

import os
from pathlib import Path

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.tags import MAX_VALUE_FILE, Tags


def tags(folder: Path, **environment: str) -> Tags:
    return Tags(folder / "office.yaml", environment)


def wrong(folder: Path, tag: str, argument: str) -> str:
    with pytest.raises(Wrong) as caught:
        tags(folder).resolve(tag, argument)
    return f"{caught.value.problem} | {caught.value.suggestion}"


def secrets(folder: Path, text: str) -> None:
    (folder / "secrets.yaml").write_text(text)
    (folder / "secrets.yaml").chmod(0o600)


def test_a_secret_comes_from_secrets_yaml(tmp_path: Path) -> None:
    secrets(tmp_path, "smtp: hunter2\n")
    assert tags(tmp_path).resolve("!secret", "smtp") == "hunter2"


def test_a_secret_without_secrets_yaml_says_how_to_make_it(tmp_path: Path) -> None:
    assert wrong(tmp_path, "!secret", "smtp") == (
        "there is no secrets.yaml beside this file to find 'smtp' in"
        " | make it with the line `smtp: …`, then chmod 600 secrets.yaml"
    )


def test_a_secret_that_is_not_there_suggests_its_neighbour(tmp_path: Path) -> None:
    secrets(tmp_path, "smtp: hunter2\n")
    said = "secrets.yaml has no 'smtpp' | did you mean smtp?"
    assert wrong(tmp_path, "!secret", "smtpp") == said
    said = "secrets.yaml has no 'trunk' | add the line `trunk: …` to it"
    assert wrong(tmp_path, "!secret", "trunk") == said


def test_a_variable_comes_from_the_environment(tmp_path: Path) -> None:
    assert tags(tmp_path, PIN="12").resolve("!env", "PIN") == "12"
    said = "the environment variable 'PIN' is not set | "
    assert wrong(tmp_path, "!env", "PIN") == said


def test_a_file_gives_its_text_without_the_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("\ufeff 12 \r\n")
    assert tags(tmp_path).resolve("!file", "pin") == " 12 "
    assert tags(tmp_path).resolve("!file", str(tmp_path / "pin")) == " 12 "


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xea")
    (tmp_path / "book").write_bytes(b"x" * (MAX_VALUE_FILE + 1))
    os.mkfifo(tmp_path / "pipe")
    expected = {
        "none": "the file 'none' cannot be read: No such file or directory",
        ".": "'.' is not a file",
        "pipe": "'pipe' is not a file",
        "latin": "the file 'latin' is not UTF-8",
        "book": f"is larger than {MAX_VALUE_FILE} bytes",
        "a\0b": "'a\\x00b' is no file name",
    }
    for name, said in expected.items():
        assert wrong(tmp_path, "!file", name).startswith(said)


def test_an_unknown_tag_names_the_known_ones(tmp_path: Path) -> None:
    said = "the tag '!include' is not known | known: !secret, !env, !file"
    assert wrong(tmp_path, "!include", "a.yaml") == said
    assert (
        wrong(tmp_path, "!secrets", "a")
        == "the tag '!secrets' is not known | did you mean !secret?"
    )


def test_a_tag_needs_a_name(tmp_path: Path) -> None:
    assert wrong(tmp_path, "!env", "") == "!env needs a name after it | "


def test_secrets_yaml_is_read_only_when_it_is_needed(tmp_path: Path) -> None:
    some = tags(tmp_path, PIN="1")
    some.resolve("!env", "PIN")
    assert not some.secrets_used
    assert some.secrets is some.secrets
    assert some.secrets_used
