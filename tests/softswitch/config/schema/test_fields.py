"""Short forms: one value for a list, nothing for a section."""

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.schema.fields import as_list, as_list_or_off, as_section


def test_one_value_is_a_list_of_one() -> None:
    assert as_list("a") == ["a"]
    assert as_list(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("value", [None, {"a": "b"}])
def test_nothing_or_keys_are_no_list(value: object) -> None:
    with pytest.raises(Wrong):
        as_list(value)


def test_off_is_an_empty_list() -> None:
    assert as_list_or_off("off") == []
    assert as_list_or_off("5060") == ["5060"]


def test_a_section_may_be_empty_but_not_one_value() -> None:
    assert as_section(None) == {}
    assert as_section({"a": "b"}) == {"a": "b"}
    with pytest.raises(Wrong, match="not one value"):
        as_section("a")
