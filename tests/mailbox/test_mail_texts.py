"""Mails about messages say the same in every language."""

import re

import pytest

from softswitch.mailbox.mail_texts import ENGLISH, TEXTS, Texts

_NAME = re.compile(r"\{(\w+)\}")

LANGUAGES = pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())


@LANGUAGES
def test_every_text_has_the_values_that_it_has_in_english(texts: Texts) -> None:
    for name, english, text in zip(Texts._fields, ENGLISH, texts, strict=True):
        if isinstance(text, str) and isinstance(english, str):
            assert text, name
            assert set(_NAME.findall(text)) == set(_NAME.findall(english)), name


@LANGUAGES
def test_a_week_has_seven_days_and_a_year_twelve_months(texts: Texts) -> None:
    assert (len(set(texts.weekdays)), len(set(texts.months))) == (7, 12)
