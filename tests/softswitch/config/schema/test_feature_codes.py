"""`feature_codes:` as the file has it."""

from pathlib import Path
from typing import get_type_hints

import pytest

from softswitch.config import ConfigErrors
from softswitch.config.presets import DEFAULT_PRESETS, FUNCTIONS, PRESETS, feature_codes
from softswitch.config.schema.feature_codes import FeatureCodesSection
from softswitch.routing.codes import Codes
from tests.softswitch.config.reading import read

USERS = "users: {101: Anna}\n"


def test_whatever_can_be_dialled_can_be_written() -> None:
    """A code that some preset has, and that the file could not change, would be there for good."""
    written = set(get_type_hints(FeatureCodesSection)) - {"preset"}
    assert written == set(FUNCTIONS)
    Codes(**dict.fromkeys(written, ("*1",)))  # and routing knows them all


def test_unless_something_is_written_the_usual_codes_hold(tmp_path: Path) -> None:
    assert read(tmp_path, USERS).feature_codes == feature_codes(dict.fromkeys(DEFAULT_PRESETS), {})


def test_a_function_may_have_other_codes_several_or_none(tmp_path: Path) -> None:
    text = USERS + "feature_codes: {echo_test: '*1', clock: ['*2', '*3'], my_number: off}\n"
    codes = read(tmp_path, text).feature_codes
    assert (codes["echo_test"], codes["clock"], codes["my_number"]) == (("*1",), ("*2", "*3"), ())


@pytest.mark.parametrize("name", PRESETS)
def test_a_family_of_codes_can_be_chosen(tmp_path: Path, name: str) -> None:
    codes = read(tmp_path, f"{USERS}feature_codes: {{preset: {name}}}\n").feature_codes
    assert codes == feature_codes([name], {})


@pytest.mark.parametrize(
    ("line", "what"),
    [("preset: telex", "telex"), ("echo: '*600'", "echo"), ("echo_test: sixhundred", "sixhundred")],
)
def test_what_is_no_code_is_shown(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(ConfigErrors) as found:
        read(tmp_path, f"{USERS}feature_codes: {{{line}}}\n")
    (problem,) = found.value.problems
    assert what in problem.message
