"""Codes that nobody has written (features 2.1)."""

import re

import pytest

from softswitch.config.presets import ALWAYS, FUNCTIONS, PRESETS, feature_codes

_code = re.compile(r"[*#]+[0-9]+[*#]?").fullmatch


def test_every_function_is_there_whatever_the_presets_are() -> None:
    assert tuple(feature_codes(())) == FUNCTIONS
    assert feature_codes(())["voicemail"] == ALWAYS["voicemail"]
    assert feature_codes(())["dnd_on"] == ()


def test_presets_are_put_together_in_their_order_and_each_code_once() -> None:
    codes = feature_codes(["etsi", "freepbx", "etsi"])
    assert codes["dnd_on"] == ("*26#", "*78")


def test_what_is_written_takes_the_place_of_all_presets() -> None:
    codes = feature_codes(["freepbx"], {"dnd_on": ("*1",), "dnd_off": ()})
    assert (codes["dnd_on"], codes["dnd_off"], codes["dnd_toggle"]) == (("*1",), (), ("*76",))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_codes_that_can_be_dialled_for_functions_that_there_are(name: str) -> None:
    assert PRESETS[name].keys() <= set(FUNCTIONS)
    assert all(_code(code) for codes in PRESETS[name].values() for code in codes)
