"""Audio files in a folder: whole under their names, whatever happens."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.wave import HEADER_SIZE, Layout
from tests.mailbox.world import write_sound


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def test_a_path_is_the_names_that_lead_there(blobs: FolderBlobs, tmp_path: Path) -> None:
    assert blobs.path("voicemail", "101", "x.wav") == str(tmp_path / "voicemail/101/x.wav")


def test_what_is_there_can_be_read(blobs: FolderBlobs, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    with blobs.open(blobs.path("x.wav")) as file:
        assert file.read() == b"RIFF"
    with pytest.raises(OSError, match="No such file"):
        blobs.open(blobs.path("y.wav"))


def test_what_is_whole_and_what_is_not_are_listed_apart(blobs: FolderBlobs, tmp_path: Path) -> None:
    for name in ("b.wav", "a.wav", "c.wav.part", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert blobs.names(blobs.path()) == ["a.wav", "b.wav"]
    assert blobs.unfinished(blobs.path()) == [blobs.path("c.wav")]
    assert blobs.names(blobs.path("nowhere")) == []


def test_a_folder_is_for_us_alone(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.prepare(f"{tmp_path}/voicemail/101/x.wav")
    assert (tmp_path / "voicemail" / "101").stat().st_mode & 0o777 == 0o700
    blobs.prepare(f"{tmp_path}/voicemail/101/y.wav")


def test_what_a_crash_has_left_becomes_a_file(blobs: FolderBlobs, tmp_path: Path) -> None:
    path = f"{tmp_path}/m.wav"
    unfinished = Path(path + ".part")
    unfinished.write_bytes(wave.header(Layout("PCMU", 8000, 1), 0) + b"\x7f" * 16_000)
    assert blobs.rescue(path) == 2.0
    assert not unfinished.exists()
    assert blobs.rescue(path) == 2.0


def test_nothing_is_no_sound(blobs: FolderBlobs, tmp_path: Path) -> None:
    path = f"{tmp_path}/m.wav"
    assert blobs.rescue(path) == 0.0
    Path(path + ".part").write_bytes(b"RIFF")
    assert blobs.rescue(path) == 0.0
    Path(path).write_bytes(b"nothing of ours, though it is long enough to be a header of something")
    assert blobs.rescue(path) == 0.0
    assert blobs.shorten(path, 1.0) == 0.0


@pytest.mark.parametrize("layout", [Layout("PCMU", 8000, 1), Layout("L16", 16000, 1)])
@settings(max_examples=50, deadline=None)
@given(seconds=st.floats(0.0, 3.0))
def test_a_file_is_shortened_and_stays_one(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, seconds: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "shortened.wav"
    blobs = FolderBlobs(path.parent)
    octets = 2 * layout.rate * layout.block_octets
    path.write_bytes(wave.header(layout, octets) + b"\x7f" * octets)
    left = blobs.shorten(str(path), seconds)
    assert left == pytest.approx(min(seconds, 2.0), abs=2 / layout.rate)
    assert blobs.length(str(path)) == left
    data = path.read_bytes()
    assert data[:HEADER_SIZE] == wave.header(layout, len(data) - HEADER_SIZE)


def test_a_file_that_is_not_there_cannot_be_shortened(blobs: FolderBlobs, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        blobs.shorten(f"{tmp_path}/m.wav", 1.0)


def test_removing_is_harmless(blobs: FolderBlobs, tmp_path: Path) -> None:
    path = f"{tmp_path}/m.wav"
    write_sound(path, 1.0)
    Path(path + ".part").write_bytes(b"")
    blobs.remove(path)
    blobs.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_gets_a_second_name_and_keeps_the_first(
    blobs: FolderBlobs, tmp_path: Path
) -> None:  # VM-9
    (tmp_path / "there").mkdir()
    old, new = tmp_path / "old.wav", tmp_path / "there" / "new.wav"
    old.write_bytes(b"RIFF")
    blobs.link([(str(old), str(new))])
    assert new.samefile(old)
    with pytest.raises(OSError, match="File exists"):
        blobs.link([(str(old), str(new))])
    old.unlink()
    assert new.read_bytes() == b"RIFF"
    blobs.prepare(str(new / "x" / "y.wav"))


def test_a_file_system_without_second_names_gets_a_copy(
    blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(old: str, new: str) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    old.write_bytes(b"RIFF")
    blobs.link([(str(old), str(new))])
    assert not new.samefile(old)
    assert new.read_bytes() == b"RIFF"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_cleared_is_what_a_crash_has_left(blobs: FolderBlobs, tmp_path: Path) -> None:
    (tmp_path / "101").mkdir()
    for name in ("a.wav", "b.wav.part"):
        (tmp_path / "101" / name).write_bytes(b"RIFF")
    (tmp_path / "101" / "c.wav.part").mkdir()  # not ours
    blobs.clear(str(tmp_path))
    assert sorted(path.name for path in (tmp_path / "101").iterdir()) == ["a.wav", "c.wav.part"]
