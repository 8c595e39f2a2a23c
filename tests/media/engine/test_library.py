"""Sounds from files of any kind, kept as payloads."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.engine import library
from softswitch.media.engine.interface import Clip, Pause, Tones
from softswitch.media.engine.library import CannotPlay, Library
from softswitch.media.player import Track
from tests.media.engine.lanes import Inline
from tests.media.engine.studio import G722, G729, OPUS, PCMA, PCMU
from tests.support.audio import known_sound

SECONDS = 0.5


class Shelf:
    """A library, and what it has brought."""

    def __init__(self, capacity: int = 1 << 20) -> None:
        self.lane = Inline()
        self.library = Library(self.lane, capacity)
        self.brought: list[Track | CannotPlay] = []

    def fetch(
        self, sound: object, format_: object = PCMU, now: float = 0.0, **more: bool
    ) -> object:
        self.library.fetch(sound, format_, now, self.brought.append, **more)  # type: ignore[arg-type]
        self.lane.collect()
        return self.brought[-1]

    def octets(self, sound: object, format_: object = PCMU, now: float = 0.0) -> bytes:
        track = self.fetch(sound, format_, now)
        assert isinstance(track, Track), track
        return track.octets


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def sine(rate: int, channels: int = 1, seconds: float = SECONDS) -> npt.NDArray[np.float64]:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.stack([wave] * channels, axis=1)


def is_the_tone(octets: bytes, peak: float = 0.3) -> bool:
    samples = MU_LAW.decode(np.frombuffer(octets, np.uint8)).astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    loudest = spectrum.argmax() * 8000 / len(samples)
    level = np.sqrt(2 * (samples[800:-800] ** 2).mean()) / 32768
    return bool(abs(loudest - 440) < 5 and abs(level - peak) < 0.03 * peak + 0.005)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [
        (8000, 1, "PCM_16"),
        (11025, 2, "PCM_24"),
        (16000, 6, "FLOAT"),
        (44100, 2, "PCM_U8"),
        (48000, 1, "ALAW"),
    ],
)
def test_a_wave_file_of_any_kind_sounds_the_same(
    shelf: Shelf, tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, sine(rate, channels), rate, subtype=subtype)
    octets = shelf.octets(Clip(str(path)))
    assert abs(len(octets) - 8000 * SECONDS) <= 1
    assert is_the_tone(octets)


@pytest.mark.parametrize("kind", ["flac", "ogg", "mp3", "aiff"])
def test_so_do_other_files(shelf: Shelf, tmp_path: Path, kind: str) -> None:  # S4-14
    path = tmp_path / f"tone.{kind}"
    soundfile.write(path, sine(44100, 2, 2.0), 44100)
    octets = shelf.octets(Clip(str(path)))
    assert abs(len(octets) - 16000) < 1000
    assert is_the_tone(octets)


def test_a_mu_law_file_is_played_octet_by_octet(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "voicemail.wav"
    sound = known_sound(3.0, seed=5)
    soundfile.write(path, sound, 8000, subtype="ULAW")
    assert shelf.octets(Clip(str(path))) == MU_LAW.encode(sound).tobytes()


def test_the_beginning_of_a_file_can_be_left_out(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, sine(8000), 8000, subtype="ULAW")
    whole = shelf.octets(Clip(str(path)))
    assert shelf.octets(Clip(str(path), 0.25)) == whole[2000:]
    assert shelf.octets(Clip(str(path), 9.0)) == b""


def test_every_codec_has_its_own(shelf: Shelf) -> None:  # RTP-13
    tone = Tones((((440.0,), 1.0),))
    assert len(shelf.octets(tone, PCMA)) == 8000
    assert len(shelf.octets(tone, G722)) == 8000
    opus = shelf.fetch(tone, OPUS)
    assert isinstance(opus, Track)
    assert (opus.octets, len(opus.packets)) == (b"", 50)
    found = codec(G722)
    assert found is not None
    samples = found.decoder().decode(shelf.octets(tone, G722)[:960])
    assert len(samples) == 1920


def test_a_pause_is_silence_of_its_length(shelf: Shelf) -> None:
    assert shelf.octets(Pause(0.5)) == b"\xff" * 4000
    assert shelf.octets(Pause(0.0)) == b""


@pytest.mark.parametrize("seconds", [-1.0, 1e9])
def test_a_length_that_makes_no_sense_is_a_problem(shelf: Shelf, seconds: float) -> None:
    assert "no length for a sound" in str(shelf.fetch(Pause(seconds)))


def test_a_sound_is_made_once_and_kept(shelf: Shelf, tmp_path: Path) -> None:  # RTP-13
    path = tmp_path / "a.wav"
    soundfile.write(path, known_sound(1.0, seed=1), 8000)
    first = shelf.fetch(Clip(str(path)), PCMU, 0.0)
    assert shelf.fetch(Clip(str(path)), PCMU._replace(payload_type=100), 0.5) is first
    path.unlink()
    assert shelf.fetch(Clip(str(path)), PCMU, 0.9) is first
    assert isinstance(shelf.fetch(Clip(str(path)), PCMU, 1.1), CannotPlay)
    assert isinstance(shelf.fetch(Clip(str(path)), PCMU, 1.2), CannotPlay)


def test_a_file_that_has_changed_is_read_again(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, known_sound(0.5, seed=1), 8000)
    os.utime(path, ns=(1, 1))
    first = shelf.fetch(Clip(str(path)), PCMU, 0.0)
    assert shelf.fetch(Clip(str(path)), PCMU, 5.0) is first
    soundfile.write(path, known_sound(0.5, seed=2), 8000)
    os.utime(path, ns=(2, 2))
    assert shelf.fetch(Clip(str(path)), PCMU, 10.0) is not first


def test_a_tone_that_is_kept_is_never_made_again(shelf: Shelf) -> None:
    first = shelf.fetch(Pause(0.5), PCMU, 0.0)
    assert shelf.fetch(Pause(0.5), PCMU, 100.0) is first


def test_who_asks_while_it_is_being_made_waits_for_the_same(shelf: Shelf) -> None:
    shelf.lane.stands_still = True
    for _ in range(3):
        shelf.library.fetch(Pause(0.5), PCMU, 0.0, shelf.brought.append)
    assert len(shelf.lane.jobs) == 1
    shelf.lane.stands_still = False
    shelf.lane.collect()
    assert len(shelf.brought) == 3
    assert shelf.brought[0] is shelf.brought[2]


def test_memory_is_bounded_and_what_was_used_last_is_kept() -> None:
    shelf = Shelf(capacity=20_000)
    first = shelf.fetch(Pause(1.0), PCMU, 0.0)
    second = shelf.fetch(Pause(1.1), PCMU, 0.1)
    assert shelf.fetch(Pause(1.0), PCMU, 0.2) is first
    shelf.fetch(Pause(0.9), PCMU, 0.3)
    assert shelf.fetch(Pause(1.0), PCMU, 0.4) is first
    assert shelf.fetch(Pause(1.1), PCMU, 0.5) is not second


def test_one_sound_that_is_larger_than_all_memory_is_played_all_the_same() -> None:
    shelf = Shelf(capacity=100)
    assert len(shelf.octets(Pause(1.0))) == 8000
    assert len(shelf.octets(Pause(2.0))) == 16000


def test_problems_have_the_name_of_the_file(shelf: Shelf, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.wav"
    nonsense.write_bytes(bytes(range(200)))
    assert str(shelf.fetch(Clip(str(nonsense)))).startswith(f"{nonsense}: ")
    assert str(shelf.fetch(Clip(str(tmp_path)))) == f"{tmp_path}: Is a directory"
    assert str(shelf.fetch(Clip("/no/such.wav"))) == "/no/such.wav: No such file or directory"
    assert str(shelf.fetch(Pause(1.0), G729)) == "G729 cannot be encoded"


def test_a_mistake_of_ours_is_a_problem_of_that_sound_only(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(library, "_load", mistake)
    assert str(shelf.fetch(Pause(1.0))) == "RuntimeError('oops')"


def test_a_file_of_hours_is_refused(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(40_000, np.int16), 8000)
    monkeypatch.setattr(library, "LONGEST", 3.0)
    assert str(shelf.fetch(Clip(str(path)))).endswith("long.wav: longer than 0.05 minutes")


def test_music_is_as_loud_as_music_is_to_be(shelf: Shelf, tmp_path: Path) -> None:
    quiet, loud = tmp_path / "quiet.wav", tmp_path / "loud.wav"
    soundfile.write(quiet, sine(8000, 1, 3.0) / 10, 8000)
    soundfile.write(loud, sine(8000, 1, 3.0) * 3, 8000)
    for path in (quiet, loud):
        track = shelf.fetch(Clip(str(path)), music=True)
        assert isinstance(track, Track)
        assert is_the_tone(track.octets, peak=2**0.5 * 10 ** (-16 / 20))


def test_peaks_of_music_are_not_cut(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "clicks.wav"
    sound = np.zeros(24_000)
    sound[::4000] = 0.5
    soundfile.write(path, sound, 8000)
    track = shelf.fetch(Clip(str(path)), music=True)
    assert isinstance(track, Track)
    samples = MU_LAW.decode(np.frombuffer(track.octets, np.uint8))
    assert 0.84 < samples.max() / 32768 < 0.92


def test_silent_music_stays_silent(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    assert shelf.octets(Clip(str(path))) == b"\xff" * 8000
    track = shelf.fetch(Clip(str(path)), music=True)
    assert isinstance(track, Track)
    assert track.octets == b"\xff" * 8000
    soundfile.write(path, np.zeros(0), 8000)
    track = shelf.fetch(Clip(str(path)), now=9.0, music=True)
    assert track == Track()
