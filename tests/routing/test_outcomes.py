"""The outcome table, row by row."""

from itertools import pairwise, permutations

import pytest

from softswitch.routing.outcomes import (
    CAUSES,
    INCOMPLETE_NUMBER,
    NOT_PERMITTED,
    TRUNKS_DOWN,
    TRUNKS_FULL,
    UNKNOWN_NUMBER,
    DeviceResult,
    Outcome,
    combine,
    device_result,
    q850_cause,
    reason_header,
    release,
    ring_time_over,
)

ANSWERED, NO_ANSWER = Outcome.ANSWERED, Outcome.NO_ANSWER
REJECTED, BUSY, UNAVAILABLE = Outcome.REJECTED, Outcome.BUSY, Outcome.UNAVAILABLE


@pytest.mark.parametrize("status", [404, 408, 410, 430, 500, 502, 503, 504, 599, 604])
@pytest.mark.parametrize("after_ringing", [False, True])
def test_a_device_that_is_gone_or_broken_is_unavailable(status: int, after_ringing: bool) -> None:
    assert device_result(status, after_ringing=after_ringing) == DeviceResult(UNAVAILABLE)


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (480, BUSY, REJECTED),
        (486, BUSY, REJECTED),
        (600, BUSY, REJECTED),
        (603, REJECTED, REJECTED),
        (607, BUSY, REJECTED),  # unknown here, so it counts as 600
    ],
)
def test_a_phone_that_says_no_is_busy_at_once_and_rejects_after_ringing(
    status: int, before: Outcome, after: Outcome
) -> None:
    assert device_result(status, after_ringing=False).outcome is before
    assert device_result(status, after_ringing=True).outcome is after


@pytest.mark.parametrize(
    ("status", "stops"), [(200, False), (480, False), (486, False), (600, True), (603, True)]
)
def test_only_600_and_603_stop_all_devices_of_the_user(status: int, stops: bool) -> None:
    assert device_result(status, after_ringing=False).stops_all is stops
    assert device_result(status, after_ringing=True).stops_all is stops


def test_a_480_of_a_trunk_is_unavailable_whether_it_rang_or_not() -> None:
    for rang in (False, True):
        assert device_result(480, after_ringing=rang, from_trunk=True).outcome is UNAVAILABLE


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("Q.850;cause=19", UNAVAILABLE),
        ('q.850 ; text="x" ; cause = 20', UNAVAILABLE),
        ('SIP;cause=480;text="gone", Q.850;cause=20', UNAVAILABLE),
        ("Q.850;cause=17", BUSY),
        ("SIP;cause=19", BUSY),
        (None, BUSY),
    ],
)
def test_a_480_that_names_an_absent_subscriber_is_unavailable(
    reason: str | None, outcome: Outcome
) -> None:
    assert device_result(480, after_ringing=False, reason=reason).outcome is outcome


@pytest.mark.parametrize("status", [401, 407, 415, 420, 421, 488, 606])
def test_a_mismatch_is_unavailable_with_an_alarm(status: int) -> None:
    result = device_result(status, after_ringing=True)
    assert (result.outcome, result.stops_all) == (UNAVAILABLE, False)
    assert str(status) in str(result.alarm)


@pytest.mark.parametrize("status", [400, 403, 405, 481, 491])
def test_a_refusal_that_no_row_knows_is_unavailable_and_seen(status: int) -> None:
    result = device_result(status, after_ringing=False)
    assert (result.outcome, result.alarm) == (UNAVAILABLE, f"refuses the call ({status})")


def test_a_redirecting_phone_rejects_and_the_operator_learns_of_it() -> None:
    result = device_result(302, after_ringing=False)
    assert (result.outcome, result.stops_all) == (REJECTED, False)
    assert result.alarm == "redirects the call (302): not followed"


def test_a_2xx_answers() -> None:
    assert device_result(200, after_ringing=True) == DeviceResult(ANSWERED)


def test_when_ring_time_is_over_only_a_phone_that_rang_did_not_answer() -> None:
    assert ring_time_over(after_ringing=True) == DeviceResult(NO_ANSWER)
    assert ring_time_over(after_ringing=False) == DeviceResult(UNAVAILABLE)
    assert device_result(487, after_ringing=True) == DeviceResult(NO_ANSWER)


def test_a_users_outcome_is_the_best_of_the_devices_in_any_order() -> None:
    ranked = [ANSWERED, NO_ANSWER, REJECTED, BUSY, UNAVAILABLE]
    for better, worse in pairwise(ranked):
        for order in permutations([better, worse, UNAVAILABLE]):
            assert combine(order) is better


def test_a_user_without_devices_is_unavailable() -> None:
    assert combine([]) is UNAVAILABLE


@pytest.mark.parametrize(
    ("outcome", "to_trunk", "status", "cause"),
    [
        (BUSY, False, 486, 17),
        (NO_ANSWER, False, 480, 19),
        (UNAVAILABLE, False, 480, 20),
        (REJECTED, False, 603, 21),
        (REJECTED, True, 486, 17),
        (BUSY, True, 486, 17),
        (ANSWERED, False, 200, 16),
    ],
)
def test_the_caller_hears_status_and_cause(
    outcome: Outcome, to_trunk: bool, status: int, cause: int
) -> None:
    assert release(outcome, to_trunk=to_trunk) == (status, cause)


def test_releases_that_need_no_device() -> None:
    assert UNKNOWN_NUMBER == (404, 1)
    assert NOT_PERMITTED == (403, 57)
    assert TRUNKS_FULL == (503, 34)
    assert TRUNKS_DOWN == (503, 38)
    assert INCOMPLETE_NUMBER == (484, 28)


def test_the_reason_header_names_the_cause_and_its_text() -> None:
    assert release(BUSY).reason == 'Q.850;cause=17;text="User busy"'
    assert reason_header(126) == "Q.850;cause=126"
    assert all(q850_cause(reason_header(cause)) == cause for cause in CAUSES)


@pytest.mark.parametrize(
    "reason", ["", ";", "Q.850", "Q.850;cause", "Q.850;cause=x", "Q.850;cause=99999999", ",,,;="]
)
def test_a_broken_reason_header_has_no_cause(reason: str) -> None:
    assert q850_cause(reason) is None
