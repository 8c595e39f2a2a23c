"""How many copies of the database are kept."""

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.schema.backups import backups


@pytest.mark.parametrize(("written", "days"), [("7", 7), ("366", 366), ("off", 0)])
def test_it_is_a_number_of_days(written: str, days: int) -> None:
    assert backups(written) == days


@pytest.mark.parametrize("written", ["0", "367", "-1", "7d", "", "on", "²", "9" * 5000])
def test_anything_else_is_told(written: str) -> None:
    with pytest.raises(Wrong):
        backups(written)
