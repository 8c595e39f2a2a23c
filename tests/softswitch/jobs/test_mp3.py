"""MP3 of what mailboxes hold: G.711 and linear, narrow and wide, mono and stereo."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from softswitch.jobs.mp3 import encoded
from tests.support.audio import heard_tone, write_wav

TONE = 600.0
SECONDS = 1.5


def tone(rate: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (8000 * np.sin(2 * np.pi * TONE * np.arange(int(rate * SECONDS)) / rate)).astype("i2")


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [("ULAW", 8000, 1), ("ALAW", 8000, 1), ("PCM_16", 16000, 1), ("PCM_16", 48000, 2)],
)
def test_a_message_becomes_mp3(tmp_path: Path, kind: str, rate: int, channels: int) -> None:
    file = tmp_path / "message.wav"
    soundfile.write(file, np.column_stack([tone(rate)] * channels), rate, subtype=kind)
    data = encoded(str(file))
    samples, heard_rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert (heard_rate, samples.ndim) == (8000, 1)
    assert len(data) == pytest.approx(2000 * SECONDS, rel=0.25)
    assert soundfile.info(io.BytesIO(data)).subtype == "MPEG_LAYER_III"
    assert heard_tone(write_wav(tmp_path / "heard.wav", samples), TONE) == pytest.approx(
        SECONDS, abs=0.1
    )


@pytest.mark.parametrize("kilobits", [8, 32, 64])
def test_its_size_is_what_was_asked_for(tmp_path: Path, kilobits: int) -> None:  # ML-4, S0-19
    file = tmp_path / "message.wav"
    soundfile.write(file, np.tile(tone(8000), 4), 8000, subtype="ULAW")
    assert len(encoded(str(file), kilobits)) == pytest.approx(125 * kilobits * 6.0, rel=0.1)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "message.wav").write_bytes(b"nothing")
    with pytest.raises(soundfile.LibsndfileError):
        encoded(str(tmp_path / "message.wav"))
