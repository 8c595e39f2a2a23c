"""One format into another: as long, as loud, and as good as both allow."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.codecs import samples_in, transcoder
from softswitch.media.formats import STATIC, Format
from softswitch.media.resample import whole
from tests.media.codecs.test_interface import FORMATS, codec_of
from tests.support.sound import Samples, likeness, speech

PAIRS = list(itertools.permutations(FORMATS, 2))
G711 = ("PCMU", "PCMA")
LEAST = {"G722": 30.0, "OPUS": 7.0}
"""Decibels that the coarser codec of a pair leaves; 32 for G.711, which has 38 by itself."""


def sent(format_: Format, sound: Samples, ptime: int) -> list[bytes]:
    codec = codec_of(format_)
    sound = whole(sound, 16000, codec.frame_rate)
    frame, encoder = codec.frame_rate * ptime // 1000, codec.encoder(ptime)
    return [encoder.encode(sound[at : at + frame]) for at in range(0, len(sound), frame)]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_speech_survives_packet_by_packet(source: str, target: str) -> None:
    one, other = FORMATS[source], FORMATS[target]
    transcode = transcoder(one, other)
    assert transcode is not None
    decoder = codec_of(other).decoder()
    heard, sound = [], speech(16000, 0.6)
    for payload in sent(one, sound, 20):
        result = transcode(payload)
        lasted = samples_in(one, payload) / one.clock_rate
        assert samples_in(other, result) / other.clock_rate == lasted == 0.02
        heard.append(decoder.decode(result))
    narrow = whole(np.concatenate(heard), decoder.rate, 8000)
    least = min(LEAST.get(source, 32.0), LEAST.get(target, 32.0))
    assert likeness(whole(sound, 16000, 8000), narrow, 8000) > least


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_packets_of_any_length_stay_as_long(source: str, target: str) -> None:
    one, other = FORMATS[source], FORMATS[target]
    transcode = transcoder(one, other)
    assert transcode is not None
    for ptime in (10, 30, 40, 50, 60):
        for payload in sent(one, speech(16000, 0.6)[: 48 * ptime], ptime):
            result = transcode(payload)
            assert samples_in(other, result) * 1000 == other.clock_rate * ptime


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6), st.sampled_from(sorted(FORMATS)))
@settings(max_examples=60, deadline=None)
def test_odd_packets_are_as_long_together(lengths: list[int], target: str) -> None:
    """Less than 10 ms may wait for the next packet: 2.5 in Opus, a group of samples at 44.1 kHz."""
    other = FORMATS[target]
    transcode = transcoder(STATIC[0], other)
    assert transcode is not None
    ticks = sum(samples_in(other, transcode(bytes(length))) for length in lengths)
    missing = sum(lengths) / 8000 - ticks / other.clock_rate
    assert -1e-9 <= missing < 0.01


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_hostile_payloads_do_not_raise(source: str, target: str) -> None:
    transcode = transcoder(FORMATS[source], FORMATS[target])
    assert transcode is not None
    random = np.random.default_rng(4)
    for payload in (b"", b"\0", bytes(2000), b"\xfb\x3f", *(random.bytes(333) for _ in range(3))):
        assert len(transcode(payload)) <= 1920 * 6


def test_the_same_codec_is_left_alone() -> None:
    transcode = transcoder(STATIC[9], Format(109, "G722", 8000))
    assert transcode is not None
    assert transcode(b"as it is") == b"as it is"


def test_streams_do_not_disturb_each_other() -> None:
    one, other, alone = (transcoder(STATIC[9], STATIC[0]) for _ in range(3))
    assert one is not None
    assert other is not None
    assert alone is not None
    payloads = sent(STATIC[9], speech(16000, 0.1), 20)
    mixed = []
    for payload in payloads:
        mixed.append(one(payload))
        other(payload[::-1])
    assert mixed == [alone(payload) for payload in payloads]


@pytest.mark.parametrize(
    ("source", "target"), [(STATIC[18], STATIC[0]), (STATIC[0], STATIC[18]), (STATIC[3], STATIC[3])]
)
def test_what_has_no_codec_cannot_be_transcoded(source: Format, target: Format) -> None:
    assert transcoder(source, target) is None
