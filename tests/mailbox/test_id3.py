"""What a player shows of a message (ML-4)."""

import io

import lameenc
import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from softswitch.mailbox.id3 import HEADER, tag
from softswitch.mailbox.phrases import LocalTime

NOON = LocalTime(2012, 8, 6, 0, 15, 19)


def frames(data: bytes) -> dict[str, str]:
    """As a player reads them; nothing may be left over."""
    assert data[:6] == b"ID3\x03\x00\x00"
    assert max(data[6:HEADER]) < 0x80
    size = sum(octet << shift for octet, shift in zip(data[6:HEADER], (21, 14, 7, 0), strict=True))
    assert len(data) == HEADER + size
    found, rest = {}, data[HEADER:]
    while rest:
        length = int.from_bytes(rest[4:8], "big")
        assert rest[8:10] == bytes(2)
        content = rest[HEADER : HEADER + length]
        assert content[:1] == b"\x01"
        found[rest[:4].decode()] = content[1:].decode("utf-16")
        rest = rest[HEADER + length :]
    return found


def test_title_artist_and_date_are_told() -> None:  # ML-4
    assert frames(tag("Wiadomość od 102", "Żółć", NOON)) == {
        "TIT2": "Wiadomość od 102",
        "TPE1": "Żółć",
        "TYER": "2012",
        "TDAT": "0608",
        "TIME": "1519",
    }


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_can_be_read_again(title: str, artist: str) -> None:
    found = frames(tag(title, artist, NOON))
    if title.isprintable():
        assert found["TIT2"] == title


def test_a_player_hears_the_sound_behind_it() -> None:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(8000)
    encoder.set_channels(1)
    encoder.set_bit_rate(16)
    sound = (8000 * np.sin(np.arange(16000) / 3)).astype("int16")
    data = bytes(encoder.encode(sound.tobytes())) + bytes(encoder.flush())
    samples, _ = soundfile.read(io.BytesIO(tag("a" * 300, "b", NOON) + data))
    assert len(samples) >= 16000
