"""Which rate to try next, to find the highest one that the switch sustains.

guess ── sustained ──► a quarter more ── … ── failed twice ──► between the two ── … ── close
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

CLOSE = 1.08
"""The highest found and the lowest failed differ by less: noise is larger than that."""
UP, DOWN = 1.25, 0.8
TRIES = 2
"""Failures at one rate until it counts: noise makes a good rate fail, never a bad one pass."""


class Trial(NamedTuple):
    """A rate that was tried."""

    rate: float
    sustained: bool


def best_of(trials: Sequence[Trial]) -> float:
    """The highest rate that was sustained; 0 when none was."""
    return max((trial.rate for trial in trials if trial.sustained), default=0.0)


def next_rate(trials: Sequence[Trial], guess: float) -> float | None:
    """The rate to try; None when the answer is known well enough."""
    if not trials:
        return float(round(guess))
    last = trials[-1]
    if not last.sustained and _failures(trials, last.rate) < TRIES:
        return last.rate
    best = best_of(trials)
    too_much = min(
        (trial.rate for trial in trials if not trial.sustained and trial.rate > best),
        default=None,
    )
    if too_much is None:
        return float(ceil(best * UP))
    if not best:
        return float(int(too_much * DOWN)) or None
    between = float(round((best * too_much) ** 0.5))
    return between if too_much > best * CLOSE and best < between < too_much else None


def _failures(trials: Sequence[Trial], rate: float) -> int:
    return sum(not trial.sustained for trial in trials if trial.rate == rate)
