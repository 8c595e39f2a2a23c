"""Noise as RFC 3389 describes it."""

import numpy as np
import pytest

from softswitch.media.codecs.comfort import LENGTH, ComfortNoise, Hush, hushed
from softswitch.media.samples import LOWEST, Samples
from tests.support.sound import sine


def noise(payload: bytes, count: int) -> Samples:
    source = ComfortNoise()
    source.describe(payload)
    return source.noise(count)


def description(samples: Samples) -> bytes:
    """The CN payload that says how loud these samples are."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return bytes((round(-10 * np.log10(max(power, 1e-9) / LOWEST**2)),))


@pytest.mark.parametrize("level", [20, 40, 60, 70])
def test_noise_is_as_loud_as_described(level: int) -> None:
    assert description(noise(bytes((level,)), LENGTH)) == bytes((level,))


def test_the_highest_bit_is_no_part_of_the_level() -> None:
    assert np.array_equal(noise(b"\xc0", 160), noise(b"\x40", 160))


def test_a_full_scale_sine_is_three_decibels_below_overload() -> None:
    assert description(sine(1000, 8000, 0.1, 32767)) == b"\x03"


def test_noise_that_was_never_described_is_silence() -> None:
    assert not ComfortNoise().noise(160).any()
    assert not noise(b"", 160).any()


def test_noise_goes_on_without_a_seam() -> None:
    source, other = ComfortNoise(), ComfortNoise()
    source.describe(b"\x28")
    other.describe(b"\x28")
    parts = [source.noise(count) for count in (160, 0, 1000, 4000, 5000)]
    assert np.array_equal(np.concatenate(parts), other.noise(10_160))


def test_reflection_coefficients_colour_the_noise() -> None:
    """A first coefficient near -1 favours low tones, near 1 high ones (§3.2)."""
    low, high = noise(b"\x28\x10", LENGTH), noise(b"\x28\xee", LENGTH)
    for sound, favoured in ((low, slice(0, 500)), (high, slice(1549, 2049))):
        power = np.abs(np.fft.rfft(sound)) ** 2
        assert power[favoured].sum() > 0.8 * power.sum()
        assert description(sound) == b"\x28"


def test_hostile_descriptions_neither_raise_nor_wrap() -> None:
    random = np.random.default_rng(9)
    for payload in (
        b"\0",
        bytes(2000),
        b"\0" + b"\xff" * 11,
        *(random.bytes(14) for _ in range(20)),
    ):
        sound = noise(payload, 400)
        assert len(sound) == 400
        assert np.isfinite(sound).all()


def test_sound_ends_noise_and_nothing_else_does() -> None:
    hush = Hush.of(b"\xff" * 160, b"\x28")
    assert (len(hush), hush, hush.says) == (160, b"\xff" * 160, b"\x28")
    noise = hushed(None, hush)
    assert noise is not None
    assert description(noise.noise(LENGTH)) == b"\x28"
    assert hushed(noise, object()) is noise
    assert hushed(noise, Hush.of(b"", b"\x40")) is noise
    assert description(noise.noise(LENGTH)) == b"\x40"
    assert hushed(noise, b"sound") is None
    assert hushed(None, object()) is None
