"""How many connections there may be."""

import pytest

from softswitch.web import crowd
from softswitch.web.crowd import (
    BURST,
    BURST_EACH,
    MOST,
    MOST_EACH,
    PER_SECOND,
    PER_SECOND_EACH,
    Crowd,
)


def test_one_address_has_so_many_connections() -> None:
    inside = Crowd()
    for _ in range(MOST_EACH):
        assert not inside.is_full_of("198.51.100.1")
        inside.enter("198.51.100.1")
    assert inside.is_full_of("198.51.100.1")
    assert not inside.is_full_of("198.51.100.2")
    inside.leave("198.51.100.1")
    assert not inside.is_full_of("198.51.100.1")


def test_a_customer_s_ipv6_addresses_are_one() -> None:
    inside = Crowd()
    for number in range(MOST_EACH):
        inside.enter(f"2001:db8::{number:x}")
    assert inside.is_full_of("2001:db8::ffff")


def test_there_are_so_many_in_all() -> None:
    inside = Crowd()
    for number in range(MOST):
        assert not inside.is_full()
        inside.enter(f"198.51.100.{number}")
    assert inside.is_full()
    inside.leave("198.51.100.7")
    assert not inside.is_full()


def test_new_ones_come_slowly_after_a_burst() -> None:
    inside = Crowd()
    many = [f"198.51.100.{number % 250}" for number in range(300)]
    assert [inside.comes(one, 10.0) for one in many].count(True) == BURST
    assert inside.comes("203.0.113.1", 10.0 + 1 / PER_SECOND)
    assert not inside.comes("203.0.113.1", 10.0 + 1 / PER_SECOND)
    assert [inside.comes(one, 1000.0) for one in many].count(True) == BURST


def test_one_address_does_not_take_the_turn_of_all_others() -> None:
    inside = Crowd()
    assert [inside.comes("203.0.113.1", 2.0) for _ in range(500)].count(True) == BURST_EACH
    for second in range(2, 30):
        came = [inside.comes("203.0.113.1", second + part / 500) for part in range(1, 501)]
        assert came.count(True) == pytest.approx(PER_SECOND_EACH, abs=1)
        assert inside.comes("198.51.100.1", second + 1.0)


def test_addresses_that_came_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "REMEMBERED", 5)
    inside = Crowd()
    for number in range(20):
        inside.comes(f"198.51.100.{number}", 1.0)
    assert len(inside._each) == 5


def test_who_has_left_is_forgotten() -> None:
    inside = Crowd()
    for number in range(50):
        inside.enter(f"198.51.100.{number}")
        inside.leave(f"198.51.100.{number}")
        assert not inside.is_full_of(f"198.51.100.{number}")
    assert not inside._inside
