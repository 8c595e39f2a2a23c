"""Keys as they come off a telephone line: off frequency, loud or faint, short, torn, in noise.

A `Burst` is one press; `line` puts presses one after the other as a call would bring them, and
`listen` says what the detector makes of many such calls at once.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from softswitch.media.dtmf.detector import FRAME, Detector, Tone
from softswitch.media.dtmf.digits import TONES
from softswitch.media.levels import amplitude
from softswitch.media.samples import Samples

RATE = 8000
Wave = npt.NDArray[np.float64]


class Burst(NamedTuple):
    """Two tones. Levels in dBm0, offsets as shares of the frequency, times in seconds."""

    digit: str
    duration: float = 0.05
    pause: float = 0.05
    low_level: float = -10.0
    high_level: float = -10.0
    low_offset: float = 0.0
    high_offset: float = 0.0
    torn_at: float = 0.0
    """Where an interruption begins; 0: nowhere."""
    torn: float = 0.01


def wave(burst: Burst, phases: tuple[float, float]) -> Wave:
    """The press alone."""
    time = np.arange(round(burst.duration * RATE)) / RATE
    low, high = TONES[burst.digit]
    sound: Wave = amplitude(burst.low_level) * np.sin(
        2 * np.pi * low * (1 + burst.low_offset) * time + phases[0]
    ) + amplitude(burst.high_level) * np.sin(
        2 * np.pi * high * (1 + burst.high_offset) * time + phases[1]
    )
    if burst.torn_at:
        sound[round(burst.torn_at * RATE) : round((burst.torn_at + burst.torn) * RATE)] = 0
    return sound


def line(
    bursts: Iterable[Burst],
    random: np.random.Generator,
    *,
    lead: float | None = None,
    trail: float = 0.0,
) -> Wave:
    """Presses one after the other, the first after `lead` seconds, by default at random."""
    before = random.uniform(0.01, 0.05) if lead is None else lead
    parts = [np.zeros(round(before * RATE))]
    for burst in bursts:
        phases = random.uniform(0, 2 * np.pi, 2)
        parts += [wave(burst, (phases[0], phases[1])), np.zeros(round(burst.pause * RATE))]
    return np.concatenate([*parts, np.zeros(round(trail * RATE))])


def tones(count: int, frequencies: Sequence[float], level: float) -> Wave:
    """Sine waves of this level (dBm0) each."""
    angles = 2 * np.pi / RATE * np.outer(frequencies, np.arange(count))
    sound: Wave = amplitude(level) * np.sin(angles + np.arange(len(frequencies))[:, None]).sum(0)
    return sound


def noise(count: int, level: float, random: np.random.Generator) -> Wave:
    """White noise of this level, in dBm0."""
    return random.normal(0.0, amplitude(level) / 2**0.5, count)


def quantized(sound: Wave) -> Samples:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def companded(samples: Samples, law: float = 255.0) -> Samples:
    """With the noise that µ-law adds: steps grow with the signal."""
    share = np.clip(samples / 32636.0, -1.0, 1.0)
    code = np.rint(127.5 * np.log1p(law * np.abs(share)) / np.log1p(law)) / 127.5
    heard = np.sign(share) * np.expm1(code * np.log1p(law)) / law
    return quantized(heard * 32636.0)


def stacked(calls: Sequence[Samples]) -> Samples:
    """Calls x samples: filled up with silence to whole frames, so many that the end is heard."""
    longest = max(len(call) for call in calls)
    frames = -(-longest // FRAME) + 4
    result = np.zeros((len(calls), frames * FRAME), np.int16)
    for row, call in zip(result, calls, strict=True):
        row[: len(call)] = call
    return result


def listen(calls: Samples) -> list[list[Tone]]:
    """The keys that are heard in each call, once they are released."""
    detector = Detector(len(calls))
    slots = np.array([detector.open() for _ in calls])
    order = {slot: number for number, slot in enumerate(slots.tolist())}
    heard: list[list[Tone]] = [[] for _ in calls]
    for start in range(0, calls.shape[1], FRAME):
        for tone in detector.detect(slots, calls[:, start : start + FRAME]):
            if tone.end is not None:
                heard[order[tone.slot]].append(tone)
    return heard


def digits(heard: Iterable[Tone]) -> str:
    return "".join(tone.digit for tone in heard)
