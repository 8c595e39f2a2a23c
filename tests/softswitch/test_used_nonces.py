"""No use of a nonce counts twice, and little is remembered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch import used_nonces
from softswitch.used_nonces import UsedNonces
from tests.support.registering import NOW


def test_a_count_has_to_rise() -> None:
    used = UsedNonces(NOW)
    uses = [(1, True), (1, False), (3, True), (2, False), (4, True)]
    assert [used.use("a", count, NOW, NOW + 1) for count, _ in uses] == [ok for _, ok in uses]


def test_nothing_from_before_a_restart_is_taken() -> None:
    used = UsedNonces(NOW)
    assert not used.use("a", 1, NOW - 1, NOW + 1)
    assert used.use("b", 1, NOW, NOW + 1)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), max_size=60))
def test_no_use_of_a_nonce_is_allowed_twice_however_little_is_remembered(
    uses: list[tuple[int, int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(used_nonces, "MAX_USED", 3)
        used = UsedNonces(NOW)
        allowed: set[tuple[int, int]] = set()
        for step, (nonce, count) in enumerate(uses):
            # Each nonce is made at its own time, and used at any later one.
            made_at, now = NOW + 1 + nonce, NOW + 50 + step
            if used.use(str(nonce), count, made_at, now):
                assert (nonce, count) not in allowed
                allowed.add((nonce, count))
            assert len(used) <= 6


def test_used_nonces_are_forgotten_when_they_are_too_old_to_be_used() -> None:
    used = UsedNonces(NOW)
    assert used.use("a", 1, NOW, NOW + 1)
    assert used.use("b", 1, NOW + 290, NOW + 301)
    assert not used.use("b", 1, NOW + 290, NOW + 302)
    assert used.use("c", 1, NOW + 600, NOW + 602)
    assert not used.use("b", 1, NOW + 290, NOW + 602)
    assert used.use("d", 1, NOW + 900, NOW + 903)
    assert len(used) == 2
