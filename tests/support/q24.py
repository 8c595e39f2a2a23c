"""What a receiver of keys must hear and must not hear, by ITU-T Q.24, and calls that ask for it.

The recommendation reports the limits of several administrations; these are the two columns that
everybody tests by, and both are kept at once.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.samples import Samples
from tests.support.keypad import Burst, Wave, companded, line, noise, quantized, tones


class Limits(NamedTuple):
    """Of one administration. Shares of the frequency, dBm0, dB, seconds."""

    right_offset: float
    wrong_offset: float
    loudest: float
    quietest: float
    too_quiet: float
    high_louder: float
    low_louder: float
    shortest: float
    too_short: float
    pause: float
    interruption: float
    velocity: float


AT_AND_T = Limits(0.015, 0.035, 0, -25, -55, 4, 8, 0.040, 0.023, 0.040, 0.010, 0.093)
NTT = Limits(0.018, 0.030, -3, -24, -29, 5, 5, 0.040, 0.024, 0.030, 0.010, 0.120)
COLUMNS = {"AT&T": AT_AND_T, "NTT": NTT}


class Case(NamedTuple):
    """A call, and what is dialled in it."""

    name: str
    expected: str
    samples: Samples


Pressed = Iterator[tuple[str, str, list[Burst]]]
"""Name, expected digits, and the presses of a call."""


def must_detect(limits: Limits, digit: str, durations: tuple[float, ...]) -> Pressed:
    """One digit, or the same one several times, at the limits and in their corners."""
    off = limits.right_offset
    for duration in durations:
        for low, high in product((-off, 0, off), repeat=2):
            press = Burst(digit, duration, low_offset=low, high_offset=high)
            yield "frequency", digit, [press]
            for level in (limits.loudest, limits.quietest):
                yield "level", digit, [press._replace(low_level=level, high_level=level)]
            for twist in (limits.high_louder, -limits.low_louder):
                base = limits.quietest - min(0, twist)
                twisted = press._replace(low_level=base, high_level=base + twist)
                yield "twist", digit, [twisted]
        press = Burst(digit, duration)
        yield "pause", digit * 3, [press._replace(pause=limits.pause)] * 3
        gap = max(limits.pause, limits.velocity - duration)
        yield "velocity", digit * 3, [press._replace(pause=gap)] * 3
    for torn_at in (0.011, 0.025, 0.035, 0.049):
        torn = Burst(digit, 0.07, torn_at=torn_at, torn=limits.interruption)
        yield "interruption", digit, [torn]


def must_reject(limits: Limits, digit: str, durations: tuple[float, ...]) -> Pressed:
    """What is beyond the limits, and single tones."""
    off = limits.wrong_offset
    for duration in durations:
        for low, high in product((-off, 0, off), repeat=2):
            if low or high:
                press = Burst(digit, duration, low_offset=low, high_offset=high)
                yield "wrong frequency", "", [press]
        faint = limits.too_quiet
        for low, high in ((faint, faint), (faint, faint + 4), (faint + 4, faint)):
            press = Burst(digit, duration, low_level=low, high_level=high)
            yield "too quiet", "", [press]
        for low, high in ((-10, -90), (-90, -10)):
            yield "one tone", "", [Burst(digit, duration, low_level=low, high_level=high)]
    for duration in (0.010, limits.too_short):
        yield "too short", "", [Burst(digit, duration)]


def grid(
    random: np.random.Generator, durations: tuple[float, ...], digits: str = DIGITS
) -> Iterator[Case]:
    """Both columns for these digits, each call at another place of the frame and other phases."""
    for (column, limits), digit in product(COLUMNS.items(), digits):
        for asked in (must_detect, must_reject):
            for name, expected, presses in asked(limits, digit, durations):
                samples = companded(quantized(line(presses, random)))
                yield Case(f"{column}: {name}", expected, samples)


def strings(
    random: np.random.Generator, calls: int, length: int, *, above_noise: float
) -> Iterator[Case]:
    """Random digits at the shortest tones and pauses, off frequency, in noise (dB below)."""
    off = NTT.right_offset
    for _ in range(calls):
        expected = "".join(random.choice(list(DIGITS), length))
        offsets = random.uniform(-off, off, (length, 2))
        presses = [
            Burst(digit, 0.04, 0.04, low_offset=low, high_offset=high)
            for digit, (low, high) in zip(expected, offsets, strict=True)
        ]
        sound = line(presses, random, trail=0.05)
        sound += noise(len(sound), -7 - above_noise, random)
        yield Case(f"{above_noise} dB above noise", expected, companded(quantized(sound)))


def over_dial_tone(random: np.random.Generator, digit: str, level: float) -> Case:
    """A key that is pressed while dial tone (350 and 440 Hz, this level each) still sounds."""
    sound: Wave = line([Burst(digit)], random, lead=0.2, trail=0.1)
    sound += tones(len(sound), (350, 440), level)
    return Case(f"dial tone at {level}", digit, companded(quantized(sound)))
