"""What all codecs have in common."""

from itertools import product

import numpy as np
import pytest

from softswitch.media.codecs import codec, samples_in
from softswitch.media.codecs.interface import LONGEST, NOTHING, Codec, rate_of
from softswitch.media.formats import STATIC, Format
from tests.support.sound import sine

OPUS = Format(111, "OPUS", 48000, 2, "useinbandfec=1")
FORMATS = {
    "PCMU": STATIC[0],
    "PCMA": STATIC[8],
    "G722": STATIC[9],
    "OPUS": OPUS,
    "L16": STATIC[11],
    "L16 at 8 kHz": Format(96, "L16", 8000),
}
named = pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS.keys())


def codec_of(format_: Format) -> Codec:
    found = codec(format_)
    assert found is not None
    return found


@named
def test_a_packet_lasts_as_long_as_its_samples(format_: Format) -> None:
    one = codec_of(format_)
    for rate, ptime in product(one.rates, (10, 20, 30, 40, 50, 60)):
        encoder, decoder = one.encoder(ptime, rate), one.decoder(rate)
        assert encoder.rate == decoder.rate == rate
        sound = sine(440, rate, 3 * ptime / 1000)
        frame = rate * ptime // 1000
        for at in range(0, 3 * frame, frame):
            payload = encoder.encode(sound[at : at + frame])
            assert len(decoder.decode(payload)) == frame
            assert samples_in(format_, payload) == format_.clock_rate * ptime // 1000


@named
def test_silence_is_silent_and_lasts(format_: Format) -> None:
    one = codec_of(format_)
    for milliseconds in (10, 20, 60):
        samples = one.frame_rate * milliseconds // 1000
        payload = one.silence(samples)
        assert samples_in(format_, payload) == format_.clock_rate * milliseconds // 1000
        assert np.abs(one.decoder().decode(payload)).max() <= 16


@named
def test_hostile_payloads_neither_raise_nor_grow(format_: Format) -> None:
    random = np.random.default_rng(3)
    one = codec_of(format_)
    for rate in one.rates:
        decoder = one.decoder(rate)
        hostile = [b"", b"\0", b"\xff", bytes(2000), b"\xff" * 2000, b"\xfb\x3f", b"\x1f\xbf" * 9]
        hostile += [random.bytes(int(size)) for size in random.integers(0, 1600, 40)]
        for payload in hostile:
            assert len(decoder.decode(payload)) <= rate * LONGEST // 1000
            assert len(decoder.conceal(rate // 50, payload)) == rate // 50


@named
def test_what_is_lost_goes_on_and_fades(format_: Format) -> None:
    one = codec_of(format_)
    encoder, decoder = one.encoder(), one.decoder()
    frame = one.frame_rate // 50
    sound = sine(300, one.frame_rate, 0.2)
    for at in range(0, len(sound), frame):
        decoder.decode(encoder.encode(sound[at : at + frame]))
    first, *_, last = (decoder.conceal(frame) for _ in range(20))
    assert np.abs(first).max() > 4000
    assert np.abs(last).max() < 400


@named
def test_nothing_is_known_before_the_first_packet(format_: Format) -> None:
    one = codec_of(format_)
    assert not one.decoder().conceal(one.frame_rate // 50).any()


@named
def test_a_rate_that_a_codec_does_not_have_is_refused(format_: Format) -> None:
    one = codec_of(format_)
    assert rate_of(one.rates, 0, one.frame_rate) == one.frame_rate
    with pytest.raises(ValueError, match="7000"):
        one.decoder(7000)
    with pytest.raises(ValueError, match="7000"):
        one.encoder(20, 7000)


def test_nothing_cannot_be_written_to() -> None:
    assert not NOTHING.flags.writeable
