"""Words about the world outside."""

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.schema.trunks import (
    area,
    caller_id,
    digits,
    entrance,
    kind,
    match,
    number,
    numbers,
    our_number,
)


def test_a_number_may_have_spaces_and_brackets() -> None:
    assert number("+48 (22) 111-22-33") == "+48221112233"
    for written in ("main", "12", "+48*1", "1" * 30):
        with pytest.raises(Wrong):
            number(written)


def test_numbers_may_have_names() -> None:
    assert numbers({"main": "+48 221112233"}) == {"main": "+48221112233"}
    assert numbers(["+48221112233"]) == {"+48221112233": "+48221112233"}
    assert numbers("+48221112233") == {"+48221112233": "+48221112233"}


def test_only_trunks_that_are_known_by_their_address_are_there() -> None:  # TK-1
    assert kind("static") == "static"
    with pytest.raises(Wrong, match="'register' is not there yet"):
        kind("register")
    with pytest.raises(Wrong):
        kind("sip")


def test_an_area_is_a_country_a_zone_or_a_prefix() -> None:  # OUT-3
    assert [area(one) for one in ("ES", "eu", "+1 212")] == ["ES", "EU", "+1212"]
    with pytest.raises(Wrong) as wrong:
        area("es")
    assert wrong.value.suggestion == "did you mean ES?"
    for written in ("Spain", "212", "+0", "+"):
        with pytest.raises(Wrong):
            area(written)


def test_a_route_is_for_kinds_of_numbers_or_areas() -> None:
    assert [match(one) for one in ("emergency", "PL", "+48")] == ["emergency", "PL", "+48"]
    with pytest.raises(Wrong, match="'abroad' is not known here"):
        match("abroad")


def test_a_prefix_is_a_few_digits_or_none() -> None:
    assert [digits(one) for one in ("0", "none", "22")] == ["0", "", "22"]
    for written in ("zero", "1234567", ""):
        with pytest.raises(Wrong):
            digits(written)


def test_what_is_shown_is_a_number_its_name_or_nothing() -> None:
    assert [caller_id(one) for one in ("main", "withheld", "+48 221112233")] == [
        "main",
        "withheld",
        "+48221112233",
    ]


def test_where_a_number_leads_may_be_written_short() -> None:
    assert entrance("100") == {"to": "100"}
    assert entrance({"to": "100"}) == {"to": "100"}
    assert [our_number(one) for one in ("*", "+48 221112233")] == ["*", "+48221112233"]
