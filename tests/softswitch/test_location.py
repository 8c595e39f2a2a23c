"""The location service."""

import pytest

from softswitch.location import Location, target
from softswitch.sip.flow import Flow
from tests.support.registering import NOW, PHONE, binding

TCP = Flow("TCP", ("192.0.2.10", 5060), ("192.0.2.1", 40000), 7)
EDGE = "<sip:192.0.2.77:5080;lr>"


def test_a_user_without_bindings_is_nowhere() -> None:
    location = Location()
    assert location.bindings("100", NOW) == []
    assert location.of("100") == ()
    assert len(location) == 0


def test_bindings_are_tried_by_preference_and_then_the_newest_first() -> None:
    low = binding(1, q=0.1, registered_at=NOW + 9)
    old, new = binding(2), binding(3, registered_at=NOW + 1)
    location = Location()
    location.replace("100", (low, old, new))
    assert location.bindings("100", NOW) == [new, old, low]
    assert location.of("100") == (low, old, new)


def test_nobody_is_called_at_an_expired_binding_or_a_mail_address() -> None:
    location = Location()
    mail = binding(2, contact="mailto:anna@example.net")
    location.replace("100", (binding(1, expires_at=NOW), mail))
    assert location.bindings("100", NOW) == []
    assert len(location) == 2


def test_users_and_all_bindings_can_be_listed() -> None:
    location = Location()
    one, two = binding(1), binding(2, user="101")
    location.replace("100", (one,))
    location.replace("101", (two,))
    assert location.users() == ["100", "101"]
    assert list(location.all()) == [one, two]
    location.replace("100", ())
    assert location.users() == ["101"]
    location.replace("100", ())


def test_a_closed_connection_takes_its_bindings_along() -> None:
    location = Location()
    over_tcp, over_udp = binding(1, flow=TCP), binding(2)
    same_connection = binding(3, user="101", flow=TCP)
    location.replace("100", (over_tcp, over_udp))
    location.replace("101", (same_connection,))
    assert set(location.drop_flow(TCP)) == {over_tcp, same_connection}
    assert list(location.all()) == [over_udp]
    assert location.drop_flow(TCP) == []


def test_a_binding_that_moved_to_another_flow_survives_the_end_of_the_first() -> None:
    location = Location()
    location.replace("100", (binding(1, flow=TCP), binding(2, flow=TCP)))
    moved = binding(1)
    location.replace("100", (moved,))
    assert location.drop_flow(TCP) == []
    assert location.of("100") == (moved,)


def test_what_was_not_refreshed_is_taken_out() -> None:
    location = Location()
    over, live = binding(1, expires_at=NOW), binding(2, expires_at=NOW + 1)
    location.replace("100", (over, live))
    assert location.expire(NOW) == [over]
    assert location.of("100") == (live,)
    assert location.expire(NOW + 1) == [live]
    assert location.users() == []


@pytest.mark.parametrize("year", [-31_536_000.0, 31_536_000.0])
def test_bindings_keep_the_time_they_have_left_when_the_clock_is_set(year: float) -> None:
    location = Location()
    location.replace("100", (binding(1, expires_at=NOW + 60),))
    location.shift(year)
    assert len(location.bindings("100", NOW + year + 59)) == 1
    assert location.bindings("100", NOW + year + 60) == []


def test_a_device_is_called_where_it_registered_from() -> None:
    behind_nat = binding(contact="sip:100@192.168.1.2:5062;ob")
    assert target(behind_nat) == ("sip:100@192.168.1.2:5062;ob", (), PHONE)


def test_a_device_behind_proxies_is_called_through_the_first_of_them() -> None:
    path = (EDGE, "<sip:inner.example;lr>")
    uri, routes, flow = target(binding(path=path))
    assert uri == "sip:100@192.0.2.1:5062"
    assert routes == path
    assert flow == PHONE._replace(remote=("192.0.2.77", 5080))


@pytest.mark.parametrize(
    ("route", "remote"),
    [
        ("<sip:[2001:db8::1];lr>", ("2001:db8::1", 5060)),
        ("sip:192.0.2.77", ("192.0.2.77", 5060)),
        ("<sip:edge.example;lr>", PHONE.remote),
        ("<sip:192.0.2.77;transport=tcp;lr>", PHONE.remote),
        ("nonsense", PHONE.remote),
    ],
)
def test_a_path_is_followed_as_far_as_it_can_be_read(route: str, remote: tuple[str, int]) -> None:
    assert target(binding(path=(route,)))[2].remote == remote


def test_a_proxy_that_has_a_connection_is_reached_over_it() -> None:
    assert target(binding(path=(EDGE,), flow=TCP))[2] == TCP
