"""Opus over libopus."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from softswitch.media.codecs import codec, opus, samples_in
from softswitch.media.codecs.opus import Opus
from softswitch.media.formats import Format
from tests.support.sound import likeness, purity, sine, speech


def offered(parameters: str = "") -> Format:
    return Format(111, "OPUS", 48000, 2, parameters)


def opus_of(parameters: str = "") -> Opus:
    library = opus.library()
    assert isinstance(library, ModuleType), library
    return Opus(library, offered(parameters))


def packets(parameters: str, rate: int, seconds: float = 1.0) -> list[bytes]:
    encoder = opus_of(parameters).encoder(rate=rate)
    sound, frame = speech(rate, seconds), rate // 50
    return [encoder.encode(sound[at : at + frame]) for at in range(0, len(sound), frame)]


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What was found out about libopus is forgotten, before and after."""
    opus.library.cache_clear()
    codec.cache_clear()
    yield
    opus.library.cache_clear()
    codec.cache_clear()


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_speech_survives(rate: int) -> None:
    decoder = opus_of().decoder(rate)
    heard = np.concatenate([decoder.decode(one) for one in packets("", rate)])
    assert likeness(speech(rate, 1.0), heard, rate) > 7


def test_any_rate_hears_any_other() -> None:
    encoder, decoder = opus_of().encoder(rate=48000), opus_of().decoder(8000)
    sound = sine(1000, 48000, 0.4)
    heard = [decoder.decode(encoder.encode(sound[at : at + 960])) for at in range(0, 19200, 960)]
    amplitude, _ = purity(np.concatenate(heard)[800:], 1000, 8000)
    assert 5000 < amplitude < 10_000


def test_two_channels_are_heard_as_one() -> None:
    library = opus.library()
    assert isinstance(library, ModuleType)
    stereo = library.Encoder(48000, 2, "voip")
    sound = np.repeat(sine(500, 48000, 0.02), 2)
    decoder = opus_of().decoder()
    for _ in range(5):
        heard = decoder.decode(stereo.encode(sound.tobytes(), 960))
    assert len(heard) == 320
    assert np.abs(heard).max() > 4000


@pytest.mark.parametrize(
    ("parameters", "rate"),
    [
        ("", 16000),
        ("maxplaybackrate=48000", 16000),
        ("maxplaybackrate=16000", 16000),
        ("maxplaybackrate=8000", 8000),
        ("MaxPlaybackRate = 12000", 8000),
        ("maxplaybackrate=", 16000),
        ("maxplaybackrate=²", 16000),
        ("maxplaybackrate=99999999999999999999", 16000),
    ],
)
def test_nobody_gets_more_than_he_can_play(parameters: str, rate: int) -> None:
    assert opus_of(parameters).frame_rate == rate


def test_nobody_gets_more_bits_than_he_wants() -> None:
    usual = sum(map(len, packets("", 16000)))
    few = sum(map(len, packets("maxaveragebitrate=8000", 16000)))
    assert 24000 * 0.4 < usual * 8 < 24000 * 1.3
    assert few * 8 < 8000 * 1.3


@pytest.mark.parametrize("wanted", ["1", "0", "5999", "x", "-5"])
def test_nonsense_about_bits_is_not_followed(wanted: str) -> None:
    assert sum(map(len, packets(f"maxaveragebitrate={wanted}", 16000, 0.3))) * 8 > 6000 * 0.2


def test_a_constant_bit_rate_makes_equal_packets() -> None:
    assert len(set(map(len, packets("cbr=1", 16000, 0.4)))) == 1
    assert len(set(map(len, packets("", 16000, 0.4)))) > 1


def test_a_lost_packet_is_better_recovered_from_the_following_one() -> None:
    rate = 16000
    sent = packets("useinbandfec=1", rate, 2.0)
    whole, guessing, recovering = (opus_of().decoder(rate) for _ in range(3))
    errors = {"guessed": 0.0, "recovered": 0.0}
    for index, payload in enumerate(sent[:-1]):
        expected = whole.decode(payload).astype(float)
        if index % 6 == 5:
            guessed = guessing.conceal(320)
            recovered = recovering.conceal(320, sent[index + 1])
            errors["guessed"] += float(np.sum((guessed - expected) ** 2))
            errors["recovered"] += float(np.sum((recovered - expected) ** 2))
        else:
            guessing.decode(payload)
            recovering.decode(payload)
    assert errors["recovered"] < 0.5 * errors["guessed"]


@pytest.mark.parametrize("samples", [1, 100, 320, 321, 2000, 6000])
def test_gaps_of_any_length_are_filled(samples: int) -> None:
    decoder = opus_of().decoder(16000)
    sent = packets("useinbandfec=1", 16000, 0.2)
    for payload in sent[:5]:
        decoder.decode(payload)
    assert len(decoder.conceal(samples)) == samples
    assert len(decoder.conceal(samples, sent[6])) == samples
    assert len(decoder.decode(sent[6])) == 320


def test_what_is_not_opus_counts_as_lost() -> None:
    decoder = opus_of().decoder(16000)
    for payload in packets("", 16000, 0.2):
        decoder.decode(payload)
    assert len(decoder.decode(b"\xfb\x3f")) == 320
    assert len(decoder.decode(bytes(2000))) == 320
    assert len(decoder.decode(b"")) == 0
    assert len(opus_of().decoder(16000).decode(b"\xfb\x3f")) == 0


def test_a_packet_of_120_ms_is_decoded_whole() -> None:
    encoder, decoder = opus_of().encoder(120), opus_of().decoder()
    payload = encoder.encode(sine(500, 16000, 0.12))
    assert samples_in(offered(), payload) == 5760
    assert len(decoder.decode(payload)) == 1920


def test_what_no_frame_is_short_enough_for_waits() -> None:
    encoder = opus_of().encoder(rate=8000)
    sound = sine(500, 8000, 1.0)
    sent = [encoder.encode(sound[at : at + 161]) for at in range(0, 3220, 161)]
    lasting = [samples_in(offered(), one) // 6 for one in sent]
    assert set(lasting) == {160, 180}
    assert sum(lasting) == 3220
    assert opus_of().encoder(rate=8000).encode(sound[:19]) == b""


def test_more_than_120_ms_at_once_is_cut_off() -> None:
    encoder = opus_of().encoder(rate=8000)
    assert samples_in(offered(), encoder.encode(sine(500, 8000, 0.5))) == 5760
    assert samples_in(offered(), encoder.encode(sine(500, 8000, 0.02))) == 960


def test_silence_is_silent() -> None:
    payload = opus_of().silence(320)
    assert samples_in(offered(), payload) == 960
    assert np.abs(opus_of().decoder().decode(payload)).max() <= 16


def test_libopus_is_there() -> None:
    assert opus.missing() == ""


@pytest.mark.usefixtures("forgotten")
def test_without_libopus_there_is_no_opus_and_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail(name: str) -> ModuleType:
        asked.append(name)
        raise Exception("Could not find Opus library. Make sure it is installed.")

    monkeypatch.setattr(importlib, "import_module", fail)
    assert codec(offered()) is None
    assert opus.missing().startswith("Opus is not available: Could not find Opus library")
    assert len(asked) == 1
