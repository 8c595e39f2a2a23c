"""Payloads into the octets of a file."""

import numpy as np
import pytest

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import LAWS, MU_LAW, MU_TO_A
from softswitch.media.formats import STATIC, Format
from softswitch.media.rendering import layout_of, rendering
from softswitch.media.samples import Samples
from softswitch.media.wave import Layout

PCMU, PCMA, G722, G729 = STATIC[0], STATIC[8], STATIC[9], STATIC[18]
L16 = Format(97, "L16", 8000)
OPUS = Format(96, "OPUS", 48000, 2)


def tone(count: int = 160, rate: int = 8000) -> Samples:
    return (8000 * np.sin(2 * np.pi * 400 * np.arange(count) / rate)).astype(np.int16)


def test_g711_stays_and_everything_else_becomes_samples() -> None:
    layouts = {each.encoding: layout_of(each) for each in (PCMU, PCMA, L16, G722, OPUS)}
    assert layouts == {
        "PCMU": Layout("PCMU", 8000),
        "PCMA": Layout("PCMA", 8000),
        "L16": Layout("L16", 8000),
        "G722": Layout("L16", 16000),
        "OPUS": Layout("L16", 16000),
    }


def test_what_we_have_no_codec_for_has_none() -> None:
    assert layout_of(G729) is None
    assert rendering(G729, Layout("PCMU", 8000)) is None


def test_the_same_law_is_the_same_object() -> None:
    found = rendering(PCMU, Layout("PCMU", 8000))
    assert found is not None
    payload = bytes(range(160))
    assert found.render(payload) is payload


def test_the_other_law_is_translated() -> None:
    found = rendering(PCMU, Layout("PCMA", 8000))
    assert found is not None
    assert found.render(bytes(range(160))) == bytes(range(160)).translate(MU_TO_A)


@pytest.mark.parametrize("format_", [PCMU, PCMA])
def test_a_law_in_a_file_of_samples(format_: Format) -> None:
    found = rendering(format_, Layout("L16", 8000))
    assert found is not None
    payload = LAWS[format_.encoding].encode(tone()).tobytes()
    decoded = np.frombuffer(found.render(payload), "<i2")
    assert (decoded == LAWS[format_.encoding].decode(np.frombuffer(payload, np.uint8))).all()


@pytest.mark.parametrize("layout", [Layout("PCMU", 8000), Layout("PCMA", 8000)])
def test_wideband_in_a_file_of_a_law(layout: Layout) -> None:
    found, made = rendering(G722, layout), codec(G722)
    assert found is not None
    assert made is not None
    encoder = made.encoder()
    octets = b"".join(
        found.render(encoder.encode(tone(3200, 16000)[at : at + 320])) for at in range(0, 3200, 320)
    )
    assert len(octets) == 1600
    samples = LAWS[layout.encoding].decode(np.frombuffer(octets, np.uint8)).astype(float)
    spectrum = np.abs(np.fft.rfft(samples[400:1200]))
    assert spectrum.argmax() * 10 == 400


def test_narrowband_in_a_wideband_file_is_resampled() -> None:
    found = rendering(PCMU, Layout("L16", 16000))
    assert found is not None
    octets = b"".join(found.render(MU_LAW.payload_of(tone())) for _ in range(5))
    assert len(octets) == 5 * 640


@pytest.mark.parametrize("layout", [Layout("PCMU", 8000), Layout("PCMA", 8000)])
def test_a_loss_in_copied_sound_goes_on_with_what_was_before(layout: Layout) -> None:
    found = rendering(PCMU, layout)
    assert found is not None
    sound = tone(640)
    law = LAWS[layout.encoding]
    before = [law.payload_of(sound[at : at + 160]) for at in range(0, 480, 160)]
    concealed = law.samples_of(found.conceal(160, before)).astype(float)
    noise = concealed - sound[480:]
    assert np.dot(noise, noise) < 0.2 * np.dot(concealed, concealed)
    assert len(found.conceal(160, [])) == 160


def test_a_loss_in_decoded_sound_lasts_as_long_as_the_packet() -> None:
    for format_, ticks, octets in ((G722, 160, 640), (OPUS, 960, 640), (L16, 160, 320)):
        layout = layout_of(format_)
        assert layout is not None
        found = rendering(format_, layout)
        assert found is not None
        assert len(found.conceal(ticks, [])) == octets


def test_what_means_nothing_has_no_octets_of_its_own() -> None:
    found = rendering(L16, Layout("L16", 8000))
    assert found is not None
    assert found.render(b"\x01") == b""
    assert found.render(b"\x01\x02") == b"\x02\x01"
