from softswitch.routing.decision import Reject
from softswitch.routing.outcomes import UNKNOWN_NUMBER
from softswitch.routing.plan import refusal, setting, shown
from tests.routing.users import ORIGIN, User


def test_a_setting_is_named_with_the_line_that_set_it() -> None:
    assert setting(User(origin=ORIGIN), "ring_time", 12.5) == "ring_time 12.5 (demo.yaml:9)"


def test_a_default_is_named_as_such() -> None:
    assert setting(User(), "ring_time", 30.0) == "ring_time 30 (default)"


def test_a_refusal_has_the_status_and_the_cause_of_the_release() -> None:
    assert refusal(UNKNOWN_NUMBER, "not_found", "why") == Reject(404, 1, "not_found", "why")


def test_a_strangers_number_is_shown_short_and_without_control_characters() -> None:
    assert len(shown("9" * 5000)) == 40
    assert shown("\x1b[2J1").isprintable()
    assert shown("ż1") == "'ż1'"
