from dataclasses import dataclass, field

from softswitch.routing.decision import Reject, Ring
from softswitch.routing.plan import Facts, decide


@dataclass(frozen=True, slots=True)
class User:
    ring_time: float = 30.0
    unreachable_after: float = 4.0
    max_calls: int = 4
    origin: dict[str, str] = field(default_factory=dict)


ORIGIN = {"name": "demo.yaml:8", "ring_time": "demo.yaml:9", "max_calls": "demo.yaml:10"}
USERS: dict[str, User] = {
    "100": User(),
    "101": User(12.5, 3.0, 2, ORIGIN),
}
FREE = Facts(live_bindings=1, calls=0)


def test_a_registered_user_rings_for_the_configured_time() -> None:
    assert decide("101", "100", USERS, FREE) == Ring(
        "101", 12.5, 3.0, "users.101 (demo.yaml:8), ring_time 12.5 (demo.yaml:9)"
    )


def test_a_default_is_named_as_such() -> None:
    assert decide("100", "101", USERS, FREE).because == (
        "users.100 (no name), ring_time 30 (default)"
    )


def test_an_unknown_number_is_not_found() -> None:
    assert decide("999", "100", USERS, FREE) == Reject(
        404, 1, "not_found", "no user has the number 999"
    )


def test_the_own_number_is_busy() -> None:
    assert decide("100", "100", USERS, FREE) == Reject(486, 17, "busy", "100 called its own number")


def test_a_user_without_a_live_binding_is_unavailable() -> None:
    assert decide("101", "100", USERS, Facts(0, 0)) == Reject(
        480, 20, "unavailable", "101 has no live registration"
    )


def test_a_user_at_max_calls_is_busy_and_the_line_that_says_so_is_named() -> None:
    busy = Reject(486, 17, "busy", "101 is in 2 of max_calls 2 (demo.yaml:10)")
    assert decide("101", "100", USERS, Facts(1, 2)) == busy
    assert decide("101", "100", USERS, Facts(0, 2)) == busy
    assert isinstance(decide("101", "100", USERS, Facts(1, 1)), Ring)


def test_a_strangers_number_is_shown_short_and_without_control_characters() -> None:
    shown = decide("\x1b[2J" + "9" * 5000, "100", USERS, FREE).because
    assert len(shown) < 100
    assert shown.isprintable()
    assert decide("ż1", "100", USERS, FREE).because.endswith("'ż1'")
