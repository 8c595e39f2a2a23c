import pytest

from softswitch.config.configuration import Forward, Forwarding
from softswitch.settings import keys
from tests.softswitch.settings.office import user


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("ring_time", ("25s", "600s")),
        ("call_waiting", ("off", "on")),
        ("dnd", ("on", "off")),
        ("hide_number", ("on", "off")),
        ("forward.busy", ("102", "+48600100100", "voicemail:105", "off")),
        ("forward.always", ("102", "off")),
        ("email", ("a@example.com", "a@example.com, b@example.com", "off")),
        ("voicemail.on_message", ("email", "store", "both")),
    ],
)
def test_what_is_put_in_is_what_is_read(key: str, values: tuple[str, ...]) -> None:
    now = user()
    for value in values:
        now = keys.with_value(now, key, value)
        assert keys.value(now, key) == value


def test_nothing_else_changes() -> None:
    before = user(forward=Forwarding({"busy": Forward("102")}), ring_time=20.0)
    after = keys.with_value(before, "forward.always", "103")
    assert after.forward.rules == {"busy": Forward("102"), "always": Forward("103")}
    assert keys.with_value(after, "forward.always", "off") == before


def test_the_conditions_of_a_forward_are_part_of_it() -> None:
    rule = Forward("102", "external", "office.closed", confirm=True)
    assert keys.forward(rule) == "102 (external, when office.closed, confirm)"
    assert keys.forward(Forward("102")) == "102"


def test_the_times_of_an_address_are_part_of_it() -> None:  # ML-7
    known = user(email=("a@example.com", "b@example.com"), mail_when={"b@example.com": "open"})
    assert keys.value(known, "email") == "a@example.com, b@example.com (when open)"


def test_all_forwards_are_one_thing_to_whoever_may_change_them() -> None:
    assert {keys.group(key) for key in keys.FORWARDS} == {"forward"}
    assert keys.group("dnd") == "dnd"
