"""Voices that talk without end, for whatever must not take speech for something else.

Nobody understands them, but they have what speech has: a glottis with a wandering pitch, vowels
that glide into each other through three formants, hissing consonants and pauses. All voices are
made at once, in short overlapping pieces shaped in the frequency domain.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from softswitch.media.levels import amplitude
from softswitch.media.samples import Samples

RATE = 8000
PIECE = 256
STEP = PIECE // 2
LEVEL = -15.0
"""dBm0 of the whole, about that of a near talker."""

_VOWELS = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ]
)
"""Hz of the formants of vowels, as averages of many speakers are."""
_BANDWIDTHS = np.array((60.0, 90.0, 120.0))
_Floats = npt.NDArray[np.float64]


def speech(voices: int, seconds: float, seed: int) -> Samples:
    """Voices x samples at 8 kHz; the same for the same seed."""
    random = np.random.default_rng(seed)
    pieces = int(seconds * RATE) // STEP
    voiced, hissed, formants = _script(voices, pieces, random)
    source = _glottis(voices, pieces, random)
    hiss = random.normal(0, 1, source.shape)
    frequencies = np.fft.rfftfreq(PIECE, 1 / RATE)
    shaped = np.zeros((voices, (pieces + 1) * STEP))
    window = np.hanning(PIECE + 1)[:-1]
    fricative = (frequencies / 4000) ** 2
    for piece in range(pieces):
        start = piece * STEP
        here = slice(start, start + PIECE)
        vowel = np.fft.rfft(source[:, here] * window) * _tract(formants[:, piece], frequencies)
        noise = np.fft.rfft(hiss[:, here] * window) * fricative
        spectrum = voiced[:, piece, None] * vowel + hissed[:, piece, None] * noise
        shaped[:, here] += np.fft.irfft(spectrum, PIECE)
    loudness = np.sqrt(np.mean(shaped**2, axis=1, keepdims=True))
    shaped *= amplitude(LEVEL) / 2**0.5 / np.maximum(loudness, 1e-9)
    return np.clip(shaped, -32768, 32767).astype(np.int16)


def _script(
    voices: int, pieces: int, random: np.random.Generator
) -> tuple[_Floats, _Floats, _Floats]:
    """How loud the glottis is, how loud the hiss, and where the formants are: per piece."""
    count = pieces // 4 + 2
    lengths = random.integers(4, 16, (voices, count))
    sounds = random.choice(3, (voices, count), p=(0.65, 0.2, 0.15))
    size = random.uniform(0.9, 1.2, (voices, 1, 1))
    targets = _VOWELS[random.integers(0, len(_VOWELS), (voices, count))] * size
    voiced, hissed = np.zeros((voices, pieces)), np.zeros((voices, pieces))
    formants = np.zeros((voices, pieces, 3))
    grid = np.arange(pieces)
    for voice in range(voices):
        starts = np.cumsum(lengths[voice]) - lengths[voice]
        now = np.searchsorted(starts, grid, side="right") - 1
        loud = random.uniform(0.3, 1.0, count)[now]
        voiced[voice] = _smooth((sounds[voice, now] == 0) * loud)
        hissed[voice] = _smooth((sounds[voice, now] == 1) * loud) * 0.05
        for number in range(3):
            formants[voice, :, number] = np.interp(grid, starts, targets[voice, :, number])
    return voiced, hissed, formants


def _smooth(levels: _Floats) -> _Floats:
    return np.convolve(levels, (0.25, 0.5, 0.25), "same")


def _glottis(voices: int, pieces: int, random: np.random.Generator) -> _Floats:
    """A pulse per period; every eighth voice holds its pitch, as machines and singers do."""
    base = np.exp(random.uniform(np.log(75), np.log(320), (voices, 1)))
    moves = random.normal(0, 0.012, (voices, pieces + 1))
    moves[::8] = 0
    wander = np.cumsum(moves, axis=1)
    pitch = base * np.exp(wander - wander.mean(1, keepdims=True)).clip(0.7, 1.4)
    phase = np.cumsum(np.repeat(pitch, STEP, axis=1) / RATE, axis=1)
    place = phase % 1.0
    # opens slowly, closes fast: what is heard is the change
    pulse = np.where(place < 0.6, 0.5 - 0.5 * np.cos(np.pi * place / 0.6), 0.0)
    pulse = np.where((place >= 0.6) & (place < 0.75), np.cos(np.pi * (place - 0.6) / 0.3), pulse)
    return np.diff(pulse, axis=1, prepend=0.0)


def _tract(formants: _Floats, frequencies: npt.NDArray[np.floating[Any]]) -> _Floats:
    """What the mouth lets through: voices x bins."""
    centre = formants[:, :, None]
    ratio = frequencies / centre
    width = _BANDWIDTHS[None, :, None] * frequencies / centre**2
    shown: _Floats = (1 / np.sqrt((1 - ratio**2) ** 2 + width**2 + 1e-6)).prod(1)
    return shown
