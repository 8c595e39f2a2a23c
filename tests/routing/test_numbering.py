"""Which number is meant (OUT-2)."""

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from softswitch.routing.numbering import MAX_DIGITS, Number, Numbering, cleaned, is_emergency

WARSAW = Numbering("PL", "22")
NEW_YORK = Numbering("US", "212")


@pytest.mark.parametrize(
    "dialled",
    [
        "600100100",
        "+48600100100",
        "+48 600-100-100",
        "0048600100100",
        "01148600100100",
        "0600100100",
        "(600) 100.100",
        "600100100;postd=1234",
        "+48600100100;ext=7",
        "".join(chr(ord(one) + 0xFEE0) for one in "+48600100100"),
        "٦٠٠١٠٠١٠٠",
        "600\u2013100\u00a0100",
    ],
)
def test_a_number_may_be_written_in_many_ways(dialled: str) -> None:  # OUT-2
    assert WARSAW.normalise(dialled) == Number("+48600100100", "mobile", "PL")


@pytest.mark.parametrize(
    ("dialled", "e164", "kind", "country"),
    [
        ("221112233", "+48221112233", "local", "PL"),
        ("1112233", "+48221112233", "local", "PL"),  # without its area code
        ("585551122", "+48585551122", "national", "PL"),
        ("800123456", "+48800123456", "toll_free", "PL"),
        ("801123456", "+48801123456", "shared_cost", "PL"),
        ("700123456", "+48700123456", "premium", "PL"),
        ("118913", "118913", "shared_cost", "PL"),
        ("+18765551234", "+18765551234", "international", "JM"),
        ("+18095551234", "+18095551234", "international", "DO"),
        ("+12125551234", "+12125551234", "international", "US"),
        ("+1800FLOWERS", "+18003569377", "international", "US"),
        ("+77012345678", "+77012345678", "international", "KZ"),
        ("+447911123456", "+447911123456", "international", "GG"),
        ("+447011123456", "+447011123456", "premium", "GB"),
        ("+881612345678", "+881612345678", "satellite", ""),
        ("+80012345678", "+80012345678", "toll_free", ""),
        ("+48111222333", "+48111222333", "national", "PL"),  # not in the plan, but like it
        ("+12995551234", "+12995551234", "unknown", ""),
        ("+35999999999", "+35999999999", "unknown", ""),
    ],
)
def test_each_number_is_of_a_kind(dialled: str, e164: str, kind: str, country: str) -> None:
    assert WARSAW.normalise(dialled) == Number(e164, kind, country)  # OUT-2


@pytest.mark.parametrize(
    "dialled",
    [
        "",
        "+",
        "0",
        "555",
        "101",
        "999999",
        "anna",
        "*98",
        "600#",
        "+48",
        "+1",
        "1" * 40,
        "+0221112233",
    ],
)
def test_what_is_no_number_is_none(dialled: str) -> None:
    assert WARSAW.normalise(dialled) is None


def test_countries_that_share_a_code_are_told_apart() -> None:  # OUT-2
    assert NEW_YORK.normalise("8765551234") == Number("+18765551234", "international", "JM")
    assert NEW_YORK.normalise("5551234") == Number("+12125551234", "local", "US")
    assert NEW_YORK.normalise("3105551234") == Number("+13105551234", "national", "US")
    assert NEW_YORK.normalise("411") == Number("411", "shared_cost", "US")
    london = NEW_YORK.normalise("011 44 20 7123 4567")
    assert london == Number("+442071234567", "international", "GB")


@pytest.mark.parametrize("prefix", ["", "0", "9"])
@pytest.mark.parametrize("help_number", ["112", "997"])
def test_help_can_be_called_with_and_without_the_prefix(prefix: str, help_number: str) -> None:
    office = Numbering("PL", prefix=prefix)  # EM-1
    for dialled in (help_number, f"{prefix}{help_number}", f"0{help_number}"):
        assert office.normalise(dialled) == Number(help_number, "emergency", "PL")
    assert Numbering("US", prefix="9").normalise("9911") == Number("911", "emergency", "US")


def test_a_prefix_for_a_line_is_no_part_of_the_number() -> None:
    office = Numbering("PL", prefix="0")
    for dialled in ("0221112233", "0048221112233", "00048221112233", "+48221112233"):
        assert office.normalise(dialled) == Number("+48221112233", "national", "PL")


def test_numbers_that_cost_nothing_or_more_are_known_among_the_short_ones() -> None:
    assert Numbering("DE").normalise("116117") == Number("116117", "toll_free", "DE")
    assert Numbering("FR").normalise("3008") is not None


def test_a_number_is_no_emergency_in_other_countries() -> None:
    assert is_emergency("911", "US")
    assert not is_emergency("911", "PL")
    assert is_emergency("112", "PL")
    assert not is_emergency("+112", "US")


@settings(max_examples=50)
@given(st.text(max_size=MAX_DIGITS + 4))
@example("+" * 40)
@example("1A")
def test_nothing_that_is_dialled_can_do_harm(dialled: str) -> None:
    number = WARSAW.normalise(dialled)
    digits = cleaned(dialled)
    assert digits is None or digits.lstrip("+").isdigit()
    assert number is None or number.e164.lstrip("+").isdigit()


@settings(max_examples=40)
@given(st.from_regex(r"\A\+?[0-9]{3,15}\Z"))
def test_a_number_that_has_been_made_e164_stays_as_it_is(dialled: str) -> None:
    number = WARSAW.normalise(dialled)
    if number is not None and number.e164.startswith("+"):
        again = WARSAW.normalise(number.e164)
        assert again is not None
        assert (again.e164, again.country) == (number.e164, number.country)


@pytest.mark.process
def test_a_switch_without_trunks_does_not_carry_the_tables() -> None:
    program = (
        "import sys; import softswitch.routing.route, softswitch.config; "
        "print('phonenumbers' in sys.modules, 'holidays' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout.split() == ["False", "False"]
