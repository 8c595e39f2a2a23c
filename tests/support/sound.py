"""Test signals, and how well one survived: tones, something like speech, signal to noise."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def sine(frequency: float, rate: int, seconds: float, amplitude: float = 8000.0) -> Samples:
    time = np.arange(int(rate * seconds)) / rate
    return np.rint(amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


@lru_cache(maxsize=32)
def speech(rate: int, seconds: float, pitch: float = 140.0, amplitude: float = 9000.0) -> Samples:
    """Vowels of a voice that rises and falls, three syllables a second, up to 3400 Hz."""
    time = np.arange(int(rate * seconds)) / rate
    phase = 2 * np.pi * np.cumsum(pitch + 0.15 * pitch * np.sin(2 * np.pi * 1.3 * time)) / rate
    sound = np.zeros(len(time))
    for formant, width, gain in ((500, 400, 1.0), (1500, 300, 0.4), (2600, 300, 0.15)):
        for harmonic in range(1, int(3000 / pitch)):
            strength = gain * np.exp(-(((harmonic * pitch - formant) / width) ** 2))
            sound += strength * np.sin(harmonic * phase)
    sound *= 0.2 + 0.8 * np.abs(np.sin(2 * np.pi * 1.5 * time))
    voice: Samples = np.rint(sound * amplitude / np.abs(sound).max()).astype(np.int16)
    voice.flags.writeable = False
    return voice


def purity(sound: Samples, frequency: float, rate: int) -> tuple[float, float]:
    """(amplitude of the tone, decibels between it and all else)."""
    phase = 2 * np.pi * frequency * np.arange(len(sound)) / rate
    basis = np.stack((np.sin(phase), np.cos(phase)), 1)
    weights, *_ = np.linalg.lstsq(basis, sound.astype(float), rcond=None)
    tone = basis @ weights
    rest = float(np.var(sound - tone))
    return float(np.hypot(*weights)), float(10 * np.log10(np.var(tone) / max(rest, 1e-9)))


def likeness(sent: Samples, heard: Samples, rate: int) -> float:
    """Signal to noise in decibels within 300 to 3400 Hz, at the best delay and gain."""
    size = min(len(sent), len(heard))
    points = 1 << (2 * size).bit_length()
    frequencies = np.fft.rfftfreq(points, 1 / rate)
    band = (frequencies > 300) & (frequencies < 3400)
    one = np.fft.rfft(sent[:size], points) * band
    other = np.fft.rfft(heard[:size], points) * band
    lag = int(np.argmax(np.fft.irfft(other * np.conj(one))[: rate // 4]))
    one = one * np.exp(-2j * np.pi * frequencies * lag / rate)
    window = slice(rate // 8, size - rate // 50)  # its ends are not what was sent
    # what is left of the delay is the slope of the phase
    cross = other * np.conj(one)
    weight = np.abs(cross) * frequencies
    late = -float(weight @ np.angle(cross)) / float(2 * np.pi * weight @ frequencies)
    expected = np.fft.irfft(one * np.exp(-2j * np.pi * frequencies * late))[window]
    received = np.fft.irfft(other)[window]
    gain = float(expected @ received / (expected @ expected))
    noise = max(float(np.var(received - gain * expected)), 1e-9)
    return float(10 * np.log10(gain**2 * np.var(expected) / noise))


def steepest(sound: Samples) -> int:
    """The largest step from one sample to the next."""
    return int(np.abs(np.diff(sound.astype(int))).max())
