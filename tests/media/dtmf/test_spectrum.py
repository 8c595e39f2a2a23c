"""What windows show of tones."""

import numpy as np
import pytest

from softswitch.media.dtmf.digits import COLUMNS, KEYPAD, ROWS, TONES
from softswitch.media.dtmf.spectrum import HOP, WINDOW, gain, measure
from softswitch.media.levels import amplitude
from softswitch.media.samples import Samples
from tests.support.keypad import Burst, noise, quantized, tones, wave


def windows(sound: Samples) -> Samples:
    return sound[None, : WINDOW + 3 * HOP]


def test_every_key_is_the_strongest_where_it_sounds() -> None:
    for place, key in enumerate(KEYPAD):
        measures = measure(windows(quantized(wave(Burst(key), (1.0, 2.0)))))
        assert measures.key.tolist() == [[place] * 3]
        assert np.all(measures.purity > 0.98)


@pytest.mark.parametrize("offset", [-0.03, -0.018, -0.01, 0.0, 0.005, 0.018, 0.03])
def test_offsets_are_known_to_a_few_hertz_tenths(offset: float) -> None:
    for row in range(4):
        key = KEYPAD[5 * row]
        low, high = TONES[key]
        burst = Burst(key, low_offset=offset, high_offset=-offset)
        measures = measure(windows(quantized(wave(burst, (0.3, 1.3)))))
        offsets = measures.offsets.mean(1)[0]
        assert offsets[ROWS.index(low)] == pytest.approx(offset * low, abs=0.3)
        assert offsets[4 + COLUMNS.index(high)] == pytest.approx(-offset * high, abs=0.3)


def test_peaks_are_those_of_the_tones_once_the_offset_is_allowed_for() -> None:
    for offset in (0.0, 0.018):
        burst = Burst("5", low_level=-12.0, high_level=-16.0, high_offset=offset)
        measures = measure(windows(quantized(wave(burst, (0.3, 1.3)))))
        assert measures.peaks[0, :, 1] == pytest.approx(amplitude(-12.0), rel=0.02)
        shown = gain(offset * 1336) * amplitude(-16.0)
        assert measures.peaks[0, :, 5] == pytest.approx(shown, rel=0.03)


def test_what_is_shown_of_a_tone_falls_to_the_sides() -> None:
    shown = [gain(float(offset)) for offset in range(0, 101, 10)]
    assert shown[0] == pytest.approx(1.0, abs=0.001)
    assert shown == sorted(shown, reverse=True)
    assert gain(-20.0) == gain(20.0)
    assert gain(100.0) > 0.5


def test_dial_tone_and_hum_do_not_count() -> None:
    sound = wave(Burst("8"), (0.0, 1.0))
    for frequencies in ((350, 440), (425,), (50,)):
        measures = measure(windows(quantized(sound + tones(len(sound), frequencies, -8.0))))
        assert np.all(measures.purity > 0.9), frequencies


def test_what_else_sounds_makes_a_key_impure() -> None:
    sound = wave(Burst("8"), (0.0, 1.0))
    for frequencies in ((200, 400), (620,), (1100,), (2500,)):
        measures = measure(windows(quantized(sound + tones(len(sound), frequencies, -10.0))))
        assert np.all(measures.purity < 0.8), frequencies


def test_noise_is_no_key() -> None:
    random = np.random.default_rng(1)
    sound = quantized(noise(8000, -10.0, random)).reshape(-1, 400)
    assert measure(sound).purity.mean() < 0.2


def test_silence_and_the_loudest_sound_are_measured_too() -> None:
    for sound in (np.zeros((1, 320), np.int16), np.full((1, 320), -32768, np.int16)):
        measures = measure(sound)
        assert np.all(np.isfinite(measures.purity))
        assert np.all((measures.purity >= 0) & (measures.purity <= 1))


def test_calls_do_not_touch_each_other() -> None:
    one, other = quantized(wave(Burst("1"), (0, 1))), quantized(wave(Burst("D"), (2, 3)))
    both = measure(np.stack([one[:320], other[:320]]))
    assert np.array_equal(both.peaks[1], measure(other[None, :320]).peaks[0])
    assert KEYPAD[both.key[0, 0]] + KEYPAD[both.key[1, 0]] == "1D"
