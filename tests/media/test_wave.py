"""WAV headers: others can read them, and half a file can be mended."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import wave
from softswitch.media.wave import Layout

LAYOUTS = [
    Layout(encoding, rate, channels)
    for encoding in ("PCMU", "PCMA", "L16")
    for rate in (8000, 16000)
    for channels in (1, 2)
]
SUBTYPES = {"PCMU": "ULAW", "PCMA": "ALAW", "L16": "PCM_16"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_library_reads_what_the_header_says(layout: Layout) -> None:
    sound = bytes(range(256)) * 4
    with soundfile.SoundFile(io.BytesIO(wave.header(layout, len(sound)) + sound)) as file:
        assert file.samplerate == layout.rate
        assert file.channels == layout.channels
        assert file.subtype == SUBTYPES[layout.encoding]
        assert file.frames == len(sound) // layout.block_octets
        if layout.encoding == "L16":
            assert (file.read(dtype="int16").ravel() == np.frombuffer(sound, "<i2")).all()


def test_a_header_has_58_octets() -> None:
    assert len(wave.header(Layout("PCMU", 8000), 0)) == wave.HEADER_SIZE == 58


def test_silence_is_one_sample_without_sound() -> None:
    assert [Layout(name, 8000).silence for name in ("PCMU", "PCMA", "L16")] == [
        b"\xff",
        b"\xd5",
        b"\x00\x00",
    ]


@given(st.sampled_from(LAYOUTS), st.integers(0, 1 << 33))
@settings(max_examples=50)
def test_what_is_written_is_read(layout: Layout, octets: int) -> None:
    assert wave.read(wave.header(layout, octets) + b"sound") == layout


@given(st.binary(max_size=80))
@settings(max_examples=50)
def test_anything_else_is_not_ours(data: bytes) -> None:
    assert wave.read(data) is None
    assert wave.recovered(data, 1000) is None


def test_other_codes_and_no_channels_are_not_ours() -> None:
    head = wave.header(Layout("PCMU", 8000), 0)
    for at, value in ((20, 2), (22, 0), (58 - 4, 1)):
        assert wave.read(head[:at] + bytes((value,)) + head[at + 1 :]) is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_half_a_file_gets_the_header_of_its_length(layout: Layout) -> None:
    unfinished = wave.header(layout, 0)
    assert wave.recovered(unfinished, 58 + 1601) == wave.header(layout, 1600)
    assert wave.recovered(unfinished, 58) == unfinished
    assert wave.recovered(unfinished, 3) == unfinished


def test_numbers_of_a_stranger_are_not_believed() -> None:
    for rate, channels in ((1 << 31, 1), (8000, 30840), (0, 1)):
        head = bytearray(wave.header(Layout("PCMU", 8000), 0))
        head[22:24] = channels.to_bytes(2, "little")
        head[24:28] = rate.to_bytes(4, "little")
        assert wave.read(bytes(head)) is None
