"""The search for the highest rate."""

from collections.abc import Callable

import pytest

from bench.search import CLOSE, Trial, best_of, next_rate


def search(sustains: Callable[[float], bool], guess: float) -> list[Trial]:
    """All trials until the answer is known."""
    trials: list[Trial] = []
    while (rate := next_rate(trials, guess)) is not None:
        trials.append(Trial(rate, sustains(rate)))
    return trials


@pytest.mark.parametrize("guess", [100, 700, 800, 5000])
def test_the_search_comes_close_from_wherever_it_starts(guess: float) -> None:
    best = best_of(search(lambda rate: rate <= 777, guess))
    assert 777 / (CLOSE + 0.01) < best <= 777


def test_a_good_guess_needs_few_trials() -> None:
    assert len(search(lambda rate: rate <= 777, 760)) <= 8


def test_a_rate_that_failed_once_is_tried_again() -> None:
    assert next_rate([Trial(500, False)], 500) == 500


def test_noise_that_fails_one_trial_does_not_lower_the_answer() -> None:
    failures = iter([True])
    trials = search(lambda rate: rate <= 777 and not next(failures, False), 700)
    assert best_of(trials) > 777 / CLOSE


def test_a_failure_below_the_best_is_noise() -> None:
    trials = [Trial(400, False), Trial(400, False), Trial(320, True), Trial(600, True)]
    assert next_rate(trials, 400) == 750


def test_where_nothing_is_sustained_the_search_ends() -> None:
    trials = search(lambda rate: False, 3)
    assert best_of(trials) == 0.0
    assert len(trials) < 20


def test_between_two_neighbours_there_is_no_other_rate() -> None:
    assert next_rate([Trial(3, True), Trial(4, False), Trial(4, False)], 3) is None
