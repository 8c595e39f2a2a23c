"""How lamps look where offices differ."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.schema.lamps import Details, Dialling, Dnd

DND, DIALLING, DETAILS = TypeAdapter(Dnd), TypeAdapter(Dialling), TypeAdapter(Details)


@pytest.mark.parametrize("word", ["busy", "off"])
def test_dnd_1_do_not_disturb_is_shown_or_not(word: str) -> None:
    assert DND.validate_python(word) == word


@pytest.mark.parametrize("word", ["early", "confirmed"])
def test_blf_6_who_dials_is_early_or_confirmed(word: str) -> None:
    assert DIALLING.validate_python(word) == word


@pytest.mark.parametrize("word", ["all", "none"])
def test_blf_1_with_whom_is_told_or_not(word: str) -> None:
    assert DETAILS.validate_python(word) == word


@pytest.mark.parametrize("word", ["", "on", "Busy", "trying", "confirmed "])
def test_anything_else_is_refused(word: str) -> None:
    for adapter in (DND, DIALLING, DETAILS):
        with pytest.raises(ValidationError):
            adapter.validate_python(word)
