"""What conferences cost: `python -m bench.mix` prints CPU per member and frame of 20 ms.

CPU time of this process: the least, the middle and the most of several rounds. A member's frame
comes as µ-law and leaves as µ-law; frames that several hear are encoded once.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as media workers have it

import time
from argparse import ArgumentParser
from typing import NamedTuple

import numpy as np

from bench.table import head, line, spread
from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.mix import Mixer
from softswitch.media.mix.rates import NARROW, WIDE
from softswitch.media.mix.sums import Places
from softswitch.media.samples import Samples

ROUNDS, TICKS = 3, 200


class Case(NamedTuple):
    """So many rooms, each of so many members, of whom some talk."""

    rooms: int
    members: int
    talkers: int
    wideband_listener: bool = False


CASES = (
    Case(1, 3, 1),
    Case(1, 10, 1),
    Case(1, 100, 2),
    Case(10, 10, 1),
    Case(100, 3, 1),
    Case(100, 3, 2),
    Case(100, 3, 3),
    Case(100, 10, 2),
    Case(100, 3, 1, wideband_listener=True),
    Case(100, 3, 2, wideband_listener=True),
)


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer frames")
    ticks = TICKS // 10 if options.parse_args().quick else TICKS
    print(head(["rooms", "members each", "talking", "mix µs", "with µ-law both ways µs"]))
    for case in CASES:
        bare, coded = [], []
        for _ in range(ROUNDS):
            bare.append(cost(case, ticks, coded=False))
            coded.append(cost(case, ticks, coded=True))
        members = f"{case.members}, one at 16 kHz" if case.wideband_listener else case.members
        cells = [case.rooms, members, case.talkers, spread(bare), spread(coded)]
        print(line(cells), flush=True)


def cost(case: Case, ticks: int, *, coded: bool) -> float:
    """CPU microseconds per member and tick."""
    mixer = Mixer()
    talkers = []
    for room in range(case.rooms):
        for member in range(case.members):
            wide = case.wideband_listener and member == 0
            place = mixer.join(room, WIDE if wide else NARROW)
            if member >= case.members - case.talkers:
                talkers.append(place)
    places = np.array(talkers)
    sound = np.random.default_rng(1).normal(0, 3000, (len(places), 160)).astype(np.int16)
    codes = MU_LAW.encode(sound)
    for _ in range(3):
        tick(mixer, places, sound)
    started = time.process_time()
    for _ in range(ticks):
        frames = MU_LAW.decode(codes) if coded else sound
        heard = tick(mixer, places, frames)
        if coded:
            MU_LAW.encode(heard)
    return (time.process_time() - started) / ticks / case.rooms / case.members * 1e6


def tick(mixer: Mixer, places: Places, frames: Samples) -> Samples:
    """All talk at once; returns the frames that members at 8 kHz hear."""
    mixer.put_all(places, frames)
    return mixer.mix().narrow


if __name__ == "__main__":
    main()
