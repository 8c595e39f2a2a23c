"""What keys cost: `python -m bench.dtmf` prints CPU per frame of audio and per event packet.

CPU time of this process, so that others on the machine disturb little: the least, the middle and
the most of several rounds. Speech is made (`tests.support.speech`), not recorded.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as media workers have it

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np

from bench.table import head, line, spread
from softswitch.media.dtmf.detector import FRAME, Detector
from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.dtmf.generator import sound
from softswitch.media.dtmf.receiver import Receiver
from softswitch.media.dtmf.sender import schedule
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import build
from softswitch.media.samples import Samples
from tests.support.speech import speech

ROUNDS = 5
FRAMES = 500
"""Ten seconds."""
BATCHES = (1, 10, 100, 1000)
VOICES = 100
FORMATS = (STATIC[0], Format(101, "TELEPHONE-EVENT", 8000))
ANNA, JAN = ("192.0.2.1", 4000), ("192.0.2.2", 5000)


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer frames")
    times = 40 if options.parse_args().quick else 400
    print(head(["calls in one batch", *(f"µs per frame: {name}" for name in SOUNDS)]))
    voices = speech(VOICES, FRAMES / 50 + 1, 1)[:, : FRAMES * FRAME]
    for calls in BATCHES:
        cells = [spread(detection(make(calls, voices), times)) for make in SOUNDS.values()]
        print(line([calls, *cells]), flush=True)
    print(f"\n{head(['per packet', 'µs'])}")
    for name, work in packets().items():
        print(line([name, spread(costs_of(work, 50 * times))]), flush=True)


def silence(calls: int, _voices: Samples) -> Samples:
    """Nobody says anything."""
    return np.zeros((calls, FRAMES * FRAME), np.int16)


def talk(calls: int, voices: Samples) -> Samples:
    """Everybody talks."""
    rows = np.tile(voices, (-(-calls // VOICES), 1))[:calls]
    return np.stack([np.roll(row, 797 * number) for number, row in enumerate(rows)])


def few_keys(calls: int, voices: Samples) -> Samples:
    """Everybody talks but one in a hundred, who presses keys without end."""
    rows = talk(calls, voices)
    rows[::100] = keys(len(rows[::100]), voices)
    return rows


def keys(calls: int, _voices: Samples) -> Samples:
    """Everybody presses keys without end."""
    pressed = np.resize(sound(DIGITS, 0.08, 0.08), FRAMES * FRAME)
    return np.stack([np.roll(pressed, 797 * number) for number in range(calls)])


SOUNDS: dict[str, Callable[[int, Samples], Samples]] = {
    "silence": silence,
    "speech": talk,
    "speech, 1 % keys": few_keys,
    "keys alone": keys,
}


def detection(rows: Samples, times: int) -> list[float]:
    """Per call and frame."""
    calls = len(rows)
    detector = Detector(calls)
    slots = np.array([detector.open() for _ in range(calls)])
    turns = cycle(range(FRAMES))

    def work() -> None:
        start = next(turns) * FRAME
        detector.detect(slots, rows[:, start : start + FRAME])

    return [cost / calls for cost in costs_of(work, max(times, 4000 // calls))]


def packets() -> dict[str, Callable[[], object]]:
    """What is measured per packet."""
    receiver, arrivals = Receiver(), stream()

    def receive() -> None:
        sequence, timestamp, payload, now = next(arrivals)
        receiver.event(payload, 7, sequence, timestamp, now)

    return {
        "telephone event received": receive,
        "telephone event relayed, nobody listens": relayed(listened=False),
        "telephone event relayed and told": relayed(listened=True),
        "telephone event made": sending(),
    }


def stream() -> Iterator[tuple[int, int, bytes, float]]:
    """Sequence, timestamp, payload and time of events without end."""
    sequence, base = 0, 0.0
    while True:
        for packet in schedule(DIGITS):
            sequence += 1
            timestamp = (round(base * 8000) + packet.timestamp) & 0xFFFFFFFF
            yield sequence & 0xFFFF, timestamp, packet.payload, base + packet.at
        base += 0.2 * len(DIGITS)


def relayed(*, listened: bool) -> Callable[[], object]:
    """From one leg to the other, rewritten, with statistics."""
    anna, jan = Leg(0, OutgoingStream(1, 100, 5000)), Leg(1, OutgoingStream(2, 1000, 50000))
    for leg, (host, port) in ((anna, ANNA), (jan, JAN)):
        remote = Remote(host, port, port + 1, (0, 101), host, False, None, formats=FORMATS)
        leg.set_remote(remote, host, frozenset((host,)), 0.0)
    anna.join(jan, 0.0)
    jan.join(anna, 0.0)
    if listened:
        anna.listen(Receiver(), lambda _leg, _digits: None)
    arrivals = stream()

    def work() -> None:
        sequence, timestamp, payload, now = next(arrivals)
        packet = bytearray(build(101, sequence, timestamp, 7, payload))
        anna.arrive(packet, len(packet), ANNA, now)

    return work


def sending() -> Callable[[], object]:
    """The schedule alone."""
    packets = (packet for _ in cycle([0]) for packet in schedule(DIGITS))
    return lambda: next(packets)


def costs_of(work: Callable[[], object], times: int) -> list[float]:
    """µs of each round."""
    work()
    costs = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            work()
        costs.append((time.process_time() - begun) / times * 1e6)
    return costs


if __name__ == "__main__":
    main()
