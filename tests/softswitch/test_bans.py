"""Who is not heard any more."""

import pytest

from softswitch import bans
from softswitch.bans import ATTEMPTS, Bans, origin

GUESSER = "203.0.113.9"


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guess(banned: Bans, times: int = ATTEMPTS, source: str = GUESSER) -> None:
    for _ in range(times):
        banned.failed(source)


def test_twenty_wrong_answers_in_a_minute_are_a_guesser() -> None:
    banned = Bans(Time())
    assert not banned.is_banned(GUESSER)
    guess(banned, ATTEMPTS - 1)
    assert not banned.is_banned(GUESSER)
    assert banned.failed(GUESSER) == ATTEMPTS
    assert banned.is_banned(GUESSER)
    assert not banned.is_banned("203.0.113.10")
    assert banned.banned() == [(GUESSER, 300.0)]


def test_slow_mistakes_are_none() -> None:
    time = Time()
    banned = Bans(time)
    for _ in range(100):
        banned.failed(GUESSER)
        time.now += 4.0
    assert not banned.is_banned(GUESSER)


def test_each_ban_is_twice_as_long_up_to_a_day_and_forgotten_after_one() -> None:
    time = Time()
    banned = Bans(time)
    lengths = []
    for _ in range(10):
        guess(banned)
        lengths.append(banned.banned()[0][1])
        time.now += lengths[-1] + 1
        assert not banned.is_banned(GUESSER)
    assert lengths[:3] == [300.0, 600.0, 1200.0]
    assert lengths[-1] == 86_400.0
    time.now += 86_401
    guess(banned)
    assert banned.banned() == [(GUESSER, 300.0)]


def test_who_was_banned_may_make_mistakes_again_afterwards() -> None:
    time = Time()
    banned = Bans(time)
    guess(banned)
    time.now += 301
    guess(banned, ATTEMPTS - 1)
    assert not banned.is_banned(GUESSER)


def test_neighbours_are_never_banned() -> None:
    banned = Bans(Time(), lambda source: source.startswith("192.168."))
    guess(banned, 1000, "192.168.1.2")
    assert not banned.is_banned("192.168.1.2")


def test_an_office_with_one_wrong_phone_is_not_cut_off() -> None:
    time = Time()
    banned = Bans(time)
    banned.succeeded(GUESSER)
    time.now += 80_000
    guess(banned, 100)
    assert not banned.is_banned(GUESSER)
    time.now += 10_000
    guess(banned)
    assert banned.is_banned(GUESSER)


def test_every_login_vouches_anew() -> None:
    time = Time()
    banned = Bans(time)
    for _ in range(3):
        banned.succeeded(GUESSER)
        banned.succeeded(GUESSER)
        time.now += 80_000
    guess(banned, 100)
    assert not banned.is_banned(GUESSER)


def test_an_ipv6_customer_is_one_source() -> None:
    banned = Bans(Time())
    for number in range(ATTEMPTS):
        banned.failed(f"2001:db8:1:2::{number:x}")
    assert banned.is_banned("2001:db8:1:2:ffff::1%eth0")
    assert not banned.is_banned("2001:db8:1:3::1")
    assert origin("192.0.2.1") == "192.0.2.1"


def test_many_sources_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bans, "MAX_SOURCES", 10)
    banned = Bans(Time())
    for number in range(100):
        banned.failed(f"203.0.113.{number}")
        banned.succeeded(f"203.0.113.{number}")
    assert len(banned._suspects) == 10
    assert len(banned._good) == 10
