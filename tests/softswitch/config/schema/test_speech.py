"""Languages and time zones."""

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.schema.speech import timezone


def test_a_time_zone_is_known_by_its_name() -> None:
    assert timezone("Europe/Warsaw") == "Europe/Warsaw"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Warsaw", "did you mean Europe/Warsaw?"),
        ("Mars/Olympus", "write it like Europe/Warsaw"),
        ("", "write it like Europe/Warsaw"),
    ],
)
def test_another_word_is_no_time_zone(written: str, hint: str) -> None:
    with pytest.raises(Wrong) as wrong:
        timezone(written)
    assert wrong.value.suggestion == hint
