"""Files of recordings: whole under their own names, bounded in memory, recoverable."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from softswitch.media import wave
from softswitch.media.engine import recordings
from softswitch.media.engine.recordings import Recording, nearly_full, recover
from softswitch.media.wave import Layout
from tests.media.engine.lanes import Inline

PCMU = Layout("PCMU", 8000)
SECOND = bytes(range(250)) * 32


def test_what_is_written_is_in_the_file_and_done_says_so(tmp_path: Path) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    recording = Recording(lane, str(path), PCMU)
    for _ in range(5):
        assert recording.write(SECOND[:4000])
    lane.collect()
    assert (tmp_path / "a.wav.part").exists()
    assert not path.exists()
    problems: list[str] = []
    recording.finish(problems.append)
    assert problems == []
    lane.collect()
    assert problems == [""]
    assert path.read_bytes() == wave.header(PCMU, 20_000) + SECOND[:4000] * 5
    assert recording.waiting == 0
    assert recording.missed == 0.0


def test_little_is_written_at_a_time(tmp_path: Path) -> None:
    lane = Inline()
    recording = Recording(lane, str(tmp_path / "a.wav"), PCMU)
    lane.collect()
    for _ in range(5):
        recording.write(bytes(800))
    assert len(lane.jobs) == 1
    recording.write(bytes(800))
    assert len(lane.jobs) == 1
    assert recording.waiting == 4800


def test_what_a_slow_disk_does_not_take_is_silence_where_it_was(tmp_path: Path) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    lane.stands_still = True
    recording = Recording(lane, str(path), PCMU)
    taken = [recording.write(SECOND) for _ in range(12)]
    assert taken == [True] * 10 + [False] * 2
    lane.stands_still = False
    lane.collect()
    assert recording.write(SECOND)
    recording.finish(lambda _: None)
    lane.collect()
    octets = path.read_bytes()[wave.HEADER_SIZE :]
    assert octets == SECOND * 10 + b"\xff" * 16_000 + SECOND
    assert recording.missed == 2.0


def test_a_long_gap_is_filled_piece_by_piece(tmp_path: Path) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    lane.stands_still = True
    recording = Recording(lane, str(path), Layout("L16", 16000, 2))
    for _ in range(40):
        recording.write(b"\x01" * 64_000)
    lane.stands_still = False
    recording.finish(lambda _: None)
    lane.collect()
    octets = path.read_bytes()[wave.HEADER_SIZE :]
    assert octets == b"\x01" * 640_000 + bytes(30 * 64_000)


def failing(error: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(error, os.strerror(error))

    return fail


def test_a_full_disk_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    recording = Recording(lane, str(path), PCMU)
    recording.write(SECOND)
    lane.collect()
    monkeypatch.setattr(os, "write", failing(errno.ENOSPC))
    recording.write(SECOND)
    lane.collect()
    assert recording.problem == "a.wav: No space left on device"
    recording.write(SECOND)
    problems: list[str] = []
    recording.finish(problems.append)
    lane.collect()
    assert problems == ["a.wav: No space left on device"]
    assert path.read_bytes() == wave.header(PCMU, 8000) + SECOND


def test_what_a_full_disk_has_taken_of_a_write_is_kept_in_whole_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    recording = Recording(lane, str(path), PCMU)
    recording.write(SECOND)
    lane.collect()
    true_write = os.write
    written = iter([101, 0, 50])

    def short(descriptor: int, octets: bytes) -> int:
        for size in written:
            return true_write(descriptor, octets[:size])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", short)
    recording.write(SECOND)
    recording.finish(lambda _: None)
    lane.collect()
    assert path.read_bytes() == wave.header(PCMU, 8150) + SECOND + SECOND[:150]


def test_a_disk_that_is_full_at_once_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", failing(errno.ENOSPC))
    lane = Inline()
    recording = Recording(lane, str(tmp_path / "a.wav"), PCMU)
    recording.finish(lambda _: None)
    lane.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_sync_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Inline()
    recording = Recording(lane, str(tmp_path / "a.wav"), PCMU)
    recording.write(SECOND)
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    problems: list[str] = []
    recording.finish(problems.append)
    lane.collect()
    assert problems == ["a.wav: Input/output error"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav.part"]


def test_on_a_disk_that_is_nearly_full_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "nearly_full", lambda _: True)
    lane = Inline()
    recording = Recording(lane, str(tmp_path / "a.wav"), PCMU)
    lane.collect()
    assert recording.problem == "a.wav: the disk is nearly full"


def test_the_disk_is_looked_at_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane, path = Inline(), tmp_path / "a.wav"
    recording = Recording(lane, str(path), PCMU)
    lane.collect()
    monkeypatch.setattr(recordings, "nearly_full", lambda _: True)
    for _ in range(5):
        assert recording.problem == ""
        recording.write(SECOND)
        lane.collect()
    assert recording.problem == "a.wav: the disk is nearly full"
    recording.finish(lambda _: None)
    lane.collect()
    assert path.stat().st_size == wave.HEADER_SIZE + 5 * 8000


def test_the_disk_is_looked_at_as_often_where_more_is_written_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Inline()
    recording = Recording(lane, str(tmp_path / "a.wav"), PCMU)
    lane.collect()
    monkeypatch.setattr(recordings, "nearly_full", lambda _: True)
    for problem in ("", "a.wav: the disk is nearly full"):
        recording.write(3 * SECOND)
        lane.collect()
        assert recording.problem == problem


def disk(blocks: int, free: int, size: int = 4096) -> os.statvfs_result:
    return os.statvfs_result((size, size, blocks, free, free, 0, 0, 0, 0, 255))


def test_nearly_full_is_little_in_share_and_in_octets() -> None:
    assert nearly_full(disk(1000, 49))
    assert not nearly_full(disk(1000, 51))
    assert not nearly_full(disk(1 << 30, 1 << 20))


def test_a_file_never_gets_larger_than_its_header_can_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wave, "LARGEST", 12_000)
    lane, path = Inline(), tmp_path / "a.wav"
    recording = Recording(lane, str(path), PCMU)
    for _ in range(3):
        recording.write(SECOND)
    recording.finish(lambda _: None)
    lane.collect()
    assert path.stat().st_size == wave.HEADER_SIZE + 12_000


def test_every_prefix_of_a_file_can_be_recovered(tmp_path: Path) -> None:
    whole = wave.header(PCMU, 0) + SECOND[:1000]
    for size in range(0, len(whole) + 1, 37):
        unfinished = tmp_path / "a.wav.part"
        unfinished.write_bytes(whole[:size])
        found = recover(unfinished)
        assert not unfinished.exists()
        if size <= wave.HEADER_SIZE:
            assert found is None
        else:
            octets = (size - wave.HEADER_SIZE) // 2 * 2
            assert found == tmp_path / "a.wav"
            data = found.read_bytes()
            assert data[: wave.HEADER_SIZE] == wave.header(PCMU, octets)
            assert data[wave.HEADER_SIZE :][:octets] == SECOND[:octets]
            found.unlink()


def test_what_is_not_ours_is_not_recovered(tmp_path: Path) -> None:
    (tmp_path / "a.wav.part").write_bytes(b"x" * 5000)
    assert recover(tmp_path / "a.wav.part") is None
    with pytest.raises(FileNotFoundError):
        recover(tmp_path / "none.wav.part")
