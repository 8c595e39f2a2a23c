"""How often somebody may be wrong (VM-15), and ask for links."""

import pytest

from softswitch.bans import ATTEMPTS, Bans
from softswitch.mailbox.pins import LOCKED_FOR, TRIES_PER_HOUR
from softswitch.web import attempts
from softswitch.web.attempts import DAY, LINK_PAUSE, LINKS_A_DAY, LINKS_FROM_ONE, Attempts

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


class Time:
    def __init__(self) -> None:
        self.now = 1000.0
        self.bans = Bans(lambda: self.now)
        self.attempts = Attempts(lambda: self.now, {"101", "102"}, self.bans)


def test_ten_wrong_passwords_lock_the_portal_for_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    time = Time()
    for _ in range(TRIES_PER_HOUR):
        assert not time.attempts.is_locked("101", ELSEWHERE)
        time.attempts.failed("101", ELSEWHERE)
        time.now += 10.0
    assert time.attempts.is_locked("101", ELSEWHERE)
    assert time.attempts.is_locked("101", HOME)
    assert not time.attempts.is_locked("102", ELSEWHERE)
    assert "too many wrong passwords of 101" in caplog.text
    time.attempts.failed("101", ELSEWHERE)  # makes it no longer
    time.now += LOCKED_FOR
    assert not time.attempts.is_locked("101", ELSEWHERE)


def test_a_stranger_does_not_lock_the_owner_out_where_he_has_been_in() -> None:
    time = Time()
    time.attempts.succeeded("101", HOME)
    for _ in range(TRIES_PER_HOUR):
        time.attempts.failed("101", ELSEWHERE)
    assert time.attempts.is_locked("101", ELSEWHERE)
    assert not time.attempts.is_locked("101", HOME)


def test_a_link_opens_a_lock() -> None:
    time = Time()
    for _ in range(TRIES_PER_HOUR):
        time.attempts.failed("101", ELSEWHERE)
    time.attempts.opened("101")
    time.attempts.opened("101")
    assert not time.attempts.is_locked("101", ELSEWHERE)


def test_an_address_that_guesses_is_not_heard_whomever_it_means() -> None:
    time = Time()
    for number in range(ATTEMPTS):
        assert time.attempts.is_heard(ELSEWHERE)
        time.attempts.failed(f"nobody{number}", ELSEWHERE)
    assert not time.attempts.is_heard(ELSEWHERE)
    assert time.attempts.is_heard(HOME)
    assert not time.attempts.is_locked("nobody1", ELSEWHERE)


def test_links_are_mailed_now_and_then() -> None:  # S0-20
    time = Time()
    assert time.attempts.may_have_link("101", HOME)
    assert not time.attempts.may_have_link("101", HOME)
    assert time.attempts.may_have_link("102", HOME)
    for _ in range(LINKS_A_DAY - 1):
        time.now += LINK_PAUSE + 1
        assert time.attempts.may_have_link("101", HOME)
    time.now += LINK_PAUSE + 1
    assert not time.attempts.may_have_link("101", HOME)
    time.now += DAY
    assert time.attempts.may_have_link("101", HOME)


def test_nobody_gets_links_and_asking_for_them_counts() -> None:
    time = Time()
    for number in range(LINKS_FROM_ONE):
        assert not time.attempts.may_have_link(f"nobody{number}", ELSEWHERE)
    assert not time.attempts.may_have_link("101", ELSEWHERE)
    assert time.attempts.may_have_link("101", HOME)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST", 5)
    time = Time()
    for number in range(20):
        time.attempts.may_have_link("nobody", f"198.51.100.{number}")
        time.attempts.succeeded("101", f"198.51.100.{number}")
    assert len(time.attempts._links) == len(time.attempts._known) == 5
