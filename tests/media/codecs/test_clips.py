"""Recordings that are encoded ahead of time."""

import numpy as np
import pytest

from softswitch.media.codecs import encode_clip, samples_in
from softswitch.media.formats import STATIC, Format
from softswitch.media.resample import whole
from tests.media.codecs.test_interface import codec_of, named
from tests.support.sound import likeness, sine, speech


@named
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_a_recording_at_any_rate_is_encoded_whole(format_: Format, rate: int) -> None:
    sound = speech(rate, 0.65)
    payloads = list(encode_clip(sound, rate, format_))
    assert len(payloads) == 33
    assert {samples_in(format_, one) for one in payloads} == {format_.clock_rate // 50}
    decoder = codec_of(format_).decoder()
    heard = whole(np.concatenate([decoder.decode(one) for one in payloads]), decoder.rate, 8000)
    assert likeness(whole(sound, rate, 8000), heard[:5200], 8000) > 6.5


@pytest.mark.parametrize("ptime", [10, 30, 60])
def test_packets_are_as_long_as_wanted(ptime: int) -> None:
    payloads = list(encode_clip(sine(440, 8000, 0.5), 8000, STATIC[8], ptime))
    assert {len(one) for one in payloads} == {8 * ptime}
    assert len(payloads) == -(-500 // ptime)


def test_the_last_packet_is_filled_up_with_silence() -> None:
    (only,) = encode_clip(np.full(10, 5000, np.int16), 8000, STATIC[8])
    assert only[10:] == b"\xd5" * 150


def test_nothing_is_worked_ahead() -> None:
    """Whoever takes a frame at a time is not kept waiting for the whole."""
    frames = encode_clip(np.zeros(8000 * 3600, np.int16), 8000, STATIC[9])
    assert len(next(frames)) == 160


def test_an_empty_recording_has_no_packets() -> None:
    assert list(encode_clip(np.zeros(0, np.int16), 16000, STATIC[0])) == []


def test_a_format_without_codec_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="G729 has no codec"):
        encode_clip(np.zeros(160, np.int16), 8000, STATIC[18])
