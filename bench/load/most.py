"""The search for the most that passes: more, until it fails twice, then between the two."""

import time
from collections.abc import Callable, Iterator, Sequence

from bench.load.window import Row
from bench.search import Trial, best_of, next_rate


def most(
    name: str,
    run: Callable[[float], Row],
    seconds: float,
    guess: float,
    known: Sequence[Trial] = (),
) -> Iterator[Row]:
    """The rows of all trials, and one of what they and those `known` before have found."""
    until = time.monotonic() + seconds
    trials: list[Trial] = []
    while time.monotonic() < until and (load := next_rate(trials, guess)):
        row = run(load)
        trials.append(Trial(load, row["passed"]))
        yield row | {"searching": True}
    yield found(name, [*known, *trials])


def found(name: str, trials: Sequence[Trial]) -> Row:
    """The highest that passed, and the lowest above it that did not; 0: none."""
    best = best_of(trials)
    failed = [trial.rate for trial in trials if not trial.sustained and trial.rate > best]
    return {"test": f"{name}-most", "most": best, "too_much": min(failed, default=0.0)}
