"""secrets.yaml: read by its owner only, extended in one step."""

import os
from pathlib import Path

import pytest
import yaml

from softswitch.config import ConfigErrors
from softswitch.config.secrets import (
    ALPHABET,
    PASSWORD_LENGTH,
    make_missing,
    make_password,
    read_secrets,
)


def keep(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secrets.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def said(path: Path) -> list[str]:
    return [f"{p.summary()} | {p.suggestion}" for p in read_secrets(path).problems]


def test_what_is_in_the_file_is_found_with_its_line(tmp_path: Path) -> None:
    found = read_secrets(keep(tmp_path, "# mine\nsmtp: a\n'password_*98': 0123\n"))
    assert found.exists
    assert found.values == {"smtp": "a", "password_*98": "0123"}
    assert found.lines == {"smtp": 2, "password_*98": 3}
    assert found.problems == []


def test_no_file_and_an_empty_file_hold_nothing(tmp_path: Path) -> None:
    assert not read_secrets(tmp_path / "secrets.yaml").exists
    found = read_secrets(keep(tmp_path, "# nothing yet\n"))
    assert found.exists
    assert not found.values
    assert not found.problems


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_touch_names_the_chmod(tmp_path: Path, mode: int) -> None:
    path = keep(tmp_path, "smtp: a", mode)
    assert said(path) == [f"{path}: others may read this file (mode {mode:o}) | chmod 600 {path}"]


def test_mistakes_in_it_never_show_its_content(tmp_path: Path) -> None:
    text = "smtp: [hunter2]\nweb:\ntag: !env hunter2\nmail: a\nmail: hunter2\n"
    found = read_secrets(keep(tmp_path, text))
    assert [problem.line for problem in found.problems] == [5, 1, 2, 3]
    assert "hunter2" not in "".join(map(str, found.problems))


@pytest.mark.parametrize("text", ["smtp: 'a", "- a\n- b", "just a word"])
def test_what_is_no_list_of_secrets_is_refused(tmp_path: Path, text: str) -> None:
    assert len(said(keep(tmp_path, text))) == 1


def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").mkdir(mode=0o700)
    assert "cannot be read" in said(tmp_path / "secrets.yaml")[0]


def test_a_password_is_long_and_easy_to_type() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    assert {len(password) for password in made} == {PASSWORD_LENGTH}
    assert not set("0Oo1lI5SB") & set("".join(made))
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_missing_passwords_are_made_and_kept(tmp_path: Path) -> None:
    made = make_missing(tmp_path / "office.yaml", ["100", "*98", "anna.k"])
    path = tmp_path / "secrets.yaml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(made) == ["100", "*98", "anna.k"]
    kept = {f"password_{extension}": password for extension, password in made.items()}
    assert yaml.safe_load(path.read_text()) == kept
    assert read_secrets(path).values == kept


def test_what_is_in_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = keep(tmp_path, "# mine\nsmtp: a  # b\npassword_100: c", 0o600)
    made = make_missing(tmp_path / "office.yaml", ["100", "101"])
    assert list(made) == ["101"]
    expected = f"# mine\nsmtp: a  # b\npassword_100: c\npassword_101: {made['101']}\n"
    assert path.read_text() == expected


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = keep(tmp_path, "smtp: a\n", 0o644)
    make_missing(tmp_path / "office.yaml", ["100"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_anything_missing_nothing_is_written(tmp_path: Path) -> None:
    assert make_missing(tmp_path / "office.yaml", []) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "secrets.yaml").symlink_to("vault/secrets.yaml")
    make_missing(tmp_path / "office.yaml", ["100"])
    assert (tmp_path / "secrets.yaml").is_symlink()
    assert "password_100" in (tmp_path / "vault" / "secrets.yaml").read_text()


@pytest.mark.parametrize("text", ["{smtp: a}", "smtp: 'a", "- a"])
def test_a_file_that_cannot_be_extended_is_left_alone(tmp_path: Path, text: str) -> None:
    path = keep(tmp_path, text)
    with pytest.raises(ConfigErrors):
        make_missing(tmp_path / "office.yaml", ["100"])
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        make_missing(tmp_path / "none" / "office.yaml", ["100"])
    assert "cannot be written" in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_failure_half_way_leaves_the_old_file_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keep(tmp_path, "smtp: a\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigErrors, match="No space left"):
        make_missing(tmp_path / "office.yaml", ["100"])
    assert path.read_text() == "smtp: a\n"
    assert list(tmp_path.iterdir()) == [path]
