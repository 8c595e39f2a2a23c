"""Whether phones ring at all, and how long."""

import pytest

from softswitch.routing.outcomes import Outcome
from softswitch.routing.plan import Facts
from softswitch.routing.ringing import DO_NOT_DISTURB, before_ringing, ring_time_of
from tests.routing.users import User

ONE_PHONE = Facts(live_bindings=1, calls=0)


def why(user: User, facts: Facts = ONE_PHONE, caller: str = "100") -> tuple[Outcome, str] | None:
    kept = before_ringing("101", user, facts, caller)
    return None if kept is None else kept[:2]


def test_nothing_keeps_the_phone_of_a_free_user_from_ringing() -> None:
    assert why(User()) is None


def test_who_does_not_want_to_be_disturbed_is_busy_with_a_forward_of_its_own() -> None:  # DND-1
    user = User(dnd=True, origin={"dnd": "a.yaml:5"})
    said = "101 does not want to be disturbed, dnd (a.yaml:5)"
    assert before_ringing("101", user, ONE_PHONE, "100") == (Outcome.BUSY, said, DO_NOT_DISTURB)


def test_dear_callers_and_those_who_insist_are_let_through() -> None:  # DND-2
    assert why(User(dnd=True, dnd_allow=("100",))) is None
    assert why(User(dnd=True), ONE_PHONE._replace(insists=True)) is None


def test_not_to_be_disturbed_comes_before_every_limit() -> None:  # FWD-1
    kept = why(User(dnd=True, max_calls=1), Facts(live_bindings=0, calls=3))
    assert kept == (Outcome.BUSY, "101 does not want to be disturbed, dnd (default)")


def test_who_has_as_many_calls_as_he_may_is_busy() -> None:
    user = User(max_calls=2, origin={"max_calls": "a.yaml:7"})
    assert why(user, Facts(1, 1)) is None
    assert why(user, Facts(1, 2)) == (Outcome.BUSY, "101 is in 2 of max_calls 2 (a.yaml:7)")


def test_without_call_waiting_one_call_is_enough() -> None:  # CW-3
    user = User(call_waiting=False)
    assert why(user) is None
    said = "101 is in a call, call_waiting off (default)"
    assert why(user, Facts(2, 1)) == (Outcome.BUSY, said)
    assert why(user, Facts(2, 1, is_free=True)) is None


def test_whoever_is_not_logged_in_is_unavailable() -> None:
    said = "101 has no live registration"
    assert why(User(), Facts(0, 0)) == (Outcome.UNAVAILABLE, said)


@pytest.mark.parametrize(("limit", "seconds"), [(30.0, 20.0), (5.0, 5.0)])
def test_who_has_rules_of_his_own_rings_no_longer_than_he_says(
    limit: float, seconds: float
) -> None:
    assert ring_time_of(User(ring_time=20.0), own_rules=True, limit=limit) == seconds


def test_who_has_none_that_count_rings_as_long_as_the_forward_lets_him() -> None:
    assert ring_time_of(User(ring_time=20.0), own_rules=False, limit=30.0) == 30.0
