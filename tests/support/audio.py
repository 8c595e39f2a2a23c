"""Known sound for the end-to-end tests, and the comparison of what was heard with it.

The sound is made of values that G.711 µ-law can express, so that coding and decoding change
nothing: what is heard must be equal sample by sample. No stretch of it occurs twice, so that its
place in a recording is certain.
"""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE = 8000
"""Samples per second of G.711."""
FRAME = 160
"""Samples in a packet of 20 ms."""
LOUDEST = 8000
"""Far from the clipping of any mixer on the way."""
KEY = 2000
"""Samples that place a sound in a recording; a quarter of a second is beyond chance."""
NEAR = 4000
"""Samples within which what follows is looked for: half a second is more than phones keep."""

STEP = 0.02
"""Seconds in which a tone is looked for."""
PURE = 0.9
"""Share of the energy that a tone has at least in what is heard of it."""


def ulaw_values() -> Samples:
    """What the 256 code words stand for (ITU-T G.711, table 2a)."""
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def known_sound(seconds: float, seed: int) -> Samples:
    """Noise of µ-law values, swelling and fading like speech; the same for the same seed."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE)
    swell = 0.3 + 0.7 * np.sin(np.arange(count) * (2 * np.pi * 3 / RATE)) ** 2
    wanted = random.uniform(-LOUDEST, LOUDEST, count) * swell
    values = np.setdiff1d(ulaw_values(), [0])  # libre decodes silence to 2
    sound: Samples = values[np.searchsorted(values, wanted)]
    return sound


def write_wav(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> Samples:
    with wave.open(str(path)) as sound:
        assert sound.getframerate() == RATE, sound.getparams()
        assert sound.getnchannels() == 1, sound.getparams()
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.int16)


def place_of(key: Samples, recording: Samples) -> int | None:
    """Where the key begins in the recording, or None. Found by correlation, certain to a sample."""
    size = len(recording) + len(key)
    spectrum = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(key, size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)))
    found = recording[place : place + len(key)]
    if len(found) < len(key):
        return None
    likeness = np.corrcoef(found, key)[0, 1]
    return place if likeness > 0.9 else None


def wrong_samples(played: Samples, recording: Samples) -> int:
    """How many samples of what was played are not in the recording as they were, and in order.

    A phone that had to wait conceals a frame, drops one, or lets silence in between. That counts as
    what it is, and not all that comes behind it. All counts of what is not there.
    """
    middle = len(played) // 2
    place = place_of(played[middle : middle + KEY], recording)
    if place is None:
        return len(played)
    behind = _wrong_from_here(played[middle:], recording[place:])
    return behind + _wrong_from_here(played[middle - 1 :: -1], recording[:place][::-1])


def _wrong_from_here(played: Samples, recording: Samples) -> int:
    wrong = place = 0
    for begin in range(0, len(played), FRAME):
        frame = played[begin : begin + FRAME]
        heard = recording[place : place + len(frame)]
        right = int(np.count_nonzero(heard == frame[: len(heard)]))
        if right < len(frame) and (found := _near(frame, recording, place)) is not None:
            wrong += max(0, found - place)  # what was dropped is missed at its own turn
            right, place = len(frame), found
        wrong += len(frame) - right
        place += len(frame)
    return wrong


def _near(frame: Samples, recording: Samples, place: int) -> int | None:
    """Where it is as it was, less than half a second away."""
    first = max(0, place - NEAR)
    around = recording[first : place + NEAR].tobytes()
    at = around.find(frame.tobytes())
    return None if at < 0 or at % 2 else first + at // 2


def write_tone(path: Path, frequency: float, seconds: float) -> Path:
    """A sine wave."""
    samples = LOUDEST * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)
    return write_wav(path, samples.astype(np.int16))


def heard_tone(path: Path, frequency: float) -> float:
    """Seconds of a recording, of any rate, in which this tone is most of what is heard."""
    frames, rate = _steps(path)
    size = frames.shape[1]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    bins = np.fft.rfftfreq(size, 1 / rate)
    near = np.abs(bins - frequency) <= 2 / STEP
    loud = frames.std(axis=1) > LOUDEST / 10
    is_tone = spectra[:, near].sum(axis=1) > PURE * spectra.sum(axis=1)
    return float(np.count_nonzero(is_tone & loud)) * STEP


def sounding(path: Path) -> float:
    """Seconds of a recording in which anything is heard."""
    frames, _ = _steps(path)
    return float(np.count_nonzero(frames.std(axis=1) > LOUDEST / 50)) * STEP


def _steps(path: Path) -> tuple[npt.NDArray[np.float64], int]:
    """Frames of a recording, one below the other, and its rate."""
    with wave.open(str(path)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
    size = int(rate * STEP)
    return samples[: len(samples) // size * size].reshape(-1, size), rate
