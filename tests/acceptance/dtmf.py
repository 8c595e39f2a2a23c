"""Keys in audio, in full size (goal G19): `python -m tests.acceptance.dtmf`, about ten minutes.

* Q.24: every key at every limit of both columns, at many places of the frame;
* 10,000 digits at the shortest tones and pauses 20 dB above noise, without a miss;
* ten hours of made speech, and as much from espeak-ng where that is installed, with one false digit
  in ten hours at most.

Exits with 1 when a goal is missed.
"""

import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.resample import whole
from softswitch.media.samples import Samples
from tests.support.keypad import companded, digits, listen, stacked
from tests.support.q24 import Case, grid, over_dial_tone, strings
from tests.support.speech import speech

HOUR = 3600.0
MOST_FALSE = 1 / 10
"""Digits per hour of speech."""
BATCH = 500
VOICES, TALK = 60, 60.0
"""Made at once, and for how many seconds."""
PIECE = 12_000
"""Characters that espeak-ng reads at a time."""
LANGUAGES = ("en", "en-us", "es", "pl", "de", "fr-fr", "it", "pt-br")
VARIANTS = ("m1", "f1", "m3", "f2", "m7", "f4", "croak", "klatt")


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=10.0, help="of speech, of each kind")
    options.add_argument("--digits", type=int, default=10_000, help="in noise")
    options.add_argument("--rounds", type=int, default=10, help="of the grid of Q.24")
    options.add_argument("--texts", type=Path, default=Path(), help="*.txt there is read aloud")
    given = options.parse_args()
    random = np.random.default_rng(19)
    right = [
        is_heard("Q.24, both columns", limits(random, given.rounds)),
        is_heard("dial tone below the key", over_dial_tones(random, given.rounds)),
        is_heard("20 dB above noise", strings(random, given.digits // 25, 25, above_noise=20)),
        is_silent("made speech", made(given.hours), given.hours),
    ]
    texts = sorted(given.texts.glob("*.txt"))
    if shutil.which("espeak-ng") and texts:
        spoken = read_aloud(texts, given.hours)
        right.append(is_silent("espeak-ng", spoken, given.hours))
    sys.exit(not all(right))


def limits(random: np.random.Generator, rounds: int) -> Iterator[Case]:
    """The grid, each time at other places and phases."""
    for _ in range(rounds):
        yield from grid(random, (0.04, 0.05, 0.1))


def over_dial_tones(random: np.random.Generator, rounds: int) -> Iterator[Case]:
    """Dial tone up to 5 dB above each tone of the key."""
    for _ in range(rounds):
        for level in (-25.0, -15.0, -10.0, -5.0):
            yield from (over_dial_tone(random, digit, level) for digit in DIGITS)


def is_heard(name: str, cases: Iterable[Case]) -> bool:
    """Say how many calls were misheard; were there none?"""
    calls, pressed, wrong = 0, 0, Counter[str]()
    left = iter(cases)
    while batch := list(islice(left, BATCH)):
        heard = listen(stacked([case.samples for case in batch]))
        calls += len(batch)
        for case, found in zip(batch, heard, strict=True):
            pressed += len(case.expected)
            wrong[case.name] += digits(found) != case.expected
    kinds = ", ".join(f"{kind} {count}" for kind, count in wrong.items() if count)
    say(f"{name}: {calls} calls, {pressed} digits, misheard {wrong.total()} {kinds}")
    return not wrong.total()


def is_silent(name: str, talk: Iterable[Samples], hours: float) -> bool:
    """Say how many digits were heard in speech; were there few enough?"""
    false: Counter[str] = Counter()
    for voices in talk:
        for found in listen(stacked(list(companded(voices)))):
            false.update(tone.digit for tone in found)
    say(f"{name}: {hours:g} h, false digits {false.total()} {dict(false)}")
    return false.total() <= max(1.0, MOST_FALSE * hours)


def made(hours: float) -> Iterator[Samples]:
    """Voices of our own."""
    for seed in range(round(hours * HOUR / (VOICES * TALK))):
        yield speech(VOICES, TALK, seed)


def read_aloud(texts: list[Path], hours: float) -> Iterator[Samples]:
    """espeak-ng reads the texts, in many voices."""
    left = hours * HOUR * 8000
    for number, path in enumerate(cycle(texts)):
        text = path.read_text(errors="replace")
        start = number * PIECE % max(1, len(text) - PIECE)
        voice = f"{LANGUAGES[number % len(LANGUAGES)]}+{VARIANTS[number % len(VARIANTS)]}"
        words = "".join(c if c.isalnum() or c in ".,\n" else " " for c in text[start:][:PIECE])
        options = (
            "-v",
            voice,
            "-s",
            str(120 + 17 * number % 100),
            "-p",
            str(10 + 13 * number % 80),
        )
        done = subprocess.run(
            ("espeak-ng", *options, "--stdin", "--stdout"),
            input=words.encode(),
            capture_output=True,
            check=True,
        )
        samples = np.frombuffer(done.stdout[44 : len(done.stdout) & ~1], "<i2").astype(np.int16)
        spoken = whole(samples, 22050, 8000)[: int(left)]
        whole_seconds = len(spoken) // 8000
        if whole_seconds:
            yield spoken[: whole_seconds * 8000].reshape(1, -1)
        left -= len(spoken)
        if left < 8000:
            return


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
