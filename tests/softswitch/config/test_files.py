"""Files that are no configuration at all, and files that are replaced."""

import errno
import os
from pathlib import Path

import pytest

from softswitch.config import ConfigErrors
from softswitch.config.files import MAX_FILE, read_bytes, read_source, replace_whole, shown_path
from softswitch.config.problems import Wrong


def refused(path: Path) -> ConfigErrors:
    with pytest.raises(ConfigErrors) as caught:
        read_source(path)
    return caught.value


def test_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    errors = refused(tmp_path / "none.yaml")
    assert str(errors) == f"{tmp_path}/none.yaml: cannot be read: No such file or directory"
    assert errors.exit_code == 1


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in str(refused(tmp_path))


def test_a_file_without_permission_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    errors = refused(tmp_path / "a.yaml")
    assert "cannot be read: Permission denied" in str(errors)
    assert errors.unreadable


def test_a_name_with_a_nul_cannot_be_read() -> None:
    errors = refused(Path("a\0b"))
    assert "cannot be read" in str(errors)
    assert errors.unreadable


def test_a_file_at_the_limit_is_read_and_one_beyond_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * MAX_FILE)
    assert len(read_source(path).text) == MAX_FILE
    path.write_bytes(b"#" * (MAX_FILE + 1))
    errors = refused(path)
    assert str(errors).startswith(f"{path}: is larger than 1000000 bytes")
    assert errors.exit_code == 2


def test_an_endless_file_is_refused() -> None:
    assert "is larger than" in str(refused(Path("/dev/zero")))
    with pytest.raises(Wrong):
        read_bytes(Path("/dev/zero"), 10)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_or_without_its_mark(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(mark + "name: Księgowość\r\n".encode())
    assert read_source(path).text == "name: Księgowość\r\n"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_another_encoding_is_pointed_at(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(mark + "ż: 1\nname: Książka".encode() + b" \xea")
    problem = refused(path).problems[0]
    assert (problem.line, problem.column) == (2, 15)
    assert problem.message == "is not UTF-8: byte 0xea stands here"
    assert problem.suggestion == "save it as UTF-8 in your editor"


def test_utf_16_is_known_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("users:".encode("utf-16"))
    assert "is not UTF-8: it is UTF-16" in str(refused(path))


def test_a_path_of_any_bytes_can_be_shown() -> None:
    assert shown_path(Path(os.fsdecode(b"a\xff.yaml"))) == "a?.yaml"


def test_a_file_is_replaced_whole_and_is_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yaml"
    replace_whole(path, b"one")
    replace_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_like_another_has_its_mode_and_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "office.yaml"
    path.write_bytes(b"")
    path.chmod(0o640)
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda descriptor, *owner: owners.append(owner))
    replace_whole(path, b"users:", like=path.stat())
    assert (path.stat().st_mode & 0o777, owners) == (0o640, [])
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    replace_whole(path, b"users:", like=path.stat())
    assert owners == [(path.stat().st_uid, path.stat().st_gid)]


def test_a_disk_that_refuses_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "office.yaml"
    path.write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
