"""What is in a window of sound: the eight frequencies of the keys, and how much else.

A window is 20 ms long, tapered (Hann) so that a tone does not leak into the place of another, and
moves on by 5 ms. From one window to the next the phase of a tone turns by what it differs from its
nominal frequency: that is how precisely frequencies are known here, far beyond the 50 Hz that a
window of this length can tell apart.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from softswitch.media.dtmf.digits import COLUMNS, ROWS
from softswitch.media.samples import Floats, Samples

RATE = 8000
WINDOW = 160
HOP = 40
HOP_TIME = HOP / RATE
HUM = 150
"""Hz below which sound does not count: lines hum, and voices have more above."""
DIAL_TONE = (300, 500)
"""Hz between which dial tone is, in all countries; it may go on while the first key is pressed."""
VOICE = 550
"""Hz: a voice that has its fundamental within `DIAL_TONE` has nothing else up to here, but few
have."""

_FREQUENCIES = np.array(ROWS + COLUMNS, np.float64)
_TAPER = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)).astype(np.float32)
_PEAK = float(_TAPER.sum()) / 2
"""Magnitude of a sine with peak 1 at its own frequency."""
_TONE = _PEAK**2 / (WINDOW * float((_TAPER**2).sum()) / 4)
"""Power of such a sine there, as a share of its power over all bins of the spectrum."""
_BIN = RATE // WINDOW
_HUM = slice(1, HUM // _BIN)
"""Bins of the spectrum, as the next two."""
_DIAL_TONE = slice(DIAL_TONE[0] // _BIN, DIAL_TONE[1] // _BIN + 1)
_LOW = slice(HUM // _BIN, VOICE // _BIN + 1)
_ALONE = 0.9
"""Part of what is low that dial tone has, when it is that."""
_frequencies = np.concatenate([_FREQUENCIES, np.arange(_LOW.stop) * _BIN])
_angles = 2 * np.pi / RATE * np.outer(np.arange(WINDOW), _frequencies)
_BASIS = np.concatenate([np.cos(_angles), -np.sin(_angles)], 1).astype(np.float32)
"""The tones of the keys, and the lower bins."""
_COUNT = len(_frequencies)
_TURN = np.exp(-2j * np.pi * _FREQUENCIES * HOP_TIME).astype(np.complex64)
"""Takes the turn of the nominal frequency out of the phase."""
_FURTHEST = 45
"""Hz from where on a tone is not made up for: there a window shows 0.6 of it."""
_places = np.minimum(np.arange(101) + 0.5, _FURTHEST) * WINDOW / RATE
_GAINS = (np.sinc(_places) / (1 - _places**2)).astype(np.float32)
"""What a window shows of a tone, by Hz that it is off."""


class Measures(NamedTuple):
    """Of windows of calls: arrays of calls x windows, and the eight frequencies last."""

    peaks: Floats
    """Of the tones, in steps of int16, as if they had their nominal frequencies."""
    offsets: Floats
    """By how many Hz the tones are off, -100 … 100: noise where there is no tone."""
    key: npt.NDArray[np.intp]
    """The strongest row and column, as the place of their key in `digits.KEYPAD`."""
    purity: Floats
    """What part of the power these two tones have, hum and dial tone left out: 0 … 1."""


def measure(sound: Samples) -> Measures:
    """Calls x samples; windows end with every hop after the first window, which is not measured
    itself: it is what the phase of the next is compared with."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW, axis=1)[:, ::HOP]
    tapered: Floats = windows * _TAPER
    parts = tapered @ _BASIS
    tones: npt.NDArray[np.complex64] = parts[..., :8] + 1j * parts[..., _COUNT : _COUNT + 8]
    turned = tones[:, 1:] * tones[:, :-1].conj() * _TURN
    offsets = (np.angle(turned) / (2 * np.pi * HOP_TIME)).astype(np.float32)
    peaks = (np.abs(tones[:, 1:]) / _PEAK).astype(np.float32)
    row = peaks[..., :4].argmax(-1)
    column = peaks[..., 4:].argmax(-1) + 4
    bins = np.square(parts[:, 1:, 8:_COUNT]) + np.square(parts[:, 1:, _COUNT + 8 :])
    dial_tone = bins[..., _DIAL_TONE].sum(-1)
    dial_tone *= dial_tone >= _ALONE * bins[..., _LOW].sum(-1)
    # all bins together are known without them (Parseval), each twice but the one at 0 Hz
    energy = np.einsum("ijk,ijk->ij", tapered[:, 1:], tapered[:, 1:])
    everything = (energy * WINDOW - bins[..., 0]) / 2 - bins[..., _HUM].sum(-1) - dial_tone
    power = np.square(_at(peaks, row) / _gains(_at(offsets, row)))
    power += np.square(_at(peaks, column) / _gains(_at(offsets, column)))
    purity = power * np.float32(_PEAK**2 / _TONE) / np.maximum(everything, np.float32(1.0))
    return Measures(peaks, offsets, 4 * row + column - 4, np.minimum(purity, np.float32(1.0)))


def gain(offset: float) -> float:
    """What a window shows of a tone that is so many Hz off."""
    return float(_GAINS[int(abs(offset))])


def _gains(offsets: Floats) -> Floats:
    """The same of many."""
    shown: Floats = _GAINS[np.abs(offsets).astype(np.intp)]
    return shown


def _at(values: Floats, tone: npt.NDArray[np.intp]) -> Floats:
    return np.take_along_axis(values, tone[..., None], -1)[..., 0]
