"""When signalling is listened to."""

import pytest

from softswitch.media.engine.backends.interface import WORDS_WAIT
from softswitch.media.engine.backends.words import Words


def test_words_that_follow_others_are_muted_for_a_while() -> None:
    said = [True, True, False]
    words = Words()
    words.watch(5, lambda: said.pop(0))
    assert (words.descriptor, words.muted) == (5, False)
    assert words.patience(0.5, 1.0) == 0.5
    words.hear(1.0)
    assert words.muted
    assert words.patience(0.5, 1.0) == pytest.approx(WORDS_WAIT)
    assert words.patience(0.001, 1.0) == 0.001
    words.hear(1.0 + WORDS_WAIT)
    assert words.muted
    assert words.patience(0.5, 2.0) == 0.0
    words.hear(1.0 + 2.1 * WORDS_WAIT)
    assert not words.muted


def test_silence_before_its_time_changes_nothing() -> None:
    said = [True, False]
    words = Words()
    words.watch(5, lambda: said.pop(0))
    words.hear(1.0)
    words.hear(1.0 + WORDS_WAIT / 2)
    assert words.muted


def test_nobody_to_listen_to_says_nothing() -> None:
    words = Words()
    words.hear(1.0)
    assert not words.muted
