"""The state in one file, and back: all of it, or nothing at all (features 4.4)."""

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from softswitch import archive
from softswitch.archive import ArchiveError, Held, export, swapped, unpacked
from softswitch.store.schema import APPLICATION_ID, migrations


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "softswitch.db")) as made:
        made.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        made.execute(f"PRAGMA user_version = {len(migrations())}")
        made.execute("CREATE TABLE calls (id)")
        made.execute("INSERT INTO calls VALUES (1)")
        made.commit()
    for name in ("voicemail/101/a.wav", "greetings/101/b.wav", "recordings/1_100_101_a.wav"):
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode() * 1000)
    (folder / "voicemail/101/c.wav.part").write_bytes(b"half")
    (folder / "voicemail/101/d.wav").symlink_to("/etc/passwd")
    (folder / "control.sock").touch()
    return folder


def members(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


NAMES = [
    "softswitch.db",
    "voicemail/101/a.wav",
    "greetings/101/b.wav",
    "recordings/1_100_101_a.wav",
]


def test_what_is_exported_is_imported(state: Path, tmp_path: Path) -> None:
    to = tmp_path / "out" / "state.tar"
    to.parent.mkdir()
    held = export(state, to)
    assert held.files == 4
    assert members(to) == [*NAMES, "manifest.json"]
    assert to.stat().st_mode & 0o777 == 0o600
    assert list(to.parent.iterdir()) == [to]
    folder, found = unpacked(to, state)
    assert found == held
    assert folder.parent == state.parent
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert sorted(path.relative_to(folder).as_posix() for path in files) == sorted(NAMES)
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        if path.suffix == ".wav":
            assert path.read_bytes() == (state / path.relative_to(folder)).read_bytes()
    swapped(folder, state, tmp_path / "before")
    assert not folder.exists()
    assert (tmp_path / "before" / "control.sock").exists()
    with closing(sqlite3.connect(state / "softswitch.db")) as database:
        assert database.execute("SELECT id FROM calls").fetchall() == [(1,)]


def test_an_export_replaces_nothing_and_leaves_nothing_half(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "state.tar"
    to.touch()
    with pytest.raises(ArchiveError, match="is there already"):
        export(state, to)
    to.unlink()
    with pytest.raises(ArchiveError, match="no switch has kept anything"):
        export(tmp_path, to)

    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", lambda one, other: full(one))
    with pytest.raises(ArchiveError, match="No space left"):
        export(state, to)
    assert list(tmp_path.iterdir()) == [state]


def test_a_message_that_is_deleted_meanwhile_is_not_missed(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [*archive._sounds(state), state / "voicemail/101/gone.wav"]
    monkeypatch.setattr(archive, "_sounds", lambda folder: iter(paths))
    assert export(state, tmp_path / "state.tar").files == 4


def test_a_file_that_grows_is_kept_as_long_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x" * 10)
    with path.open("rb") as file:
        reader = archive._Digesting(file, 4)
        assert reader.read(100) == b"xxxx"
        assert reader.read() == b""


Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]


def changed(state: Path, change: Change) -> Path:
    """An archive that is not as it was made."""
    fine, other = state.parent / "fine.tar", state.parent / "other.tar"
    export(state, fine)
    entries: list[tuple[tarfile.TarInfo, bytes]] = []
    with tarfile.open(fine) as tar:
        for member in tar:
            data = tar.extractfile(member)
            assert data is not None
            entries.append((member, data.read()))
    change(entries)
    with tarfile.open(other, "w") as tar:
        for member, octets in entries:
            if member.isreg():
                member.size = len(octets)
            tar.addfile(member, io.BytesIO(octets))
    fine.unlink()
    return other


def more(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> Change:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return lambda entries: entries.insert(0, (info, b""))


def with_manifest(change: Callable[[dict[str, object]], object]) -> Change:
    def edit(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        info, data = entries.pop()
        said = json.loads(data)
        change(said)
        entries.append((info, json.dumps(said).encode()))

    return edit


def database(statement: str) -> Change:
    """Another database, with a manifest that says so."""

    def edit(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        import hashlib

        info, data = entries[0]
        path = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp") / f"x{os.getpid()}.db"
        path.write_bytes(data)
        if statement:
            with closing(sqlite3.connect(path)) as made:
                made.execute(statement)
                made.commit()
            data = path.read_bytes()
        else:
            data = b"nonsense" * 1000
        path.unlink()
        entries[0] = (info, data)
        with_manifest(
            lambda said: said["files"].update(  # type: ignore[attr-defined]
                {"softswitch.db": [len(data), hashlib.sha256(data).hexdigest()]}
            )
        )(entries)

    return edit


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (more("../evil.wav"), "does not belong into a state"),
        (more("/etc/cron.d/evil"), "does not belong into a state"),
        (more("voicemail/../../evil.wav"), "does not belong into a state"),
        (more("voicemail/101/../x.wav"), "does not belong into a state"),
        (more("voicemail/101/.hidden.wav"), "does not belong into a state"),
        (more("voicemail/a/b/c.wav"), "does not belong into a state"),
        (more("voicemail/101/x.sh"), "does not belong into a state"),
        (more("secrets.yaml"), "does not belong into a state"),
        (more("voicemail/101/l.wav", tarfile.SYMTYPE, "/etc/passwd"), "is no ordinary file"),
        (more("voicemail/101/l.wav", tarfile.LNKTYPE, "softswitch.db"), "is no ordinary file"),
        (more("voicemail", tarfile.DIRTYPE), "is no ordinary file"),
        (more("voicemail/101/n.wav", tarfile.CHRTYPE), "is no ordinary file"),
        (more("softswitch.db"), "is there twice"),
        (more("voicemail/101/new.wav"), "'voicemail/101/new.wav' is not what was exported"),
        (lambda entries: entries.pop(1), "'voicemail/101/a.wav' is not what was exported"),
        (
            lambda entries: entries.__setitem__(1, (entries[1][0], b"other")),
            "'voicemail/101/a.wav' is not what was exported",
        ),
        (lambda entries: entries.pop(), "no manifest.json"),
        (lambda entries: entries.__setitem__(-1, (entries[-1][0], b"[1]")), "no manifest.json"),
        (
            lambda entries: entries.__setitem__(-1, (entries[-1][0], b"[" * 100000)),
            "no manifest.json",
        ),
        (with_manifest(lambda said: said.update(format=2)), "newer version of this program"),
        (
            with_manifest(lambda said: said["files"].pop("softswitch.db")),  # type: ignore[attr-defined]
            "'softswitch.db' is not what was exported",
        ),
        (database("PRAGMA user_version = 9999"), "written by a newer version"),
        (database("PRAGMA application_id = 7"), "that of another program"),
        (database(""), "the database is damaged"),
    ],
)
def test_an_archive_is_not_believed(state: Path, change: Change, why: str) -> None:
    other = changed(state, change)
    with pytest.raises(ArchiveError) as refused:
        unpacked(other, state)
    assert why in str(refused.value)
    assert str(refused.value).startswith(str(other))
    assert sorted(path.name for path in state.parent.iterdir()) == ["other.tar", "var"]


def test_without_a_database_there_is_nothing_to_begin_with(state: Path) -> None:
    def without(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entries.pop(0)
        with_manifest(lambda said: said["files"].pop("softswitch.db"))(entries)  # type: ignore[attr-defined]

    with pytest.raises(ArchiveError, match="there is no database in it"):
        unpacked(changed(state, without), state)


def test_what_is_cut_off_or_no_archive_is_refused(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "state.tar"
    export(state, to)
    data = to.read_bytes()
    for length in (0, 700, 5000, len(data) // 2, len(data) - 12_000):
        to.write_bytes(data[:length])
        with pytest.raises(ArchiveError):
            unpacked(to, state)
    to.write_bytes(b"x" * 100_000)
    with pytest.raises(ArchiveError):
        unpacked(to, state)
    with pytest.raises(ArchiveError, match="No such file"):
        unpacked(tmp_path / "none.tar", state)
    to.write_bytes(data)
    monkeypatch.setattr(archive, "ROOM", 1 << 60)
    with pytest.raises(ArchiveError, match="no room for it"):
        unpacked(to, state)
    monkeypatch.setattr(archive, "ROOM", 0)
    monkeypatch.setattr(archive, "MAX_MANIFEST", 10)
    with pytest.raises(ArchiveError, match="too large"):
        unpacked(to, state)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.tar", "var"]


def test_a_swap_that_fails_leaves_the_state_where_it_was(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(state, tmp_path / "state.tar")
    folder, held = unpacked(tmp_path / "state.tar", state)
    assert isinstance(held, Held)
    rename = os.rename

    def refuse(one: Path, other: Path) -> None:
        if one == folder:
            raise OSError(13, "Permission denied")
        rename(one, other)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(ArchiveError, match="cannot be put aside: Permission denied"):
        swapped(folder, state, tmp_path / "before")
    assert (state / "control.sock").exists()
    monkeypatch.setattr(archive, "_exchanged", lambda one, other: False)  # an old kernel
    with pytest.raises(ArchiveError, match="cannot be replaced: Permission denied"):
        swapped(folder, state, tmp_path / "before")
    assert (state / "control.sock").exists()
    assert not (tmp_path / "before").exists()
    with pytest.raises(ArchiveError, match="cannot be put aside"):
        swapped(folder, state, tmp_path / "none" / "before")


def test_where_folders_cannot_be_exchanged_they_are_renamed(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_exchanged", lambda one, other: False)
    export(state, tmp_path / "state.tar")
    folder, _ = unpacked(tmp_path / "state.tar", state)
    swapped(folder, state, tmp_path / "before")
    assert (tmp_path / "before" / "control.sock").exists()
    assert (state / "voicemail/101/a.wav").exists()
    assert not folder.exists()


def test_new_files_belong_to_whom_the_old_ones_do(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(state, tmp_path / "state.tar")
    folder, _ = unpacked(tmp_path / "state.tar", state)
    owned: list[Path] = []
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    monkeypatch.setattr(os, "chown", lambda path, user, group: owned.append(path))
    swapped(folder, state, tmp_path / "before")
    assert len(owned) == 10
