"""How many connections there may be."""

from softswitch.web import crowd
from softswitch.web.crowd import BURST, MOST, MOST_EACH, PER_SECOND, Crowd


def test_one_address_has_so_many_connections() -> None:
    inside = Crowd()
    assert [inside.enter("198.51.100.1", 0.0) for _ in range(MOST_EACH + 2)].count(True) == (
        MOST_EACH
    )
    assert inside.enter("198.51.100.2", 0.0)
    inside.leave("198.51.100.1")
    assert inside.enter("198.51.100.1", 0.0)


def test_a_customer_s_ipv6_addresses_are_one() -> None:
    inside = Crowd()
    entered = [inside.enter(f"2001:db8::{n:x}", 0.0) for n in range(MOST_EACH + 1)]
    assert entered.count(True) == MOST_EACH


def test_there_are_so_many_in_all() -> None:
    inside = Crowd()
    entered = [inside.enter(f"198.51.100.{n}", float(n)) for n in range(MOST + 9)]
    assert entered.count(True) == MOST


def test_new_ones_come_slowly_after_a_burst() -> None:
    inside = Crowd()
    for _ in range(2):
        entered = 0
        for n in range(300):
            if inside.enter(f"198.51.100.{n % 100}", 10.0):
                inside.leave(f"198.51.100.{n % 100}")
                entered += 1
        assert entered in (BURST, 0)
    assert inside.enter("203.0.113.1", 10.0 + 1 / PER_SECOND)
    assert not inside.enter("203.0.113.1", 10.0 + 1 / PER_SECOND)


def test_who_has_left_is_forgotten() -> None:
    inside = Crowd()
    for n in range(50):
        assert inside.enter(f"198.51.100.{n}", 0.0)
        inside.leave(f"198.51.100.{n}")
    assert not inside._inside
    assert crowd.MOST_EACH < crowd.MOST
