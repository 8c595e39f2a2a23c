"""Texts into sound, by a synthesiser that is a command: prompts, and greetings that are texts.

The text comes to the command's standard input; it writes the file whose name it is given in place
of `{wav}`. `{language}` in it is en, es or pl.

What is needed to work with sound takes 13 MB: the switch imports this only when it has to.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from softswitch.synthesiser import CannotSpeak

RATE = 16_000
LEVEL = 0.1
"""Root of the mean square of the speech, full scale being 1: -20 dB, as loud as a person."""
PEAK = 0.9
QUIET = 0.01
"""What is not louder, at the ends, is silence."""
MARGIN = 0.03
"""Seconds of silence that stay at the ends, so that prompts do not stick together."""
PATIENCE = 60.0
"""Seconds for one text."""

Sound = np.ndarray[tuple[int], np.dtype[np.float64]]


def speak(command: Sequence[str], text: str, language: str) -> Sound:
    """The text at our rate and level, without the silence at the ends. Raises CannotSpeak."""
    with tempfile.TemporaryDirectory(prefix="softswitch-speech-") as folder:
        wav = str(Path(folder) / "text.wav")
        words = [one.replace("{wav}", wav).replace("{language}", language) for one in command]
        try:
            subprocess.run(
                words, input=text.encode(), check=True, capture_output=True, timeout=PATIENCE
            )
            samples, rate = soundfile.read(wav, always_2d=True)
        except FileNotFoundError:
            raise CannotSpeak(f"{words[0]} is not installed") from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip() or str(error)
            raise CannotSpeak(f"{words[0]}: {said}") from None
        except (OSError, subprocess.TimeoutExpired, soundfile.LibsndfileError) as error:
            raise CannotSpeak(f"{words[0]}: {error}") from None
    return trimmed(samples.mean(axis=1), rate)


def trimmed(samples: Sound, rate: int) -> Sound:
    """At our rate and level, without the silence at the ends."""
    sound: Sound = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(sound) > QUIET * max(1e-9, float(np.abs(sound).max(initial=0.0))))
    if not len(loud):
        return sound
    margin = round(MARGIN * RATE)
    sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
    gain = LEVEL / float(np.sqrt(np.mean(sound**2)))
    return sound * min(gain, PEAK / float(np.abs(sound).max()))


def write(file: Path, sound: Sound) -> None:
    """As a WAV of 16 bits. Raises CannotSpeak."""
    try:
        soundfile.write(file, sound, RATE, format="WAV", subtype="PCM_16")
    except soundfile.LibsndfileError as error:
        raise CannotSpeak(str(error)) from None
