"""Notices say the same in every language."""

import re
from collections.abc import Mapping

import pytest

from softswitch.mailbox.notice_texts import ENGLISH, NOTICES, Words

_names = re.compile(r"\{(\w+)\}").findall


@pytest.mark.parametrize("texts", NOTICES.values(), ids=NOTICES.keys())
def test_every_notice_has_the_values_that_it_has_in_english(texts: Mapping[str, Words]) -> None:
    assert texts.keys() == ENGLISH.keys()
    for kind, words in texts.items():
        for text, english in zip(words, ENGLISH[kind], strict=True):
            assert text, kind
            assert set(_names(text)) == set(_names(english)), kind
