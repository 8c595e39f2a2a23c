"""What codecs cost: `python -m bench.transcode` prints CPU per frame of 20 ms, in three tables.

CPU time of this process, so that others on the machine disturb little: the least, the middle and
the most of several rounds. Frames are of a second of changing sound, taken in turn.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as media workers have it

import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import cycle

import numpy as np

from bench.table import head, line, spread
from softswitch.media.codecs import Codec, codec, transcoder
from softswitch.media.codecs.g711 import LAWS
from softswitch.media.formats import STATIC, Format
from softswitch.media.resample import Resampler, whole
from softswitch.media.samples import Samples

FORMATS = {
    "PCMU": STATIC[0],
    "PCMA": STATIC[8],
    "G722": STATIC[9],
    "Opus": Format(111, "OPUS", 48000, 2, "useinbandfec=1"),
    "L16/16000": Format(96, "L16", 16000),
}
ROUNDS, TIMES = 3, 2000
CALLS = 100
RATE = 16000


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer frames")
    times = TIMES // 10 if options.parse_args().quick else TIMES
    codecs = {name: codec(one) for name, one in FORMATS.items()}
    known = {name: one for name, one in codecs.items() if one is not None}
    print(head(["codec", "decode µs", "encode µs", "conceal µs: first lost frame", "second"]))
    for name, one in known.items():
        print(line([name, *alone(one, times)]), flush=True)
    print(f"\n{head(['µs from, to', *known])}")
    for name in known:
        print(line([name, *(pair(name, other, times) for other in known)]), flush=True)
    print(f"\n{head([f'{CALLS} calls in one batch', 'µs per call and frame'])}")
    for name, work in batches().items():
        costs = [cost / CALLS for cost in costs_of(work, times // 10)]
        print(line([name, spread(costs)]), flush=True)


def sound(rate: int) -> list[Samples]:
    """A second of a voice's kind, in frames."""
    moments = np.arange(RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 150 * k * moments) / k for k in range(1, 20))
    swell = 0.2 + 0.8 * np.abs(np.sin(2 * np.pi * 3 * moments))
    noise = np.random.default_rng(1).normal(0, 30, RATE)
    samples = whole((3000 * voice * swell + noise).astype(np.int16), RATE, rate)
    frame = rate // 50
    return [samples[at : at + frame] for at in range(0, len(samples) - frame + 1, frame)]


def payloads(one: Codec) -> list[bytes]:
    encoder = one.encoder()
    return [encoder.encode(frame) for frame in sound(one.frame_rate)]


def alone(one: Codec, times: int) -> list[str]:
    """Decode, encode, and conceal: the first frame of a loss, and the second."""
    frames, sent = cycle(sound(one.frame_rate)), cycle(payloads(one))
    encode, decode = one.encoder().encode, one.decoder().decode
    decoded = costs_of(lambda: decode(next(sent)), times)
    encoded = costs_of(lambda: encode(next(frames)), times)
    first, second = zip(*(concealing(one, times // 4) for _ in range(ROUNDS)), strict=True)
    return [spread(figures, 1) for figures in (decoded, encoded, first, second)]


def concealing(one: Codec, times: int) -> tuple[float, float]:
    """CPU microseconds of the first and of the second lost frame, two out of seven."""
    decoder, frame, clock = one.decoder(), one.frame_rate // 50, time.process_time
    first = second = 0.0
    for index, payload in zip(range(times * 5), cycle(payloads(one)), strict=False):
        decoder.decode(payload)
        if index % 5 == 4:
            started = clock()
            decoder.conceal(frame)
            between = clock()
            decoder.conceal(frame)
            first += between - started
            second += clock() - between
    return first / times * 1e6, second / times * 1e6


def pair(source: str, target: str, times: int) -> str:
    transcode = transcoder(FORMATS[source], FORMATS[target])
    one = codec(FORMATS[source])
    if source == target or transcode is None or one is None:
        return "-"
    sent = cycle(payloads(one))
    return spread(costs_of(lambda: transcode(next(sent)), times), 1)


def batches() -> dict[str, Callable[[], object]]:
    """What goes over many calls at once."""
    random = np.random.default_rng(2)
    codes = random.integers(0, 256, (CALLS, 160), np.uint8)
    narrow = LAWS["PCMU"].decode(codes)
    wide = random.integers(-9000, 9000, (CALLS, 320), np.int16)
    up, down = Resampler(8000, 16000, CALLS), Resampler(16000, 8000, CALLS)
    return {
        "PCMU decode": lambda: LAWS["PCMU"].decode(codes),
        "PCMU encode": lambda: LAWS["PCMU"].encode(narrow),
        "PCMA decode": lambda: LAWS["PCMA"].decode(codes),
        "PCMA encode": lambda: LAWS["PCMA"].encode(narrow),
        "8 to 16 kHz": lambda: up.process(narrow),
        "16 to 8 kHz": lambda: down.process(wide),
    }


def costs_of(work: Callable[[], object], times: int) -> list[float]:
    """CPU microseconds of one execution, by round."""
    costs = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            work()
        costs.append((time.process_time() - started) / times * 1e6)
    return costs


if __name__ == "__main__":
    main()
