"""How numbers are written to a carrier, and read from it (features CLI-2, CLI-6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.b2bua.number_format import (
    E164,
    NATIONAL,
    PLUS,
    ZERO_NATIONAL,
    at_home,
    read,
    written,
)

POLISH = ("+48221112233",)


@pytest.mark.parametrize(
    ("number", "style", "expected"),
    [
        ("+48600100100", PLUS, "+48600100100"),
        ("+48600100100", E164, "48600100100"),
        ("+48600100100", NATIONAL, "600100100"),
        ("+48600100100", ZERO_NATIONAL, "0600100100"),
        ("+34911222333", NATIONAL, "0034911222333"),
        ("+34911222333", ZERO_NATIONAL, "0034911222333"),
        ("112", NATIONAL, "112"),
        ("112", PLUS, "112"),
        ("+", NATIONAL, "00"),
        ("+0", NATIONAL, "000"),
    ],
)
def test_a_number_is_written_as_the_carrier_wants_it(
    number: str, style: str, expected: str
) -> None:  # CLI-2
    assert written(number, style, POLISH) == expected


def test_without_a_number_of_the_trunk_nothing_is_national() -> None:
    assert written("+48600100100", NATIONAL, ()) == "0048600100100"


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("+48600100100", "PL", "600100100"),
        ("+4930123456", "DE", "030123456"),
        ("+34911222333", "PL", "0034911222333"),
        ("+", "PL", "+"),
    ],
)
def test_at_home_a_number_is_written_as_people_dial_it(
    number: str, country: str, expected: str
) -> None:  # CLI-6
    assert at_home(number, country) == expected


def test_an_italian_zero_stays() -> None:
    assert written("+390612345678", NATIONAL, ("+390698765432",)) == "0612345678"


@pytest.mark.parametrize(
    ("number", "style", "expected"),
    [
        ("48600100100", E164, "+48600100100"),
        ("48600100100", PLUS, "48600100100"),
        ("0600100100", E164, "0600100100"),
        ("112", E164, "112"),
        ("anna", E164, "anna"),
    ],
)
def test_a_missing_plus_is_put_back_where_it_is_clear(
    number: str, style: str, expected: str
) -> None:  # CLI-6
    assert read(number, style) == expected


@settings(max_examples=50)
@given(st.from_regex(r"\+48[1-9][0-9]{8}", fullmatch=True))
def test_what_was_written_is_read_again(number: str) -> None:
    for style in (PLUS, E164):
        assert read(written(number, style, POLISH), style) == number
