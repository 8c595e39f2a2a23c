"""A network that misbehaves, by seed: packets of one talker as they arrive."""

import random
from dataclasses import dataclass
from typing import NamedTuple


class Arrived(NamedTuple):
    """A packet at the far end."""

    at: float
    sequence: int
    timestamp: int
    ssrc: int
    number: int
    """Which packet of the talker it is."""
    payload: bytes
    """The number, again and again."""


@dataclass(frozen=True)
class Network:
    """What it does to packets."""

    loss: float = 0.0
    doubles: float = 0.0
    jitter: float = 0.0
    """Seconds: any delay up to this is equally likely."""
    reorder: int = 0
    """Packets by which one in fifty falls back."""
    skew: float = 0.0
    """How much slower the talker's clock is than ours: 500e-6 is 500 ppm."""
    seed: int = 4733

    def carry(
        self,
        seconds: float,
        start: float,
        *,
        ticks: int = 160,
        sequence: int = 0,
        timestamp: int = 0,
        ssrc_changes_at: int | None = None,
    ) -> list[Arrived]:
        """What arrives, in that order, of a talker who sends `ticks` of an 8 kHz clock a packet."""
        chance = random.Random(self.seed)
        arrived: list[Arrived] = []
        for number in range(round(seconds * 8000 / ticks)):
            sent = start + number * ticks / 8000 * (1 + self.skew)
            second = ssrc_changes_at is not None and number >= ssrc_changes_at
            offset = 31337 if second else 0
            if chance.random() < self.loss:
                continue
            for _ in range(2 if chance.random() < self.doubles else 1):
                delay = chance.random() * self.jitter
                if self.reorder and chance.random() < 0.02:
                    delay += chance.random() * self.reorder * ticks / 8000
                arrived.append(
                    Arrived(
                        sent + delay,
                        (sequence + number + offset) & 0xFFFF,
                        (timestamp + number * ticks + offset) & 0xFFFFFFFF,
                        8 if second else 7,
                        number,
                        number.to_bytes(4, "big") * (ticks // 4),
                    )
                )
        return sorted(arrived)


BAD = Network(loss=0.2, doubles=0.1, jitter=0.1, reorder=5)
"""Of the reliability goals: 20 % loss, 10 % doubles, 100 ms of jitter, five packets of disorder."""
