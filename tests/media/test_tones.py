"""Tones as sound."""

from itertools import product

import numpy as np
import pytest

from softswitch.media.engine.interface import Tones
from softswitch.media.indications import COUNTRIES, Indications, indication
from softswitch.media.samples import Samples
from softswitch.media.tones import render

NAMES = Indications._fields


def power(samples: Samples) -> float:
    """dBm0 of the whole."""
    mean_square = np.mean(samples.astype(float) ** 2)
    return float(10 * np.log10(mean_square / (22657.0**2 / 2)))


def peaks(samples: Samples, rate: int) -> list[int]:
    """Hz of what stands out in it."""
    spectrum = abs(np.fft.rfft(samples))
    strong = np.flatnonzero(spectrum > spectrum.max() / 4)
    return sorted({round(place * rate / len(samples) / 5) * 5 for place in strong})


@pytest.mark.parametrize(("country", "name"), list(product(COUNTRIES, NAMES)))
def test_no_indication_clicks_when_it_is_repeated(country: str, name: str) -> None:
    """From sample to sample, over the seam too, it moves no faster than its waves do."""
    tones = indication(country, name)
    samples = render(tones, 8000).astype(float)
    highest = max(max(step[0], default=0) for step in tones.steps)
    steepest = 2 * np.pi * highest / 8000 * abs(samples).max()
    assert abs(np.diff(np.concatenate([samples, samples[:1]]))).max() <= steepest + 1


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_period_lasts_as_long_as_its_steps(rate: int) -> None:
    for country in COUNTRIES:
        tones = indication(country, "congestion")
        seconds = sum(step[1] for step in tones.steps)
        assert len(render(tones, rate)) == round(seconds * rate)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_dial_tone_is_exactly_periodic(rate: int) -> None:
    samples = render(indication("US", "dial"), rate)
    twice = np.fft.rfft(np.tile(samples, 2).astype(float))
    assert abs(twice[1::2]).max() < 1e-3 * abs(twice).max()
    assert peaks(samples, rate) == [350, 440]


def test_a_single_step_of_any_length_is_made_of_whole_waves() -> None:
    samples = render(Tones((((425.3,), 0.0333),)), 8000).astype(float)
    expected = 14 * 8000 / len(samples)
    spectrum = abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * 8000 / len(samples) == pytest.approx(expected)
    assert np.sort(spectrum)[-2] < 0.001 * spectrum.max()


@pytest.mark.parametrize("name", ["dial", "busy"])
@pytest.mark.parametrize("country", ["DE", "US"])
def test_a_tone_is_as_loud_with_one_frequency_as_with_two(country: str, name: str) -> None:
    sounding = render(indication(country, name), 8000)[: 4000 if name == "busy" else None]
    if country == "DE":
        sounding = sounding[:3840]
    assert power(sounding) == pytest.approx(-10.0, abs=0.3)


def test_pauses_are_silent() -> None:
    samples = render(indication("ES", "ringback"), 8000)
    assert not samples[12000:].any()
    assert samples[:12000].any()


def test_frequencies_beyond_the_rate_are_left_out() -> None:
    assert not render(Tones((((5000, 0, -3), 0.1),)), 8000).any()


def test_nothing_is_no_sound() -> None:
    assert len(render(Tones(()), 8000)) == 0
    assert len(render(Tones((((440,), 0.0), ((), 0.0))), 8000)) == 0
