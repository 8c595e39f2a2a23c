"""G.722 agrees with the ITU's test sequences, as far as they can be put to the library.

The sequences are for the sub-bands: words of 16 bits, codes in the upper octet, between 16 words
of reset before and behind. The library's own 8 kHz mode is exactly the lower sub-band. The upper
one shows only through the receiving filter, which is therefore computed here a second time. What
cannot be tested so is the upper sub-band of the encoder.
"""

import numpy as np
import numpy.typing as npt
import pytest
from G722 import G722 as Engine

from softswitch.media.codecs.g722 import G722, MAX_OCTETS, NARROW, WIDE
from tests.support.corpora import corpora
from tests.support.sound import likeness, purity, sine, speech, steepest

RESET_WORDS = 16
CODED = ["bt2r1.cod", "bt2r2.cod", "bt1d3.cod"]
LOWER_CODE = 0x3F
FILTER = (3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876)
"""Half of the 24 coefficients of the sub-band filters; the others are the same backwards."""


def words(name: str) -> npt.NDArray[np.uint16]:
    return np.fromfile(corpora("g722-itu") / name, ">u2")[RESET_WORDS:-RESET_WORDS].astype(
        np.uint16
    )


def codes(name: str) -> bytes:
    return (words(name) >> 8).astype(np.uint8).tobytes()


def signal(name: str) -> npt.NDArray[np.int16]:
    """Samples of a sub-band; the lowest bit of a word is the reset signal."""
    return (words(name) & 0xFFFE).view(np.int16)


@pytest.mark.parametrize(
    ("samples", "coded", "count"), [("bt1c1.xmt", 0, 16384), ("bt1c2.xmt", 1, 768)]
)
def test_the_lower_band_is_encoded_as_the_itu_does(samples: str, coded: int, count: int) -> None:
    encoder = G722().encoder(rate=NARROW)
    payload = np.frombuffer(encoder.encode(words(samples).view(np.int16)), np.uint8)
    expected = np.frombuffer(codes(CODED[coded]), np.uint8)
    assert len(payload) == count
    assert np.array_equal(payload & LOWER_CODE, expected & LOWER_CODE)


@pytest.mark.parametrize("sequence", [1, 2, 3])
@pytest.mark.parametrize(("mode", "bit_rate"), [(1, 64000), (2, 56000), (3, 48000)])
def test_the_lower_band_is_decoded_as_the_itu_does(sequence: int, mode: int, bit_rate: int) -> None:
    octets = np.frombuffer(codes(CODED[sequence - 1]), np.uint8) >> mode - 1
    heard = Engine(NARROW, bit_rate, use_numpy=False).decode(octets.tobytes())
    assert np.array_equal(np.asarray(heard), signal(f"bt3l{sequence}.rc{mode}"))


@pytest.mark.parametrize("sequence", [1, 2, 3])
def test_both_bands_are_decoded_as_the_itu_does(sequence: int) -> None:
    lower = signal(f"bt3l{sequence}.rc1").astype(int) >> 1
    upper = signal(f"bt3h{sequence}.rc0").astype(int) >> 1
    odd, even = FILTER[0::2] + FILTER[1::2][::-1], FILTER[1::2] + FILTER[0::2][::-1]
    expected = np.stack(
        [
            np.convolve(lower - upper, odd)[: len(lower)] >> 11,
            np.convolve(lower + upper, even)[: len(lower)] >> 11,
        ],
        1,
    )
    expected = np.clip(expected, -32768, 32767).ravel()
    decoder, payload = G722().decoder(), codes(CODED[sequence - 1])
    parts = [
        decoder.decode(payload[at : at + MAX_OCTETS]) for at in range(0, len(payload), MAX_OCTETS)
    ]
    assert np.array_equal(np.concatenate(parts), expected)


@pytest.mark.parametrize("frequency", [300.0, 1000.0, 3400.0, 6500.0])
def test_wideband_tones_survive(frequency: float) -> None:
    encoder, decoder = G722().encoder(), G722().decoder()
    heard = decoder.decode(encoder.encode(sine(frequency, WIDE, 0.12)))
    amplitude, cleanness = purity(heard[400:], frequency, WIDE)
    assert abs(20 * np.log10(amplitude / 8000)) < 0.2
    assert cleanness > 20


def test_narrowband_and_wideband_understand_each_other() -> None:
    narrow, wide = speech(NARROW, 1.0), speech(WIDE, 1.0)
    g722 = G722()
    encoder, decoder = g722.encoder(rate=WIDE), g722.decoder(NARROW)
    heard = [decoder.decode(encoder.encode(wide[at : at + 320])) for at in range(0, len(wide), 320)]
    assert likeness(narrow, np.concatenate(heard), NARROW) > 30
    encoder, decoder = g722.encoder(rate=NARROW), g722.decoder(WIDE)
    heard = [
        decoder.decode(encoder.encode(narrow[at : at + 160])) for at in range(0, len(narrow), 160)
    ]
    assert likeness(wide, np.concatenate(heard), WIDE) > 30


def test_an_odd_sample_waits_for_the_next_packet() -> None:
    sound = sine(500, WIDE, 0.04)
    at_once = G722().encoder().encode(sound)
    encoder = G722().encoder()
    parts = [encoder.encode(part) for part in np.split(sound, [1, 100, 321])]
    assert [len(part) for part in parts] == [0, 50, 110, 160]
    assert b"".join(parts) == at_once


def test_a_lost_frame_goes_on_where_the_sound_broke_off() -> None:
    encoder, decoder = G722().encoder(), G722().decoder()
    heard = decoder.decode(encoder.encode(sine(400, WIDE, 0.08)))
    assert steepest(np.concatenate((heard[640:], decoder.conceal(320)))) < 1.2 * steepest(
        heard[640:]
    )


def test_silence_is_two_samples_an_octet() -> None:
    payload = G722().silence(320)
    assert len(payload) == 160
    assert np.abs(G722().decoder().decode(payload)).max() <= 16
