"""The portal in each language."""

import re
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

from softswitch.web import pages
from softswitch.web.languages import TEXTS, preferred
from softswitch.web.languages.english import ENGLISH
from softswitch.web.languages.polish import POLISH
from softswitch.web.languages.spanish import SPANISH

KNOWN = ("en", "es", "pl")


def names(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


@pytest.mark.parametrize("texts", [SPANISH, POLISH], ids=["es", "pl"])
def test_everything_is_said_in_every_language(texts: dict[str, str]) -> None:
    assert texts.keys() == ENGLISH.keys()
    for key, text in ENGLISH.items():
        assert names(texts[key]) == names(text), key
        assert texts[key]


def test_pages_say_nothing_that_no_language_has() -> None:
    templates = resources.files("softswitch.web") / "templates"
    said = {
        word
        for file in templates.iterdir()
        if file.name.endswith(".html")
        for word in re.findall(r"\bt\.(\w+)", file.read_text())
    }
    assert said - ENGLISH.keys() == set()
    assert TEXTS.keys() == set(KNOWN)


def test_nothing_is_translated_that_nobody_says() -> None:
    folder = Path(pages.__file__).parent
    sources = [*folder.glob("*.py"), *folder.glob("templates/*.html")]
    said = set(re.findall(r"\w+", " ".join(file.read_text() for file in sources)))
    made = ("error_", "said_", "summary_", "action_", "dnd_field_", "waiting_field_", "hide_field_")
    assert [key for key in ENGLISH if key not in said and not key.startswith(made)] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "pl"),
        ("es-AR,es;q=0.9,en;q=0.8", "es"),
        ("de, en;q=0.5", "en"),
        ("en;q=0.1, es; q=0.7", "es"),
        ("de", "pl"),
        ("EN-gb", "en"),
        ("en;q=0", "pl"),
        ("en;q=x, es;level=1", "es"),
        (",".join(["de"] * 20) + ",en", "pl"),
    ],
)
def test_a_stranger_is_answered_as_the_browser_asks(accepted: str, language: str) -> None:
    assert preferred(accepted, KNOWN, "pl") == language
