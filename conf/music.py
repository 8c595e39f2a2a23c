"""Makes the music on hold that the switch ships: `python conf/music.py softswitch/music.ogg`.

Half a minute of plucked chords, made of sine waves here and so nobody's property. It ends as it
begins, so that nobody hears where it repeats, and keeps to what a telephone carries: 300 to
3400 Hz, no bass, no bells.
"""

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soundfile

Sound = npt.NDArray[np.float64]

RATE = 16_000
"""Samples per second: all that G.722 carries."""
BEAT = 0.36
"""Seconds."""
BEATS = 8
"""Of a chord."""
LOUDEST = 0.5
OVERTONES = (1.0, 0.45, 0.22, 0.1, 0.05)
"""Loudness of the tone and of those above it."""
CHORDS = (
    ("C4", "E4", "G4", "C5"),
    ("A3", "C4", "E4", "A4"),
    ("F4", "A4", "C5", "F5"),
    ("G4", "B4", "D5", "G5"),
    ("E4", "G4", "B4", "E5"),
    ("A3", "C4", "E4", "A4"),
    ("D4", "F4", "A4", "D5"),
    ("G4", "B4", "D5", "F5"),
    ("C4", "E4", "G4", "E5"),
    ("F4", "A4", "C5", "A5"),
)
FIGURE = (0, 2, 1, 3, 2, 1, 3, 2)
"""Which tone of the chord sounds on each beat."""
SEMITONES = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
"""From A."""


def frequency(name: str) -> float:
    """Hz of a tone such as C4; A4 is 440."""
    octaves = SEMITONES[name[0]] / 12 + int(name[1]) - 4
    return float(440.0 * 2.0**octaves)


def pluck(name: str, seconds: float) -> Sound:
    """A string, plucked: the higher a part of it, the sooner it is gone."""
    times = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(times)
    for above, loudness in enumerate(OVERTONES, 1):
        fading = np.exp(-times * (1.6 + 1.1 * above))
        sound += loudness * fading * np.sin(2 * np.pi * above * frequency(name) * times)
    begin = min(len(sound), RATE // 200)
    sound[:begin] *= np.linspace(0, 1, begin)
    return sound


def notes() -> Iterator[tuple[float, str]]:
    """When each tone begins (s), and which."""
    for number, chord in enumerate(CHORDS):
        for beat, which in enumerate(FIGURE):
            yield (number * BEATS + beat) * BEAT, chord[which]


def music() -> Sound:
    """The whole piece; what rings beyond its end rings into its beginning."""
    length = round(len(CHORDS) * BEATS * BEAT * RATE)
    sound = np.zeros(length)
    for begin, name in notes():
        plucked = pluck(name, 2.5)
        places = (int(begin * RATE) + np.arange(len(plucked))) % length
        np.add.at(sound, places, plucked)
    sound *= LOUDEST / np.abs(sound).max()
    return sound


if __name__ == "__main__":
    soundfile.write(sys.argv[1], music().astype(np.float32), RATE, subtype="VORBIS")
